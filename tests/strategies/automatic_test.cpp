// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/zoo/zoo.hpp>

#include "support/brute_force.hpp"
#include "support/random_graphs.hpp"

namespace {

using namespace checkmate;

template <class Strategy>
void check_exact(dag const& d, bytes budget, Strategy const& how) {
  double const best = test::cheapest_fixed_order(d, budget);
  result const found = solve(d, {.budget = budget, .relative_gap = 1e-9}, how);
  CAPTURE(budget);
  if (best == test::no_schedule) {
    CHECK(found.termination.reason == stop_reason::infeasible);
    CHECK_FALSE(found.plan);
    return;
  }
  REQUIRE(found.plan);
  CHECK(found.plan->time == doctest::Approx(best).epsilon(1e-12));
  CHECK(found.bound.time <= best * (1 + 1e-12));
  CHECK(found.termination.reason == stop_reason::optimal);
}

dag chain_of(int layers) {
  auto const step = zoo::unit_chain_step(layers);
  return lower(step.graph, step.costs);
}

/// CBC, but for integer models, which it calls infeasible.
struct pessimist {
  [[nodiscard]] backend_capabilities capabilities() const { return cbc{}.capabilities(); }
  [[nodiscard]] solver_outcome solve(linear_model const& model, solver_options const& options) const {
    if (!model.has_integers()) return cbc{}.solve(model, options);
    solver_outcome out;
    out.status = solve_status::infeasible;
    return out;
  }
};

bytes budget_at(dag const& d, double f) {
  bytes const low = smallest_conceivable_budget(d).budget;
  return low + static_cast<bytes>(f * static_cast<double>(no_recompute_schedule(d).peak_memory - low));
}

}  // namespace

TEST_CASE("automatic: proves the optimum over all sequences in the order, with a solver and without") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    auto const d = test::random_dag(seed, test::everything(4 + seed % 4));
    if (d.value_count() > 12) continue;
    CAPTURE(seed);
    bytes const low = smallest_conceivable_budget(d).budget;
    bytes const peak = no_recompute_schedule(d).peak_memory;
    for (bytes b = low; b < peak; b += 1 + (peak - low) / 3) {
      check_exact(d, b, automatic{});
      check_exact(d, b, automatic{cbc{}});
    }
  }
}

TEST_CASE("automatic: unit chains are proven, and a plan that meets the bound ends the search") {
  for (int layers : {8, 16, 32, 48}) {
    dag const d = chain_of(layers);
    for (double f : {0.5, 0.75}) {
      CAPTURE(layers);
      result const found = solve(d, {.budget = budget_at(d, f)});
      REQUIRE(found.plan);
      CHECK(found.termination.reason == stop_reason::optimal);
      CHECK(found.bound.space == schedule_space::fixed_order);
    }
  }
}

TEST_CASE("automatic: the same schedule every time") {
  dag const d = chain_of(16);
  result const once = solve(d, {.budget = budget_at(d, 0.1)});
  result const again = solve(d, {.budget = budget_at(d, 0.1)});
  REQUIRE(once.plan);
  REQUIRE(again.plan);
  CHECK(once.plan->steps == again.plan->steps);
}

TEST_CASE("automatic: an integer solver's word that nothing fits is looked into before it is passed on") {
  // The portfolio as it is where no search has found a plan.
  auto const after_windows = [](dag const& d, bytes budget) {
    plan_options const options{.budget = budget};
    return detail::plan_within(d, options, "automatic", [&](deadline const& clock, result& out) {
      detail::portfolio run(d, options, clock, out);
      REQUIRE(run.start());
      pessimist backend;
      run.bound_by_windows(backend, 1.0, seconds(60));
      run.finish();
    });
  };
  dag const chain = chain_of(8);
  result const refuted = after_windows(chain, budget_at(chain, 0.25));
  REQUIRE(refuted.plan);
  CHECK(refuted.strategy == "state_search");
  CHECK(refuted.termination.detail == "cbc claims that no schedule fits the budget, but one does");
  CHECK(refuted.plan->time == solve(chain, {.budget = budget_at(chain, 0.25)}).plan->time);

  int hopeless = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    auto const d = test::random_dag(seed, test::everything(4 + seed % 4));
    bytes const low = smallest_conceivable_budget(d).budget;
    if (d.value_count() > 12 || no_recompute_schedule(d).peak_memory <= low) continue;
    if (test::cheapest_fixed_order(d, low) != test::no_schedule) continue;
    CAPTURE(seed);
    result const nothing = after_windows(d, low);
    CHECK(nothing.termination.reason == stop_reason::infeasible);
    // Or else the relaxation has no point, which needs nobody's word.
    hopeless += nothing.termination.detail == "no schedule in the fixed order fits the budget" ? 1 : 0;
  }
  CHECK(hopeless > 0);
}

TEST_CASE("windowed: an integer solver's word that nothing fits is looked into, too") {
  int refuted = 0, proven = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    auto const d = test::random_dag(seed, test::everything(5 + seed % 3));
    bytes const low = smallest_conceivable_budget(d).budget;
    if (d.value_count() > 12 || greedy{}.plan(d, {.budget = low}).plan) continue;
    CAPTURE(seed);
    result const found = windowed{cbc{}, pessimist{}}.plan(d, {.budget = low});
    double const best = test::cheapest_fixed_order(d, low);
    if (best == test::no_schedule) {
      CHECK(found.termination.reason == stop_reason::infeasible);
      CHECK(found.termination.detail == "no schedule in the fixed order fits the budget");
      ++proven;
    } else {
      REQUIRE(found.plan);
      CHECK(found.plan->time == doctest::Approx(best));
      CHECK(found.termination.detail.find("cbc claims that no schedule fits") == 0);
      ++refuted;
    }
  }
  CHECK(refuted > 0);
  CHECK(proven > 0);
}
