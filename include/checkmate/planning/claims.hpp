// SPDX-License-Identifier: Apache-2.0
//
// What a bound or an "infeasible" speaks of: a space of schedules. A claim about a space holds for the
// schedules of that space, and so for those of every space that it contains; it says nothing of others.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include <checkmate/core/text.hpp>
#include <checkmate/core/types.hpp>

namespace checkmate {
inline namespace v0 {

/// How often a node may run between two first executions.
enum class stage_rule : std::uint8_t {
  paper,  ///< at most once, in the dag's order
  any     ///< as often as it likes
};

/// What a schedule may do about memory.
enum class step_kinds : std::uint8_t {
  recompute,      ///< release values and execute nodes again
  move_and_pack,  ///< keep values elsewhere or smaller as well
};

/// A set of schedules: first executions in the dag's order or in any, by stages, of some kinds of steps.
struct schedule_space {
  execution_order order = execution_order::free;
  stage_rule between = stage_rule::any;
  step_kinds steps = step_kinds::recompute;

  static schedule_space const stages;       ///< the paper's
  static schedule_space const fixed_order;  ///< any sequence whose first executions follow the dag's order
  static schedule_space const any_order;    ///< any sequence that the reads allow

  /// Whether every schedule of `other` is one of this space, so that what is proven here holds there.
  [[nodiscard]] constexpr bool contains(schedule_space const& other) const {
    return order >= other.order && between >= other.between && steps >= other.steps;
  }
  friend constexpr bool operator==(schedule_space const&, schedule_space const&) = default;
};

inline constexpr schedule_space schedule_space::stages{execution_order::fixed, stage_rule::paper};
inline constexpr schedule_space schedule_space::fixed_order{execution_order::fixed};
inline constexpr schedule_space schedule_space::any_order{};

/// "stages", "fixed_order" or "any_order"; "..., moves" with steps that move and pack.
[[nodiscard]] constexpr std::string_view to_string(schedule_space const& space) {
  constexpr std::array<std::string_view, 8> names = {
      "stages",           "stages, moves",           "fixed_order", "fixed_order, moves",
      "any_order stages", "any_order stages, moves", "any_order",   "any_order, moves"};
  return names[4 * static_cast<std::size_t>(space.order) + 2 * static_cast<std::size_t>(space.between) +
               static_cast<std::size_t>(space.steps)];
}

/// A proven lower bound on the time of every schedule of `space` within the budget.
struct time_bound {
  double time = -std::numeric_limits<double>::infinity();  ///< -infinity if none is known
  schedule_space space = schedule_space::any_order;
};

}  // namespace v0
}  // namespace checkmate
