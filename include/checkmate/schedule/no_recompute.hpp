// SPDX-License-Identifier: Apache-2.0
//
// The schedule without recomputation: every node runs once, every value is freed after its last read.
#pragma once

#include <checkmate/graph/dag.hpp>
#include <checkmate/schedule/lifetimes.hpp>
#include <checkmate/schedule/schedule.hpp>
#include <checkmate/schedule/simulate.hpp>

namespace checkmate {
inline namespace v0 {

/// The schedule that executes every node once, in the dag's order; its peak is the no-recompute peak.
[[nodiscard]] inline schedule no_recompute_schedule(dag const& d) {
  schedule out = schedule_from_sequence(d, event_sequence(d));
  simulation const seen = simulate(d, out);
  out.time = seen.time;
  out.peak_memory = seen.peak_memory;
  return out;
}

}  // namespace v0
}  // namespace checkmate
