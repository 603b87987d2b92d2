// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/bounds/windowed.hpp>
#include <checkmate/checkmate.hpp>
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/clp.hpp>
#include <checkmate/solvers/exhaustive.hpp>
#include <checkmate/strategies/windowed.hpp>

#include "support/brute_force.hpp"
#include "support/random_graphs.hpp"

namespace {

using checkmate::node_id;

/// As many windows as there are nodes, with all of their groups.
checkmate::window_layout finest(checkmate::dag const& d) {
  checkmate::window_layout layout;
  for (node_id t = 1; t < d.size(); ++t) layout.cuts.push_back(t);
  auto const windows = static_cast<std::uint32_t>(layout.cuts.size() + 1);
  for (std::uint32_t a = 0; a < windows; ++a) {
    for (std::uint32_t b = a + 2; b <= windows; ++b) layout.groups.push_back({a, b});
  }
  return layout;
}

/// The bound against the best schedule that exists; how much of the extra time it proves.
double check_bound(checkmate::dag const& d, checkmate::bytes budget,
                   checkmate::windowed_options const& options) {
  checkmate::clp linear;
  checkmate::cbc integer;
  double const best = test::cheapest_fixed_order(d, budget);
  auto const found = checkmate::windowed_bound(d, budget, linear, integer, options);
  if (!options.integer) CHECK_FALSE(found.infeasible_by_word);
  if (found.infeasible) {
    CHECK(best == test::no_schedule);
    return 1;
  }
  CHECK(found.bound.time <= best * (1 + 1e-12));
  CHECK(found.linear_bound <= best * (1 + 1e-12));
  if (found.plan) {
    CHECK(checkmate::simulate(d, *found.plan, {.budget = budget}).valid());
    CHECK(found.plan->time >= best * (1 - 1e-12));
  }
  if (!(best > d.base_time()) || best == test::no_schedule) return 1;
  return (found.bound.time - d.base_time()) / (best - d.base_time());
}

}  // namespace

TEST_CASE(
    "windowed bound: never above the best schedule at any budget, infeasible only where there is none") {
  double proven = 0, cases = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    auto const d = test::random_dag(seed, test::everything(4 + seed % 4));
    auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
    auto const floor = checkmate::smallest_conceivable_budget(d).budget;
    for (checkmate::bytes budget = floor; budget < peak; ++budget) {
      CAPTURE(seed);
      CAPTURE(budget);
      proven += check_bound(d, budget, {});
      ++cases;
    }
  }
  CHECK(cases > 100);
  CHECK(proven > 0.9 * cases);
}

TEST_CASE("windowed bound: holds with every combination of the steps") {
  double proven = 0, cases = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    auto const d = test::random_dag(seed, test::everything(5 + seed % 3));
    auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
    auto const floor = checkmate::smallest_conceivable_budget(d).budget;
    if (floor >= peak || d.value_count() > 12) continue;
    auto const budget = floor + static_cast<checkmate::bytes>(seed % 4) * (peak - floor) / 4;
    auto const start = checkmate::greedy{}.plan(d, {.budget = budget});
    for (std::uint32_t code = 0; code < 256; ++code) {
      auto const on = [&](std::uint32_t bit) { return ((code >> bit) & 1) != 0; };
      checkmate::windowed_options options;
      options.steps = {.nested_rows = on(0),
                       .base_rows = on(1),
                       .rerun_rows = on(2),
                       .forced_rows = on(3),
                       .drop_long_nodes = on(4),
                       .skip_small_values = on(5),
                       .fix_columns = on(6),
                       .cutoff = on(7),
                       .hint = on(7)};
      options.max_windows = 5;
      if (start.plan) {
        options.target = start.plan->time;
        options.incumbent = checkmate::sequence_of(d, *start.plan);
      }
      CAPTURE(seed);
      CAPTURE(code);
      proven += check_bound(d, budget, options);
      ++cases;
    }
  }
  CHECK(cases > 1000);
  CHECK(proven > 0.5 * cases);
}

