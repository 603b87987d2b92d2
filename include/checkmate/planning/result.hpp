// SPDX-License-Identifier: Apache-2.0
//
// What planning takes and what it returns: options, why it stopped, the plan and the bound.
//
// Outcome is a value: why planning stopped (`termination`) is apart from what it has (`plan`, `bound`).
// Claims name the space of schedules that they hold for (claims.hpp).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <checkmate/core/deadline.hpp>
#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/core/text.hpp>
#include <checkmate/core/types.hpp>
#include <checkmate/memory/need.hpp>
#include <checkmate/planning/claims.hpp>
#include <checkmate/schedule/schedule.hpp>

namespace checkmate {
inline namespace v0 {

/// Why planning stopped.
enum class stop_reason : std::uint8_t {
  optimal,      ///< there is a plan, proven within the gap asked for among the schedules of `bound.space`
  feasible,     ///< there is a plan; a limit was reached, or the strategy proves nothing
  infeasible,   ///< proven: no schedule of `termination.space` fits the budget
  no_solution,  ///< a limit was reached, or the strategy found none; nothing is proven
  failed        ///< a fault (a backend that contradicts the simulator, say); `detail` tells
};

[[nodiscard]] constexpr std::string_view to_string(stop_reason reason) {
  constexpr std::array<std::string_view, 5> names = {"optimal", "feasible", "infeasible", "no_solution",
                                                     "failed"};
  return names[static_cast<std::size_t>(reason)];
}

/// Why planning stopped, with a sentence for a person.
struct termination {
  stop_reason reason = stop_reason::no_solution;
  stop_limit limit = stop_limit::none;
  schedule_space space = schedule_space::any_order;  ///< of "infeasible": the schedules that it rules out
  std::string detail = {};
  /// Of "infeasible": what must be held at once and is more than the budget, where it is that.
  std::optional<memory_need> need = {};
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
  bytes budget = std::numeric_limits<bytes>::max();  ///< largest allowed peak, fixed memory included
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
  /// Extra time over executing every node once, as a fraction; 0 for a graph that takes no time, infinity
  /// without a plan.
  [[nodiscard]] double overhead() const {
    if (!plan) return std::numeric_limits<double>::infinity();
    return base_time > 0 ? std::max(0.0, plan->time - base_time) / base_time : 0.0;
  }
  /// (time - bound) / time, >= 0; infinity without a plan or a bound.
  [[nodiscard]] double gap() const {
    if (!plan || !has_bound()) return std::numeric_limits<double>::infinity();
    return plan->time > 0 ? std::max(0.0, plan->time - bound.time) / plan->time : 0.0;
  }
};

/// Throws invalid_option where a field of `options` is out of its range.
inline void check_plan_options(plan_options const& options) {
  if (options.budget < 0) {
    throw invalid_option("budget must be >= 0 bytes, it is " + std::to_string(options.budget));
  }
  if (options.time_limit && !detail::is_finite_amount(options.time_limit->count())) {
    throw invalid_option(
        "time_limit must be >= 0 s, it is " + detail::text_of(options.time_limit->count()) +
        (detail::is_plus_infinity(options.time_limit->count()) ? ", which is not finite" : ""));
  }
  if (!detail::is_finite_amount(options.relative_gap)) {
    throw invalid_option("relative_gap must be >= 0, it is " + detail::text_of(options.relative_gap) +
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

}  // namespace v0
}  // namespace checkmate
