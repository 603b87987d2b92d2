// SPDX-License-Identifier: Apache-2.0
//
// Where a search begins and what it comes to.
#pragma once

#include <limits>

#include <checkmate/memory/sequence.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Where a search starts.
struct search_start {
  event_sequence sequence;
  bool within_budget = false;
  double time = std::numeric_limits<double>::infinity();
  double price = 0;  ///< time per unit of overflow that the start paid
};

/// What a search found; an infinite time where nothing fits.
struct search_end {
  event_sequence sequence;
  double time = std::numeric_limits<double>::infinity();
  bool idle = false;  ///< there was nothing to move
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