TEST_CASE("windowed bound: holds for any cuts and groups, down to one window a node") {
  std::mt19937_64 random(3);
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    auto const d = test::random_dag(seed, test::everything(4 + seed % 3));
    auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
    auto const floor = checkmate::smallest_conceivable_budget(d).budget;
    if (floor >= peak) continue;
    auto const budget =
        floor + static_cast<checkmate::bytes>(random() % static_cast<std::uint64_t>(peak - floor));
    CAPTURE(seed);
    CAPTURE(budget);
    checkmate::windowed_options options;
    options.layouts = {finest(d), {}, {{static_cast<node_id>(d.size() / 2)}, {}}};
    (void)check_bound(d, budget, options);
    options.integer = false;
    (void)check_bound(d, budget, options);
  }
}

TEST_CASE("windowed bound: holds whatever the target, be it below the best schedule or above") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    auto const d = test::random_dag(seed, test::everything(6));
    auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
    auto const floor = checkmate::smallest_conceivable_budget(d).budget;
    for (checkmate::bytes budget = floor; budget < peak; budget += 3) {
      double const best = test::cheapest_fixed_order(d, budget);
      for (double target : {d.base_time() + 1.5, d.base_time() + 6.0, best}) {
        if (target == test::no_schedule) continue;
        CAPTURE(seed);
        CAPTURE(budget);
        checkmate::windowed_options options;
        options.target = target;
        checkmate::clp linear;
        checkmate::cbc integer;
        auto const found = checkmate::windowed_bound(d, budget, linear, integer, options);
        CHECK((found.infeasible ? best == test::no_schedule : found.bound.time <= best * (1 + 1e-12)));
      }
    }
  }
}

TEST_CASE("windowed bound: what a target rules out proves nothing beyond that target") {
  // The fourth node lacks two bytes. To run the first again costs 6; without that, as the target of 5 has it,
  // the second and third must, for 8.5.
  test::value_graph g;
  g.outputs = {1, 1, 1, 1, 1};
  g.read = {{}, {}, {}, {}, {{0, 0}, {1, 0}, {2, 0}}};
  g.keep.assign(5, {false});
  g.once.assign(5, false);
  g.costs = {{6, 4, 4.5, 1, 1}, {{3}, {1}, {1}, {0}, {1}}, {0, 0, 0, 4, 0}, 0};
  auto const d = checkmate::lower(g, g.costs);
  REQUIRE(test::cheapest_fixed_order(d, 7) == d.base_time() + 6);
  for (bool const whole : {false, true}) {
    checkmate::clp linear;
    checkmate::cbc integer;
    checkmate::windowed_options options;
    options.target = d.base_time() + 5;
    options.integer = whole;
    auto const found = checkmate::windowed_bound(d, 7, linear, integer, options);
    CHECK_FALSE(found.infeasible);
    CHECK(found.bound.time == doctest::Approx(options.target).epsilon(1e-6));
    CHECK(found.bound.time <= options.target);
  }
}

TEST_CASE("windowed bound: unit training chains are proven optimal, and the relaxation's point is a plan") {
  auto const d = test::unit_training_chain(5);
  checkmate::clp linear;
  checkmate::cbc integer;
  for (checkmate::bytes budget = 4; budget <= 6; ++budget) {
    CAPTURE(budget);
    double const best = test::cheapest_fixed_order(d, budget);
    auto const found = checkmate::windowed_bound(d, budget, linear, integer);
    CHECK(found.bound.time <= best);
    CHECK(found.bound.time > best - 1.0);
  }
}

namespace {

/// A solver that calls everything infeasible.
struct liar {
  [[nodiscard]] checkmate::backend_capabilities capabilities() const {
    return {.name = "liar", .integers = true};
  }
  [[nodiscard]] checkmate::solver_outcome solve(checkmate::linear_model const&,
                                                checkmate::solver_options const&) const {
    checkmate::solver_outcome out;
    out.status = checkmate::solve_status::infeasible;
    return out;
  }
};

}  // namespace

