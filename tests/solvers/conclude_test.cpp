// SPDX-License-Identifier: Apache-2.0
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/model/builder.hpp>
#include <checkmate/model/relax.hpp>
#include <checkmate/solvers/conclude.hpp>
#include <checkmate/solvers/exhaustive.hpp>

#include "solvers/models.hpp"

namespace {

using namespace checkmate;

/// Minimise -2 x - y over binaries with x + y <= 1: the optimum is -2 at (1, 0).
linear_model one_of_two() {
  linear_model_builder b;
  b.add_binary(-2);
  b.add_binary(-1);
  test::add_row(b, -infinity, 1, {1, 1});
  return b.finish();
}

solver_outcome search_outcome(search_claim const& claim, std::vector<double> const& point = {},
                              solver_options const& options = {}) {
  auto const model = one_of_two();
  solve_watch watch(model, options);
  watch.keep(point);
  solver_outcome out;
  conclude_search(watch, claim, out);
  return out;
}

solver_outcome simplex_outcome(simplex_claim claim, solver_options const& options = {}) {
  auto const model = relaxed(one_of_two());
  solve_watch watch(model, options);
  solver_outcome out;
  conclude_simplex(watch, std::move(claim), out);
  return out;
}

}  // namespace

TEST_CASE("conclude: a search with a point is optimal within the gap, feasible otherwise") {
  auto const closed = search_outcome({.bound = -2, .limit = solve_limit::gap, .complete = true}, {1, 0});
  CHECK(closed.status == solve_status::optimal);
  CHECK(closed.limit == solve_limit::none);
  CHECK(closed.objective == -2);
  CHECK(closed.bound == -2);
  auto const open = search_outcome({.bound = -2, .limit = solve_limit::time}, {0, 1});
  CHECK(open.status == solve_status::feasible);
  CHECK(open.limit == solve_limit::time);
  CHECK(open.bound == -2);
  CHECK(search_outcome({.bound = -2}, {0, 1}).limit == solve_limit::other);
  CHECK(search_outcome({.bound = -2}, {0, 1}, {.absolute_gap = 1.0}).status == solve_status::optimal);
}

TEST_CASE("conclude: no bound is above the point or, unless it is the optimum, above the cutoff") {
  CHECK(search_outcome({.bound = 5}, {0, 1}).bound == -1);
  CHECK(search_outcome({.bound = 5, .limit = solve_limit::time}, {}, {.cutoff = 3.0}).bound == 3);
  CHECK(search_outcome({.bound = 2, .limit = solve_limit::time}, {}, {.cutoff = 3.0}).bound == 2);
  CHECK(search_outcome({.bound = 5, .limit = solve_limit::time}).bound == 5);
}

TEST_CASE("conclude: a search without a point has found nothing, refuted everything, or failed") {
  CHECK(search_outcome({.limit = solve_limit::nodes}).status == solve_status::no_solution);
  auto const failed = search_outcome({.fault = "ended with code 7"});
  CHECK(failed.status == solve_status::failed);
  CHECK(failed.detail == "ended with code 7");
  CHECK(search_outcome({.limit = solve_limit::nodes, .answered = true}).status == solve_status::failed);
  auto const refuted = search_outcome({.infeasible = true});
  CHECK(refuted.status == solve_status::infeasible);
  CHECK(refuted.bound == -infinity);
  CHECK(search_outcome({.infeasible = true}, {}, {.cutoff = -3.0}).bound == -3);
  auto const contradicted = search_outcome({.infeasible = true}, {0, 1});
  CHECK(contradicted.status == solve_status::feasible);
  CHECK(contradicted.limit == solve_limit::other);
  CHECK(contradicted.objective == -1);
}

TEST_CASE("conclude: a simplex proves what its duals prove, also where it was stopped") {
  auto const optimal = simplex_outcome({.status = solve_status::optimal, .point = {1, 0}, .duals = {-2}});
  CHECK(optimal.status == solve_status::optimal);
  CHECK(optimal.objective == -2);
  CHECK(optimal.bound <= -2);
  CHECK(optimal.bound == doctest::Approx(-2));
  CHECK(optimal.row_duals == std::vector<double>{-2});
  auto const stopped = simplex_outcome({.status = solve_status::no_solution, .duals = {-1}});
  CHECK(stopped.status == solve_status::no_solution);
  CHECK(stopped.bound == doctest::Approx(-2));
  CHECK(simplex_outcome({.status = solve_status::optimal, .point = {1, 1}, .duals = {-2}}).status ==
        solve_status::failed);
  CHECK(simplex_outcome({.fault = "gave up"}).detail == "gave up");
}

TEST_CASE("conclude: a relaxation without end is one of the model only if the model has a point") {
  solver_outcome unbounded;
  unbounded.status = solve_status::unbounded;
  CHECK(confirm_unbounded(exhaustive{}, one_of_two(), {}, unbounded).status == solve_status::unbounded);
  CHECK(confirm_unbounded(exhaustive{}, test::contradiction(true), {}, unbounded).status ==
        solve_status::infeasible);
}
