// SPDX-License-Identifier: Apache-2.0
//
// Memory over the time of a schedule: what the drawings draw.
#pragma once

#include <cstddef>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/schedule/schedule.hpp>
#include <checkmate/schedule/simulate.hpp>

namespace checkmate {
inline namespace v0 {

/// One execution on the time axis.
struct memory_sample {
  double start = 0;         ///< when the execution begins, in the cost model's unit; the first begins at 0
  double end = 0;           ///< when it ends; equal to start for nodes that take no time
  bytes in_use = 0;         ///< resident bytes while it runs, its workspace and fixed memory included
  node_index node{};        ///< dag index
  bool recomputed = false;  ///< not the node's first execution
};

/// One sample for each execution of `s`, in order. The largest `in_use` is the peak of the simulator. Throws
/// invalid_option if `s` is not a schedule for `d` (in any order of first executions).
[[nodiscard]] inline std::vector<memory_sample> memory_curve(dag const& d, schedule const& s) {
  simulation const seen = simulate(d, s, {.order = execution_order::free});
  if (!seen.valid()) throw invalid_option("memory_curve: the schedule is not valid: " + seen.error->message);
  std::vector<memory_sample> curve;
  curve.reserve(seen.executions);
  std::vector<bool> ran(d.size(), false);
  double now = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s.steps[i].what != action::compute) continue;
    node_index const node = d.index_of(s.steps[i].node);
    curve.push_back({now, now + d.time(node), seen.resident[i] + d.workspace(node), node, ran[node]});
    now += d.time(node);
    ran[node] = true;
  }
  return curve;
}

}  // namespace v0
}  // namespace checkmate