TEST_CASE("windowed bound: a solver that contradicts a known schedule is not believed") {
  auto const d = test::unit_training_chain(5);
  auto const known = checkmate::greedy{}.plan(d, {.budget = 5});
  REQUIRE(known);
  checkmate::clp linear;
  liar integer;
  checkmate::windowed_options options;
  options.incumbent = checkmate::sequence_of(d, *known.plan);
  auto const found = checkmate::windowed_bound(d, 5, linear, integer, options);
  CHECK(found.contradicted);
  CHECK_FALSE(found.infeasible);
  CHECK(found.bound.time <= test::cheapest_fixed_order(d, 5));
  CHECK(found.bound.time > d.base_time());
}

TEST_CASE("windowed bound: what only an integer solver says is told as its word") {
  auto const d = test::unit_training_chain(5);
  checkmate::clp linear;
  liar integer;
  auto const found = checkmate::windowed_bound(d, 5, linear, integer);
  CHECK(found.infeasible);
  CHECK(found.infeasible_by_word);
}

TEST_CASE("windowed bound: a backend without duals or integers is refused") {
  auto const d = test::unit_training_chain(3);
  checkmate::clp linear;
  checkmate::exhaustive without_duals;
  CHECK_THROWS_AS((void)checkmate::windowed_bound(d, 4, without_duals, without_duals),
                  checkmate::invalid_option);
  CHECK_THROWS_AS((void)checkmate::windowed_bound(d, 4, linear, linear), checkmate::invalid_option);
}

TEST_CASE("windowed strategy: plans are within the budget, claims agree with the best schedule") {
  checkmate::windowed const how{checkmate::clp{}, checkmate::cbc{}};
  int optimal = 0, cases = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    auto const d = test::random_dag(seed, test::everything(5 + seed % 3));
    auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
    for (auto budget = checkmate::smallest_conceivable_budget(d).budget - 1; budget <= peak; budget += 2) {
      CAPTURE(seed);
      CAPTURE(budget);
      if (budget < 0) continue;
      double const best = test::cheapest_fixed_order(d, budget);
      auto const found = how.plan(d, {.budget = budget});
      if (found.termination.reason == checkmate::stop_reason::infeasible) CHECK(best == test::no_schedule);
      if (!found) continue;
      CHECK(checkmate::simulate(d, *found.plan, {.budget = budget}).valid());
      CHECK(found.plan->time >= best * (1 - 1e-9));
      CHECK(found.bound.time <= best * (1 + 1e-9));
      if (found.termination.reason == checkmate::stop_reason::optimal) {
        CHECK(found.plan->time <= best * (1 + 1e-4));
        ++optimal;
      }
      ++cases;
    }
  }
  CHECK(optimal > cases / 2);
}

TEST_CASE("windowed strategy: with a free order the bound for the fixed order is not claimed") {
  auto const d = test::unit_training_chain(6);
  checkmate::windowed const how{checkmate::clp{}, checkmate::cbc{}};
  auto const found = how.plan(d, {.budget = 5, .order = checkmate::execution_order::free});
  CHECK(found.bound.time == d.base_time());
  CHECK(found.bound.space == checkmate::schedule_space::any_order);
}

TEST_CASE("windowed bound: prices of memory are where the budget binds, and only there") {
  auto const d = test::unit_training_chain(12);
  checkmate::clp linear;
  checkmate::cbc integer;
  auto const tight = checkmate::windowed_bound(d, 8, linear, integer);
  REQUIRE(tight.memory_price.size() == d.size());
  CHECK(*std::max_element(tight.memory_price.begin(), tight.memory_price.end()) > 0);
  CHECK(tight.memory_price.front() == 0);
}
