// SPDX-License-Identifier: Apache-2.0
//
// A schedule with what its file says about it, in memory as plain data; `io/json.hpp` reads and writes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <checkmate/core/types.hpp>
#include <checkmate/planning/claims.hpp>
#include <checkmate/planning/result.hpp>
#include <checkmate/schedule/schedule.hpp>

namespace checkmate {
inline namespace v0 {

/// A schedule, and the claims that go with it. Claims are only as good as who made them: replay the steps
/// with `simulate` before trusting any.
struct recorded_schedule {
  /// Name of the graph that it is for.
  std::string graph = {};
  /// What made it.
  std::string strategy = {};
  /// The steps, their time and their peak.
  schedule plan = {};
  /// The peak must not exceed it, fixed memory included.
  bytes budget = 0;
  /// Time of executing every node once.
  double base_time = 0;
  /// Proven for every schedule of its space within the budget; unset if nothing is.
  std::optional<time_bound> bound = {};
  stop_reason status = stop_reason::feasible;
};

/// What a file says of `found`, which was planned for the graph called `graph_name`.
[[nodiscard]] inline recorded_schedule record(result const& found, std::string graph_name) {
  recorded_schedule out{.graph = std::move(graph_name),
                        .strategy = found.strategy,
                        .budget = found.budget,
                        .base_time = found.base_time,
                        .status = found.termination.reason};
  if (found.plan) out.plan = *found.plan;
  if (found.has_bound()) out.bound = found.bound;
  return out;
}

/// "optimal", "feasible", "infeasible" or "no_solution": how files and programs name what was found. Trouble
/// (stop_reason::failed) found nothing.
[[nodiscard]] inline std::string_view status_name(stop_reason reason) {
  return to_string(reason == stop_reason::failed ? stop_reason::no_solution : reason);
}

}  // namespace v0
}  // namespace checkmate
