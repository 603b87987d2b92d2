// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>

#include "support/positions.hpp"
#include "support/random_graphs.hpp"

namespace {

using checkmate::accept_plan;
using checkmate::bytes;
using checkmate::plan_options;
using checkmate::result;
using checkmate::stop_limit;
using checkmate::stop_reason;

/// A result with a plan of this time and this bound.
result found(double time, double bound) {
  result out;
  out.plan = checkmate::schedule{};
  out.plan->time = time;
  out.bound.time = bound;
  return out;
}

}  // namespace

TEST_CASE("results: optimal within the gap asked for and not beyond, limits only where it is not") {
  plan_options const options{.relative_gap = 0.125};
  result within = found(8, 7);
  checkmate::conclude(options, within, stop_limit::time);
  CHECK(within.termination.reason == stop_reason::optimal);
  CHECK(within.termination.limit == stop_limit::none);

  result beyond = found(8, 6.99);
  checkmate::conclude(options, beyond, stop_limit::time);
  CHECK(beyond.termination.reason == stop_reason::feasible);
  CHECK(beyond.termination.limit == stop_limit::time);

  result unbounded = found(8, -std::numeric_limits<double>::infinity());
  checkmate::conclude(options, unbounded);
  CHECK(unbounded.termination.reason == stop_reason::feasible);
}

TEST_CASE("results: gap and overhead of what takes no time, has no plan, or no bound") {
  CHECK(found(0, 0).gap() == 0);
  CHECK(found(8, 9).gap() == 0);
  CHECK(found(8, 6).gap() == 0.25);
  CHECK(found(8, -std::numeric_limits<double>::infinity()).gap() == checkmate::infinity);
  CHECK(result{}.gap() == checkmate::infinity);
  result slower = found(8, 6);
  CHECK(result().overhead() == checkmate::infinity);
  CHECK(slower.overhead() == 0);  // base time 0
  slower.base_time = 5;
  CHECK(slower.overhead() == 0.6);
  slower.base_time = 10;
  CHECK(slower.overhead() == 0);
}

TEST_CASE("results: a budget below one working set is refused, the working set itself is not") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    auto const d = test::random_dag(seed, test::everything(6));
    auto const floor = checkmate::smallest_conceivable_budget(d);
    result out;
    CHECK_FALSE(checkmate::refuse_below_floor(d, {.budget = floor.budget}, out));
    CHECK(out.termination.reason == stop_reason::no_solution);
    if (floor.budget == 0) continue;
    CHECK(checkmate::refuse_below_floor(d, {.budget = floor.budget - 1}, out));
    CHECK(out.termination.reason == stop_reason::infeasible);
    CHECK(out.termination.space == checkmate::schedule_space::any_order);
    CHECK(out.termination.detail.find(d.describe(floor.node)) != std::string::npos);
  }
}

TEST_CASE("results: only what the simulator accepts, in the order and the budget asked for, becomes a plan") {
  std::vector<std::vector<int>> const graph = {{}, {}, {0, 1}};
  auto const d = checkmate::lower(graph, checkmate::table_cost::of_nodes({1, 2, 3}, {4, 5, 6}));
  auto const swapped = test::events(d, {1, 0, 2});
  result out;
  CHECK_FALSE(accept_plan(d, {}, swapped, out));
  CHECK_FALSE(out.plan);
  CHECK(out.termination.detail.find("is first executed before") != std::string::npos);
  CHECK(accept_plan(d, {.order = checkmate::execution_order::free}, swapped, out));

  auto const twice = test::events(d, {0, 1, 0, 2});
  CHECK_FALSE(accept_plan(d, {.budget = 14}, twice, out));
  CHECK(out.plan->time == 6);  // what was there stays
  REQUIRE(accept_plan(d, {.budget = 15}, twice, out));
  CHECK(out.plan->time == 7);
  CHECK(out.plan->peak_memory == 15);
  CHECK(out.recomputations == 1);
  CHECK(out.recomputed_nodes == 1);
}

TEST_CASE("results: the time of executing every node once bounds schedules of any order") {
  auto const d = test::random_dag(3, test::everything(6));
  result out;
  checkmate::claim_base_time(d, out);
  CHECK(out.bound.time == d.base_time());
  CHECK(out.bound.space == checkmate::schedule_space::any_order);
  CHECK_FALSE(out.proof.empty());
}
