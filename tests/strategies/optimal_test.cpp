// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/strategies/optimal.hpp>
#include <checkmate/strategies/rotor.hpp>
#include <checkmate/zoo/zoo.hpp>

#include "support/brute_force.hpp"
#include "support/captured_output.hpp"
#include "support/random_graphs.hpp"

namespace {

using namespace checkmate;

/// Finds the dearest point and calls it optimal.
struct dearest {
  [[nodiscard]] static backend_capabilities capabilities() { return {.name = "dearest", .integers = true}; }
  [[nodiscard]] solver_outcome solve(linear_model const& model, solver_options const& options) {
    linear_model upside_down = model;
    for (double& c : upside_down.objective) c = -c;
    solver_options how;
    how.time_limit = options.time_limit;
    solver_outcome out = cbc{}.solve(upside_down, how);
    if (out.has_values()) out.objective = out.bound = objective_at(model, out.values);
    return out;
  }
};

/// Budgets above `low`, up to `high`, at which the optimum changes; `at_low` and `at_high` are the optima
/// there (which only falls with the budget, so halves in which it does not change are skipped).
void find_changes(dag const& d, bytes low, double at_low, bytes high, double at_high,
                  std::vector<bytes>& out) {
  if (at_low == at_high) return;
  if (high - low == 1) return out.push_back(high);
  bytes const middle = low + (high - low) / 2;
  double const there = test::cheapest_in_stages(d, middle);
  find_changes(d, low, at_low, middle, there, out);
  find_changes(d, middle, there, high, at_high, out);
}

/// The interesting budgets between the smallest conceivable and the no-recompute peak: both ends (the upper
/// one less a byte), and wherever one byte more buys something, with and without that byte. At most `count`
/// of them.
std::vector<bytes> budgets_of(dag const& d, std::uint64_t seed, std::size_t count) {
  bytes const low = smallest_conceivable_budget(d).budget;
  bytes const peak = no_recompute_schedule(d).peak_memory;
  if (low >= peak) return {};
  std::vector<bytes> changes;
  find_changes(d, low, test::cheapest_in_stages(d, low), peak, d.base_time(), changes);
  std::vector<bytes> all = {low, peak - 1};
  for (bytes b : changes) {
    all.push_back(b - 1);
    if (b < peak) all.push_back(b);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  test::random_source random(seed);
  while (all.size() > count) all.erase(all.begin() + static_cast<std::ptrdiff_t>(random.below(all.size())));
  return all;
}

void check_against_brute_force(dag const& d, bytes budget, optimal_options how = {.use_greedy = false}) {
  double const best = test::cheapest_in_stages(d, budget, how.passes);
  result const found = solve(d, {.budget = budget, .relative_gap = 0}, optimal{cbc{}, how});
  CAPTURE(budget);
  CAPTURE(found.termination.detail);
  if (best == test::no_schedule) {
    CHECK(found.termination.reason == stop_reason::infeasible);
    CHECK_FALSE(found.plan);
    return;
  }
  REQUIRE(found.plan);
  CHECK(found.termination.reason == stop_reason::optimal);
  CHECK(found.plan->time == doctest::Approx(best).epsilon(1e-9));
  CHECK(found.bound.time == doctest::Approx(best).epsilon(1e-9));
  auto const seen = simulate(d, *found.plan, {.budget = budget});
  CHECK(seen.valid());
  CHECK(seen.peak_memory == found.plan->peak_memory);
}

}  // namespace

TEST_CASE("optimal: equals the brute force on all dags of up to 4 nodes, at every interesting budget") {
  for (std::size_t n = 1; n <= 4; ++n) {
    test::for_each_small_dag(n, [](auto const& edges, std::uint64_t code) {
      auto const d = test::weighted_dag(edges, code, 4);
      CAPTURE(code);
      for (bytes budget : budgets_of(d, code, 100)) check_against_brute_force(d, budget);
    });
  }
}

TEST_CASE("optimal: equals the brute force on all dags of 5 nodes, at every interesting budget") {
  std::size_t budgets = 0;
  test::for_each_small_dag(5, [&](auto const& edges, std::uint64_t code) {
    auto const d = test::weighted_dag(edges, code);
    CAPTURE(code);
    for (bytes budget : budgets_of(d, code, 100)) {
      check_against_brute_force(d, budget);
      ++budgets;
    }
  });
  CHECK(budgets > 500);
}

TEST_CASE("optimal: equals the brute force with several outputs, workspace, retained and run-once") {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    auto const d = test::random_dag(seed, test::everything(4 + seed % 5));
    if (d.value_count() > 13) continue;
    CAPTURE(seed);
    for (bytes budget : budgets_of(d, seed, 3)) check_against_brute_force(d, budget);
  }
}

