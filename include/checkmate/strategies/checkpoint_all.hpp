// SPDX-License-Identifier: Apache-2.0
//
// checkpoint_all: no recomputation. Every node runs once, every value is freed after its last read.
#pragma once

#include <numeric>
#include <vector>

#include <checkmate/strategies/strategy.hpp>

namespace checkmate {
inline namespace v0 {

/// The schedule that executes every node once, in the dag's order; its peak is the no-recompute peak.
[[nodiscard]] inline schedule no_recompute_schedule(dag const& d) {
  std::vector<node_id> sequence(d.size());
  std::iota(sequence.begin(), sequence.end(), node_id{0});
  schedule out = schedule_from_sequence(d, sequence);
  simulation const seen = simulate(d, out);
  out.time = seen.time;
  out.peak_memory = seen.peak_memory;
  return out;
}

/// Keeps every value until its last read and recomputes nothing (Jain et al. 2020, Table 1, with values freed
/// after their last use). Optimal wherever it fits.
struct checkpoint_all {
  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    check_plan_options(options);
    deadline const clock(options);
    result out = empty_result(d, options, "checkpoint_all");
    if (!refuse_below_floor(d, options, out)) {
      claim_base_time(d, out);
      if (accept_plan(d, options, no_recompute_schedule(d), out)) {
        conclude(options, out);
      } else {
        out.termination.reason = stop_reason::no_solution;
      }
    }
    out.elapsed = clock.elapsed();
    return out;
  }
};

}  // namespace v0
}  // namespace checkmate
