// SPDX-License-Identifier: Apache-2.0
//
// The recheck of a solver's claim: the same model solved once more in another way, and which of the two
// outcomes counts. For backends whose solver is known to be wrong now and then; knows no solver.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include <checkmate/core/types.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/support.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// The objective that `claim`, of a solve with `options`, says no point is better than; infinity where any
/// point contradicts it. With a cutoff, "infeasible" claims nothing beyond the cutoff.
[[nodiscard]] inline double claimed_floor(solver_outcome const& claim, solver_options const& options) {
  if (claim.status == solve_status::failed) return infinity;
  return claim.status == solve_status::infeasible ? options.cutoff.value_or(infinity) : claim.bound;
}

/// Whether the point of `found` is better than `claim` allows, by more than solvers' tolerances: a millionth
/// of its objective, or of one unit where costs are scaled as objective_scale does it.
[[nodiscard]] inline bool contradicts(solver_outcome const& found, solver_outcome const& claim,
                                      linear_model const& model, solver_options const& options) {
  if (!found.has_values()) return false;
  double const noise = 1e-6 * std::max(1 / objective_scale(model), std::abs(found.objective));
  return found.objective < claimed_floor(claim, options) - noise;
}

/// Puts what `options` leave of their limits once `spent` was done into `left`. Returns the limit that leaves
/// nothing; none if there is something left of each.
[[nodiscard]] inline solve_limit limits_left(solver_options const& options, solver_outcome const& spent,
                                             solver_options& left) {
  if (options.stop.stop_requested()) return solve_limit::stopped;
  if (options.time_limit) {
    seconds const time = *options.time_limit - seconds(spent.elapsed);
    if (time <= seconds(0)) return solve_limit::time;
    left.time_limit = time;
  }
  if (options.node_limit) {
    std::int64_t const nodes = *options.node_limit - spent.nodes;
    if (nodes <= 0) return solve_limit::nodes;
    left.node_limit = nodes;
  }
  return solve_limit::none;
}

/// Limits a check to a thousand nodes, a third of the time that is left, and a second more than ten times
/// what was `spent` on what it checks.
inline void shorten(solver_options& check, solver_outcome const& spent) {
  check.node_limit = std::min<std::int64_t>(check.node_limit.value_or(1000), 1000);
  seconds const enough(1 + 10 * spent.elapsed);
  check.time_limit = check.time_limit ? std::min(*check.time_limit / 3, enough) : enough;
}

inline void add_effort(solver_outcome& to, solver_outcome const& of) {
  to.nodes += of.nodes;
  to.iterations += of.iterations;
  to.elapsed += of.elapsed;
}

/// Gives `to`, if it has a point, that of `from` where it is better.
inline void take_better_point(solver_outcome& to, solver_outcome const& from) {
  if (!to.has_values() || !from.has_values() || !(from.objective < to.objective)) return;
  to.values = from.values;
  to.objective = from.objective;
  to.bound = std::min(to.bound, to.objective);
}

[[nodiscard]] inline solver_options without_callbacks(solver_options options) {
  options.on_incumbent = {};
  options.on_log = {};
  return options;
}

/// `partial`, which has a point but was cut short, solved on from there with what `options` leave.
[[nodiscard]] solver_outcome solved_to_the_end(auto const& solve, solver_options const& options,
                                               solver_outcome partial) {
  solver_options more = without_callbacks(options);
  more.hint = partial.values;
  partial.limit = limits_left(options, partial, more);
  if (partial.limit != solve_limit::none) return partial;
  solver_outcome found = solve(more);
  if (!found.has_values()) {
    partial.limit = solve_limit::other;
    add_effort(partial, found);
    return partial;
  }
  take_better_point(found, partial);
  add_effort(found, partial);
  return found;
}

/// The outcome of `first` and of `solve`, which solves the same model in its own way.
/// - `first` counts, with the better point of the two, unless a point of `solve`'s contradicts it.
/// - Otherwise what `solve` claims after the time that `options` leave counts, and `detail` says so.
/// - Nodes, iterations and time are sums. Callbacks are not called.
[[nodiscard]] solver_outcome rechecked(auto const& solve, linear_model const& model,
                                       solver_options const& options, solver_outcome first) {
  solver_options again = without_callbacks(options);
  if (limits_left(options, first, again) != solve_limit::none) return first;
  if (first.has_values()) again.hint = first.values;
  shorten(again, first);
  solver_outcome second = solve(again);
  if (!contradicts(second, first, model, options)) {
    take_better_point(first, second);
    add_effort(first, second);
    return first;
  }
  add_effort(second, first);
  if (second.status != solve_status::optimal) second = solved_to_the_end(solve, options, std::move(second));
  second.detail = "solved again, as a point contradicts the first answer";
  return second;
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
