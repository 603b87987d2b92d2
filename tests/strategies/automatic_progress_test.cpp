// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <stop_token>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/cost/table.hpp>
#include <checkmate/graph/lower.hpp>
#include <checkmate/solve.hpp>
#include <checkmate/strategies/automatic.hpp>
#include <checkmate/zoo/generators.hpp>

namespace {

using namespace checkmate;

/// Node 3 reads 0 and 2; while node 2 runs, a budget of 20 bytes has no room for what 0 produced.
dag detour() {
  std::vector<std::vector<node_id>> const graph = {{}, {}, {1}, {0, 2}};
  return lower(graph, table_cost::of_nodes({1, 1, 1, 1}, {10, 10, 10, 0}));
}

}  // namespace

TEST_CASE("automatic: names the part that found the plan and the part that proved it, and then stops") {
  int calls = 0;
  plan_options options{.budget = 20};
  options.on_progress = [&](progress const&) { ++calls; };
  auto const found = solve(detour(), options, automatic{});
  REQUIRE(found);
  CHECK(found.plan->time == 5);
  CHECK(found.bound.time == doctest::Approx(5));
  CHECK(found.termination.reason == stop_reason::optimal);
  CHECK(found.strategy == "eviction");
  CHECK(found.proof == "knapsack bound");
  CHECK(calls <= 1);  // the search went no further once its plan was proven
}

TEST_CASE("automatic: progress tells a bound that never falls and never exceeds the plan's time") {
  auto const g = residual_training_graph({.blocks = 10});
  dag const d = lower(g, g);
  plan_options options{.budget = no_recompute_schedule(d).peak_memory * 6 / 10};
  std::vector<progress> seen;
  options.on_progress = [&](progress const& p) { seen.push_back(p); };
  auto const found = solve(d, options, automatic{});
  REQUIRE(found);
  REQUIRE(seen.size() > 3);
  double bound = d.base_time(), best = std::numeric_limits<double>::infinity();
  for (progress const& p : seen) {
    CHECK(p.bound >= bound);
    CHECK(p.best_time <= best * (1 + 1e-9));  // sums of the same times, rounded differently
    CHECK(p.bound <= p.best_time * (1 + 1e-9));
    CHECK_FALSE(p.phase.empty());
    bound = p.bound;
    best = p.best_time;
  }
  CHECK(bound > d.base_time());
  CHECK(found.bound.time >= bound);
  CHECK(found.plan->time <= best * (1 + 1e-9));
}

TEST_CASE("automatic: a budget below what one node needs is refused with that node's name") {
  auto const found = solve(detour(), {.budget = 15}, automatic{});
  CHECK_FALSE(found);
  CHECK(found.termination.reason == stop_reason::infeasible);
  CHECK(found.termination.space == schedule_space::any_order);
  CHECK(found.termination.detail.find("alone needs 20") != std::string::npos);
}

TEST_CASE("automatic: a stop requested by the caller is passed on and reported as such") {
  auto const g = residual_training_graph({.blocks = 40});
  dag const d = lower(g, g);
  std::stop_source source;
  plan_options options{.budget = no_recompute_schedule(d).peak_memory / 2};
  options.stop = source.get_token();
  options.on_progress = [&](progress const&) { source.request_stop(); };
  auto const found = solve(d, options, automatic{});
  CHECK(found.termination.limit == stop_limit::cancelled);
}
