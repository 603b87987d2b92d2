// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>

#include <doctest/doctest.h>

#include <checkmate/bounds/infeasible.hpp>
#include <checkmate/model/builder.hpp>
#include <checkmate/solvers/clp.hpp>

#include "support/faulty_backend.hpp"
#include "support/random_graphs.hpp"

namespace {

/// A random model over five columns in [0, 1]; about half of them have no point.
checkmate::linear_model random_model(std::uint64_t seed) {
  test::random_source random(seed);
  checkmate::linear_model_builder b;
  for (int j = 0; j < 5; ++j) b.add_column(0, 1, static_cast<double>(random.below(5)), false);
  for (int i = 0; i < 4; ++i) {
    double const side = static_cast<double>(random.below(9)) - 2;
    b.begin_row(random.chance(60) ? side : -checkmate::infinity,
                random.chance(60) ? side + 1 : checkmate::infinity);
    for (int j = 0; j < 5; ++j) {
      if (random.chance(60)) b.add_term(j, static_cast<double>(random.below(7)) - 2);
    }
  }
  return b.finish();
}

/// A random model of up to five columns and four rows, some of which demand `gap` more than a whole number.
checkmate::linear_model model_with_gap(std::uint64_t seed, double gap) {
  test::random_source random(seed);
  checkmate::linear_model_builder b;
  int const columns = 1 + static_cast<int>(random.below(5)), rows = 1 + static_cast<int>(random.below(4));
  for (int j = 0; j < columns; ++j) b.add_column(0, 1, static_cast<double>(random.below(5)), false);
  for (int i = 0; i < rows; ++i) {
    double const side = static_cast<double>(random.below(9)) - 2 + (random.chance(50) ? gap : 0);
    bool const from_below = random.chance(60);
    b.begin_row(from_below ? side : -checkmate::infinity,
                !from_below || random.chance(50) ? side : checkmate::infinity);
    for (int j = 0; j < columns; ++j) {
      if (random.chance(60)) b.add_term(j, static_cast<double>(random.below(7)) - 2);
    }
  }
  return b.finish();
}

/// Clp, but it gives up without prices at what lies beyond a cutoff, as backends may.
struct heeds_cutoff {
  checkmate::clp real = {};
  [[nodiscard]] checkmate::backend_capabilities capabilities() const { return real.capabilities(); }
  [[nodiscard]] checkmate::solver_outcome solve(checkmate::linear_model const& model,
                                                checkmate::solver_options const& options) {
    checkmate::solver_outcome out = real.solve(model, options);
    if (!options.cutoff || !(out.objective > *options.cutoff)) return out;
    out = {};
    out.status = checkmate::solve_status::infeasible;
    return out;
  }
};

}  // namespace

TEST_CASE("no point: prices prove what the simplex says, and never the opposite") {
  checkmate::clp lp;
  int infeasible = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    auto const model = random_model(seed);
    bool const none = lp.solve(model, {}).status == checkmate::solve_status::infeasible;
    CHECK(checkmate::proves_infeasible(lp, model, {}) == none);
    infeasible += none ? 1 : 0;
  }
  CHECK(infeasible > 50);
  CHECK(infeasible < 350);
}

TEST_CASE("no point: a violation of a few times the simplex's own tolerance is proven as well") {
  checkmate::clp lp;
  int infeasible = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    CAPTURE(seed);
    double const gap = std::pow(10.0, -7 + 3 * static_cast<double>(seed % 97) / 97);
    auto const model = model_with_gap(seed, gap);
    if (lp.solve(model, {}).status != checkmate::solve_status::infeasible) continue;
    CHECK(checkmate::proves_infeasible(lp, model, {}));
    ++infeasible;
  }
  CHECK(infeasible > 1000);
}

TEST_CASE("no point: a row out of reach on its own is seen without a solver, however little it lacks") {
  test::faulty<checkmate::clp> useless{{}, test::fault::throws};
  for (double lack : {1.0, 1e-3, 3.6e-7, 1e-10, 1e-14}) {
    CAPTURE(lack);
    for (int columns : {0, 1, 3}) {
      CAPTURE(columns);
      auto const model = [&](double side, bool below) {
        checkmate::linear_model_builder b;
        for (int j = 0; j < columns; ++j) b.add_column(0, 1, 1, false);
        below ? b.begin_row(-checkmate::infinity, side) : b.begin_row(side, checkmate::infinity);
        for (int j = 0; j < columns; ++j) b.add_term(j, below ? 1 : -1);
        return b.finish();
      };
      CHECK(checkmate::proves_infeasible(useless, model(-lack, true), {}));
      CHECK(checkmate::proves_infeasible(useless, model(lack, false), {}));
      CHECK_FALSE(checkmate::proves_infeasible(useless, model(0, true), {}));
      CHECK_FALSE(checkmate::proves_infeasible(useless, model(0, false), {}));
    }
  }
}

TEST_CASE(
    "no point: a solver that calls everything infeasible, or whose prices are wild, proves nothing false") {
  for (auto what : {test::fault::says_infeasible, test::fault::wild_duals, test::fault::short_duals,
                    test::fault::throws, test::fault::huge_bound}) {
    test::faulty<checkmate::clp> lp{{}, what};
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      CAPTURE(seed);
      auto const model = random_model(seed);
      bool const none = checkmate::clp{}.solve(model, {}).status == checkmate::solve_status::infeasible;
      if (!none) CHECK_FALSE(checkmate::proves_infeasible(lp, model, {}));
    }
  }
}

TEST_CASE("no point: a cutoff or a start meant for the model's own costs does not matter") {
  heeds_cutoff lp;
  int infeasible = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    auto const model = random_model(seed);
    bool const none = checkmate::clp{}.solve(model, {}).status == checkmate::solve_status::infeasible;
    checkmate::solver_options options;
    options.cutoff = -1;
    options.hint.assign(model.column_count(), 0.5);
    CHECK(checkmate::proves_infeasible(lp, model, options) == none);
    infeasible += none ? 1 : 0;
  }
  CHECK(infeasible > 10);
}
