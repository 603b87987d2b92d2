// SPDX-License-Identifier: Apache-2.0
//
// A second opinion on what a solver claims: the same model solved once more in another way, and what is to be
// believed of the two outcomes. For backends whose solver is known to be wrong now and then; knows no solver.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/support.hpp>
#include <checkmate/types.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// The objective that no point is better than, as `claim` has it for a solve with `options`; infinity where a
/// point of any objective contradicts it. With a cutoff, "infeasible" says nothing of what lies beyond that.
[[nodiscard]] inline double claimed_floor(solver_outcome const& claim, solver_options const& options) {
  if (claim.status == solve_status::failed) return infinity;
  return claim.status == solve_status::infeasible ? options.cutoff.value_or(infinity) : claim.bound;
}

/// Whether the point of `found` is better than `claim` allows, by more than `noise` (relative to the largest
/// cost of `model` or the objective, whichever is more).
[[nodiscard]] inline bool refutes(solver_outcome const& found, solver_outcome const& claim,
                                  linear_model const& model, solver_options const& options,
                                  double noise = 1e-6) {
  if (!found.has_values()) return false;
  double const size = std::max(1 / objective_scale(model), std::abs(found.objective));
  return found.objective < claimed_floor(claim, options) - noise * size;
}

/// Puts what `options` leave of their limits once `spent` was done into `left`: at most `nodes` nodes, and
/// `part` of the time. Returns the limit that leaves nothing; none if there is something left of each.
[[nodiscard]] inline solve_limit limits_left(solver_options const& options, solver_outcome const& spent,
                                             std::int64_t nodes, double part, solver_options& left) {
  if (options.stop.stop_requested()) return solve_limit::stopped;
  if (options.time_limit) {
    left.time_limit = part * (*options.time_limit - seconds(spent.elapsed));
    if (*left.time_limit <= seconds(0)) return solve_limit::time;
  }
  if (options.node_limit) nodes = std::min(nodes, *options.node_limit - spent.nodes);
  left.node_limit = nodes;
  return nodes > 0 ? solve_limit::none : solve_limit::nodes;
}

/// `first`, unless a point that `solve` finds for the same model in its own way refutes it; then what `solve`
/// says. A check should not take long: it is given up after a thousand nodes, or a third of the time that
/// `options` leave. What it refutes is solved to the end. Nodes, iterations and time are sums; callbacks
/// are not called.
template <class Solve>
[[nodiscard]] solver_outcome after_second_look(Solve const& solve, linear_model const& model,
                                               solver_options const& options, solver_outcome first) {
  solver_options again = options;
  again.on_incumbent = {};
  again.on_log = {};
  auto const solve_after = [&](solver_outcome const& done) {
    solver_outcome found = solve(again);
    found.nodes += done.nodes;
    found.iterations += done.iterations;
    found.elapsed += done.elapsed;
    return found;
  };

  if (first.has_values()) again.hint = first.values;
  if (limits_left(options, first, 1000, 1.0 / 3, again) != solve_limit::none) return first;
  solver_outcome second = solve_after(first);
  if (!refutes(second, first, model, options)) {
    first.nodes = second.nodes;
    first.iterations = second.iterations;
    first.elapsed = second.elapsed;
    return first;
  }
  if (second.status == solve_status::optimal) return second;
  again.hint = second.values;
  constexpr auto any_number = std::numeric_limits<std::int64_t>::max();
  second.limit = limits_left(options, second, any_number, 1, again);
  return second.limit == solve_limit::none ? solve_after(second) : second;
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