TEST_CASE("optimal: started from greedy, it is as good as the stages allow or better, and so is its claim") {
  for (std::uint64_t seed = 1000; seed < 1200; ++seed) {
    auto const d = test::random_dag(seed, test::everything(4 + seed % 4));
    if (d.value_count() > 11) continue;
    CAPTURE(seed);
    for (bytes budget : budgets_of(d, seed, 2)) {
      double const in_stages = test::cheapest_in_stages(d, budget);
      double const in_order = test::cheapest_fixed_order(d, budget);
      result const found = solve(d, {.budget = budget, .relative_gap = 0}, optimal{cbc{}});
      CAPTURE(budget);
      CAPTURE(found.termination.detail);
      CHECK(in_order <= in_stages);
      CHECK(found.termination.reason != stop_reason::failed);
      CHECK((found.termination.reason == stop_reason::infeasible) ==
            (in_stages == test::no_schedule && !found.plan));
      if (found.plan) {
        CHECK(found.plan->time <= in_stages * (1 + 1e-9));
        CHECK(found.plan->time >= in_order * (1 - 1e-9));
      } else {
        CHECK(in_stages == test::no_schedule);
      }
      if (in_stages != test::no_schedule) {
        CHECK(found.termination.reason == stop_reason::optimal);
        CHECK(found.bound.time <= in_stages * (1 + 1e-9));
      }
    }
  }
}

TEST_CASE("optimal: every combination of the switches equals the brute force") {
  for (std::uint64_t seed = 2000; seed < 2024; ++seed) {
    auto const d = test::random_dag(seed, test::everything(5 + seed % 3));
    if (d.value_count() > 11) continue;
    CAPTURE(seed);
    for (bytes budget : budgets_of(d, seed, 1)) {
      for (unsigned code = 0; code < 24; ++code) {
        // Which of R and S are integral (one is enough), packing rows, hint, passes.
        CAPTURE(code);
        check_against_brute_force(d, budget,
                                  {.passes = static_cast<int>(code / 12),
                                   .use_greedy = false,
                                   .use_hint = code / 6 % 2 == 0,
                                   .packing_rows = code / 3 % 2 == 0,
                                   .integer_R = code % 3 != 0,
                                   .integer_S = code % 3 != 1});
      }
    }
  }
}

TEST_CASE("optimal: extra passes equal their brute force, and enough of them all sequences in this order") {
  for (std::uint64_t seed = 3000; seed < 3150; ++seed) {
    auto const d = test::random_dag(seed, test::everything(4 + seed % 3));
    if (d.value_count() > 10) continue;
    CAPTURE(seed);
    for (bytes budget : budgets_of(d, seed, 2)) {
      check_against_brute_force(d, budget, {.passes = 1, .use_greedy = false});
      double const in_stages = test::cheapest_in_stages(d, budget);
      double const in_order = test::cheapest_fixed_order(d, budget);
      double const with_passes = test::cheapest_in_stages(d, budget, 3);
      CHECK((with_passes == in_order || with_passes == doctest::Approx(in_order).epsilon(1e-9)));
      if (in_order == in_stages) continue;
      check_against_brute_force(d, budget, {.passes = 3, .use_greedy = false});
    }
  }
}

