// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>

TEST_CASE("simulate: the no-recompute schedule of a chain holds two values at once") {
  std::vector<std::vector<int>> const chain = {{}, {0}, {1}, {2}};
  auto const d = checkmate::lower(chain, checkmate::uniform_cost{1, 10});
  auto const seen = checkmate::simulate(d, checkmate::no_recompute_schedule(d));
  CHECK(seen.valid());
  CHECK(seen.peak_memory == 20);
  CHECK(seen.time == 4);
}
