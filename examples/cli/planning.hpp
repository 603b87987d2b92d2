// SPDX-License-Identifier: Apache-2.0
//
// What `plan` and `compare` share: options that both take, and one planning run with progress and Ctrl-C.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "commands.hpp"
#include "registry.hpp"

namespace cli {

struct planning_options {
  std::string backend;
  std::optional<double> time_limit;  // seconds
  double gap = 1e-4;
  int threads = 1;
  std::uint32_t seed = 0;
  bool free_order = false;
  bool verbose = false;
};

/// Adds the options that both commands take.
void add_planning_options(CLI::App& command, planning_options& options);

/// The library's options for one run.
checkmate::plan_options library_options(planning_options const& options, checkmate::bytes budget,
                                        std::stop_token stop);

/// Plans `p` with `how`, a progress bar on the terminal meanwhile.
checkmate::result plan_once(problem const& p, strategy_entry const& how, planning_options const& options,
                            checkmate::plan_options with);

/// "stages", "fixed_order" or "any_order".
char const* space_name(checkmate::schedule_space space);
/// For people: "the paper's schedules", ...
char const* space_text(checkmate::schedule_space space);
/// "optimal", "feasible", "infeasible", "no_solution" or "failed".
char const* reason_name(checkmate::stop_reason reason);

/// Everything about `found` but its steps, as one object.
nlohmann::ordered_json result_json(problem const& p, checkmate::result const& found);

}  // namespace cli
