// SPDX-License-Identifier: Apache-2.0
//
// Properties of every strategy that needs no solver, over ten thousand seeded random problems. A failure
// names its seed: random_problem(seed, ...) is the whole of it.
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/planners.hpp"
#include "support/properties.hpp"
#include "support/random_problems.hpp"

namespace {

using namespace test::properties;
using checkmate::bytes;
using test::planner;
using test::problem;

problem problem_of(std::uint64_t seed) {
  problem const p = test::random_problem(seed, 2, seed % 50 == 0 ? 30 : 12);
  return seed % 2 == 0 ? p : test::shuffled(p, seed);
}

constexpr std::uint64_t problems = CHECKMATE_PROPERTY_PROBLEMS;

}  // namespace

TEST_CASE("every strategy: plans hold in both simulators, and no claim contradicts another's plan") {
  auto const planners = test::quick_planners();
  tally seen;
  for (std::uint64_t seed = 0; seed < problems; ++seed) {
    CAPTURE(seed);
    problem const p = problem_of(seed);
    bytes const budget = some_budget(p.dag(), seed);
    CAPTURE(budget);
    CHECK(check_all(p, budget, planners, seen) == "");
  }
  // Each problem is planned by some twenty strategies.
  CHECK(seen.plans > 6 * problems);
  CHECK(seen.recomputing > 2 * problems);
  CHECK(seen.infeasible > problems);
  CHECK(seen.proven > problems / 4);
}

TEST_CASE("the default strategy: its plans and claims hold beside those of all others") {
  auto planners = test::quick_planners();
  for (planner& how : test::default_planners()) planners.push_back(std::move(how));
  tally seen;
  for (std::uint64_t seed = 0; seed < problems / 25; ++seed) {
    CAPTURE(seed);
    problem const p = problem_of(seed * 7 + 3);
    bytes const budget = some_budget(p.dag(), seed);
    CAPTURE(budget);
    CHECK(check_all(p, budget, planners, seen) == "");
  }
}

TEST_CASE("every strategy: the same seed gives the same schedule, whatever the nodes are called") {
  for (std::uint64_t seed = 0; seed < problems / 20; ++seed) {
    CAPTURE(seed);
    problem const p = test::shuffled(problem_of(seed * 3), seed);
    bytes const budget = some_budget(p.dag(), seed);
    for (planner const& how : test::quick_planners()) {
      CAPTURE(how.name);
      CHECK(check_repeatable(p, budget, how) == "");
      CHECK(check_ids(p, budget, how) == "");
    }
  }
}

TEST_CASE("every strategy: bytes and times in other units give the same schedule") {
  for (std::uint64_t seed = 0; seed < problems / 20; ++seed) {
    CAPTURE(seed);
    problem const p = problem_of(seed * 5 + 1);
    bytes const budget = some_budget(p.dag(), seed);
    test::random_source random(seed);
    bytes const of_bytes = bytes{1} << random.below(20);
    double const of_times = std::ldexp(1.0, static_cast<int>(random.below(60)) - 30);
    for (planner const& how : test::quick_planners()) {
      CAPTURE(how.name);
      CHECK(check_scaled(p, budget, how, of_bytes, 1) == "");
      CHECK(check_scaled(p, budget, how, 1, of_times) == "");
      CHECK(check_scaled(p, budget, how, seed % 2 == 0 ? 3 : 1000, of_times) == "");
    }
  }
}

TEST_CASE(
    "every strategy: at a plan's own peak the plan is found again or met, and hints are never made worse") {
  auto const planners = test::quick_planners(), slow = test::default_planners();
  own_peak_tally seen;
  for (std::uint64_t seed = 0; seed < problems / 10; ++seed) {
    CAPTURE(seed);
    problem const p = problem_of(seed * 11 + 2);
    bytes const budget = some_budget(p.dag(), seed);
    auto const check = [&](planner const& how) {
      CAPTURE(how.name);
      CHECK(check_own_peak(p, budget, how, seen) == "");
    };
    for (planner const& how : planners) check(how);
    if (seed % 5 != 0) continue;
    for (planner const& how : slow) check(how);
  }
  CHECK(seen.exact > problems / 20);
  CHECK(seen.excused <= seen.exact / 1000);
}

TEST_CASE("every strategy: over a sweep a larger budget never costs more time") {
  for (std::uint64_t seed = 0; seed < problems / 20; ++seed) {
    CAPTURE(seed);
    problem const p = problem_of(seed * 13 + 4);
    for (planner const& how : test::quick_planners()) {
      CAPTURE(how.name);
      CHECK(check_sweep(p, how) == "");
    }
  }
}
