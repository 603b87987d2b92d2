// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/search/eviction.hpp>

#include "support/random_graphs.hpp"
#include "support/random_problems.hpp"
#include "support/reference_simulator.hpp"

namespace {

using namespace checkmate;
using namespace checkmate::detail;

constexpr auto never = [] { return false; };

}  // namespace

TEST_CASE("eviction: what it makes is executable, and within budget where it says so") {
  int fitting = 0, missed = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    CAPTURE(seed);
    auto const p = test::random_problem(seed, 4, 30);
    dag const d = p.dag();
    bytes const low = smallest_conceivable_budget(d).budget, peak = no_recompute_schedule(d).peak_memory;
    for (int part : {0, 1, 2, 3}) {
      bytes const budget = low + (peak - low) * part / 4;
      event_sequence const order(d);
      eviction_run run(d, budget, order, {2, 2, 2});
      bool const fits = run.run(never);
      schedule const made = schedule_from_sequence(d, run.sequence());
      auto const seen = test::replay(p.graph, made.steps);
      CHECK(seen.fault.empty());
      CHECK(seen.in_order);
      if (fits) CHECK(seen.peak <= budget);
      (fits ? fitting : missed) += 1;
    }
  }
  CHECK(fitting > 6000);
  CHECK(missed > 0);
}

TEST_CASE("eviction: of two values the one that is cheap, large and needed late goes") {
  // Two values wait for their readers while a third node wants room for itself.
  auto const evicted = [](std::vector<double> times, std::vector<bytes> sizes, bytes workspace,
                          bytes budget) {
    table_cost costs = table_cost::of_nodes(times, sizes);
    costs.workspaces = {0, 0, workspace, 0, 0};
    std::vector<std::vector<node_id>> const graph = {{}, {}, {}, {0, 2}, {1, 3}};
    dag const d = lower(graph, costs);
    event_sequence const order(d);
    eviction_run run(d, budget, order, {2, 2, 2});
    CHECK(run.run(never));
    std::vector<int> runs(d.size());
    for (event e : run.sequence()) ++runs[e.node];
    REQUIRE(runs[0] + runs[1] == 3);
    return runs[0] == 2 ? 0 : 1;
  };
  CHECK(evicted({9, 1, 1, 1, 1}, {10, 10, 1, 1, 1}, 15, 26) == 1);  // cheap
  CHECK(evicted({1, 9, 1, 1, 1}, {10, 10, 1, 1, 1}, 15, 26) == 0);
  CHECK(evicted({1, 1, 1, 1, 1}, {10, 10, 1, 1, 1}, 15, 26) == 1);  // needed late
  CHECK(evicted({1, 1, 1, 1, 1}, {20, 10, 1, 1, 1}, 10, 32) == 0);  // large
}

TEST_CASE("eviction: values of run-once nodes stay for as long as a recomputation may need them") {
  int once = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    auto options = test::everything(16);
    dag const d = test::random_dag(seed, options);
    CAPTURE(seed);
    bytes const low = smallest_conceivable_budget(d).budget;
    event_sequence const order(d);
    eviction_run run(d, low, order, {3, 2, 1});
    bool const fits = run.run(never);
    std::vector<int> runs(d.size());
    for (event e : run.sequence()) ++runs[e.node];
    for (auto u : d.nodes()) {
      CHECK(runs[u] >= 1);
      if (d.run_once(u)) CHECK(runs[u] == 1);
      once += d.run_once(u) && run.sequence().size() > d.size() ? 1 : 0;
    }
    auto const seen = simulate(d, schedule_from_sequence(d, run.sequence()), {.budget = low});
    if (fits) CHECK(seen.valid());
  }
  CHECK(once > 0);
}

TEST_CASE("eviction: bounded where no plan is in reach, and a stop ends the evictions") {
  dag const d = test::unit_training_chain(400);
  event_sequence const order(d);
  eviction_run hopeless(d, smallest_conceivable_budget(d).budget, order, {2, 2, 2});
  CHECK_FALSE(hopeless.run(never));
  CHECK(hopeless.sequence().size() <= 8 * d.size() + 1000 + 2 * d.size() * 2);
  eviction_run stopped(d, no_recompute_schedule(d).peak_memory / 2, order, {2, 2, 2});
  CHECK_FALSE(stopped.run([] { return true; }));
  CHECK(stopped.sequence().size() == d.size());
}

TEST_CASE("eviction: zero times are told apart by bytes, on a graph without times, too") {
  table_cost costs = table_cost::of_nodes({0, 0, 0, 0, 0}, {5, 20, 1, 1, 1});
  costs.workspaces = {0, 0, 10, 0, 0};
  std::vector<std::vector<node_id>> const graph = {{}, {}, {}, {0, 2}, {1, 3}};
  dag const d = lower(graph, costs);
  event_sequence const order(d);
  eviction_run run(d, 30, order, {2, 2, 2});
  CHECK(run.run(never));
  event_sequence const made = run.sequence();
  CHECK(std::count(made.begin(), made.end(), event{node_index{1}}) == 2);
  CHECK(run.sequence().size() == d.size() + 1);
}
