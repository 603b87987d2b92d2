// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/strategies/baselines.hpp>
#include <checkmate/zoo/zoo.hpp>

namespace {

namespace zoo = checkmate::zoo;

/// A strategy that finds plans only at every other budget that it is asked for, so that the sweep has to
/// lend.
struct forgetful {
  checkmate::forward_mask forward;
  mutable int calls = 0;
  [[nodiscard]] checkmate::result plan(checkmate::dag const& d,
                                       checkmate::plan_options const& options) const {
    if (++calls % 2 == 0) return checkmate::empty_result(d, options, "forgetful");
    return checkmate::linearized_greedy{forward}.plan(d, options);
  }
};

/// A strategy that finds no plans and claims what it is told for each budget.
struct claims {
  std::map<checkmate::bytes, checkmate::time_bound> by_budget;
  [[nodiscard]] checkmate::result plan(checkmate::dag const& d,
                                       checkmate::plan_options const& options) const {
    auto out = checkmate::empty_result(d, options, "claims");
    out.bound = by_budget.at(options.budget);
    return out;
  }
};

}  // namespace

TEST_CASE("sweep: the curve is monotone, within budget, and ends without recomputation") {
  auto const step = zoo::training_step_of(zoo::resnet50());
  auto const d = checkmate::lower(step.graph, step.costs);
  auto const forward = checkmate::forward_nodes(step.graph);
  std::size_t told = 0;
  auto const curve = checkmate::sweep(
      d, {.points = 13, .on_point = [&](auto const& p) { told += p.done == told + 1; }}, forgetful{forward});
  REQUIRE(curve.size() == 13);
  CHECK(told == 13);
  double before = std::numeric_limits<double>::infinity();
  bool borrowed = false;
  for (auto const& point : curve) {
    borrowed |= point.borrowed;
    if (!point.found.plan) {
      CHECK(before == std::numeric_limits<double>::infinity());
      continue;
    }
    CHECK(point.found.plan->time <= before);
    CHECK(point.found.plan->peak_memory <= point.found.budget);
    before = point.found.plan->time;
  }
  CHECK(borrowed);
  CHECK(curve.back().found.plan->time == d.base_time());
}

TEST_CASE("sweep: a schedule that needs less than its budget serves the smaller ones too") {
  auto const step = zoo::training_step_of(zoo::vgg16());
  auto const d = checkmate::lower(step.graph, step.costs);
  checkmate::bytes const peak = checkmate::no_recompute_schedule(d).peak_memory;
  // Only at the largest budget does this one plan at all.
  struct only_large {
    checkmate::bytes least;
    checkmate::result plan(checkmate::dag const& g, checkmate::plan_options const& o) const {
      if (o.budget < least) return checkmate::empty_result(g, o, "only_large");
      return checkmate::checkpoint_all{}.plan(g, o);
    }
  };
  auto const curve = checkmate::sweep(d, {.budgets = {peak + 100, peak, peak - 1}}, only_large{peak + 100});
  REQUIRE(curve.size() == 3);
  CHECK_FALSE(curve[0].found);
  REQUIRE(curve[1].found);
  CHECK(curve[1].borrowed);
  CHECK(curve[1].found.budget == peak);
  CHECK(curve[1].found.strategy == "checkpoint_all");
  CHECK(curve[1].found.termination.reason == checkmate::stop_reason::optimal);
}

TEST_CASE("sweep: a bound serves smaller budgets, but only where it speaks of as many schedules") {
  auto const step = zoo::unit_chain_step(5);
  auto const d = checkmate::lower(step.graph, step.costs);
  auto const fixed = checkmate::schedule_space::fixed_order, any = checkmate::schedule_space::any_order;
  claims const how{{{4, {10, any}}, {5, {10, fixed}}, {6, {12, fixed}}, {7, {11, any}}, {8, {9, any}}}};
  auto const curve = checkmate::sweep(d, {.budgets = {4, 5, 6, 7, 8}}, how);
  REQUIRE(curve.size() == 5);
  CHECK(curve[4].found.bound.time == 9);
  CHECK(curve[3].found.bound.time == 11);
  CHECK(curve[2].found.bound.time == 12);
  CHECK(curve[1].found.bound.time == 12);
  CHECK(curve[1].found.bound.space == fixed);
  CHECK(curve[0].found.bound.time == 10);
  CHECK(curve[0].found.bound.space == any);
}

TEST_CASE("sweep: a stop ends it with the points that it has") {
  auto const step = zoo::unit_chain_step(20);
  auto const d = checkmate::lower(step.graph, step.costs);
  std::stop_source stop;
  checkmate::sweep_options options{.points = 10};
  options.plan.stop = stop.get_token();
  options.on_point = [&](checkmate::sweep_progress const& p) {
    if (p.done == 3) stop.request_stop();
  };
  CHECK(checkmate::sweep(d, options, checkmate::rotor{}).size() == 3);
  CHECK_THROWS_AS((void)checkmate::sweep(d, {.points = 1}, checkmate::rotor{}), checkmate::invalid_option);
}
