// SPDX-License-Identifier: Apache-2.0
//
// The strategy seam: options in, a result out. A strategy is any object with `plan(dag, options) -> result`.
//
// Outcome is a value: why planning stopped (`termination`) is apart from what it has (`plan`, `bound`).
// Claims name the space of schedules they hold for; the spaces are nested, so a bound for a larger one holds
// for a smaller one.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <checkmate/bounds/time_bound.hpp>
#include <checkmate/deadline.hpp>
#include <checkmate/detail/finite.hpp>
#include <checkmate/error.hpp>
#include <checkmate/graph/algorithms.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/graph/memory_need.hpp>
#include <checkmate/schedule/lifetimes.hpp>
#include <checkmate/schedule/schedule.hpp>
#include <checkmate/schedule/simulate.hpp>

namespace checkmate {
inline namespace v0 {

/// Why planning stopped.
enum class stop_reason : std::uint8_t {
  optimal,      ///< there is a plan, proven within the gap asked for among the schedules of `bound.space`
  feasible,     ///< there is a plan; a limit was reached, or the strategy proves nothing
  infeasible,   ///< proven: no schedule of `termination.space` fits the budget
  no_solution,  ///< a limit was reached, or the strategy found none; nothing is proven
  failed        ///< trouble (a backend that contradicts the simulator, say); `detail` tells
};

/// Why planning stopped, with a sentence for a person.
struct termination {
  stop_reason reason = stop_reason::no_solution;
  stop_limit limit = stop_limit::none;
  schedule_space space = schedule_space::any_order;  ///< of "infeasible": the schedules that it rules out
  std::string detail = {};
  std::optional<memory_need> need =
      {};  ///< of "infeasible": what alone is more than the budget, where it is that
};

/// State of a plan in the making, for progress displays.
struct progress {
  double elapsed = 0;                                          ///< seconds since planning began
  double best_time = std::numeric_limits<double>::infinity();  ///< of the best plan so far
  double bound = -std::numeric_limits<double>::infinity();     ///< proven so far
  std::string_view phase = {};                                 ///< "greedy", "local search", ...
};

/// What to plan for. One aggregate serves every strategy; each says which fields it heeds beyond budget, time
/// limit and stop token.
struct plan_options {
  bytes budget = std::numeric_limits<bytes>::max();  ///< largest allowed peak, pinned memory included
  std::optional<seconds> time_limit = {};  ///< wall clock, soft, finite; unset = the strategy's own default
  double relative_gap = 1e-4;              ///< stop when (time - bound) / time <= this, >= 0, finite
  int threads = 1;                         ///< 1..1024; more than 1 may cost repeatability
  std::uint32_t seed = 0;                  ///< same seed, one thread, no time limit hit: same schedule
  execution_order order = execution_order::fixed;  ///< whether first executions may move
  schedule const* hint = nullptr;  ///< a schedule to start from, not owned; ignored if it does not fit
  std::stop_token stop = {};       ///< a stop ends planning with the best plan so far
  std::function<void(progress const&)> on_progress = {};  ///< called now and then, from the planning thread
  std::function<void(std::string_view)> on_log = {};      ///< lines of a solver's log; unset = silence
};

/// What a strategy found. Contextually true if there is a plan.
struct result {
  std::optional<schedule> plan;  ///< simulated and within budget
  checkmate::termination termination;
  time_bound bound;
  double base_time = 0;              ///< time of executing every node once
  bytes budget = 0;                  ///< the budget that was asked for
  std::size_t recomputations = 0;    ///< executions beyond the first of each node
  std::size_t recomputed_nodes = 0;  ///< nodes executed more than once
  double elapsed = 0;                ///< wall seconds of planning
  std::string strategy;              ///< which strategy (or part of one) found the plan
  std::string proof;                 ///< which part proved the bound; empty if none

  explicit operator bool() const noexcept { return plan.has_value(); }
  [[nodiscard]] bool has_bound() const noexcept { return detail::is_finite(bound.time); }
  /// Extra time over executing every node once, as a fraction; 0 for a graph that takes no time. Needs a
  /// plan.
  [[nodiscard]] double overhead() const {
    return base_time > 0 ? std::max(0.0, plan->time - base_time) / base_time : 0.0;
  }
  /// (time - bound) / time, >= 0; infinity without a plan or a bound.
  [[nodiscard]] double gap() const {
    if (!plan || !has_bound()) return std::numeric_limits<double>::infinity();
    return plan->time > 0 ? std::max(0.0, plan->time - bound.time) / plan->time : 0.0;
  }
};

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

}  // namespace detail

/// Throws invalid_option where a field of `options` is out of its range.
inline void check_plan_options(plan_options const& options) {
  if (options.budget < 0) {
    throw invalid_option("budget must be >= 0 bytes, it is " + std::to_string(options.budget));
  }
  if (options.time_limit && !detail::is_finite_amount(options.time_limit->count())) {
    throw invalid_option(
        "time_limit must be >= 0 s, it is " + std::to_string(options.time_limit->count()) +
        (detail::is_plus_infinity(options.time_limit->count()) ? ", which is not finite" : ""));
  }
  if (!detail::is_finite_amount(options.relative_gap)) {
    throw invalid_option("relative_gap must be >= 0, it is " + std::to_string(options.relative_gap) +
                         (detail::is_plus_infinity(options.relative_gap) ? ", which is not finite" : ""));
  }
  constexpr int most_threads = 1024;
  if (options.threads < 1) {
    throw invalid_option("threads must be >= 1, it is " + std::to_string(options.threads));
  }
  if (options.threads > most_threads) {
    throw invalid_option("threads must be <= " + std::to_string(most_threads) + ", it is " +
                         std::to_string(options.threads));
  }
}

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
  candidate.time = seen.time;
  candidate.peak_memory = seen.peak_memory;
  out.plan = std::move(candidate);
  out.recomputations = seen.recomputations;
  out.recomputed_nodes = seen.recomputed_nodes;
  return true;
}

/// The same, from a sequence of executions (dag indices).
inline bool accept_plan(dag const& d, plan_options const& options, std::span<node_id const> sequence,
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

}  // namespace v0
}  // namespace checkmate
