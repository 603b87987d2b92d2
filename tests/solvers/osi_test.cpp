// SPDX-License-Identifier: Apache-2.0
//
// Backends behind COIN-OR's Osi, with OsiClp standing for all of them.
#include <cstdint>
#include <vector>

#include <OsiClpSolverInterface.hpp>

#include <checkmate/cost/uniform.hpp>
#include <checkmate/solve.hpp>
#include <checkmate/solvers/any_backend.hpp>
#include <checkmate/solvers/clp.hpp>
#include <checkmate/solvers/osi.hpp>
#include <checkmate/strategies/lp_rounding.hpp>

#include "solvers/conformance.hpp"

using checkmate::osi;
using namespace std::chrono_literals;

static_assert(checkmate::linear_backend<osi>);

TEST_CASE("conformance: osi holding OsiClp") {
  test::conforms(osi(OsiClpSolverInterface(), "OsiClp"), false);
}
TEST_CASE("conformance: osi in slices of three iterations") {
  test::conforms(osi(OsiClpSolverInterface(), "OsiClp", 3), false);
}

TEST_CASE("osi: agrees with Clp, duals too, whatever the size of its slices") {
  for (int slice : {1, 7, 500}) {
    CAPTURE(slice);
    osi const subject(OsiClpSolverInterface(), "OsiClp", slice);
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
      auto const model = test::random_continuous(seed, 40, 30);
      auto const mine = subject.solve(model, {});
      auto const truth = checkmate::clp{}.solve(model, {});
      CHECK(mine.objective == doctest::Approx(truth.objective));
      CHECK(checkmate::dual_bound(model, mine.row_duals) == doctest::Approx(truth.objective));
    }
  }
}

TEST_CASE("osi: the interface it was made from, and its parameters, are left alone") {
  OsiClpSolverInterface mine;
  mine.setDblParam(OsiPrimalTolerance, 1e-9);
  double const column[] = {1};
  mine.loadProblem(1, 0, std::vector<CoinBigIndex>{0, 0}.data(), nullptr, nullptr, column, column, column,
                   nullptr, nullptr);
  osi const subject(mine, "mine");
  CHECK(subject.capabilities().name == "mine");
  CHECK(subject.solve(test::small_polygon(false), {}).objective == doctest::Approx(-5));
  CHECK(mine.getNumCols() == 1);
}

TEST_CASE("osi: integer models and slices of nothing are refused") {
  CHECK_THROWS_AS(static_cast<void>(osi(OsiClpSolverInterface()).solve(test::three_items(), {})),
                  checkmate::invalid_model);
  CHECK_THROWS_AS(osi(OsiClpSolverInterface(), "osi", 0), checkmate::invalid_option);
}

TEST_CASE("osi: carries a strategy") {
  std::vector<std::vector<int>> const graph = {{}, {0}, {1}, {2}, {3, 2}, {4, 1}, {5, 0}};
  checkmate::any_backend const solver = osi(OsiClpSolverInterface(), "OsiClp");
  auto const found =
      checkmate::solve(graph, checkmate::uniform_cost{}, {.budget = 4}, checkmate::lp_rounding(solver));
  REQUIRE(found);
  CHECK(found.plan->peak_memory <= 4);
}
