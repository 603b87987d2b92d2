// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/formulation/scale.hpp>

namespace {

using checkmate::bytes;
using checkmate::formulation::scale_of_bytes;
using checkmate::formulation::scale_of_times;

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

TEST_CASE("scale: bounds are rounded up to the next time that a schedule can have, less a margin") {
  double const infinity = std::numeric_limits<double>::infinity();
  auto const scale = scale_of_times(with_times({6, 9}));
  CHECK(scale.quantum == 3);
  CHECK(scale.divisor == 3);
  CHECK(scale(6) == 2);
  CHECK(scale.bound(2.4) == 9);
  CHECK(scale.bound(2) == 6);
  CHECK(scale.bound(2 + 1e-9) == 6);  // the margin
  CHECK(scale.bound(2 + 1e-3) == 9);
  CHECK(scale.bound(2 + 1e-3, 1e-2) == 6);
  CHECK(scale.bound(-infinity) == -infinity);
}

TEST_CASE("scale: times without a small quantum are scaled by a power of two, and bounds not rounded up") {
  auto const scale = scale_of_times(with_times({1.0 / 3, 1e6 / 7}));
  CHECK(scale(scale.divisor) == 1);
  CHECK(scale(1e6 / 7 + 1.0 / 3) <= 16384);
  CHECK(scale(1e6 / 7 + 1.0 / 3) > 8192);
  CHECK(scale.bound(100, 0) == 100 * scale.divisor);
  CHECK(scale_of_times(with_times({0, 0})).divisor == 1);
}

TEST_CASE("scale: bytes in their greatest common unit, workspaces included, the budget rounded down") {
  auto const plain = scale_of_bytes(unconnected({1, 1}, {8, 12}), 19);
  CHECK(plain.divisor == 4);
  CHECK(plain.capacity == 4);
  CHECK(plain.available == 19);
  CHECK(plain(-12) == -3);
  auto const worked = scale_of_bytes(unconnected({1, 1}, {8, 12}, {0, 6}), 19);
  CHECK(worked.divisor == 2);
  CHECK(worked.capacity == 9);
  CHECK(scale_of_bytes(unconnected({1, 1}, {8, 12}, {0, 6}), 1000).available == 26);  // no more than all
  CHECK(scale_of_bytes(unconnected({1}, {0}), 5).divisor == 1);
}

TEST_CASE("scale: a capacity of many units keeps the budget, with slack below what a byte is") {
  bytes const budget = (bytes{1} << 34) + 12345;
  auto const scale = scale_of_bytes(unconnected({1, 1, 1}, {bytes{1} << 34, 3, bytes{1} << 34}), budget);
  CHECK(scale.capacity >= static_cast<double>(budget) / scale.divisor);
  CHECK(scale.capacity <= static_cast<double>(budget) / scale.divisor + 1.1e-6);
  CHECK(scale(1) == 1 / scale.divisor);
  auto const huge = scale_of_bytes(unconnected({1, 1}, {bytes{1} << 60, 3}), bytes{1} << 60);
  CHECK(huge(3) == 0);  // below what a solver can see
}