TEST_CASE("optimal: VGG19 at the paper's budget is checkpoint-all and the first convolution once more") {
  auto const step = zoo::training_step_of(zoo::make_network("vgg19"));
  auto const d = lower(step.graph, step.costs);
  result const found = solve(d, {.budget = d.fixed_memory() + 51'380'224, .relative_gap = 0}, optimal{cbc{}});
  REQUIRE(found.plan);
  CHECK(found.termination.reason == stop_reason::optimal);
  CHECK(found.plan->time == 58'982'891'520.0);
  CHECK(found.bound.time == 58'982'891'520.0);
  CHECK(found.plan->peak_memory == d.fixed_memory() + 51'380'224);
}

TEST_CASE("optimal: on chains its optimum is that of rotor's dynamic program") {
  auto compare = [](zoo::training_step const& step, std::vector<int> const& percents) {
    auto const d = lower(step.graph, step.costs);
    bytes const low = smallest_conceivable_budget(d).budget, high = no_recompute_schedule(d).peak_memory;
    for (int percent : percents) {
      bytes const budget = low + (high - low) * percent / 100;
      CAPTURE(d.size());
      CAPTURE(percent);
      result const program = solve(d, {.budget = budget, .relative_gap = 0}, optimal{cbc{}});
      result const oracle = solve(d, {.budget = budget}, rotor{});
      REQUIRE(program.plan.has_value() == oracle.plan.has_value());
      if (!program.plan) continue;
      CHECK(program.termination.reason == stop_reason::optimal);
      CHECK(program.plan->time == oracle.plan->time);
    }
  };
  for (std::int64_t length = 3; length <= 9; ++length) {
    compare(zoo::unit_chain_step(length), {0, 10, 20, 30, 40, 50, 60, 70, 80, 90});
  }
  compare(zoo::training_step_of(zoo::vgg16()), {10, 60});
  compare(zoo::training_step_of(zoo::vgg19()), {0, 40});
}

TEST_CASE("optimal: sizes far beyond a solver's tolerances are exact to the byte") {
  // Node 3 reads 0, 1, 2. One byte decides whether they may all wait for it.
  std::vector<std::vector<int>> const edges = {{}, {}, {0}, {0, 1, 2}};
  constexpr bytes big = 70'000'000'000;
  auto const d = lower(edges, table_cost::of_nodes({1.5, 2.25, 1, 1}, {big + 1, big + 3, big - 1, 7}));
  bytes const peak = no_recompute_schedule(d).peak_memory;
  for (bytes budget : {peak - 2, peak - 1, peak, peak + 1}) {
    check_against_brute_force(d, budget);
  }
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    auto const sized = test::random_dag(seed, {.nodes = 5 + seed % 3, .sizes = 90'000'000'000});
    CAPTURE(seed);
    bytes const at = no_recompute_schedule(sized).peak_memory;
    check_against_brute_force(sized, at - 1);
    double const best = test::cheapest_in_stages(sized, at - at / 5);
    if (best == test::no_schedule) continue;
    auto const found = solve(sized, {.budget = at - at / 5, .relative_gap = 0}, optimal{cbc{}});
    REQUIRE(found.plan);
    // The tightest budget for that time, and one byte less.
    check_against_brute_force(sized, found.plan->peak_memory);
    check_against_brute_force(sized, found.plan->peak_memory - 1);
  }
}

TEST_CASE("optimal: the same schedule every time") {
  auto const d = test::unit_training_chain(8);
  bytes const budget = 6;
  result const once = solve(d, {.budget = budget}, optimal{cbc{}});
  result const again = solve(d, {.budget = budget}, optimal{cbc{}});
  REQUIRE(once.plan);
  REQUIRE(again.plan);
  CHECK(once.plan->steps == again.plan->steps);
}

TEST_CASE("optimal: a hint is used, and one that does not fit is ignored") {
  auto const d = test::unit_training_chain(4);
  bytes const budget = 4;
  result const best = solve(d, {.budget = budget}, optimal{cbc{}});
  REQUIRE(best.plan);
  result const hinted =
      solve(d, {.budget = budget, .hint = &*best.plan}, optimal{cbc{}, {.use_greedy = false}});
  REQUIRE(hinted.plan);
  CHECK(hinted.plan->time == best.plan->time);
  auto const everything_kept = no_recompute_schedule(d);
  result const ignored = solve(d, {.budget = budget, .hint = &everything_kept}, optimal{cbc{}});
  REQUIRE(ignored.plan);
  CHECK(ignored.plan->time == best.plan->time);
}

namespace {

/// A backend that lies: it says that nothing is feasible, or that its bound is above what exists.
struct liar {
  solve_status claim = solve_status::infeasible;
  double bound = -infinity;
  [[nodiscard]] backend_capabilities capabilities() const { return {.name = "liar", .integers = true}; }
  [[nodiscard]] solver_outcome solve(linear_model const& model, solver_options const&) const {
    solver_outcome out;
    out.status = claim;
    out.bound = bound;
    if (claim == solve_status::optimal) out.values.assign(model.column_count(), 0.0);
    return out;
  }
};

}  // namespace

TEST_CASE("optimal: where no plan is known, infeasible is not believed without a search of our own") {
  auto const d = test::unit_training_chain(4);
  result const found = solve(d, {.budget = 4}, optimal{liar{}, {.use_greedy = false}});
  REQUIRE(found.plan);
  CHECK(found.plan->time == solve(d, {.budget = 4}, optimal{cbc{}}).plan->time);
  CHECK(found.termination.reason == stop_reason::optimal);
  CHECK(found.proof == "shortest path over resident sets");
  CHECK(found.termination.detail == "liar claims that no schedule fits the budget, but one does");
}

TEST_CASE("optimal: a backend that a known plan contradicts is reported, and the plan is returned") {
  auto const d = test::unit_training_chain(4);
  for (liar const& backend : {liar{}, liar{solve_status::feasible, 1e9}}) {
    result const found = solve(d, {.budget = 4}, optimal{backend});
    CHECK(found.termination.reason == stop_reason::failed);
    CHECK(found.plan);
    CHECK(found.bound.time == d.base_time());
  }
  // A point that is no schedule is repaired or dropped, never returned.
  result const repaired =
      solve(d, {.budget = 4}, optimal{liar{solve_status::optimal, 0}, {.use_greedy = false}});
  CHECK_FALSE(repaired.plan);
  CHECK(repaired.termination.reason == stop_reason::no_solution);
}

TEST_CASE("optimal: what greedy finds outside the stages is not given up for a dearer plan within them") {
  int better = 0;
  for (std::uint64_t seed : {80u, 120u, 148u, 201u, 251u, 390u}) {
    auto const d = test::random_dag(seed, test::everything(6 + seed % 9));
    bytes const low = smallest_conceivable_budget(d).budget, peak = no_recompute_schedule(d).peak_memory;
    for (int part = 0; part < 4; ++part) {
      plan_options const how{.budget = low + (peak - low) * part / 4};
      result const quick = solve(d, how, greedy{});
      if (!quick.plan) continue;
      CAPTURE(seed);
      CAPTURE(part);
      result const both = solve(d, how, optimal{cbc{}});
      REQUIRE(both.plan);
      CHECK(both.plan->time <= quick.plan->time);
      result const alone = solve(d, how, optimal{cbc{}, {.use_greedy = false}});
      if (alone.plan && quick.plan->time < alone.plan->time) ++better;
    }
  }
  CHECK(better > 0);
}

TEST_CASE(
    "optimal: a bound that a known plan refutes is not claimed, though the backend's own point has it") {
  auto const d = test::unit_training_chain(6);
  result const quick = solve(d, {.budget = 6}, greedy{});
  REQUIRE(quick.plan);
  // Not through solve(), which looks at bounds once more.
  result const found = optimal{dearest{}}.plan(d, {.budget = 6});
  REQUIRE(found.plan);
  CHECK(found.plan->time <= quick.plan->time);
  CHECK(found.bound.time <= found.plan->time);
  CHECK(found.termination.reason == stop_reason::failed);
  CHECK(found.termination.detail.find("claims that no schedule takes less than") != std::string::npos);
}

TEST_CASE("optimal: limits and misuse") {
  auto const d = test::unit_training_chain(6);
  result const none = solve(d, {.budget = 5}, optimal{cbc{}, {.max_columns = 10}});
  REQUIRE(none.plan);
  CHECK(none.termination.reason == stop_reason::feasible);
  CHECK(none.termination.detail.find("columns") != std::string::npos);
  CHECK_THROWS_AS((optimal{cbc{}, {.passes = -1}}), invalid_option);
  CHECK_THROWS_AS((optimal{cbc{}, {.integer_R = false, .integer_S = false}}), invalid_option);
  result const below = solve(d, {.budget = 1}, optimal{cbc{}});
  CHECK(below.termination.reason == stop_reason::infeasible);
  CHECK(below.termination.space == schedule_space::any_order);
}

// CBC 2.10.8 prints past its message handlers once their level is raised, as it does itself on small
// degenerate models: one in six of these.
TEST_CASE("optimal: CBC prints nothing, on tiny schedules either") {
  std::string const text = test::captured_output([] {
    for (std::size_t layers = 3; layers <= 8; ++layers) {
      dag const d = test::unit_training_chain(layers);
      bytes const peak = no_recompute_schedule(d).peak_memory;
      for (bytes b = smallest_conceivable_budget(d).budget; b < peak; ++b) {
        (void)solve(d, {.budget = b}, optimal{cbc{}});
      }
    }
  });
  CHECK(text == "");
}
