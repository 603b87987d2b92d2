// SPDX-License-Identifier: Apache-2.0
//
// The program's commands, one a source file: what the user can ask of each, and the function that does it.
// How the command line is read is in main.cpp alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/recorded_graph.hpp>

namespace cli {

/// Exit codes.
inline constexpr int done = 0;
inline constexpr int not_found = 1;  ///< infeasible, no plan found, or an invalid schedule
inline constexpr int bad_usage = 2;  ///< bad usage or input
inline constexpr int no_means = 3;   ///< the machine has no memory or no thread left

/// What all commands that plan share.
struct planning_options {
  std::string backend;               ///< empty: the first that fits
  std::optional<double> time_limit;  ///< seconds; unset: the strategy's own default
  double gap = 1e-4;
  int threads = 1;
  std::uint32_t seed = 0;
  bool free_order = false;
  bool verbose = false;  ///< the solver's log instead of a progress bar
};

/// A graph file, or an ONNX model and what it leaves open.
struct graph_source {
  std::string file;                     ///< "-": a graph file on the standard input
  std::int64_t batch = 0;               ///< of an ONNX model; 0: as the file says
  std::vector<std::string> dimensions;  ///< of an ONNX model, "NAME=SIZE"
  double tflops = 19.5;                 ///< the device's arithmetic, for an ONNX model's times
  double gigabytes = 1555;              ///< the device's memory traffic a second
};

struct info_options {
  graph_source graph;
  bool json = false;
};

struct plan_command {
  graph_source graph;
  std::string budget;          ///< empty: the least that keeps to `overhead`
  std::string overhead;        ///< extra time allowed ("5%"), where no budget is given
  std::string strategy;        ///< empty: the default
  std::string out, svg, grid;  ///< files to write; empty: none
  bool json = false;
  planning_options planning;
};

struct check_options {
  graph_source graph;
  std::string schedule;  ///< "-": on the standard input
  std::string budget;    ///< empty: the schedule's own
  bool free_order = false;
  bool json = false;
};

struct compare_options {
  graph_source graph;
  std::vector<std::string> budgets;
  std::vector<std::string> only;  ///< names of strategies; empty: all
  bool json = false;
  planning_options planning;
};

struct sweep_command {
  graph_source graph;
  std::size_t points = 20;
  std::string strategy;  ///< empty: the default
  std::string svg;       ///< file to write; empty: none
  bool json = false;
  planning_options planning;
};

struct max_batch_command {
  /// A network of the zoo; an ONNX model; or recordings of one network, FILE@BATCH, two or more.
  std::vector<std::string> networks;
  graph_source model;  ///< what an ONNX model leaves open but for its batch
  std::string memory;
  std::string strategy;          ///< empty: the default
  std::int64_t largest = 65536;  ///< never tries more
  double extra_passes = 1;       ///< forward passes that recomputation may cost
  bool json = false;
  planning_options planning;
};

struct strategies_options {
  bool json = false;
};

/// Each does what its command says, prints, and returns the exit code; bad input throws checkmate::error.
int run(info_options const& options);
int run(plan_command const& options);
int run(check_options const& options);
int run(compare_options const& options);
int run(sweep_command const& options);
int run(max_batch_command const& options);
int run(strategies_options const& options);

/// A graph file, ready to plan.
struct problem {
  checkmate::recorded_graph graph;
  checkmate::dag dag;
  checkmate::schedule base;  ///< without recomputation
};

/// What is read for `file`: "-" is the standard input.
std::string input_name(std::string const& file);
/// The text of a file, plain or gzip, or of the standard input.
std::string read_input(std::string const& file);

/// Reads and lowers a graph file or an ONNX model (a name that ends with .onnx); errors name the file.
problem load_problem(graph_source const& source);
/// The same for a recorded graph; `name` is what errors call it, and the graph if it has no name.
problem lowered(checkmate::recorded_graph graph, std::string const& name);
/// Whether `file` is taken for an ONNX model.
bool is_onnx(std::string const& file);
/// One training step of a network of the library's zoo; throws where there is none of this name.
problem zoo_problem(std::string const& network, std::int64_t batch);
/// The names that zoo_problem knows, separated by commas.
std::string network_names();

/// Refuses a file that cannot be written before the work, not after it; an empty name is none.
void check_writable(std::string const& file);

}  // namespace cli
