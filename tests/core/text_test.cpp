// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

#include <checkmate/core/text.hpp>

TEST_CASE("text: numbers keep their digits, small ones too, and read back as they were") {
  CHECK(checkmate::detail::text_of(2.0) == "2");
  CHECK(checkmate::detail::text_of(0.25) == "0.25");
  for (double x : {1e-300, 3.3e-7, 0.1 + 0.2, 1.0 / 3, 1e300, 5e-324, -1.25}) {
    CHECK(std::strtod(checkmate::detail::text_of(x).c_str(), nullptr) == x);
  }
}
