// SPDX-License-Identifier: Apache-2.0
//
// What a claim about time says, and which schedules it holds for. The spaces are nested, so a bound for a
// larger one holds for a smaller one.
#pragma once

#include <cstdint>
#include <limits>

#include <checkmate/version.hpp>

namespace checkmate {
inline namespace v0 {

/// Sets of schedules, each inside the next.
enum class schedule_space : std::uint8_t {
  stages,       ///< the paper's: between two first executions each node runs at most once, in the dag's order
  fixed_order,  ///< any sequence whose first executions follow the dag's order
  any_order     ///< any sequence that the reads allow
};

/// A proven lower bound on the time of every schedule of `space` within the budget.
struct time_bound {
  double time = -std::numeric_limits<double>::infinity();  ///< -infinity if none is known
  schedule_space space = schedule_space::any_order;
};

}  // namespace v0
}  // namespace checkmate
