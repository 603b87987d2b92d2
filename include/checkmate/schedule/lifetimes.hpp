// SPDX-License-Identifier: Apache-2.0
//
// From a sequence of executions to a schedule: the lifetimes of the memory model.
//
// Strategies decide only which node is executed when. A value then lives from the execution that produces it
// until its last read before it is next produced, or not beyond that execution if nothing reads it; the last
// instance of a retained value is never released.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <checkmate/graph/dag.hpp>
#include <checkmate/memory/liveness.hpp>
#include <checkmate/schedule/schedule.hpp>

namespace checkmate {
inline namespace v0 {

/// The schedule that executes `sequence` and releases every value as early
/// as the memory model says. Linear in the reads of the executions. Its time and peak are left 0: the
/// simulator's to fill.
[[nodiscard]] inline schedule schedule_from_sequence(dag const& d, event_sequence const& sequence) {
  detail::backward_liveness live(d);
  schedule out;
  auto& steps = out.steps;
  auto const release_if = [&](bool unneeded, value_index v) {
    value_ref const name = d.ref(v);
    if (unneeded) steps.push_back({action::release, name.node, name.output});
  };
  for (std::size_t i = sequence.size(); i-- > 0;) {
    live.step_back(
        sequence[i].node, [&](value_index v, bool needed) { release_if(!needed, v); },
        [&](value_index v, bool last) { release_if(last, v); });
    steps.push_back({action::compute, d.id(sequence[i].node), 0});
  }
  std::reverse(steps.begin(), steps.end());
  return out;
}

/// The events of `s`: its executions. Throws invalid_schedule where one reads what never ran.
[[nodiscard]] inline event_sequence sequence_of(dag const& d, schedule const& s) {
  std::vector<event> events;
  for (step const& at : s) {
    if (at.what == action::compute) events.push_back({d.index_of(at.node)});
  }
  return {d, std::move(events)};
}

}  // namespace v0
}  // namespace checkmate
