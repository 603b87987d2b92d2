// SPDX-License-Identifier: Apache-2.0
//
// What windowed_bound (windowed.hpp) takes and returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <checkmate/core/types.hpp>
#include <checkmate/formulation/windows/layouts.hpp>
#include <checkmate/formulation/windows/model.hpp>
#include <checkmate/formulation/windows/program.hpp>
#include <checkmate/planning/claims.hpp>
#include <checkmate/schedule/schedule.hpp>

namespace checkmate {
inline namespace v0 {

/// Why `windowed_bound` ended.
enum class windowed_end : std::uint8_t {
  target_reached,  ///< the bound is within the gap of the target, or of a plan that was found on the way
  infeasible,      ///< no schedule fits the budget
  exhausted,       ///< nothing was left to try: all layouts that were given or that it makes, or its patience
  time,            ///< the time limit
  cancelled,       ///< a stop was asked for
  failed           ///< a solver contradicted a known schedule, or failed again and again; see `fault`
};

[[nodiscard]] constexpr std::string_view to_string(windowed_end end) {
  constexpr std::string_view names[] = {"target reached", "infeasible", "exhausted",
                                        "time",           "cancelled",  "failed"};
  return names[static_cast<std::size_t>(end)];
}

/// Settings of `windowed_bound`.
struct windowed_options {
  /// Wall clock, soft; used up unless the target is reached or nothing is left to try. Unset: until
  /// `patience` ends.
  std::optional<seconds> time_limit = seconds(120);
  /// A time beyond which bounds are of no interest: that of the best plan, say.
  double target = infinity;
  /// Stops when (target - bound) / target is at most this.
  double relative_gap = 1e-6;
  /// A sequence that fits, as a start for the integer program; may be empty.
  event_sequence incumbent = {};
  /// These, in this order; empty: chosen and refined.
  std::vector<window_layout> layouts = {};
  /// The first of the chosen layouts; no cuts: chosen too.
  window_layout start = {};
  /// Of layouts that are split one cut at a time; variations may have more.
  std::size_t max_windows = 16;
  /// Variations in a row that raise no bound before it ends as exhausted; unset = 32 without a time limit,
  /// any number with one.
  std::optional<std::size_t> patience = {};
  /// `windowed_result::memory` of an earlier call for the same graph and budget: this call goes on from
  /// there, and begins with its bound. Where it is set, `start` is not looked at.
  windowed_memory resume = {};
  /// All of them, unless for comparison.
  window_steps steps = {};
  /// False: linear relaxations only.
  bool integer = true;
  /// Of the integer solver.
  int threads = 1;
  /// Of the integer solver.
  std::uint32_t seed = 0;
  /// A stop ends it with the best bound so far.
  std::stop_token stop = {};
  /// One line per layout; unset = silence.
  std::function<void(std::string_view)> on_log = {};
};

/// A node that the relaxation's point executes again, and the window.
struct window_rerun {
  node_index node{};
  std::uint32_t window = 0;
};

/// What was proven, and the point that shows what the bound consists of.
struct windowed_result {
  /// On the time of every schedule in the fixed order within the budget.
  time_bound bound;
  /// No schedule of `bound.space` fits the budget.
  bool infeasible = false;
  /// An integer solver claims it; otherwise it is proven in own arithmetic.
  bool infeasible_by_word = false;
  /// The best of the linear relaxations, proven in rounded-down arithmetic.
  double linear_bound = -infinity;
  /// Of the layout that gave `bound`; 0 for the knapsack bound.
  std::size_t windows = 0;
  /// The integer solver claimed more than a known schedule allows; see linear_bound.
  bool contradicted = false;
  /// What a solver got wrong, contradictions included; empty if nothing.
  std::string fault;
  windowed_end end = windowed_end::exhausted;
  /// How many programs were begun in this call.
  std::size_t layouts = 0;
  /// Windows of the finest layout tried in this and the resumed calls.
  std::size_t finest = 0;
  /// For `windowed_options::resume`.
  windowed_memory memory;
  /// The last layout whose integer program gave a point.
  window_layout layout;
  /// That point's re-executions.
  std::vector<window_rerun> reruns;
  /// That point played as a schedule: a start for a search.
  event_sequence sequence;
  /// Time that one byte more of budget would save at each base position, by the best linear relaxation's
  /// prices. One entry per node (dag index), 0 where memory does not bind; empty where this call raised no
  /// `linear_bound`. A guide for a search, not a proof.
  std::vector<double> memory_price;
  /// The cheapest such schedule that fits the budget, simulated.
  std::optional<schedule> plan;
  /// Seconds.
  double elapsed = 0;
};

}  // namespace v0
}  // namespace checkmate
