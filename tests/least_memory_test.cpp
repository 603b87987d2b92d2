// SPDX-License-Identifier: Apache-2.0
//
// The dual problem: the least memory for a given extra time.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stop_token>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/least_memory.hpp>
#include <checkmate/strategies/state_search.hpp>

#include "support/brute_force.hpp"
#include "support/random_graphs.hpp"
#include "support/throws.hpp"

namespace {

using checkmate::bytes;
using checkmate::least_memory;
using checkmate::schedule_space;

/// By trying every budget from the floor on, with a planner that shares no code with the library's.
bytes least_by_trying(checkmate::dag const& d, double overhead) {
  bytes budget = checkmate::smallest_conceivable_budget(d).budget;
  double const allowed = d.base_time() * (1 + overhead) * (1 + 1e-12);
  while (test::cheapest_fixed_order(d, budget) > allowed) ++budget;
  return budget;
}

/// Refuses what is below a budget, with a bound that says so or without one.
struct refuses_below {
  bytes least = 0;
  double bound = -checkmate::infinity;
  [[nodiscard]] checkmate::result plan(checkmate::dag const& d,
                                       checkmate::plan_options const& options) const {
    if (options.budget >= least) return checkmate::state_search{}.plan(d, options);
    auto out = checkmate::empty_result(d, options, "refuses_below");
    out.bound = {bound, schedule_space::fixed_order};
    return out;
  }
};

}  // namespace

TEST_CASE("least_memory: with an exact strategy the least of all budgets, and proven") {
  int recomputed = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    auto const d = test::random_dag(seed, test::everything(6));
    for (double const overhead : {0.0, 0.2, 0.6, 3.0}) {
      CAPTURE(seed);
      CAPTURE(overhead);
      auto const got = least_memory(d, {.overhead = overhead, .precision = 0}, checkmate::state_search{});
      CHECK(got.memory() == least_by_trying(d, overhead));
      CHECK(got.found.plan->time <= got.allowed_time * (1 + 1e-9));
      CHECK(got.found.budget == got.memory());
      CHECK(checkmate::simulate(d, *got.found.plan, {.budget = got.memory()}).valid());
      CHECK(got.lower_bound <= got.memory());
      CHECK(got.refused < got.memory());
      CHECK(got.lower_bound == got.memory());
      CHECK(got.gap() == 0);
      CHECK(got.found.termination.reason == checkmate::stop_reason::optimal);
      recomputed += got.found.recomputations > 0;
    }
  }
  CHECK(recomputed > 20);
}

TEST_CASE("least_memory: more time never needs more memory, and the precision is kept") {
  auto const d = test::unit_training_chain(16);
  bytes before = std::numeric_limits<bytes>::max();
  for (double const overhead : {0.0, 0.05, 0.1, 0.3, 1.0}) {
    auto const exact = least_memory(d, {.overhead = overhead, .precision = 0}, checkmate::state_search{});
    CHECK(exact.memory() <= before);
    before = exact.memory();
    auto const rough = least_memory(d, {.overhead = overhead, .precision = 0.2}, checkmate::state_search{});
    CHECK(rough.probes.size() <= exact.probes.size());
    CHECK(rough.memory() - exact.memory() <=
          static_cast<bytes>(0.2 * static_cast<double>(checkmate::no_recompute_schedule(d).peak_memory)));
  }
}

TEST_CASE(
    "least_memory: without extra time it is the peak without recomputation, which no search is needed for") {
  auto const d = test::unit_training_chain(10);
  auto const got = least_memory(d, {.precision = 0}, checkmate::greedy{});
  CHECK(got.memory() == checkmate::no_recompute_schedule(d).peak_memory);
  CHECK(got.probes.empty());
  CHECK(got.lower_bound == got.memory());
  CHECK(got.proof == "knapsack bound");
  CHECK(got.space == schedule_space::fixed_order);
}

TEST_CASE(
    "least_memory: a refusal without a proof leaves the lower bound alone, one with a proof raises it") {
  auto const d = test::unit_training_chain(12);
  auto const all = least_memory(d, {.overhead = 1, .precision = 0}, checkmate::state_search{});
  bytes const least = all.memory() + 2;
  auto const silent = least_memory(d, {.overhead = 1, .precision = 0}, refuses_below{least});
  CHECK(silent.memory() == least);
  CHECK(silent.refused == least - 1);
  CHECK(silent.lower_bound <= all.memory());
  CHECK(silent.found.termination.reason == checkmate::stop_reason::feasible);
  auto const sure = least_memory(d, {.overhead = 1, .precision = 0}, refuses_below{least, 3 * d.base_time()});
  CHECK(sure.lower_bound == least);
  CHECK(sure.proof == "refuses_below");
}

