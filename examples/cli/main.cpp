// SPDX-License-Identifier: Apache-2.0
//
// checkmate, the command-line program: plans recorded graphs (checkmate-graph files) under a memory budget.
//
//   exit code 0  done
//             1  infeasible, no plan found, or an invalid schedule
//             2  bad usage or input
//             3  out of memory (or threads)
//
// The command line is read here and nowhere else (the parser is by far the slowest header to compile). A new
// command is an options struct in commands.hpp, a source file with its `run`, and a function here.
#include <cstdint>
#include <exception>
#include <iostream>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <system_error>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "commands.hpp"
#include "registry.hpp"

namespace {

using std::string;

constexpr char const* graph_text =
    "Graph file (.json or .json.gz), - for one on the standard input, or an ONNX model";
constexpr char const* model_group =
    "ONNX models (a training step is made of them, timed by a roofline model)";

/// What an ONNX model leaves open but for its batch.
void add_model(CLI::App& parser, cli::graph_source& to) {
  char const* const group = model_group;
  parser.add_option("--dim", to.dimensions, "Size of a dimension that the file leaves open: NAME=SIZE")
      ->allow_extra_args(false)  // one a flag: the next word may be the graph
      ->group(group);
  parser.add_option("--tflops", to.tflops, "The device's arithmetic, TFLOP/s")
      ->group(group)
      ->capture_default_str();
  parser.add_option("--gigabytes", to.gigabytes, "The device's memory traffic, GB/s")
      ->group(group)
      ->capture_default_str();
}

/// A command whose options are an `Options`, run by `cli::run` when the user asks for it.
template <class Options>
struct command {
  CLI::App* parser;
  std::shared_ptr<Options> options;
};

template <class Options>
command<Options> add(CLI::App& program, int& code, char const* name, char const* what) {
  auto options = std::make_shared<Options>();
  CLI::App* parser = program.add_subcommand(name, what);
  parser->callback([options, &code] { code = cli::run(*options); });
  return {parser, options};
}

void add_graph(CLI::App& parser, cli::graph_source& to) {
  parser.add_option("GRAPH", to.file, graph_text)->required();
  parser.add_option("--batch", to.batch, "First dimension of the inputs (default: the file's, or 1)")
      ->group(model_group);
  add_model(parser, to);
}

void add_order(CLI::App& parser, bool& free_order) {
  parser
      .add_option_function<string>(
          "--order", [&free_order](string const& order) { free_order = order == "free"; },
          "Whether first executions keep the order of the ids (fixed, the default) or may move (free)")
      ->check(CLI::IsMember({"fixed", "free"}));
}

void add_planning(CLI::App& parser, cli::planning_options& to) {
  parser.add_option("--backend", to.backend,
                    "Solver for strategies that need one; see `checkmate strategies`");
  parser.add_option("--time-limit", to.time_limit,
                    "Seconds of planning, at most, for each plan that is made");
  parser.add_option("--gap", to.gap, "Stop when the plan is proven within this fraction of the best")
      ->capture_default_str();
  parser.add_option("--threads", to.threads, "Threads; more than 1 may cost repeatability")
      ->capture_default_str();
  parser.add_option("--seed", to.seed, "Same seed, same plan, unless a time limit is hit")
      ->capture_default_str();
  add_order(parser, to.free_order);
  parser.add_flag("--verbose", to.verbose, "Print the solver's log on the standard error");
}

string strategy_text() {
  return "How to plan; see `checkmate strategies` (default: " + cli::strategies().front().name + ")";
}

void add_info(CLI::App& program, int& code) {
  auto const [parser, to] =
      add<cli::info_options>(program, code, "info", "Show the size, time and memory of a graph");
  add_graph(*parser, to->graph);
  parser->add_flag("--json", to->json, "Print one JSON object");
}

void add_plan(CLI::App& program, int& code) {
  auto const [parser, to] = add<cli::plan_command>(
      program, code, "plan", "Find a schedule that fits a memory budget at the least extra time");
  add_graph(*parser, to->graph);
  auto* const goal = parser->add_option_group("Goal", "One of");
  goal->add_option("--budget", to->budget,
                   "Largest peak allowed, fixed memory included: 8GiB, 500MB, bytes, or 50% of the "
                   "no-recompute peak");
  goal->add_option("--overhead", to->overhead,
                   "Extra time allowed over executing every node once: 5%. Finds the least memory within it; "
                   "--time-limit is for the whole search then");
  goal->require_option(1);
  parser->add_option("--strategy", to->strategy, strategy_text());
  add_planning(*parser, to->planning);
  parser->add_option("--out", to->out, "Write the schedule here (.json or .json.gz)");
  parser->add_option("--svg", to->svg, "Draw memory over time here, before and after");
  parser->add_option("--grid", to->grid,
                     "Draw here what each stage computes and holds (R and S of the paper's Figure 7)");
  parser->add_flag("--json", to->json, "Print one JSON object instead of tables");
}

void add_check(CLI::App& program, int& code) {
  auto const [parser, to] = add<cli::check_options>(
      program, code, "check",
      "Replay a schedule file: is it valid, within its budget, and are its figures true? (A peak claimed for "
      "other sizes is a warning.)");
  add_graph(*parser, to->graph);
  parser
      ->add_option("SCHEDULE", to->schedule, "Schedule file (.json or .json.gz), or - for the standard input")
      ->required();
  parser->add_option("--budget", to->budget,
                     "Hold the schedule to this budget instead of its own (8GiB, 500MB, bytes, 50%)");
  add_order(*parser, to->free_order);
  parser->add_flag("--json", to->json, "Print one JSON object");
}

void add_compare(CLI::App& program, int& code) {
  auto const [parser, to] =
      add<cli::compare_options>(program, code, "compare", "Plan with every strategy, side by side");
  add_graph(*parser, to->graph);
  parser
      ->add_option("--budget", to->budgets,
                   "One or more budgets: 8GiB, 500MB, bytes, or 50% of the no-recompute peak")
      ->required();
  parser->add_option("--strategies", to->only, "Only these, separated by commas")->delimiter(',');
  add_planning(*parser, to->planning);
  parser->add_flag("--json", to->json, "Print one JSON array");
}

void add_sweep(CLI::App& program, int& code) {
  auto const [parser, to] = add<cli::sweep_command>(
      program, code, "sweep", "Plan at many budgets: the curve of extra time by memory");
  add_graph(*parser, to->graph);
  parser
      ->add_option("--points", to->points,
                   "Budgets, evenly spaced from the smallest conceivable one to the no-recompute peak")
      ->check(CLI::Range(2, 10000))
      ->capture_default_str();
  parser->add_option("--strategy", to->strategy, strategy_text());
  add_planning(*parser, to->planning);
  parser->add_option("--svg", to->svg, "Draw the curve here");
  parser->add_flag("--json", to->json, "Print one JSON array");
}

void add_max_batch(CLI::App& program, int& code) {
  auto const [parser, to] = add<cli::max_batch_command>(
      program, code, "max-batch", "Find the largest batch of a network that can be trained in a memory");
  parser
      ->add_option(
          "NETWORK", to->networks,
          "One of " + cli::network_names() +
              "; an ONNX model (MODEL.onnx); or graph files of one network at two or more batch sizes, "
              "FILE@BATCH each: bytes and times at other batches are lines through theirs")
      ->required();
  parser
      ->add_option(
          "--memory", to->memory,
          "Memory that the step may take, parameters, gradients and input included: 16GB, 8GiB, bytes")
      ->required();
  parser
      ->add_option("--extra-passes", to->extra_passes,
                   "Recomputation may cost this many forward passes (the paper's Figure 6: 1)")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  parser->add_option("--largest", to->largest, "Never try a larger batch")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 30))
      ->capture_default_str();
  parser->add_option("--strategy", to->strategy, strategy_text());
  add_planning(*parser, to->planning);
  add_model(*parser, to->model);
  parser->add_flag("--json", to->json, "Print one JSON object");
}

