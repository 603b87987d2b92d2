// SPDX-License-Identifier: Apache-2.0
//
// Counter-based random numbers: the n-th number of a stream is a function of (stream, n) and of nothing else.
//
// There is no state to save: a dropout that runs a second time draws the mask that it drew before.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace engine {

/// 64 well-mixed bits (the finaliser of SplitMix64: Steele, Lea and Flood, 2014).
constexpr std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

/// An unlimited row of random numbers, reached by position.
class random_stream {
 public:
  /// The stream of node `key` in step `step`.
  constexpr random_stream(std::uint64_t key, std::uint64_t step)
      : start_(mix(mix(key + golden) ^ (step * golden))) {}

  /// The n-th number, in [0, 1).
  [[nodiscard]] constexpr float uniform(std::uint64_t n) const {
    return static_cast<float>(bits(n) >> 40) * 0x1p-24F;
  }
  /// The n-th number, in [low, high).
  [[nodiscard]] constexpr float uniform(std::uint64_t n, float low, float high) const {
    return low + (high - low) * uniform(n);
  }
  /// The n-th number, in 0 .. bound - 1.
  [[nodiscard]] constexpr std::uint64_t below(std::uint64_t n, std::uint64_t bound) const {
    return bits(n) % bound;
  }
  /// The n-th number, normally distributed (Box and Muller).
  [[nodiscard]] float normal(std::uint64_t n) const {
    float const radius = std::sqrt(-2 * std::log(1 - uniform(2 * n)));
    return radius * std::cos(2 * std::numbers::pi_v<float> * uniform(2 * n + 1));
  }

 private:
  static constexpr std::uint64_t golden = 0x9e3779b97f4a7c15U;
  [[nodiscard]] constexpr std::uint64_t bits(std::uint64_t n) const { return mix(start_ + (n + 1) * golden); }
  std::uint64_t start_;
};

}  // namespace engine
