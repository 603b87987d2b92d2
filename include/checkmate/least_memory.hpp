// SPDX-License-Identifier: Apache-2.0
//
// least_memory: the dual of `solve`. Instead of the least time within a budget it finds the least budget
// within a time: how far memory goes down for at most 5 % more time, say.
//
// Budgets are halved between what is known to do and what was refused. A refusal is one of two things:
// proven, where the bound on time at that budget is above what is allowed (then it holds for every smaller
// budget, too), or a search that found nothing, which proves nothing. Knapsacks (bounds/knapsack.hpp)
// prove a part of it before the first search.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/bounds/knapsack.hpp>
#include <checkmate/core/deadline.hpp>
#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/core/text.hpp>
#include <checkmate/graph/quantum.hpp>
#include <checkmate/planning/ledger.hpp>
#include <checkmate/planning/strategy.hpp>
#include <checkmate/schedule/no_recompute.hpp>
#include <checkmate/solve.hpp>

namespace checkmate {
inline namespace v0 {

/// What trying one budget gave.
struct budget_probe {
  bytes budget = 0;
  bool fits = false;       ///< a schedule was found within the budget and the allowed time
  bool proven = false;     ///< does not fit, and no schedule of the proof's space can
  double time = infinity;  ///< of the schedule that was found, in time or not; infinity if none
};

/// How to search.
struct least_memory_options {
  /// Extra time allowed over executing every node once, as a fraction of that, >= 0 and finite: 0.05 is 5 %.
  double overhead = 0;
  /// The search ends when a schedule is known whose memory is within this fraction of the no-recompute peak
  /// of a budget that was refused, in [0, 1); 0: to the byte.
  double precision = 1e-3;
  /// For every budget that is tried; budget and hint are set by the search, and time_limit is for all of it
  /// together.
  plan_options plan = {};
  std::function<void(budget_probe const&)> on_probe = {};  ///< called after each budget
};

/// What the search found.
struct least_memory_result {
  /// The schedule of least peak that takes no longer than allowed. Its `budget` is that peak, its bound one
  /// on the time at that budget, and stop_reason::optimal says that its memory is proven the least within the
  /// precision.
  result found;
  double allowed_time = 0;  ///< in the dag's unit
  /// No schedule of `space` takes less memory than this within the allowed time.
  bytes lower_bound = 0;
  schedule_space space = schedule_space::any_order;  ///< of the claim above
  std::string proof;                                 ///< which part proved it
  bytes refused = 0;                    ///< the largest budget below that was refused, proven or not
  std::vector<budget_probe> probes;     ///< every budget tried, in order
  stop_limit limit = stop_limit::none;  ///< what ended the search before its precision was reached

  /// The peak found; needs a plan, which there is always.
  [[nodiscard]] bytes memory() const { return found.plan->peak_memory; }
  /// How far the memory found can be from the least, as a fraction of it: (memory - lower_bound) / memory.
  [[nodiscard]] double gap() const {
    bytes const peak = memory();
    return peak > 0 ? static_cast<double>(peak - std::min(peak, lower_bound)) / static_cast<double>(peak)
                    : 0.0;
  }
};

namespace detail {

/// One search; `least_memory` is its only user.
template <strategy S>
class memory_search {
 public:
  memory_search(dag const& d, least_memory_options const& options, S const& how)
      : dag_(d), options_(options), how_(how), clock_(options.plan) {
    out_.allowed_time = d.base_time() * (1 + options.overhead);
  }

  least_memory_result run() {
    start();
    bound_by_knapsacks();
    while (width() > step_ && !over()) {
      if (!probe(refused_below(memory()) + width() / 2)) break;
    }
    if (out_.limit == stop_limit::none && width() > step_) out_.limit = clock_.reason();
    finish();
    return std::move(out_);
  }

 private:
  [[nodiscard]] bytes memory() const { return out_.memory(); }
  [[nodiscard]] double time_limit() const {  // sums of times differ in the last bits with the order of adding
    return out_.allowed_time * (1 + tolerance::sums);
  }
  [[nodiscard]] bool over() const { return clock_.expired(); }

  /// The schedule without recomputation takes no longer than allowed, and below the floor there is none.
  void start() {
    schedule base = no_recompute_schedule(dag_);
    plan_options enough = options_.plan;
    enough.budget = base.peak_memory;
    out_.found = empty_result(dag_, enough, "checkpoint_all");
    accept_plan(dag_, enough, std::move(base), out_.found);
    claim_base_time(dag_, out_.found);
    step_ = std::max(quantum_, static_cast<bytes>(options_.precision * static_cast<double>(memory())));
    raise(smallest_conceivable_budget(dag_).budget, schedule_space::any_order, "smallest conceivable budget");
  }

  /// Halves where the knapsacks' bound passes the allowed time, which takes no search, but up to a tenth of
  /// the time.
  void bound_by_knapsacks() {
    plan_options tenth = options_.plan;
    if (tenth.time_limit) *tenth.time_limit *= 0.1;
    deadline const clock(tenth);
    bytes low = out_.lower_bound - 1;  // refused
    bytes high = options_.plan.order == execution_order::fixed ? memory() : low;
    while (high - low > step_ && !clock.expired()) {
      bytes const mid = low + (high - low) / 2;
      knapsack_result const seen = knapsack_bound(dag_, mid, [&] { return clock.expired(); });
      bool const refuses = seen.infeasible || seen.bound.time > time_limit();
      (refuses ? low : high) = mid;
      if (refuses) raise(mid + 1, seen.bound.space, "knapsack bound");
    }
    sure_ = {out_.lower_bound, out_.space, out_.proof};
  }

  /// Nothing below `least` will do. Peaks lie whole quanta above fixed memory.
  void raise(bytes least, schedule_space space, std::string proof) {
    bool const covers =
        options_.plan.order == execution_order::fixed || space.contains(schedule_space::any_order);
    bytes const over_fixed = std::max<bytes>(0, least - dag_.fixed_memory());
    least = dag_.fixed_memory() + (over_fixed + quantum_ - 1) / quantum_ * quantum_;
    if (!covers || (least <= out_.lower_bound && !out_.proof.empty())) return;
    out_.lower_bound = least;
    out_.space = space;
    out_.proof = std::move(proof);
  }

  /// The largest budget below `known` that is refused; what is refused above a schedule that is known was
  /// wrong.
  [[nodiscard]] bytes refused_below(bytes known) const {
    bytes most = std::min(out_.lower_bound, known) - 1;
    for (bytes budget : refused_) {
      if (budget < known) most = std::max(most, budget);
    }
    return most;
  }
  /// How far the memory that is known to do lies above what is refused.
  [[nodiscard]] bytes width() const { return memory() - refused_below(memory()); }

  /// Tries a budget; false if a limit left it undecided.
  bool probe(bytes budget) {
    plan_options plan = options_.plan;
    plan.budget = budget;
    if (below_) plan.hint = &*below_;
    if (auto const left = clock_.left()) plan.time_limit = *left / expected_probes();
    result found = solve_until_allowed(plan);
    budget_probe seen{.budget = budget};
    if (found.plan) seen.time = found.plan->time;
    seen.fits = found.plan && found.plan->time <= time_limit();
    bool const infeasible = !found.plan && found.termination.reason == stop_reason::infeasible;
    seen.proven = !seen.fits && (infeasible || (found.has_bound() && found.bound.time > time_limit()));
    bool const decided = seen.fits || seen.proven || !options_.plan.stop.stop_requested();
    out_.probes.push_back(seen);
    if (seen.proven) {
      raise(budget + 1, infeasible ? found.termination.space : found.bound.space,
            infeasible || found.proof.empty() ? found.strategy : found.proof);
    }
    if (seen.fits) {
      out_.found = std::move(found);
    } else if (decided) {
      refused_.push_back(budget);
      keep_below(std::move(found.plan));
    }
    if (options_.on_probe) options_.on_probe(seen);
    return decided;
  }

  /// Plans, at first only until the time is no more than allowed: a schedule within that share of the base
  /// time is as good as any here. A better bound may end that too early; then once more, with the gap that
  /// was asked for.
  result solve_until_allowed(plan_options plan) {
    deadline const clock(plan);
    double const asked = plan.relative_gap;
    plan.relative_gap = std::max(asked, options_.overhead / (1 + options_.overhead) * (1 - 1e-9));
    result found = solve(dag_, plan, how_);
    bool const settled = !found.plan || found.plan->time <= time_limit() ||
                         (found.has_bound() && found.bound.time > time_limit());
    if (settled || plan.relative_gap <= asked || found.gap() > plan.relative_gap || clock.expired())
      return found;
    schedule const hint = *found.plan;
    plan.hint = &hint;
    plan.relative_gap = asked;
    plan.time_limit = clock.left();
    return solve(dag_, plan, how_);
  }

  /// The fastest schedule that takes too long: it fits every larger budget, as a start.
  void keep_below(std::optional<schedule> slow) {
    if (slow && (!below_ || slow->time < below_->time)) below_ = std::move(slow);
  }

  /// Budgets that will still be tried.
  [[nodiscard]] double expected_probes() const {
    return std::max(1.0, std::ceil(std::log2(static_cast<double>(width()) / static_cast<double>(step_))));
  }

  void finish() {
    // A solver's claim that a schedule refutes.
    if (out_.lower_bound > memory() && is_in_space(dag_, *out_.found.plan, out_.space)) {
      out_.found.termination.detail = out_.proof + " claims that no schedule takes less than " +
                                      std::to_string(out_.lower_bound) + " bytes, but one takes " +
                                      std::to_string(memory());
      out_.lower_bound = sure_.memory;
      out_.space = sure_.space;
      out_.proof = sure_.proof;
    }
    out_.refused = std::max<bytes>(0, refused_below(memory()));
    out_.found.budget = memory();
    bool const proven =
        memory() - out_.lower_bound < step_ && out_.space.contains(schedule_space::fixed_order);
    out_.found.termination.reason = proven ? stop_reason::optimal : stop_reason::feasible;
    out_.found.termination.limit = out_.limit;
    out_.found.elapsed = clock_.elapsed();
  }

  struct claim {
    bytes memory = 0;
    schedule_space space = schedule_space::any_order;
    std::string proof;
  };

  dag const& dag_;
  least_memory_options const& options_;
  S const& how_;
  deadline clock_;
  least_memory_result out_;
  bytes const quantum_ = std::max<bytes>(1, byte_quantum(dag_));
  bytes step_ = 1;
  std::vector<bytes> refused_;
  std::optional<schedule> below_;
  claim sure_;  // needs no solver's word
};

}  // namespace detail

/// The least memory in which `how`, by default the best that the library does without a solver, plans `d`
/// within the allowed time. There is always a schedule: the one without recomputation. Repeatable where `how`
/// is and no time limit is set. Throws invalid_option.
template <strategy S = automatic<>>
[[nodiscard]] least_memory_result least_memory(dag const& d, least_memory_options const& options,
                                               S const& how = {}) {
  check_plan_options(options.plan);
  if (!detail::is_finite_amount(options.overhead) ||
      !detail::is_finite(d.base_time() * (1 + options.overhead))) {
    throw invalid_option("least_memory: overhead must be a fraction >= 0 and finite, it is " +
                         detail::text_of(options.overhead));
  }
  if (!detail::is_finite_amount(options.precision) || options.precision >= 1) {
    throw invalid_option("least_memory: precision must be in [0, 1), it is " +
                         detail::text_of(options.precision));
  }
  return detail::memory_search<S>(d, options, how).run();
}

/// Of a graph under its costs.
template <graph G, cost_model_for<G> C, strategy S = automatic<>>
[[nodiscard]] least_memory_result least_memory(G const& g, C const& costs,
                                               least_memory_options const& options, S const& how = {}) {
  return least_memory(lower(g, costs), options, how);
}

}  // namespace v0
}  // namespace checkmate
