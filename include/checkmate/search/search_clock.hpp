// SPDX-License-Identifier: Apache-2.0
//
// How far a search has come, by moves and by the clock.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include <checkmate/core/deadline.hpp>
#include <checkmate/core/finite.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// How far a search is between its start (0) and its end (1). Where the moves, by a cautious speed, have room
/// within the time limit, by moves alone, which a busy machine does not change, until the time is up;
/// otherwise by moves or by the clock, whichever is further.
class search_clock {
 public:
  search_clock(deadline const& clock, std::uint64_t moves) : clock_(clock), moves_(moves) {
    if (auto const left = clock.left()) limit_ = left->count();
    start_ = clock.elapsed();
    constexpr double cautious_speed = 250'000;  // moves per second
    by_moves_ = moves > 0 && static_cast<double>(moves) <= cautious_speed * limit_;
  }
  void count(std::uint64_t moves) { done_ += moves; }
  [[nodiscard]] double fraction() const {
    if (clock_.cancelled()) return 1;
    double f = moves_ > 0 ? static_cast<double>(done_) / static_cast<double>(moves_) : 0;
    if (by_moves_) {
      if (clock_.expired()) return 1;
    } else if (is_finite(limit_)) {
      f = std::max(f, limit_ > 0 ? (clock_.elapsed() - start_) / limit_ : 1.0);
    }
    return std::min(f, 1.0);
  }
  /// Moves from start to end, judged by those so far; 0 before the first.
  [[nodiscard]] double expected_moves() const {
    double const f = fraction();
    return f > 0 ? static_cast<double>(done_) / f : 0.0;
  }

 private:
  deadline const& clock_;
  std::uint64_t moves_;  // 0 = no limit
  std::uint64_t done_ = 0;
  double limit_ = std::numeric_limits<double>::infinity();
  double start_ = 0;
  bool by_moves_ = false;
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
