// SPDX-License-Identifier: Apache-2.0
//
// `solve`: the one entry point. A graph, its costs and a budget go in; a verified plan comes out.
#pragma once

#include <utility>

#include <checkmate/graph/concepts.hpp>
#include <checkmate/graph/cost_concepts.hpp>
#include <checkmate/graph/lower.hpp>
#include <checkmate/planning/ledger.hpp>
#include <checkmate/planning/strategy.hpp>
#include <checkmate/strategies/automatic.hpp>

namespace checkmate {
inline namespace v0 {

namespace detail {

/// Takes back what `out` claims against its own plan; whether there was something.
inline bool plan_refutes_claims(dag const& d, result& out) {
  bool const impossible = refutes(d, *out.plan, out.termination);
  if (impossible) out.termination.detail = "claims that no schedule fits the budget, and returned one";
  return drop_refuted_bound(d, *out.plan, out) || impossible;
}

}  // namespace detail

/// Plans a lowered graph with `how`, by default the best that the library does without a solver. The plan is
/// simulated once more here, whatever the strategy (perhaps the caller's own) says of it; one that does not
/// hold becomes stop_reason::failed. So does a claim that the plan itself refutes: a bound above its time, or
/// "infeasible", of a space of schedules that it is in.
///
/// Threads. Planning keeps no state: dags, options and strategies are only read, and any number of threads
/// may plan at once, on the same dag too, with the answers that they would get one after the other. Callbacks
/// run on the thread that plans (a backend's may run on threads of its own). Solvers may take turns: see cbc.
template <strategy S = automatic<>>
[[nodiscard]] result solve(dag const& d, plan_options const& options, S const& how = {}) {
  check_plan_options(options);
  result out = how.plan(d, options);
  if (out.plan) {
    schedule plan = *std::exchange(out.plan, std::nullopt);
    bool const holds = accept_plan(d, options, std::move(plan), out);
    if (!holds || detail::plan_refutes_claims(d, out)) out.termination.reason = stop_reason::failed;
  }
  return out;
}

/// Plans `g` under `costs`, the same way. Throws invalid_graph, invalid_cost or invalid_option for misuse;
/// every outcome is a value.
template <graph G, cost_model_for<G> C, strategy S = automatic<>>
[[nodiscard]] result solve(G const& g, C const& costs, plan_options const& options, S const& how = {}) {
  return solve(lower(g, costs), options, how);
}

/// Never runs: says what the graph, the cost model or the strategy lack.
template <class G, class C, class... S>
requires(!(graph<G> && cost_model_for<C, G> && (strategy<S> && ...)) && sizeof...(S) <= 1) result
    solve(G const&, C const&, plan_options const&, S const&...) {
  if constexpr (graph<G> && cost_model_for<C, G>) {
    (detail::explain_strategy<S>(), ...);
  } else {
    detail::explain_problem<G, C>();
  }
  return {};
}

/// Never runs: says what the strategy lacks.
template <class S>
requires(!strategy<S>) result solve(dag const&, plan_options const&, S const&) {
  detail::explain_strategy<S>();
  return {};
}

}  // namespace v0
}  // namespace checkmate
