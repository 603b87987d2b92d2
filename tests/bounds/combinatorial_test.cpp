// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/bounds/combinatorial.hpp>
#include <checkmate/checkmate.hpp>

#include "support/brute_force.hpp"
#include "support/random_graphs.hpp"

namespace {

void check_all_budgets(checkmate::dag const& d) {
  auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
  for (checkmate::bytes budget = 0; budget <= peak + 1; ++budget) {
    double const best = test::cheapest_fixed_order(d, budget);
    auto const found = checkmate::combinatorial_bound(d, budget);
    CAPTURE(budget);
    if (found.infeasible) {
      CHECK(best == test::no_schedule);
    } else {
      CHECK(found.bound.time <= best);
    }
  }
}

}  // namespace

TEST_CASE("combinatorial bound: never above the best schedule, infeasible only where there is none") {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    check_all_budgets(test::random_dag(seed, test::everything(3 + seed % 4)));
  }
}

TEST_CASE("combinatorial bound: the cheapest value per byte is given up first, the last one in part") {
  // 0 and 1 are read at the end; 2 needs 5 bytes. At the first execution of 2 all of 4 + 2 + 5 bytes are
  // there.
  std::vector<std::vector<int>> const graph = {{}, {}, {}, {0, 1}};
  // A third in one of the times leaves no quantum to round bounds up to.
  auto const d =
      checkmate::lower(graph, checkmate::table_cost::of_nodes({8, 2, 1, 1 + 1e-9 / 3}, {4, 2, 5, 0}));
  CHECK(checkmate::combinatorial_bound(d, 11).bound.time == doctest::Approx(12));
  CHECK(checkmate::combinatorial_bound(d, 10).bound.time == doctest::Approx(13));  // half of node 1
  CHECK(checkmate::combinatorial_bound(d, 8).bound.time ==
        doctest::Approx(12 + 2 + 2));  // and an eighth of 0
  CHECK(checkmate::combinatorial_bound(d, 8).position == 2);
  CHECK(checkmate::combinatorial_bound(d, 4).infeasible);
}

TEST_CASE("combinatorial bound: where times are multiples of a quantum, so is the bound") {
  std::vector<std::vector<int>> const graph = {{}, {}, {}, {0, 1}};
  auto const d = checkmate::lower(graph, checkmate::table_cost::of_nodes({8, 4, 2, 2}, {4, 2, 5, 0}));
  // A quarter of node 1 would be 1: extra times are even.
  CHECK(checkmate::combinatorial_bound(d, 11).bound.time == 16);
  CHECK(checkmate::combinatorial_bound(d, 10).bound.time == 18);
  CHECK(checkmate::combinatorial_bound(d, 8).bound.time == 22);
}

TEST_CASE(
    "combinatorial bound: a budget that the no-recompute peak fits proves the base time, nothing more") {
  auto const d = test::unit_training_chain(6);
  auto const found = checkmate::combinatorial_bound(d, checkmate::no_recompute_schedule(d).peak_memory);
  CHECK(found.bound.time == d.base_time());
  CHECK_FALSE(found.infeasible);
}
