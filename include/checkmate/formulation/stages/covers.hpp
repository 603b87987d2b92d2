// SPDX-License-Identifier: Apache-2.0
//
// Exactness beyond a solver's tolerances: where a point that a solver takes for feasible is a few bytes over
// the budget, rows without sizes say what the memory rows could not.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <checkmate/formulation/stages/model.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/memory/liveness.hpp>
#include <checkmate/schedule/stages.hpp>

namespace checkmate {
inline namespace v0 {
namespace formulation {
namespace detail {

/// The fewest of `resident` that, largest first, exceed `room` bytes together.
inline std::vector<value_index> smallest_cover(dag const& d, std::vector<value_index> resident, bytes room) {
  std::stable_sort(resident.begin(), resident.end(),
                   [&](value_index a, value_index b) { return d.memory(a) > d.memory(b); });
  std::size_t taken = 0;
  for (bytes sum = 0; taken < resident.size() && sum <= room; ++taken) sum += d.memory(resident[taken]);
  resident.resize(taken);
  return resident;
}

}  // namespace detail

/// For each moment at which `runs` exceed `budget` (fixed memory included): values that are resident then
/// and must not be together. Empty if the runs are within the budget. Every schedule within budget satisfies
/// the rows that these make.
[[nodiscard]] inline std::vector<memory_cover> violated_covers(stage_space const& space,
                                                               stage_runs const& runs, bytes budget) {
  dag const& d = space.graph();
  checkmate::detail::backward_liveness live(d);
  bytes held = 0;  // before the execution at hand
  for (auto v : d.values()) held += live.needs(v) ? d.memory(v) : 0;
  std::vector<memory_cover> out;
  for (std::size_t s = runs.size(); s-- > 0;) {
    for (std::size_t at = runs[s].size(); at-- > 0;) {
      node_index const node = runs[s][at];
      live.step_back(
          node, [&](value_index v, bool needed) { held -= needed ? d.memory(v) : 0; },
          [&](value_index v, bool last) { held += last ? d.memory(v) : 0; });
      bytes const room = budget - d.fixed_memory() - checkmate::detail::new_bytes(d, node);
      if (held <= room) continue;
      std::vector<value_index> resident;
      for (auto v : d.values()) {
        if (live.needs(v)) resident.push_back(v);
      }
      out.push_back({s, node, detail::smallest_cover(d, std::move(resident), room)});
    }
  }
  return out;
}

}  // namespace formulation
}  // namespace v0
}  // namespace checkmate
