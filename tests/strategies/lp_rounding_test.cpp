// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/solvers/clp.hpp>
#include <checkmate/strategies/lp_rounding.hpp>
#include <checkmate/zoo/zoo.hpp>

#include "support/brute_force.hpp"
#include "support/random_graphs.hpp"

namespace {

using namespace checkmate;

std::vector<lp_rounding_options> all_ways() {
  return {{},
          {.how = rounding::fixed},
          {.how = rounding::fixed, .allowance = 0},
          {.how = rounding::randomised, .samples = 10},
          {.how = rounding::sweep, .allowance_search = 3},
          {.how = rounding::both, .samples = 10, .windows = {1, 3}},
          {.how = rounding::fixed, .allowance_search = 8, .stages = false, .windows = {2}}};
}

/// Clp, and what each of its relaxations came to.
struct recording {
  std::shared_ptr<std::vector<double>> objectives = std::make_shared<std::vector<double>>();

  [[nodiscard]] static backend_capabilities capabilities() { return clp{}.capabilities(); }
  [[nodiscard]] solver_outcome solve(linear_model const& model, solver_options const& options) {
    solver_outcome out = clp{}.solve(model, options);
    if (out.status == solve_status::optimal) objectives->push_back(out.objective);
    return out;
  }
};

}  // namespace

TEST_CASE(
    "lp_rounding: its bound is at most the optimum; its plan, and greedy's, at least, whatever the "
    "rounding") {
  int plans = 0, tried = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    auto const d = test::random_dag(seed, test::everything(4 + seed % 5));
    if (d.value_count() > 12) continue;
    bytes const low = smallest_conceivable_budget(d).budget, peak = no_recompute_schedule(d).peak_memory;
    CAPTURE(seed);
    for (bytes budget : {low, (low + peak) / 2, peak - 1}) {
      if (budget < low || budget >= peak) continue;
      double const in_stages = test::cheapest_in_stages(d, budget);
      double const in_order = test::cheapest_fixed_order(d, budget);
      CAPTURE(budget);
      // Greedy is not bound to stages, so it may beat them; never the best of the fixed order.
      if (result const quick = solve(d, {.budget = budget}, greedy{})) {
        CHECK(quick.plan->time >= test::cheapest_fixed_order(d, budget) * (1 - 1e-9));
        CHECK(quick.plan->peak_memory <= budget);
      }
      for (auto const& how : all_ways()) {
        double const best = how.windows.empty() ? in_stages : in_order;
        result const found = solve(d, {.budget = budget}, lp_rounding{clp{}, how});
        CHECK(found.bound.time <= in_stages * (1 + 1e-9));
        CHECK(found.bound.time >= d.base_time());
        if (found.termination.reason == stop_reason::infeasible) CHECK(in_stages == test::no_schedule);
        ++tried;
        if (!found.plan) continue;
        ++plans;
        CHECK(found.plan->time >= best * (1 - 1e-9));
        CHECK(found.plan->peak_memory <= budget);
      }
    }
  }
  CHECK(plans > tried / 4);  // and it does find plans
}

TEST_CASE("lp_rounding: what fits without recomputation is left alone, what cannot fit is refused") {
  auto const d = test::unit_training_chain(4);
  result const roomy = solve(d, {.budget = 100}, lp_rounding{clp{}});
  CHECK(roomy.termination.reason == stop_reason::optimal);
  CHECK(roomy.plan->time == d.base_time());
  CHECK(solve(d, {.budget = 1}, lp_rounding{clp{}}).termination.reason == stop_reason::infeasible);
}

TEST_CASE("lp_rounding: randomised rounding repeats for a seed") {
  auto const d = test::unit_training_chain(10);
  lp_rounding const strategy{clp{}, {.how = rounding::randomised, .samples = 20}};
  result const once = solve(d, {.budget = 7, .seed = 5}, strategy);
  result const again = solve(d, {.budget = 7, .seed = 5}, strategy);
  REQUIRE(static_cast<bool>(once.plan) == static_cast<bool>(again.plan));
  if (once.plan) CHECK(once.plan->steps == again.plan->steps);
}

