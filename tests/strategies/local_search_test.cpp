// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <stop_token>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/strategies/local_search.hpp>

#include "support/brute_force.hpp"
#include "support/random_graphs.hpp"
#include "support/random_problems.hpp"
#include "support/reference_simulator.hpp"

namespace {

using namespace checkmate;

/// A training chain with uneven costs, as dag.
dag uneven_chain(std::uint64_t seed, std::size_t layers) {
  std::vector<std::vector<node_id>> edges(2 * layers);
  for (std::size_t i = 1; i < layers; ++i) edges[i] = {static_cast<node_id>(i - 1)};
  for (std::size_t b = 0; b < layers; ++b) {
    std::size_t const at = layers + b, forward = layers - 1 - b;
    edges[at].push_back(static_cast<node_id>(forward));
    if (forward > 0) edges[at].push_back(static_cast<node_id>(forward - 1));
    if (b > 0) edges[at].push_back(static_cast<node_id>(at - 1));
  }
  return test::weighted_dag(edges, seed, 100);
}

}  // namespace

TEST_CASE("local search: on tiny graphs it finds the best of all schedules in the fixed order") {
  int cases = 0, optimal = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    dag const d = test::random_dag(seed, test::everything(4 + seed % 4));
    if (d.value_count() > 12) continue;
    bytes const peak = no_recompute_schedule(d).peak_memory;
    bytes const floor = smallest_conceivable_budget(d).budget;
    for (bytes budget : {floor, (floor + peak) / 2, peak - 1}) {
      if (budget < floor || budget >= peak) continue;
      double const best = test::cheapest_fixed_order(d, budget);
      auto const found = solve(d, {.budget = budget}, local_search{.moves = 6000});
      if (best == test::no_schedule) {
        CHECK_FALSE(found);
        continue;
      }
      ++cases;
      if (!found) continue;
      CHECK(found.plan->time >= best - 1e-9);
      if (found.plan->time <= best + 1e-9) ++optimal;
    }
  }
  CHECK(cases > 30);
  CHECK(optimal == cases);
}

TEST_CASE("local search: in free order it finds the best of all schedules of nearly every tiny graph") {
  int cases = 0, optimal = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    dag const d = test::random_dag(seed, test::everything(4 + seed % 3));
    if (d.value_count() > 9) continue;
    bytes const peak = no_recompute_schedule(d).peak_memory;
    bytes const floor = smallest_conceivable_budget(d).budget;
    for (bytes budget : {floor, (floor + peak) / 2, peak - 1}) {
      if (budget < floor || budget >= peak) continue;
      double const best = test::cheapest_any_order(d, budget);
      auto const found =
          solve(d, {.budget = budget, .order = execution_order::free}, local_search{.moves = 6000});
      if (best == test::no_schedule) {
        CHECK_FALSE(found);
        continue;
      }
      ++cases;
      if (!found) continue;
      CHECK(found.plan->time >= best - 1e-9);
      if (found.plan->time <= best + 1e-9) ++optimal;
    }
  }
  CHECK(cases > 20);
  CHECK(optimal * 20 >= cases * 19);
}

