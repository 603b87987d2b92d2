// SPDX-License-Identifier: Apache-2.0
//
// What is Clp's alone; what it shares with other backends is in conformance_test.cpp.
#include <cmath>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/solvers/clp.hpp>

#include "solvers/models.hpp"

using checkmate::clp;
using checkmate::infinity;

TEST_CASE("clp: row duals are those of the model as given, whatever its scale") {
  // min -u x0 - 2u x1, x0 + x1 <= 4, x0 + 3 x1 <= 6, x0 <= 3: the optimum (3, 1) has duals 0 and -2u/3.
  for (double unit : {1e-9, 1.0, 1e9}) {
    CAPTURE(unit);
    checkmate::linear_model_builder b;
    b.add_column(0, 2, -unit, false);
    b.add_column(0, 4, -2 * unit, false);
    test::add_row(b, -infinity, 4, {1, 1});
    test::add_row(b, -infinity, 6, {1, 3});
    auto const out = clp{}.solve(b.finish(), {});
    REQUIRE(out.row_duals.size() == 2);
    CHECK(out.row_duals[0] == doctest::Approx(0));
    CHECK(out.row_duals[1] / unit == doctest::Approx(-2.0 / 3));
  }
}

TEST_CASE("clp: integer models are refused") {
  CHECK_THROWS_AS(static_cast<void>(clp{}.solve(test::three_items(), {})), checkmate::invalid_model);
}

TEST_CASE("dual_bound: no duals at all give a bound, and no duals give more than the optimum") {
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    auto const model = test::random_continuous(seed, 12, 9);
    double const best = clp{}.solve(model, {}).objective;
    test::dice roll(seed);
    for (int trial = 0; trial < 50; ++trial) {
      std::vector<double> y;
      for (std::size_t i = 0; i < model.row_count(); ++i) y.push_back(trial == 0 ? 0 : roll(-9, 9) / 3.0);
      double const bound = checkmate::dual_bound(model, y);
      CHECK(bound <= best + 1e-6 * std::abs(best));
      CHECK(bound > -infinity);
    }
  }
}

TEST_CASE("dual_bound: a free column with a reduced cost leaves no bound, as do duals of another model") {
  checkmate::linear_model_builder b;
  b.add_column(-infinity, infinity, 1, false);
  test::add_row(b, 0, infinity, {1});
  auto const model = b.finish();
  CHECK(checkmate::dual_bound(model, std::vector<double>{0.0}) == -infinity);
  CHECK(checkmate::dual_bound(model, std::vector<double>{1.0}) == doctest::Approx(0));
  CHECK(checkmate::dual_bound(model, std::vector<double>{1.0, 1.0}) == -infinity);
}
