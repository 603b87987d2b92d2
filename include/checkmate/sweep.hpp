// SPDX-License-Identifier: Apache-2.0
//
// sweep: the budget-overhead curve of a graph under any strategy, monotone by construction.
//
// A schedule serves every budget that its peak fits, so a larger budget never gets a dearer one; a bound
// proven for a budget holds for every smaller one. Neighbouring points hand each other both.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/planning/ledger.hpp>
#include <checkmate/planning/strategy.hpp>
#include <checkmate/schedule/no_recompute.hpp>
#include <checkmate/solve.hpp>

namespace checkmate {
inline namespace v0 {

/// One point of the curve; `found.budget` is the budget.
struct sweep_point {
  result found;
  bool borrowed = false;  ///< the schedule was found for another budget
};

/// What `sweep` has done so far.
struct sweep_progress {
  std::size_t done = 0;  ///< budgets planned
  std::size_t of = 0;
  sweep_point const* latest = nullptr;  ///< the point just planned
};

/// Which budgets, and how to plan each.
struct sweep_options {
  std::vector<bytes> budgets = {};  ///< fixed memory included, any order; empty = `points` evenly spaced ones
  std::size_t points = 20;          ///< >= 2; from the smallest conceivable budget to the no-recompute peak
  plan_options plan = {};           ///< for every point; budget and hint are set by the sweep
  std::function<void(sweep_progress const&)> on_point = {};  ///< called after each point
};

/// The budgets that a sweep of `points` >= 2 points visits if none are named: evenly spaced, ascending, from
/// the smallest conceivable budget to the no-recompute peak, both included; equal ones once.
[[nodiscard]] inline std::vector<bytes> sweep_budgets(dag const& d, std::size_t points) {
  if (points < 2) throw invalid_option("a sweep needs at least 2 points, not " + std::to_string(points));
  bytes const low = smallest_conceivable_budget(d).budget;
  bytes const high = std::max(low, no_recompute_schedule(d).peak_memory);
  std::vector<bytes> budgets;
  for (std::size_t i = 0; i < points; ++i) {
    double const part = static_cast<double>(i) / static_cast<double>(points - 1);
    budgets.push_back(i + 1 == points ? high
                                      : low + static_cast<bytes>(part * static_cast<double>(high - low)));
  }
  detail::sort_unique(budgets);
  return budgets;
}

namespace detail {

/// Gives `to` the schedule of `from` if that is cheaper and fits; says whether it did. A claim that it
/// refutes goes: its point was wrong about the budget.
inline bool borrow_plan(dag const& d, plan_options const& options, result const& from, sweep_point& to) {
  result& mine = to.found;
  if (!from.plan || from.plan->peak_memory > mine.budget) return false;
  if (mine.plan && mine.plan->time <= from.plan->time) return false;
  mine.plan = from.plan;
  mine.strategy = from.strategy;
  mine.recomputations = from.recomputations;
  mine.recomputed_nodes = from.recomputed_nodes;
  to.borrowed = true;
  bool wrong = mine.termination.reason == stop_reason::failed || drop_refuted_bound(d, *mine.plan, mine);
  if (refutes(d, *mine.plan, mine.termination)) {
    mine.termination.detail = "refuted by a plan for another budget: " + mine.termination.detail;
    wrong = true;
  }
  conclude(options, mine, mine.termination.limit);
  if (wrong && mine.termination.reason == stop_reason::feasible)
    mine.termination.reason = stop_reason::failed;
  return true;
}

/// Gives `to`, of a smaller budget, the bound of `from` if that is tighter and claims no less. One that the
/// plan of `to` refutes is not borrowed.
inline void borrow_bound(dag const& d, plan_options const& options, result const& from, result& to) {
  if (to.plan && refutes(d, *to.plan, from.bound)) return;
  if (!from.has_bound() || !from.bound.space.contains(to.bound.space) || from.bound.time <= to.bound.time)
    return;
  to.bound = from.bound;
  to.proof = from.proof;
  if (to.plan) conclude(options, to, to.termination.limit);
}

}  // namespace detail

/// Plans `d` for every budget with `how`, smallest first, each point starting from the schedule of the one
/// before; points come back in ascending order of budget. Stops early, with the points that it has, where
/// `options.plan.stop` asks for it; `options.plan.time_limit` is for each point.
template <strategy S>
[[nodiscard]] std::vector<sweep_point> sweep(dag const& d, sweep_options const& options, S const& how) {
  check_plan_options(options.plan);
  std::vector<bytes> budgets = options.budgets.empty() ? sweep_budgets(d, options.points) : options.budgets;
  detail::sort_unique(budgets);

  std::vector<sweep_point> curve;
  for (bytes budget : budgets) {
    if (options.plan.stop.stop_requested()) break;
    plan_options plan = options.plan;
    plan.budget = budget;
    result const* before = curve.empty() ? nullptr : &curve.back().found;
    if (before && before->plan) plan.hint = &*before->plan;
    sweep_point point;
    if (before && before->plan && before->plan->time <= d.base_time()) {
      point.found = *before;  // nothing is recomputed: no larger budget can do better
      point.found.budget = budget;
      point.found.elapsed = 0;
      point.borrowed = true;
    } else {
      point.found = solve(d, plan, how);
      if (before) detail::borrow_plan(d, options.plan, *before, point);
    }
    curve.push_back(std::move(point));
    if (options.on_point) options.on_point({curve.size(), budgets.size(), &curve.back()});
  }
  for (std::size_t i = curve.size(); i-- > 1;) {
    detail::borrow_plan(d, options.plan, curve[i].found, curve[i - 1]);
    detail::borrow_bound(d, options.plan, curve[i].found, curve[i - 1].found);
  }
  return curve;
}

}  // namespace v0
}  // namespace checkmate