TEST_CASE("local search: never worse than greedy, and better on most chains") {
  int better = 0;
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    dag const d = uneven_chain(seed, 30);
    plan_options options;
    options.budget = no_recompute_schedule(d).peak_memory / 2;
    auto const quick = solve(d, options, greedy{});
    auto const found = solve(d, options, local_search{.moves = 50'000});
    REQUIRE(found);
    if (!quick) continue;
    CHECK(found.plan->time <= quick.plan->time);
    better += found.plan->time < quick.plan->time ? 1 : 0;
  }
  CHECK(better >= 3);
}

TEST_CASE("local search: the same seed gives the same schedule, another seed may not") {
  dag const d = uneven_chain(3, 40);
  plan_options options;
  options.budget = no_recompute_schedule(d).peak_memory / 3;
  local_search const how{.moves = 20'000};
  auto const a = solve(d, options, how);
  auto const b = solve(d, options, how);
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a.plan->steps == b.plan->steps);
  options.threads = 3;
  auto const c = solve(d, options, how);
  auto const e = solve(d, options, how);
  REQUIRE(c);
  REQUIRE(e);
  CHECK(c.plan->steps == e.plan->steps);  // threads are independent seeds, merged by a fixed rule
  CHECK(c.plan->time <= a.plan->time);
}

TEST_CASE("local search: a hint within budget is never made worse") {
  dag const d = uneven_chain(5, 30);
  plan_options options;
  options.budget = no_recompute_schedule(d).peak_memory / 2;
  auto const good = solve(d, options, local_search{.moves = 100'000});
  REQUIRE(good);
  options.hint = &*good.plan;
  auto const again = solve(d, options, local_search{.moves = 2'000});
  REQUIRE(again);
  CHECK(again.plan->time <= good.plan->time);
}

TEST_CASE("local search: a stop requested beforehand still returns a valid plan or none, at once") {
  dag const d = uneven_chain(7, 60);
  std::stop_source source;
  source.request_stop();
  plan_options options;
  options.budget = no_recompute_schedule(d).peak_memory / 2;
  options.stop = source.get_token();
  auto const found = solve(d, options, local_search{.moves = 1'000'000'000});
  CHECK(found.termination.limit == stop_limit::cancelled);
}

TEST_CASE("local search: progress names the best time so far, never rising") {
  dag const d = uneven_chain(9, 30);
  plan_options options;
  options.budget = no_recompute_schedule(d).peak_memory / 2;
  std::vector<double> times;
  options.on_progress = [&](progress const& p) { times.push_back(p.best_time); };
  auto const found = solve(d, options, local_search{.moves = 30'000});
  REQUIRE(found);
  CHECK(times.size() > 5);
  CHECK(std::is_sorted(times.rbegin(), times.rend()));
  CHECK(times.back() == doctest::Approx(found.plan->time));
}

TEST_CASE("local search: random graphs with everything the memory model knows give plans that hold") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    dag const d = test::random_dag(500 + seed, test::everything(20 + seed));
    bytes const peak = no_recompute_schedule(d).peak_memory;
    for (auto order : {execution_order::fixed, execution_order::free}) {
      auto const found = solve(d, {.budget = peak * 9 / 10, .order = order}, local_search{.moves = 5'000});
      CHECK(found.termination.reason != stop_reason::failed);
      if (found) CHECK(found.plan->peak_memory <= peak * 9 / 10);
    }
  }
}

TEST_CASE(
    "local search: in free order control edges and run-once nodes that may pass others cost what they must") {
  int cases = 0, optimal = 0, held_back = 0;
  for (std::uint64_t seed = 0; seed < 1000 && cases < 60; ++seed) {
    test::problem p = test::random_problem(seed, 4, 6);
    test::random_source random(seed);
    for (node_id v = 0; v < p.graph.node_count(); ++v) {
      for (node_id u = 0; u < v; ++u) {
        if (random.chance(40)) p.graph.behind[v].push_back(u);
      }
    }
    dag const d = p.dag();
    test::problem loose = p;
    loose.graph.behind.clear();
    loose.graph.passes.assign(d.size(), true);
    bytes const peak = no_recompute_schedule(d).peak_memory;
    bytes const budget = (smallest_conceivable_budget(d).budget + peak) / 2;
    if (d.value_count() > 9 || budget >= peak) continue;
    double const best = test::cheapest_any_order(d, budget);
    if (test::cheapest_any_order(loose.dag(), budget) < best) ++held_back;
    auto const found =
        solve(d, {.budget = budget, .order = execution_order::free}, local_search{.moves = 6000});
    if (best == test::no_schedule) {
      CHECK_FALSE(found);
      continue;
    }
    ++cases;
    if (!found) continue;
    CHECK(test::replay(p.graph, found.plan->steps).fault == "");
    CHECK(found.plan->time >= best - 1e-9 * best);
    if (found.plan->time <= best + 1e-9 * best) ++optimal;
  }
  CHECK(cases == 60);
  CHECK(held_back > 3);
  CHECK(optimal * 20 >= cases * 19);
}

TEST_CASE("local search: what ends by itself is the same under any generous time limit and none") {
  std::size_t by_itself = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    CAPTURE(seed);
    dag const d = test::random_dag(seed, {.nodes = 40, .edge_chance = 5});
    // Somewhat less than a list schedule needs, so that it takes a search.
    double const listed = detail::list_orders(d, 0, [] { return false; }).front().peak;
    plan_options options{.budget = static_cast<bytes>(0.96 * listed), .order = execution_order::free};
    auto const unlimited = solve(d, options, local_search{});
    if (!unlimited || unlimited.termination.reason != stop_reason::optimal) continue;
    ++by_itself;
    for (double limit : {300.0, 1000.0, 100000.0}) {
      options.time_limit = seconds(limit);
      auto const limited = solve(d, options, local_search{});
      REQUIRE(limited);
      CHECK(limited.termination.limit == stop_limit::none);
      CHECK(limited.plan->steps == unlimited.plan->steps);
    }
  }
  CHECK(by_itself > 3);
}

TEST_CASE(
    "local search: counted moves with room in the time limit come to the same plan on a machine that "
    "stalls") {
  for (std::uint64_t seed : {4u, 8u, 12u}) {
    CAPTURE(seed);
    dag const d = test::random_dag(seed, test::everything(60));
    bytes const low = smallest_conceivable_budget(d).budget, peak = no_recompute_schedule(d).peak_memory;
    plan_options options{.budget = low + (peak - low) / 3, .time_limit = seconds(1000)};
    local_search const search{.moves = 20'000};
    result const smooth = search.plan(d, options);
    bool stalled = false;
    options.on_progress = [&](progress const&) {
      if (!stalled) std::this_thread::sleep_for(std::chrono::milliseconds(300));
      stalled = true;
    };
    result const uneven = search.plan(d, options);
    REQUIRE(smooth.plan.has_value() == uneven.plan.has_value());
    if (smooth.plan) CHECK(smooth.plan->steps == uneven.plan->steps);
  }
}

TEST_CASE("local search: where nothing can be moved it ends at once, whatever the time limit") {
  struct all_once {
    [[nodiscard]] std::size_t node_count() const { return 3; }
    [[nodiscard]] std::vector<node_id> inputs(node_id v) const {
      return v == 2 ? std::vector<node_id>{0, 1} : std::vector<node_id>{};
    }
    [[nodiscard]] bool is_run_once(node_id) const { return true; }
    [[nodiscard]] std::int64_t workspace(all_once const&, node_id v) const { return v == 1 ? 5 : 0; }
    [[nodiscard]] double time(all_once const&, node_id) const { return 1; }
    [[nodiscard]] std::int64_t memory(all_once const&, node_id v) const { return v == 2 ? 1 : 4; }
  };
  auto const found =
      solve(all_once{}, all_once{}, {.budget = 12, .time_limit = seconds(1e6)}, local_search{});
  CHECK_FALSE(found);
  CHECK(found.termination.limit == stop_limit::none);
}