TEST_CASE("lp_rounding: the search over the allowance is never worse") {
  for (std::size_t layers = 6; layers <= 12; ++layers) {
    auto const d = test::unit_training_chain(layers);
    for (bytes budget = 5; budget < static_cast<bytes>(layers); budget += 2) {
      result const plain = solve(d, {.budget = budget}, lp_rounding{clp{}});
      result const searched = solve(d, {.budget = budget}, lp_rounding{clp{}, {.allowance_search = 4}});
      if (!plain.plan) continue;
      REQUIRE(searched.plan);
      CHECK(searched.plan->time <= plain.plan->time);
    }
  }
}

TEST_CASE("lp_rounding: an allowance leaves part of the budget to the rounding, never more than the budget") {
  int dearer = 0;
  for (bytes budget = 5; budget < 12; ++budget) {
    CAPTURE(budget);
    recording backend;
    (void)solve(test::unit_training_chain(12), {.budget = budget},
                lp_rounding{backend, {.how = rounding::fixed, .allowance = 0.2, .allowance_search = 2}});
    for (double const objective : *backend.objectives) {
      CHECK(objective >= backend.objectives->front() * (1 - 1e-9));  // that one is of the whole budget
      if (objective > backend.objectives->front() * 1.01) ++dearer;
    }
  }
  CHECK(dearer > 0);
}

TEST_CASE("lp_rounding: of the roundings of a point the best counts") {
  int choices = 0;
  for (bytes budget = 5; budget < 12; ++budget) {
    CAPTURE(budget);
    auto const d = test::unit_training_chain(12);
    double best = infinity, worst = 0;
    for (int i = 1; i < 20; ++i) {
      result const one =
          solve(d, {.budget = budget},
                lp_rounding{clp{}, {.how = rounding::fixed, .threshold = i / 20.0, .allowance = 0}});
      if (!one.plan) continue;
      best = std::min(best, one.plan->time);
      worst = std::max(worst, one.plan->time);
    }
    result const all =
        solve(d, {.budget = budget}, lp_rounding{clp{}, {.how = rounding::sweep, .allowance = 0}});
    CHECK((all.plan ? all.plan->time : infinity) == best);
    if (best < worst) ++choices;
  }
  CHECK(choices > 0);
}

TEST_CASE("lp_rounding: windows are rounded within seconds where the relaxation over stages is too large") {
  auto const step = zoo::training_step_of(zoo::mobilenet());
  auto const d = lower(step.graph, step.costs);
  bytes const low = smallest_conceivable_budget(d).budget, peak = no_recompute_schedule(d).peak_memory;
  bytes const budget = low + (peak - low) / 3;
  lp_rounding_options how{.max_columns = 1000};
  result const none = solve(d, {.budget = budget}, lp_rounding{clp{}, how});
  CHECK_FALSE(none.plan);
  CHECK(none.termination.detail.find("columns") != std::string::npos);
  how.windows = {12};
  result const found = solve(d, {.budget = budget}, lp_rounding{clp{}, how});
  REQUIRE(found.plan);
  CHECK(found.plan->peak_memory <= budget);
  // The published geometric mean of two-phase rounding on this network is 1.06 times the optimum.
  CHECK(found.plan->time <= 1.06 * knapsack_bound(d, budget).bound.time);
  result const again = solve(d, {.budget = budget}, lp_rounding{clp{}, how});
  REQUIRE(again.plan);
  CHECK(again.plan->steps == found.plan->steps);
}

TEST_CASE("lp_rounding: options out of range are refused") {
  CHECK_THROWS_AS((lp_rounding{clp{}, {.stages = false}}), invalid_option);
  CHECK_THROWS_AS((lp_rounding{clp{}, {.windows = {0}}}), invalid_option);
  CHECK_THROWS_AS((lp_rounding{clp{}, {.threshold = 1}}), invalid_option);
  CHECK_THROWS_AS((lp_rounding{clp{}, {.samples = 0}}), invalid_option);
  CHECK_THROWS_AS((lp_rounding{clp{}, {.allowance = -0.1}}), invalid_option);
  CHECK_THROWS_AS((lp_rounding{clp{}, {.allowance_search = -1}}), invalid_option);
  CHECK_THROWS_AS((lp_rounding{clp{}, {.passes = -1}}), invalid_option);
}
