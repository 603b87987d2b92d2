// SPDX-License-Identifier: Apache-2.0
//
// Tests of doubles by their bits. That they hold under -ffast-math is tests/packages/cases/fast_math.cmake's.
#include <cmath>
#include <initializer_list>
#include <limits>

#include <doctest/doctest.h>

#include <checkmate/core/finite.hpp>

using limits = std::numeric_limits<double>;
namespace detail = checkmate::detail;

TEST_CASE("finite: the bits say what the standard library's functions say") {
  for (double const x : {0.0, 1.0, limits::denorm_min(), limits::min(), limits::max(), limits::infinity(),
                         limits::quiet_NaN(), limits::signaling_NaN()}) {
    for (double const signed_x : {x, -x}) {
      CAPTURE(signed_x);
      CHECK(detail::is_finite(signed_x) == std::isfinite(signed_x));
      CHECK(detail::is_nan(signed_x) == std::isnan(signed_x));
      CHECK(detail::is_plus_infinity(signed_x) == (signed_x == limits::infinity()));
      CHECK(detail::is_minus_infinity(signed_x) == (signed_x == -limits::infinity()));
      CHECK(detail::is_finite_amount(signed_x) == (std::isfinite(signed_x) && signed_x >= 0));
    }
  }
}
