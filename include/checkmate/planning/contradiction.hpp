// SPDX-License-Identifier: Apache-2.0
//
// Whether a plan refutes a claim: a bound above its time, or "infeasible", of a space of schedules that it
// belongs to.
#pragma once

#include <string>

#include <checkmate/graph/dag.hpp>
#include <checkmate/planning/strategy.hpp>
#include <checkmate/schedule/lifetimes.hpp>
#include <checkmate/schedule/schedule.hpp>
#include <checkmate/schedule/simulate.hpp>
#include <checkmate/schedule/stages.hpp>

namespace checkmate {
inline namespace v0 {

/// Whether the valid schedule `s` is one of `space`. For the stages, useless executions do not count.
[[nodiscard]] inline bool is_in_space(dag const& d, schedule const& s, schedule_space space) {
  if (space == schedule_space::any_order) return true;
  if (space == schedule_space::fixed_order) return simulate(d, s).valid();
  return split_into_stages(stage_space(d), without_useless_executions(d, sequence_of(d, s))).has_value();
}

/// Whether `known`, simulated and within the budget, takes less time than `bound` allows, by more than the
/// rounding and the margins of either.
[[nodiscard]] inline bool refutes(dag const& d, schedule const& known, time_bound const& bound) {
  constexpr double margin = 1e-6;
  return bound.time > known.time * (1 + margin) && is_in_space(d, known, bound.space);
}

/// Takes a bound out of `out` that `known` refutes, says so, and leaves the base time. Whether it did.
inline bool drop_refuted_bound(dag const& d, schedule const& known, result& out) {
  if (!refutes(d, known, out.bound)) return false;
  out.termination.detail = (out.proof.empty() ? out.strategy : out.proof) +
                           " claims that no schedule takes less than " + std::to_string(out.bound.time) +
                           ", but one takes " + std::to_string(known.time);
  claim_base_time(d, out);
  return true;
}

}  // namespace v0
}  // namespace checkmate
