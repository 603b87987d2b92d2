// SPDX-License-Identifier: Apache-2.0
//
// The strategy seam: a strategy is any object with `plan(dag, options) -> result`; and what every strategy
// begins and ends with.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <checkmate/core/deadline.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/memory/floor.hpp>
#include <checkmate/memory/need.hpp>
#include <checkmate/planning/claims.hpp>
#include <checkmate/planning/result.hpp>
#include <checkmate/schedule/lifetimes.hpp>
#include <checkmate/schedule/schedule.hpp>
#include <checkmate/schedule/simulate.hpp>

namespace checkmate {
inline namespace v0 {

/// A way to make a schedule.
template <class S>
concept strategy = requires(S const& s, dag const& d, plan_options const& options) {
  { s.plan(d, options) } -> std::same_as<result>;
};

namespace detail {

/// Stops the compilation with what `S` lacks to be a strategy.
template <class S>
constexpr void explain_strategy() {
  constexpr bool plans = requires(S & s, dag const& d, plan_options const& options) {
    s.plan(d, options);
  };
  static_assert(strategy<S> || plans,
                "checkmate: this strategy has no plan(dag, plan_options) that returns a result");
  static_assert(
      strategy<S> || !plans,
      "checkmate: plan(dag, plan_options) of this strategy must be const and return checkmate::result");
}

inline void put_plan(schedule plan, simulation const& seen, result& out) {
  plan.time = seen.time;
  plan.peak_memory = seen.peak_memory;
  out.plan = std::move(plan);
  out.recomputations = seen.recomputations;
  out.recomputed_nodes = seen.recomputed_nodes;
}

}  // namespace detail

/// `options` for a part of a strategy: with the time that is left on `clock`, and no progress of its own.
[[nodiscard]] inline plan_options part_options(plan_options const& options, deadline const& clock) {
  plan_options part = options;
  part.time_limit = clock.left();
  part.on_progress = {};
  return part;
}

/// A result with the fields that every strategy fills the same way, and no plan.
[[nodiscard]] inline result empty_result(dag const& d, plan_options const& options,
                                         std::string strategy_name) {
  result out;
  out.base_time = d.base_time();
  out.budget = options.budget;
  out.strategy = std::move(strategy_name);
  return out;
}

/// Puts `candidate` into `out` if the simulator accepts it within the budget; says whether it did. Strategies
/// hand over every plan through here, so none is returned unchecked.
inline bool accept_plan(dag const& d, plan_options const& options, schedule candidate, result& out) {
  simulation const seen = simulate(d, candidate, {.budget = options.budget, .order = options.order});
  if (!seen.valid()) {
    out.termination.detail = seen.error->message;
    return false;
  }
  detail::put_plan(std::move(candidate), seen, out);
  return true;
}

/// The same, from a sequence of executions.
inline bool accept_plan(dag const& d, plan_options const& options, event_sequence const& sequence,
                        result& out) {
  return accept_plan(d, options, schedule_from_sequence(d, sequence), out);
}

/// If the budget is below what some node needs on its own, makes `out` say so and returns true.
inline bool refuse_below_floor(dag const& d, plan_options const& options, result& out) {
  budget_floor const floor = smallest_conceivable_budget(d);
  if (options.budget >= floor.budget) return false;
  memory_need const need = need_of(d, floor);
  out.termination = {stop_reason::infeasible, stop_limit::none, schedule_space::any_order,
                     "the budget is " + std::to_string(options.budget) + " bytes, but " + describe(d, need),
                     need};
  return true;
}

/// Every node takes at least its time once: the bound that needs no proof.
inline void claim_base_time(dag const& d, result& out) {
  out.bound = {d.base_time(), schedule_space::any_order};
  out.proof = "base time";
}

/// Sets the reason of a result that has a plan: optimal if its bound is within the gap, feasible otherwise.
inline void conclude(plan_options const& options, result& out, stop_limit limit = stop_limit::none) {
  bool const proven = out.gap() <= options.relative_gap;
  out.termination.reason = proven ? stop_reason::optimal : stop_reason::feasible;
  out.termination.limit = proven ? stop_limit::none : limit;
}

namespace detail {

/// What every strategy begins and ends with: `body(clock, out)` fills a result that has the base time for its
/// bound, unless the budget is refused. A reason that it leaves open is concluded from what it left.
[[nodiscard]] result plan_within(dag const& d, plan_options const& options, std::string_view name,
                                 auto&& body, std::optional<seconds> fallback = {}) {
  check_plan_options(options);
  deadline const clock(options, fallback);
  result out = empty_result(d, options, std::string(name));
  if (!refuse_below_floor(d, options, out)) {
    claim_base_time(d, out);
    body(clock, out);
    if (out.termination.reason == stop_reason::no_solution) {
      if (out.plan) conclude(options, out, clock.reason());
      if (!out.plan && out.termination.limit == stop_limit::none) out.termination.limit = clock.reason();
    }
  }
  out.elapsed = clock.elapsed();
  return out;
}

}  // namespace detail

}  // namespace v0
}  // namespace checkmate
