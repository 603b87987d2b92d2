// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/bounds/safe_dual.hpp>
#include <checkmate/model/builder.hpp>
#include <checkmate/solvers/clp.hpp>

namespace {

/// A feasible covering program with awkward numbers: sum a x >= b, 0 <= x <= 1.
checkmate::linear_model covering(std::uint64_t seed, double scale) {
  std::mt19937_64 random(seed);
  auto number = [&](double size) { return size * (0.1 + static_cast<double>(random() % 1000) / 999.0); };
  checkmate::linear_model_builder b;
  for (int j = 0; j < 12; ++j) b.add_column(0, 1, number(scale), false);
  for (int i = 0; i < 6; ++i) {
    b.begin_row(number(1.0), checkmate::infinity);
    for (int j = 0; j < 12; ++j) b.add_term(j, random() % 3 == 0 ? 0.0 : number(1.0));
  }
  return b.finish();
}

}  // namespace

TEST_CASE("safe dual: any prices give a bound that no feasible point beats, good prices a tight one") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    double const scale = seed % 2 == 0 ? 1e-3 : 1e9;
    auto const model = covering(seed, scale);
    std::vector<double> const ones(model.column_count(), 1.0);
    auto const solved = checkmate::clp{}.solve(model, {});
    if (solved.status != checkmate::solve_status::optimal) continue;
    auto const good = checkmate::safe_dual_bound(model, solved.row_duals);
    CHECK(good.value <= solved.objective * (1 + 1e-9));
    CHECK(good.value >= solved.objective * (1 - 1e-6));
    std::mt19937_64 random(seed);
    std::vector<double> wild(model.row_count());
    for (double& p : wild) p = scale * (static_cast<double>(random() % 2001) - 1000) / 700;
    CHECK(checkmate::safe_dual_bound(model, wild).value <= solved.objective * (1 + 1e-9));
  }
}

TEST_CASE("safe dual: the bound stays below the exact optimum where plain sums round above it") {
  // minimise c x0 + ... + c xn with every x at its lower bound 1: exactly n times the double c.
  int rounded_above = 0;
  for (int n : {3, 10, 100, 1000, 4000}) {
    for (double c : {0.1, 0.3, 0.7, 1.1, 1.3, 1.7, 1.9}) {
      CAPTURE(n);
      CAPTURE(c);
      checkmate::linear_model_builder b;
      double plain = 0;
      for (int j = 0; j < n; ++j) {
        b.add_column(1, 2, c, false);
        plain += std::nextafter(c, 0.0);
      }
      auto const bound = checkmate::safe_dual_bound(b.finish(), {});
      long double const exact = static_cast<long double>(n) * static_cast<long double>(c);
      rounded_above += static_cast<long double>(plain) > exact ? 1 : 0;
      CHECK(static_cast<long double>(bound.value) <= exact);
      CHECK(bound.value == doctest::Approx(static_cast<double>(exact)));
    }
  }
  CHECK(rounded_above > 0);
}

TEST_CASE("safe dual: a price that points at a missing row bound, or is no number, counts as nothing") {
  checkmate::linear_model_builder b;
  auto const x = b.add_column(0, 4, 1, false);
  b.begin_row(2, checkmate::infinity);
  b.add_term(x, 1);
  auto const model = b.finish();
  CHECK(checkmate::safe_dual_bound(model, std::vector<double>{1.0}).value == doctest::Approx(2));
  CHECK(checkmate::safe_dual_bound(model, std::vector<double>{-1.0}).value == doctest::Approx(0));
  CHECK(checkmate::safe_dual_bound(model, std::vector<double>{std::nan("")}).value == doctest::Approx(0));
  CHECK_THROWS_AS((void)checkmate::safe_dual_bound(model, {}), checkmate::invalid_model);
}

TEST_CASE("safe dual: a column without a bound that is pushed that way leaves no bound") {
  checkmate::linear_model_builder b;
  b.add_column(0, checkmate::infinity, -1, false);
  CHECK(checkmate::safe_dual_bound(b.finish(), {}).value == -checkmate::infinity);
}

TEST_CASE("reduced costs: columns that would pass the cutoff are fixed, others are left") {
  // minimise 5 a + 1 b with a + b >= 1: price 1 on the row, reduced costs 4 and 0, bound 1.
  checkmate::linear_model_builder b;
  auto const a = b.add_binary(5);
  auto const c = b.add_binary(1);
  b.begin_row(1, checkmate::infinity);
  b.add_term(a, 1);
  b.add_term(c, 1);
  auto model = b.finish();
  auto const bound = checkmate::safe_dual_bound(model, std::vector<double>{1.0});
  auto loose = model;
  CHECK(checkmate::fix_by_reduced_cost(loose, bound, 5.5) == 0);
  CHECK(checkmate::fix_by_reduced_cost(model, bound, 4.5) == 1);
  CHECK(model.column_upper[0] == 0);
  CHECK(model.column_upper[1] == 1);
}
