// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>

using checkmate::infinity;
using checkmate::linear_model_builder;

TEST_CASE("linear_model_builder: rows become sorted columns, twice-named terms add up, zeros go") {
  linear_model_builder build;
  auto const x = build.add_binary(3);
  auto const y = build.add_column(-1, infinity, 0, false);
  build.begin_row(1, 1);
  build.add_term(y, 2);
  build.add_term(x, 5);
  build.add_term(y, 0.5);
  build.begin_row(-infinity, 4);
  build.add_term(x, 1);
  build.add_term(x, -1);
  build.add_term(y, 7);
  auto const m = build.finish();
  CHECK(m.column_count() == 2);
  CHECK(m.row_count() == 2);
  CHECK(m.nonzero_count() == 3);
  CHECK(m.column_start == std::vector<std::int64_t>{0, 1, 3});
  CHECK(m.row_index == std::vector<std::int32_t>{0, 0, 1});
  CHECK(m.coefficient == std::vector<double>{5, 2.5, 7});
  CHECK(m.has_integers());
  CHECK(build.column_count() == 0);
}

TEST_CASE("linear_model_builder: a row without terms stays a row") {
  linear_model_builder build;
  build.begin_row(0, 1);
  auto const x = build.add_binary();
  build.begin_row(0, 1);
  build.add_term(x, 1);
  auto const m = build.finish();
  CHECK(m.row_count() == 2);
  CHECK(m.row_index == std::vector<std::int32_t>{1});
}

TEST_CASE("linear_model_builder: what is no number or no column is refused") {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  linear_model_builder build;
  CHECK_THROWS_AS(build.add_column(nan, 1, 0, false), checkmate::invalid_model);
  CHECK_THROWS_AS(build.add_column(0, 1, infinity, false), checkmate::invalid_model);
  auto const x = build.add_binary();
  CHECK_THROWS_AS(build.add_term(x, 1), checkmate::invalid_model);
  CHECK_THROWS_AS(build.begin_row(nan, 1), checkmate::invalid_model);
  build.begin_row(0, 1);
  CHECK_THROWS_AS(build.add_term(1, 1), checkmate::invalid_model);
  CHECK_THROWS_AS(build.add_term(-1, 1), checkmate::invalid_model);
  CHECK_THROWS_AS(build.add_term(x, nan), checkmate::invalid_model);
}

TEST_CASE("infeasibility: bounds, rows, integrality, NaN and size") {
  linear_model_builder build;
  auto const x = build.add_binary(1);
  auto const y = build.add_column(0, 10, 2, false);
  build.begin_row(-infinity, 100);
  build.add_term(x, 50);
  build.add_term(y, 10);
  build.set_objective_offset(7);
  auto const m = build.finish();
  auto at = [&](double a, double b) { return checkmate::infeasibility(m, std::vector<double>{a, b}); };
  CHECK(at(1, 5) == 0);
  CHECK(at(1, 6) == doctest::Approx(0.1));  // 10 over a bound of 100
  CHECK(at(0.25, 0) == doctest::Approx(0.25));
  CHECK(at(2, 0) == doctest::Approx(1));
  CHECK(at(0, -3) == doctest::Approx(3));
  CHECK(at(0, std::numeric_limits<double>::quiet_NaN()) == infinity);
  CHECK(checkmate::infeasibility(m, std::vector<double>{1}) == infinity);
  CHECK(checkmate::objective_at(m, std::vector<double>{1, 5}) == 18);
}