TEST_CASE("least_memory: a claim that a schedule refutes is dropped, and said") {
  auto const d = test::unit_training_chain(12);
  bytes const peak = checkmate::no_recompute_schedule(d).peak_memory;
  struct lies {
    bytes budget = 0;
    [[nodiscard]] checkmate::result plan(checkmate::dag const& d, checkmate::plan_options options) const {
      if (options.budget > budget) {  // a plan that needs less than the budget of the lie below
        options.budget = budget - 2;
        auto out = checkmate::state_search{}.plan(d, options);
        out.bound.time = d.base_time();
        return out;
      }
      auto out = checkmate::empty_result(d, options, "lies");
      out.bound = {100 * d.base_time(), schedule_space::fixed_order};
      return out;
    }
  };
  bytes const floor = checkmate::smallest_conceivable_budget(d).budget;
  auto const got = least_memory(d, {.overhead = 1, .precision = 0}, lies{(floor + peak) / 2});
  CHECK(got.lower_bound <= got.memory());
  CHECK(checkmate::simulate(d, *got.found.plan, {.budget = got.memory()}).valid());
}

TEST_CASE("least_memory: the same call gives the same schedule") {
  auto const d = test::random_dag(5, test::everything(40));
  checkmate::least_memory_options const options{.overhead = 0.1};
  checkmate::local_search const how{.moves = 3000};
  auto const a = least_memory(d, options, how);
  auto const b = least_memory(d, options, how);
  CHECK(a.found.plan->steps == b.found.plan->steps);
  CHECK(a.probes.size() == b.probes.size());
}

TEST_CASE("least_memory: in free order only claims about any order count") {
  auto const d = test::random_dag(3, test::everything(12));
  checkmate::least_memory_options options{.overhead = 0.1, .precision = 0};
  options.plan.order = checkmate::execution_order::free;
  auto const got = least_memory(d, options, checkmate::local_search{.moves = 2000});
  CHECK(got.space == schedule_space::any_order);
  CHECK(got.lower_bound == checkmate::smallest_conceivable_budget(d).budget);
  CHECK(got.memory() <= checkmate::no_recompute_schedule(d).peak_memory);
  refuses_below const in_fixed_order{got.memory() + 1000, 3 * d.base_time()};
  auto const refused = least_memory(d, options, in_fixed_order);
  CHECK_FALSE(refused.probes.empty());
  CHECK(refused.space == schedule_space::any_order);
  CHECK(refused.lower_bound == checkmate::smallest_conceivable_budget(d).budget);
}

TEST_CASE("least_memory: stopped, it returns what it has and says so") {
  auto const d = test::unit_training_chain(20);
  std::stop_source source;
  checkmate::least_memory_options options{.overhead = 0.5, .precision = 0};
  options.plan.stop = source.get_token();
  options.on_probe = [&source](auto const&) { source.request_stop(); };
  auto const got = least_memory(d, options, checkmate::greedy{});
  CHECK(got.probes.size() == 1);
  CHECK(got.limit == checkmate::stop_limit::cancelled);
  CHECK(got.found.plan.has_value());
  options.on_probe = {};
  options.plan.stop = {};
  options.plan.time_limit = checkmate::seconds(0);
  auto const late = least_memory(d, options, checkmate::greedy{});
  CHECK(late.limit == checkmate::stop_limit::time);
  CHECK(late.memory() == checkmate::no_recompute_schedule(d).peak_memory);
}

TEST_CASE("least_memory: what is no fraction is refused") {
  auto const d = test::unit_training_chain(3);
  auto const refusal = [&](checkmate::least_memory_options const& options) {
    return test::message_of<checkmate::invalid_option>(
        [&] { (void)least_memory(d, options, checkmate::greedy{}); });
  };
  for (double const wrong : {-0.1, std::nan(""), checkmate::infinity, 1e308}) {
    CHECK(refusal({.overhead = wrong}).find("overhead must be a fraction >= 0 and finite") !=
          std::string::npos);
  }
  for (double const wrong : {-0.1, std::nan(""), 1.0}) {
    CHECK(refusal({.precision = wrong}).find("precision must be in [0, 1)") != std::string::npos);
  }
  CHECK(refusal({.plan = {.threads = 0}}).find("threads") != std::string::npos);
}

TEST_CASE("least_memory: of a graph and its costs") {
  std::vector<std::vector<int>> const g = {{}, {0}, {1}, {0, 2}};
  auto const got = least_memory(g, checkmate::uniform_cost{}, {.overhead = 1, .precision = 0});
  CHECK(got.memory() == 3);
  CHECK(least_memory(g, checkmate::uniform_cost{}, {}, checkmate::greedy{}).memory() == 3);
}
