// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/solve.hpp>
#include <checkmate/strategies/least_peak_order.hpp>

#include "support/random_graphs.hpp"
#include "support/random_problems.hpp"
#include "support/reference_simulator.hpp"
#include "support/throws.hpp"

namespace {

using namespace checkmate;

/// The least peak over all topological orders, by trying them all.
bytes least_peak_by_force(dag const& d) {
  std::vector<event> order;
  for (auto u : d.nodes()) order.push_back({u});
  bytes least = std::numeric_limits<bytes>::max();
  do {
    if (!detail::fault_of(d, order).empty()) continue;
    auto const seen = simulate(d, schedule_from_sequence(d, {d, order}), {.order = execution_order::free});
    if (seen.valid()) least = std::min(least, seen.peak_memory);
  } while (
      std::next_permutation(order.begin(), order.end(), [](event a, event b) { return a.node < b.node; }));
  return least;
}

plan_options in_free_order(bytes budget) {
  plan_options options;
  options.budget = budget;
  options.order = execution_order::free;
  return options;
}

}  // namespace

TEST_CASE("least peak order: finds the least peak of all orders of small graphs, and recomputes nothing") {
  for (std::uint64_t seed = 0; seed < 25; ++seed) {
    dag const d = test::random_dag(seed, test::everything(7));
    bytes const least = least_peak_by_force(d);
    auto const found = solve(d, in_free_order(least), least_peak_order{.moves = 20'000});
    REQUIRE(found);
    CHECK(found.recomputations == 0);
    CHECK(found.plan->peak_memory == least);
    CHECK(found.termination.reason == stop_reason::optimal);
    if (least > smallest_conceivable_budget(d).budget) {
      CHECK_FALSE(solve(d, in_free_order(least - 1), least_peak_order{.moves = 3000}));
    }
  }
}

TEST_CASE("least peak order: interleaved branches are run one after the other") {
  // Two branches of large values, listed alternately; each ends in a small value.
  std::vector<std::vector<int>> const edges = {{}, {}, {0}, {1}, {2}, {3}, {4, 5}};
  auto const d = lower(edges, table_cost::of_nodes({1, 1, 1, 1, 1, 1, 1}, {100, 100, 100, 100, 1, 1, 1}));
  CHECK(no_recompute_schedule(d).peak_memory == 300);
  auto const found = solve(d, in_free_order(201), least_peak_order{.moves = 3000});
  REQUIRE(found);
  CHECK(found.plan->peak_memory == 201);
}

TEST_CASE("least peak order: asks for the free order, and tells the peak where the budget is not met") {
  auto const d = test::unit_training_chain(6);
  CHECK(test::message_of<invalid_option>([&] { static_cast<void>(least_peak_order{}.plan(d, {})); }) ==
        "least_peak_order moves first executions: it needs order = free");
  auto const found =
      solve(d, in_free_order(smallest_conceivable_budget(d).budget), least_peak_order{.moves = 1000});
  CHECK_FALSE(found);
  CHECK(found.termination.reason == stop_reason::no_solution);
  CHECK(found.termination.detail.find("least peak found") != std::string::npos);
}

TEST_CASE(
    "least peak order: control edges and the order of run-once nodes hold, and what ends by itself is the "
    "same") {
  std::size_t found_some = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    test::problem const p = test::random_problem(seed, 5, 12);
    dag const d = p.dag();
    bytes const peak = no_recompute_schedule(d).peak_memory;
    if (peak == 0) continue;
    auto options = in_free_order(peak - 1);
    least_peak_order const how{.stop_at_budget = true};
    auto const found = solve(d, options, how);
    if (!found) continue;
    ++found_some;
    CHECK(test::replay(p.graph, found.plan->steps).fault == "");
    for (double limit : {100.0, 10000.0}) {
      options.time_limit = seconds(limit);
      auto const again = solve(d, options, how);
      REQUIRE(again);
      CHECK(again.plan->steps == found.plan->steps);
    }
  }
  CHECK(found_some > 20);
}
