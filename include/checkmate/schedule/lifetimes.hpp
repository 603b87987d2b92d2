// SPDX-License-Identifier: Apache-2.0
//
// From a sequence of executions to a schedule: the lifetimes of the memory model.
//
// Strategies decide only which node is executed when. A value then lives from the execution that produces it
// until its last read before it is next produced, or not beyond that execution if nothing reads it; the last
// instance of a retained value is never released.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <checkmate/graph/dag.hpp>
#include <checkmate/schedule/schedule.hpp>

namespace checkmate {
inline namespace v0 {

/// The schedule that executes `sequence` (dag indices, repetitions allowed) and releases every value as early
/// as the memory model says. Linear in the reads of the executions. Its time and peak are left 0: the
/// simulator's to fill.
[[nodiscard]] inline schedule schedule_from_sequence(dag const& d, std::span<node_id const> sequence) {
  // Scanned backwards: a value is needed at a moment if it is read later, before its next production.
  std::vector<std::uint8_t> needed(d.value_count());
  for (auto v : d.values()) needed[v] = d.retained(v) ? 1 : 0;
  schedule out;
  auto& steps = out.steps;
  auto release = [&](value_id v) {
    value_ref const name = d.ref(v);
    steps.push_back({action::release, name.node, name.output});
  };
  for (std::size_t i = sequence.size(); i-- > 0;) {
    node_id const node = sequence[i];
    for (std::uint32_t k = d.output_count(node); k-- > 0;) {
      value_id const v = d.first_value(node) + k;
      if (needed[v] == 0) release(v);
      needed[v] = 0;
    }
    auto const read = d.reads(node);
    for (std::size_t r = read.size(); r-- > 0;) {
      if (needed[read[r]] == 0) release(read[r]);
      needed[read[r]] = 1;
    }
    steps.push_back({action::compute, d.id(node), 0});
  }
  std::reverse(steps.begin(), steps.end());
  return out;
}

/// The executions of `s` in order, as dag indices.
[[nodiscard]] inline std::vector<node_id> sequence_of(dag const& d, schedule const& s) {
  std::vector<node_id> sequence;
  for (step const& at : s) {
    if (at.what == action::compute) sequence.push_back(d.index_of(at.node));
  }
  return sequence;
}

}  // namespace v0
}  // namespace checkmate
