// SPDX-License-Identifier: Apache-2.0
//
// Whether a double is a number, and a finite one: under -ffast-math, too.
//
// -ffinite-math-only (part of -ffast-math and -Ofast) lets a compiler assume that no double is NaN or
// infinite. std::isfinite is then true of everything, and !(x >= 0), which refuses NaN, becomes x < 0, which
// does not. Here the bits are looked at, read back through a volatile object, of which a compiler knows
// nothing. Numbers of callers, files and solvers are tested with these functions before any arithmetic.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include <checkmate/version.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

static_assert(std::numeric_limits<double>::is_iec559 && sizeof(double) == sizeof(std::uint64_t),
              "checkmate needs the doubles of IEEE 754");

/// `x` as it is, but nothing that a compiler knows of it: it is neither folded nor reordered with what is
/// done to the result. By reference: some compilers assume that no NaN is passed by value, either.
[[nodiscard]] inline double as_stored(double const& x) noexcept {
  double const volatile seen = x;
  return seen;
}

/// The bits of `x` but for its sign: up to those of infinity for numbers, above for NaN.
[[nodiscard]] inline std::uint64_t magnitude_bits(double const& x) noexcept {
  double const volatile seen = x;
  double const copy = seen;
  return std::bit_cast<std::uint64_t>(copy) << 1 >> 1;
}
inline constexpr std::uint64_t infinity_bits = 0x7ff0'0000'0000'0000;

/// Neither NaN nor infinite.
[[nodiscard]] inline bool is_finite(double const& x) noexcept {
  return magnitude_bits(x) < infinity_bits;
}
[[nodiscard]] inline bool is_nan(double const& x) noexcept {
  return magnitude_bits(x) > infinity_bits;
}
[[nodiscard]] inline bool is_plus_infinity(double const& x) noexcept {
  return magnitude_bits(x) == infinity_bits && x > 0;
}
[[nodiscard]] inline bool is_minus_infinity(double const& x) noexcept {
  return magnitude_bits(x) == infinity_bits && x < 0;
}
/// Finite and >= 0.
[[nodiscard]] inline bool is_finite_amount(double const& x) noexcept {
  return is_finite(x) && x >= 0;
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
