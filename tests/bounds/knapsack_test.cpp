// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/bounds/knapsack.hpp>
#include <checkmate/checkmate.hpp>

#include "support/brute_force.hpp"
#include "support/positions.hpp"
#include "support/random_graphs.hpp"

namespace {

void check_all_budgets(checkmate::dag const& d) {
  auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
  for (checkmate::bytes budget = 0; budget <= peak + 1; ++budget) {
    double const best = test::cheapest_fixed_order(d, budget);
    auto const found = checkmate::knapsack_bound(d, budget);
    CAPTURE(budget);
    if (found.infeasible) {
      CHECK(best == test::no_schedule);
    } else {
      CHECK(found.bound.time <= best);
    }
  }
}

/// 0 and 1 are read at the end, by 3; 2 reads nothing, or 0.
struct four_nodes {
  bool reads_first = false;
  bool first_once = false;

  [[nodiscard]] std::size_t node_count() const { return 4; }
  [[nodiscard]] std::vector<int> inputs(checkmate::node_id v) const {
    if (v == 3) return {0, 1};
    return v == 2 && reads_first ? std::vector<int>{0} : std::vector<int>{};
  }
  [[nodiscard]] bool is_run_once(checkmate::node_id v) const { return v == 0 && first_once; }
};

/// A third in one of the times leaves no quantum to round bounds up to.
constexpr double third = 1e-9 / 3;

}  // namespace

TEST_CASE("knapsack bound: never above the best schedule, infeasible only where there is none") {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    check_all_budgets(test::random_dag(seed, test::everything(3 + seed % 4)));
  }
}

TEST_CASE("knapsack bound: the cheapest value per byte is given up first, the last one in part") {
  // 0 and 1 are read at the end; 2 needs 5 bytes. At the first execution of 2 all of 4 + 2 + 5 bytes are
  // there.
  std::vector<std::vector<int>> const graph = {{}, {}, {}, {0, 1}};
  // A third in one of the times leaves no quantum to round bounds up to.
  auto const d =
      checkmate::lower(graph, checkmate::table_cost::of_nodes({8, 2, 1, 1 + 1e-9 / 3}, {4, 2, 5, 0}));
  CHECK(checkmate::knapsack_bound(d, 11).bound.time == doctest::Approx(12));
  CHECK(checkmate::knapsack_bound(d, 10).bound.time == doctest::Approx(13));         // half of node 1
  CHECK(checkmate::knapsack_bound(d, 8).bound.time == doctest::Approx(12 + 2 + 2));  // and an eighth of 0
  CHECK(checkmate::knapsack_bound(d, 8).position == 2);
  CHECK(checkmate::knapsack_bound(d, 4).infeasible);
}

TEST_CASE("knapsack bound: where times are multiples of a quantum, so is the bound") {
  std::vector<std::vector<int>> const graph = {{}, {}, {}, {0, 1}};
  auto const d = checkmate::lower(graph, checkmate::table_cost::of_nodes({8, 4, 2, 2}, {4, 2, 5, 0}));
  // A quarter of node 1 would be 1: extra times are even.
  CHECK(checkmate::knapsack_bound(d, 11).bound.time == 16);
  CHECK(checkmate::knapsack_bound(d, 10).bound.time == 18);
  CHECK(checkmate::knapsack_bound(d, 8).bound.time == 22);
}

TEST_CASE("knapsack bound: a budget that the no-recompute peak fits proves the base time, nothing more") {
  auto const d = test::unit_training_chain(6);
  auto const found = checkmate::knapsack_bound(d, checkmate::no_recompute_schedule(d).peak_memory);
  CHECK(found.bound.time == d.base_time());
  CHECK_FALSE(found.infeasible);
}

TEST_CASE("knapsack bound: neither run-once values nor those that the position reads can be given up") {
  auto const costs = checkmate::table_cost::of_nodes({1, 2, 1, 1 + third}, {4, 2, 5, 0});
  auto const free = checkmate::lower(four_nodes{}, costs);
  CHECK(checkmate::knapsack_bound(free, 10).bound.time == doctest::Approx(5 + 0.25));
  auto const once = checkmate::lower(four_nodes{.first_once = true}, costs);
  CHECK(checkmate::knapsack_bound(once, 10).bound.time == doctest::Approx(5 + 1));
  auto const refused = checkmate::knapsack_bound(once, 8);
  CHECK(refused.infeasible);
  CHECK(refused.position == 2);
  CHECK(refused.bound.space == checkmate::schedule_space::fixed_order);
  auto const read = checkmate::lower(four_nodes{.reads_first = true}, costs);
  CHECK(checkmate::knapsack_bound(read, 10).bound.time == doctest::Approx(5 + 1));
}

TEST_CASE("knapsack bound: workspace and fixed memory count") {
  auto costs = checkmate::table_cost::of_nodes({1, 2, 1, 1 + third}, {4, 2, 5, 0});
  costs.workspaces = {0, 0, 3, 0};
  costs.fixed = 100;
  auto const d = checkmate::lower(four_nodes{}, costs);
  CHECK(checkmate::knapsack_bound(d, 114).bound.time == d.base_time());
  CHECK(checkmate::knapsack_bound(d, 113).bound.time == doctest::Approx(5 + 0.25));
  CHECK(checkmate::knapsack_bound(d, 113).bound.space == checkmate::schedule_space::fixed_order);
}

TEST_CASE("knapsack bound: not above the simulated time of a schedule that attains it") {
  for (double time : {0.1, 0.7, 1.1, 1e6 + third}) {
    auto const d = checkmate::lower(
        four_nodes{}, checkmate::table_cost::of_nodes({8 * time, time, 0.3, third}, {4, 2, 5, 0}));
    auto const drops_second = test::events(d, {0, 1, 2, 1, 3});
    auto const seen =
        checkmate::simulate(d, checkmate::schedule_from_sequence(d, drops_second), {.budget = 9});
    REQUIRE(seen.valid());
    double const bound = checkmate::knapsack_bound(d, 9).bound.time;
    CHECK(bound <= seen.time);
    CHECK(bound == doctest::Approx(seen.time));
  }
}

TEST_CASE("knapsack bound: what it refuses for is named, to the byte: one less than that is refused") {
  std::size_t refused = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    auto const d = test::random_dag(seed, test::everything(8));
    checkmate::bytes const low = checkmate::smallest_conceivable_budget(d).budget;
    for (checkmate::bytes budget = low; checkmate::knapsack_bound(d, budget).infeasible; ++budget) {
      CAPTURE(seed);
      auto const need = checkmate::need_at(d, checkmate::knapsack_bound(d, budget).position);
      checkmate::bytes sum = 0;
      for (auto const& part : need.parts) sum += part.size;
      CHECK(need.size == sum);
      REQUIRE(need.size > budget);
      CHECK(checkmate::knapsack_bound(d, need.size - 1).infeasible);
      CHECK(describe(d, need).find("run-once value") != std::string::npos);
      budget = need.size - 1;
      ++refused;
    }
  }
  CHECK(refused > 5);
}