void add_strategies(CLI::App& program, int& code) {
  auto const [parser, to] =
      add<cli::strategies_options>(program, code, "strategies", "List the strategies and what each needs");
  parser->add_flag("--json", to->json, "Print one JSON array");
}

string version_text() {
  using version = checkmate::version;
  return "checkmate " + std::to_string(version::major) + "." + std::to_string(version::minor) + "." +
         std::to_string(version::patch);
}

int run_program(int argc, char** argv) {
  CLI::App program("Plans how to run a dataflow graph in less memory, at the least extra time", "checkmate");
  program.set_version_flag("--version", version_text());
  program.require_subcommand(0, 1);  // none is told below: "x" is then refused as "x", not as nothing
  program.footer(
      "Amounts of memory: bytes, 500MB, 8GiB, or 50% of the no-recompute peak; fixed memory counts.\n"
      "GRAPH and SCHEDULE may be - for the standard input (one of them).\n"
      "Exit codes: 0 done; 1 infeasible, no plan found, or an invalid schedule; 2 bad usage or input;\n"
      "3 out of memory.");
  int code = cli::bad_usage;
  add_info(program, code);
  add_plan(program, code);
  add_check(program, code);
  add_compare(program, code);
  add_sweep(program, code);
  add_max_batch(program, code);
  add_strategies(program, code);
  try {
    program.parse(argc, argv);
  } catch (CLI::ParseError const& wrong) {  // --help and --version come this way, too
    return program.exit(wrong) == 0 ? cli::done : cli::bad_usage;
  }
  if (program.get_subcommands().empty()) std::cerr << program.help();
  return code;
}

/// Says so and ends. Not std::bad_alloc, on whose way out CBC and the destructors of nlohmann_json's values,
/// which --json makes, may crash.
[[noreturn]] void out_of_memory() {
  constexpr std::string_view said = "checkmate: out of memory\n";
  (void)!write(STDERR_FILENO, said.data(), said.size());
  _exit(cli::no_means);
}

}  // namespace

int main(int argc, char** argv) {
  std::set_new_handler(out_of_memory);
  try {
    int const code = run_program(argc, argv);
    std::cout.flush();
    return std::cout ? code : cli::bad_usage;
  } catch (std::bad_alloc const&) {
    std::cerr << "checkmate: out of memory\n";
    return cli::no_means;
  } catch (std::system_error const& wrong) {
    bool const no_thread = wrong.code() == std::errc::resource_unavailable_try_again;
    std::cerr << "checkmate: " << (no_thread ? "out of memory for a thread: " : "") << wrong.what() << "\n";
    return no_thread ? cli::no_means : cli::bad_usage;
  } catch (std::exception const& wrong) {
    std::cerr << "checkmate: " << wrong.what() << "\n";
  }
  return cli::bad_usage;
}
