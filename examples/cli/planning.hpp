// SPDX-License-Identifier: Apache-2.0
//
// What `plan` and `compare` share: one planning run with progress and Ctrl-C, and its result as JSON.
#pragma once

#include <stop_token>

#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "registry.hpp"

namespace cli {

/// The library's options for one run.
checkmate::plan_options library_options(planning_options const& options, checkmate::bytes budget,
                                        std::stop_token stop);

/// Plans `p` with `how`, a progress bar on the terminal meanwhile.
checkmate::result plan_once(problem const& p, strategy_entry const& how, planning_options const& options,
                            checkmate::plan_options with);

/// A strategy of this program as one of the library's, for what plans one problem many times.
struct named_strategy {
  problem const& p;
  strategy_entry const& how;
  planning_options const& planning;
  [[nodiscard]] checkmate::result plan(checkmate::dag const&, checkmate::plan_options const& options) const {
    return plan_once(p, how, planning, options);
  }
};

/// For people: "the paper's schedules", ...
char const* space_text(checkmate::schedule_space space);

/// What must be resident at one moment, part by part.
nlohmann::ordered_json need_json(checkmate::memory_need const& need);

/// Everything about `found` but its steps, as one object.
nlohmann::ordered_json result_json(problem const& p, checkmate::result const& found);

}  // namespace cli
