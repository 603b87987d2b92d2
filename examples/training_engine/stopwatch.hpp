// SPDX-License-Identifier: Apache-2.0
//
// Times: by the wall, or of this process alone, which is the same thing on a machine that is not shared.
#pragma once

#include <chrono>
#include <ctime>

namespace engine {

enum class clock_kind : unsigned char { processor, wall };

/// Seconds since some moment.
[[nodiscard]] inline double now(clock_kind kind) {
  if (kind == clock_kind::processor) return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Seconds that one look at the clock takes.
[[nodiscard]] inline double cost_of_looking(clock_kind kind) {
  constexpr int looks = 2000;
  double const start = now(kind);
  for (int i = 1; i < looks; ++i) (void)now(kind);
  return (now(kind) - start) / looks;
}

/// Seconds since it was made.
class stopwatch {
 public:
  explicit stopwatch(clock_kind kind) : kind_(kind), start_(now(kind)) {}
  [[nodiscard]] double seconds() const { return now(kind_) - start_; }

 private:
  clock_kind kind_;
  double start_;
};

}  // namespace engine
