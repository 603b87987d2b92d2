// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/strategies/state_search.hpp>
#include <checkmate/zoo/zoo.hpp>

#include "support/brute_force.hpp"
#include "support/random_graphs.hpp"

namespace {

using namespace checkmate;

void check_exact(dag const& d, bytes budget, plan_options options = {}) {
  options.budget = budget;
  options.relative_gap = 1e-9;
  double const best = test::cheapest_fixed_order(d, budget);
  result const found = solve(d, options, state_search{});
  CAPTURE(budget);
  if (best == test::no_schedule) {
    CHECK_FALSE(found.plan);
    CHECK(found.termination.reason == stop_reason::infeasible);
    return;
  }
  REQUIRE(found.plan);
  CHECK(found.plan->time == doctest::Approx(best).epsilon(1e-12));
  CHECK(found.bound.time == doctest::Approx(best).epsilon(1e-9));
  CHECK(found.bound.time <= best);
  CHECK(found.termination.reason == stop_reason::optimal);
}

}  // namespace

TEST_CASE("state_search: equals the brute force over all sequences in the order, at every budget") {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    auto const d = test::random_dag(seed, test::everything(4 + seed % 5));
    if (d.value_count() > 12) continue;
    CAPTURE(seed);
    bytes const low = smallest_conceivable_budget(d).budget;
    for (bytes b = low; b < no_recompute_schedule(d).peak_memory; ++b) check_exact(d, b);
  }
}

TEST_CASE("state_search: a plan that is known, good or bad, changes nothing") {
  for (std::uint64_t seed = 500; seed < 600; ++seed) {
    auto const d = test::random_dag(seed, test::everything(6));
    if (d.value_count() > 12) continue;
    bytes const low = smallest_conceivable_budget(d).budget;
    bytes const budget = low + (no_recompute_schedule(d).peak_memory - low) / 2;
    result const start = greedy{}.plan(d, {.budget = budget});
    if (!start.plan) continue;
    CAPTURE(seed);
    check_exact(d, budget, {.hint = &*start.plan});
  }
}

TEST_CASE("state_search: the unit chain of 16 layers at a quarter of its range needs 14 executions more") {
  auto const step = zoo::unit_chain_step(16);
  dag const d = lower(step.graph, step.costs);
  bytes const low = smallest_conceivable_budget(d).budget;
  bytes const budget = low + (no_recompute_schedule(d).peak_memory - low) / 4;
  result const found = solve(d, {.budget = budget}, state_search{});
  REQUIRE(found.plan);
  CHECK(found.termination.reason == stop_reason::optimal);
  CHECK(found.plan->time == d.base_time() + 14);
  CHECK(found.bound.space == schedule_space::fixed_order);
}

TEST_CASE("state_search: whatever the number of states, the bound is below the optimum") {
  for (std::uint64_t seed = 700; seed < 740; ++seed) {
    auto const d = test::random_dag(seed, test::everything(6));
    if (d.value_count() > 11) continue;
    bytes const low = smallest_conceivable_budget(d).budget;
    bytes const budget = low + (no_recompute_schedule(d).peak_memory - low) / 3;
    double const best = test::cheapest_fixed_order(d, budget);
    CAPTURE(seed);
    for (std::size_t states = 1; states < 200; ++states) {
      result const found = solve(d, {.budget = budget}, state_search{.max_states = states});
      CHECK(found.bound.time <= best);
      if (found.plan) CHECK(found.plan->time >= best * (1 - 1e-12));
      CHECK((found.termination.reason != stop_reason::infeasible || best == test::no_schedule));
    }
    state_search const endless{.max_states = std::numeric_limits<std::size_t>::max()};
    auto const why = solve(d, {.budget = budget}, endless).termination.reason;
    CHECK(why == (best == test::no_schedule ? stop_reason::infeasible : stop_reason::optimal));
  }
}

TEST_CASE("state_search: a limit leaves a bound below the optimum, and never a wrong plan") {
  auto const step = zoo::unit_chain_step(16);
  dag const d = lower(step.graph, step.costs);
  bytes const budget = smallest_conceivable_budget(d).budget + 3;
  result const part = solve(d, {.budget = budget}, state_search{.max_states = 1000});
  CHECK_FALSE(part.plan);
  CHECK(part.termination.reason == stop_reason::no_solution);
  CHECK(part.bound.time >= d.base_time());
  CHECK(part.bound.time <= d.base_time() + 14);
  auto const large = zoo::unit_chain_step(100);
  dag const beyond = lower(large.graph, large.costs);
  CHECK_FALSE(solve(beyond, {.budget = 20}, state_search{}).plan);
}
