// SPDX-License-Identifier: Apache-2.0
//
// Sums and products of 64-bit amounts that refuse what 63 bits do not hold, instead of wrapping.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>

#include <checkmate/core/error.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Whether a + b does not fit; otherwise it is put into `sum`. The same for differences and products below.
[[nodiscard]] inline bool add_overflows(std::int64_t a, std::int64_t b, std::int64_t& sum) {
  return __builtin_add_overflow(a, b, &sum);
}
[[nodiscard]] inline bool subtract_overflows(std::int64_t a, std::int64_t b, std::int64_t& difference) {
  return __builtin_sub_overflow(a, b, &difference);
}
[[nodiscard]] inline bool multiply_overflows(std::int64_t a, std::int64_t b, std::int64_t& product) {
  return __builtin_mul_overflow(a, b, &product);
}

/// Throws invalid_cost, "<what> is more than 2^63". `what` may be text or a callable that makes it.
template <class What>
[[noreturn]] void throw_too_large(What const& what) {
  if constexpr (std::invocable<What const&>) {
    throw invalid_cost(std::string(what()) + " is more than 2^63");
  } else {
    throw invalid_cost(std::string(what) + " is more than 2^63");
  }
}

/// a + b; throws as above where that does not fit.
[[nodiscard]] std::int64_t checked_add(std::int64_t a, std::int64_t b, auto const& what) {
  std::int64_t sum = 0;
  if (add_overflows(a, b, sum)) throw_too_large(what);
  return sum;
}

/// a * b, likewise.
[[nodiscard]] std::int64_t checked_multiply(std::int64_t a, std::int64_t b, auto const& what) {
  std::int64_t product = 0;
  if (multiply_overflows(a, b, product)) throw_too_large(what);
  return product;
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
