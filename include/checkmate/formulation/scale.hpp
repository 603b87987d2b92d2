// SPDX-License-Identifier: Apache-2.0
//
// How bytes and times become the coefficients of a linear model.
//
// Solvers work with absolute tolerances near 1e-7, so coefficients should neither be 1e11 nor 1e-11. Where
// all numbers are small multiples of one unit, that unit is the scale and the coefficients are small
// integers. Otherwise the scale is a power of two, which loses nothing of a double, and puts the budget or
// the base time between 2^13 and 2^14. Rows of a model must never rule out a schedule that fits, so whatever
// is rounded is rounded in the schedule's favour; what slips through, the simulator sees.
#pragma once

#include <algorithm>
#include <cmath>

#include <checkmate/core/finite.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/graph/quantum.hpp>

namespace checkmate {
inline namespace v0 {
namespace formulation {

/// Largest number of units that counts as small.
inline constexpr double small_integers = 1e5;

/// Bytes to coefficients.
struct byte_scale {
  bytes available = 0;  ///< the budget less fixed memory, or all bytes of the graph if that is less
  double divisor = 1;   ///< bytes that make a coefficient of 1
  double capacity = 0;  ///< `available` in coefficients, rounded down to what sums of sizes can reach

  /// The coefficient of `amount` bytes (of either sign); 0 where it is below what a solver can see.
  [[nodiscard]] double operator()(bytes amount) const {
    // A correctly rounded quotient is exact where the result is an integer.
    double const scaled = static_cast<double>(amount) / divisor;
    return std::abs(scaled) < 1e-9 ? 0.0 : scaled;
  }
};

/// The scale for schedules of `d` within `budget` (fixed memory included; not below it).
[[nodiscard]] inline byte_scale scale_of_bytes(dag const& d, bytes budget) {
  bytes total = 0, workspace = 0;
  for (auto v : d.values()) total += d.memory(v);
  for (auto i : d.nodes()) workspace = std::max(workspace, d.workspace(i));
  bytes const unit = byte_quantum(d);
  byte_scale out;
  out.available = std::max<bytes>(0, std::min(budget - d.fixed_memory(), total + workspace));
  if (unit == 0) return out;
  bytes const units = out.available / unit;
  if (static_cast<double>(units) <= small_integers) {
    out.divisor = static_cast<double>(unit);
    out.capacity = static_cast<double>(units);
    return out;
  }
  int exponent = 0;
  std::frexp(static_cast<double>(out.available), &exponent);
  out.divisor = std::ldexp(1.0, exponent - 14);
  // The slack, 1e-10 of the budget, outweighs the coefficients that are rounded to 0.
  out.capacity = static_cast<double>(units * unit) / out.divisor + 1e-6;
  return out;
}

/// Times to coefficients.
struct time_scale {
  double quantum = 0;  ///< see time_quantum
  double divisor = 1;  ///< time that makes a coefficient of 1

  [[nodiscard]] double operator()(double time) const { return time / divisor; }

  /// A lower bound on times that a solver gave in coefficients, as a time: less `margin` (relative, for the
  /// solver's tolerances), then rounded up to the next time that any schedule can have.
  [[nodiscard]] double bound(double scaled, double margin = 1e-8) const {
    double const time = (scaled - margin * std::max(1.0, std::abs(scaled))) * divisor;
    if (quantum <= 0 || !detail::is_finite(time) || std::abs(time / quantum) > 1e12) return time;
    return std::ceil(time / quantum) * quantum;
  }
};

/// The scale for the node times of `d`.
[[nodiscard]] inline time_scale scale_of_times(dag const& d) {
  time_scale out;
  out.quantum = time_quantum(d);
  if (d.base_time() <= 0) return out;
  if (out.quantum > 0 && d.base_time() / out.quantum <= small_integers) {
    out.divisor = out.quantum;
    return out;
  }
  int exponent = 0;
  std::frexp(d.base_time(), &exponent);
  out.divisor = std::ldexp(1.0, exponent - 14);
  return out;
}

}  // namespace formulation
}  // namespace v0
}  // namespace checkmate
