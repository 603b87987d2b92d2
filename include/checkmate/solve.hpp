// SPDX-License-Identifier: Apache-2.0
//
// `solve`: the one entry point. A graph, its costs and a budget go in; a verified plan comes out.
#pragma once

#include <utility>

#include <checkmate/cost/concepts.hpp>
#include <checkmate/graph/concepts.hpp>
#include <checkmate/graph/lower.hpp>
#include <checkmate/strategies/automatic.hpp>
#include <checkmate/strategies/strategy.hpp>

namespace checkmate {
inline namespace v0 {

/// Plans a lowered graph with `how`. The plan is simulated once more here, whatever the strategy (perhaps the
/// caller's own) says of it; one that does not hold becomes stop_reason::failed.
template <strategy S>
[[nodiscard]] result solve(dag const& d, plan_options const& options, S const& how) {
  check_plan_options(options);
  result out = how.plan(d, options);
  if (out.plan) {
    schedule plan = *std::exchange(out.plan, std::nullopt);
    if (!accept_plan(d, options, std::move(plan), out)) out.termination.reason = stop_reason::failed;
  }
  return out;
}

/// Plans `g` under `costs` with `how`. Throws invalid_graph, invalid_cost or invalid_option for misuse; every
/// outcome is a value.
template <graph G, cost_model_for<G> C, strategy S>
[[nodiscard]] result solve(G const& g, C const& costs, plan_options const& options, S const& how) {
  return solve(lower(g, costs), options, how);
}

/// Plans with the best that the library does without a solver.
[[nodiscard]] inline result solve(dag const& d, plan_options const& options) {
  return solve(d, options, automatic{});
}

/// Plans with the best that the library does without a solver.
template <graph G, cost_model_for<G> C>
[[nodiscard]] result solve(G const& g, C const& costs, plan_options const& options) {
  return solve(lower(g, costs), options);
}

}  // namespace v0
}  // namespace checkmate
