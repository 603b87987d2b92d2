// SPDX-License-Identifier: Apache-2.0
//
// The library's one source of randomness: small, seeded, and the same numbers on every platform (the
// distributions of <random> are not).
#pragma once

#include <cstdint>

#include <checkmate/version.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// SplitMix64 (Steele, Lea and Flood, 2014): 64 bits of state, every seed good.
class random_source {
 public:
  explicit random_source(std::uint64_t seed) : state_(seed) {}

  /// 64 uniform bits.
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  /// A number in 0 .. bound - 1; bound >= 1. The bias, below bound / 2^32, does not matter here.
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }
  /// A double in [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  /// True with probability p.
  bool chance(double p) { return uniform() < p; }

 private:
  std::uint64_t state_;
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
