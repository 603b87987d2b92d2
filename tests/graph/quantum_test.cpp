// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/cost/table.hpp>
#include <checkmate/graph/lower.hpp>
#include <checkmate/graph/quantum.hpp>

namespace {

using checkmate::bytes;
using checkmate::next_multiple;
using checkmate::time_quantum;

checkmate::dag unconnected(std::vector<double> const& times, std::vector<bytes> const& sizes,
                           std::vector<bytes> const& workspaces = {}) {
  auto costs = checkmate::table_cost::of_nodes(times, sizes);
  costs.workspaces = workspaces;
  return checkmate::lower(std::vector<std::vector<int>>(times.size()), costs);
}

checkmate::dag with_times(std::vector<double> const& times) {
  return unconnected(times, std::vector<bytes>(times.size(), 1));
}

}  // namespace

TEST_CASE("quantum: the time quantum divides every time, fractions and the last node included") {
  CHECK(time_quantum(with_times({6, 9, 0})) == 3);
  CHECK(time_quantum(with_times({6, 9, 1})) == 1);
  CHECK(time_quantum(with_times({1.5, 2.25})) == 0.75);
  CHECK(time_quantum(with_times({0x1p-40, 0x1.8p-39})) == 0x1p-40);
  CHECK(time_quantum(with_times({0, 0})) == 0);
  CHECK(time_quantum(with_times({1e30, 1e-30})) == 0);  // none that sums could be told apart by
}

TEST_CASE("quantum: the byte quantum divides every value and every workspace, and is 0 where all are empty") {
  CHECK(checkmate::byte_quantum(unconnected({1, 1}, {8, 12})) == 4);
  CHECK(checkmate::byte_quantum(unconnected({1, 1}, {8, 12}, {0, 6})) == 2);
  CHECK(checkmate::byte_quantum(unconnected({1, 1}, {0, 0})) == 0);
}

TEST_CASE("quantum: bounds are rounded up to the next multiple, and only to that") {
  CHECK(next_multiple(7.2, 3) == 9);
  CHECK(next_multiple(9, 3) == 9);
  CHECK(next_multiple(9 + 1e-7, 3) == 9 + 1e-7);  // within a millionth: never lowered either
  CHECK(next_multiple(7.2, 0) == 7.2);
  CHECK(next_multiple(7e15, 1e-3) == 7e15);
  double const infinity = std::numeric_limits<double>::infinity();
  CHECK(next_multiple(infinity, 3) == infinity);
}
