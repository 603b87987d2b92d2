// SPDX-License-Identifier: Apache-2.0
//
// The units of a dag: of which bytes all sizes, and of which time all node times, are whole multiples.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include <checkmate/core/finite.hpp>
#include <checkmate/graph/dag.hpp>

namespace checkmate {
inline namespace v0 {

/// The largest number of bytes of which every value and every workspace of `d` is a multiple; 0 if all are
/// empty.
[[nodiscard]] inline bytes byte_quantum(dag const& d) {
  bytes unit = 0;
  for (auto v : d.values()) unit = std::gcd(unit, d.memory(v));
  for (auto i : d.nodes()) unit = std::gcd(unit, d.workspace(i));
  return unit;
}

/// The largest q such that every node time is a whole multiple of q; 0 if all times are 0 or there is no such
/// q that sums could be told apart by. Sums of times are then multiples of q as well, so a bound may be
/// rounded up to the next one.
[[nodiscard]] inline double time_quantum(dag const& d) {
  constexpr double limit = 9007199254740992.0;  // 2^53: integers below it are doubles
  // Times are binary fractions: find the power of two that makes all of them integers, then their divisor.
  int shift = -1074;
  bool any = false;
  for (auto i : d.nodes()) {
    double const t = d.time(i);
    if (t == 0) continue;
    int exponent = 0;
    double mantissa = std::ldexp(std::frexp(t, &exponent), 53);
    exponent -= 53;
    while (std::fmod(mantissa, 2.0) == 0) {
      mantissa /= 2;
      ++exponent;
    }
    shift = any ? std::min(shift, exponent) : exponent;
    any = true;
  }
  if (!any || std::ldexp(d.base_time(), -shift) >= limit) return 0;
  std::int64_t divisor = 0;
  for (auto i : d.nodes()) {
    divisor = std::gcd(divisor, static_cast<std::int64_t>(std::ldexp(d.time(i), -shift)));
  }
  return std::ldexp(static_cast<double>(divisor), shift);
}

/// A lower bound on a sum of node times, rounded up to the next multiple of `quantum` (see time_quantum; 0:
/// as it is). What is within a millionth of a multiple counts as that multiple.
[[nodiscard]] inline double next_multiple(double time, double quantum) {
  if (quantum <= 0 || !detail::is_finite(time) || std::abs(time / quantum) > 1e12) return time;
  return std::max(time, std::ceil(time / quantum - 1e-6) * quantum);
}

}  // namespace v0
}  // namespace checkmate
