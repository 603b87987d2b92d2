// SPDX-License-Identifier: Apache-2.0
//
// The program's commands, one a source file: each adds itself to the parser and says how it ended.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/json.hpp>

namespace cli {

/// Exit codes.
inline constexpr int done = 0;
inline constexpr int not_found = 1;  ///< infeasible, no plan found, or an invalid schedule
inline constexpr int bad_usage = 2;  ///< bad usage or input

/// Each of these adds one command to `program`; when the command is what the user asked for, parsing runs it
/// and leaves its exit code in `code`.
void add_info(CLI::App& program, int& code);
void add_plan(CLI::App& program, int& code);
void add_check(CLI::App& program, int& code);
void add_compare(CLI::App& program, int& code);
void add_strategies(CLI::App& program, int& code);

/// A graph file, ready to plan.
struct problem {
  checkmate::recorded_graph graph;
  checkmate::dag dag;
  checkmate::schedule base;  ///< without recomputation
};

/// Reads and lowers a graph file; errors name the file.
problem load_problem(std::string const& file);

/// A number as JSON, null where it is not finite.
nlohmann::ordered_json finite_or_null(double number);

}  // namespace cli
