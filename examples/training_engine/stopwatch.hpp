// SPDX-License-Identifier: Apache-2.0
//
// Times: by the wall, or of this process alone, which is the same thing on a machine that is not shared.
#pragma once

#include <chrono>
#include <ctime>

namespace engine {

enum class clock_kind : unsigned char { processor, wall };

/// Seconds since it was made.
class stopwatch {
 public:
  explicit stopwatch(clock_kind kind) : kind_(kind), start_(now()) {}
  [[nodiscard]] double seconds() const { return now() - start_; }

 private:
  [[nodiscard]] double now() const {
    if (kind_ == clock_kind::processor) return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
  clock_kind kind_;
  double start_;
};

}  // namespace engine
