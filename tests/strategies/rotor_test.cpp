// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/strategies/baselines.hpp>
#include <checkmate/zoo/zoo.hpp>

#include "support/brute_force.hpp"
#include "support/random_graphs.hpp"

namespace {

namespace zoo = checkmate::zoo;

/// A chain of `length` layers with random times and sizes, made a training graph with `rule`.
checkmate::dag random_chain(std::uint64_t seed, std::size_t length, checkmate::backward_rule const& rule) {
  test::random_source random(seed);
  std::vector<std::vector<checkmate::node_id>> chain(length);
  for (std::size_t i = 1; i < length; ++i) chain[i] = {static_cast<checkmate::node_id>(i - 1)};
  auto const graph = checkmate::make_training_graph(chain, rule);
  checkmate::table_cost costs;
  for (checkmate::node_id v = 0; v < graph.node_count(); ++v) {
    costs.times.push_back(static_cast<double>(random.below(9)));
    costs.memories.push_back({static_cast<checkmate::bytes>(random.below(9))});
  }
  costs.fixed = 7;
  return checkmate::lower(graph, costs);
}

/// Whether the simulator accepts what the dynamic program believes to fit.
bool holds(checkmate::result const& r) {
  return r.termination.detail.find("did not hold") == std::string::npos;
}

double time_of(checkmate::result const& r) {
  return r.plan ? r.plan->time : std::numeric_limits<double>::infinity();
}

}  // namespace

TEST_CASE("rotor: finds the proven optimum of VGG19 at its smallest budget") {
  auto const step = zoo::training_step_of(zoo::vgg19());
  auto const d = checkmate::lower(step.graph, step.costs);
  auto const r = checkmate::solve(d, {.budget = 51'380'224 + d.fixed_memory()}, checkmate::rotor{});
  REQUIRE(r);
  CHECK(r.plan->time == 58'982'891'520.0);
  CHECK(r.plan->peak_memory - d.fixed_memory() == 51'380'224);
  CHECK(r.termination.detail == "the best of the persistent schedules");
}

TEST_CASE("rotor: on unit chains its schedules are the best of all") {
  for (std::int64_t length = 1; length <= 5; ++length) {
    auto const step = zoo::unit_chain_step(length);
    auto const d = checkmate::lower(step.graph, step.costs);
    for (checkmate::bytes budget = 1; budget <= length + 3; ++budget) {
      CAPTURE(length);
      CAPTURE(budget);
      auto const r = checkmate::solve(d, {.budget = budget}, checkmate::rotor{});
      CHECK(time_of(r) == test::cheapest_fixed_order(d, budget));
    }
  }
}

TEST_CASE("rotor: on random chains it is never better than the best and seldom worse") {
  int cases = 0, equal = 0;
  for (checkmate::backward_rule const& rule :
       {checkmate::paper_rule, checkmate::backward_rule{}, checkmate::backward_rule{.output = false},
        checkmate::backward_rule{.inputs = false}, checkmate::gradients_only_rule}) {
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      auto const d = random_chain(seed, 2 + seed % 3, rule);
      checkmate::bytes const low = checkmate::smallest_conceivable_budget(d).budget;
      checkmate::bytes const high = checkmate::no_recompute_schedule(d).peak_memory;
      for (checkmate::bytes budget = low; budget <= high; budget += 2) {
        CAPTURE(seed);
        CAPTURE(budget);
        double const best = test::cheapest_fixed_order(d, budget);
        auto const r = checkmate::solve(d, {.budget = budget}, checkmate::rotor{});
        CHECK(holds(r));
        CHECK(time_of(r) >= best);
        CHECK(r.termination.reason != checkmate::stop_reason::failed);
        ++cases;
        if (time_of(r) == best) ++equal;
      }
    }
  }
  MESSAGE("equal in ", equal, " of ", cases);
  CHECK(equal * 10 >= cases * 8);
}

TEST_CASE("rotor: with room for everything it recomputes nothing") {
  for (auto const& net : {zoo::vgg16(), zoo::mobilenet()}) {
    auto const step = zoo::training_step_of(net);
    auto const d = checkmate::lower(step.graph, step.costs);
    auto const all = checkmate::no_recompute_schedule(d);
    auto const r = checkmate::solve(d, {.budget = all.peak_memory}, checkmate::rotor{.max_steps = 20});
    REQUIRE(r);
    CHECK(r.plan->time == d.base_time());
    CHECK(r.termination.reason == checkmate::stop_reason::optimal);
  }
}

TEST_CASE("rotor: gradients that stay to the end are part of its accounts") {
  // 0 -> 1 -> loss 2; backward nodes 3 and 4 give a gradient and a retained weight gradient each.
  test::value_graph g;
  g.outputs = {1, 1, 1, 2, 2};
  g.read = {{}, {{0, 0}}, {{1, 0}}, {{0, 0}, {1, 0}, {2, 0}}, {{0, 0}, {3, 0}}};
  g.keep = {{false}, {false}, {false}, {false, true}, {false, true}};
  g.once.assign(5, false);
  g.costs = {{1, 1, 0, 2, 2}, {{8}, {8}, {1}, {8, 5}, {8, 5}}, {}, 0};
  auto const d = checkmate::lower(g, g.costs);
  for (checkmate::bytes budget = 20; budget <= 40; ++budget) {
    CAPTURE(budget);
    auto const r = checkmate::solve(d, {.budget = budget}, checkmate::rotor{});
    CHECK(holds(r));
    CHECK(time_of(r) >= test::cheapest_fixed_order(d, budget));
    if (budget >= checkmate::no_recompute_schedule(d).peak_memory) CHECK(time_of(r) == d.base_time());
  }
}

TEST_CASE("rotor: says so where the graph is no chain or must not be executed twice") {
  auto const step = zoo::training_step_of(zoo::unet());
  auto const unet = checkmate::lower(step.graph, step.costs);
  auto const r = checkmate::solve(unet, {}, checkmate::rotor{});
  CHECK_FALSE(r);
  CHECK(r.termination.reason == checkmate::stop_reason::no_solution);
  CHECK(r.termination.detail.find("not a chain") != std::string::npos);

  test::value_graph g;
  g.outputs = {1, 1, 1};
  g.read = {{}, {{0, 0}}, {{1, 0}}};
  g.keep = {{false}, {false}, {false}};
  g.once = {false, true, false};
  g.costs = {{1, 1, 1}, {{1}, {1}, {1}}, {}, 0};
  CHECK_FALSE(checkmate::solve(checkmate::lower(g, g.costs), {}, checkmate::rotor{}));
  g.once = {true, true, true};
  CHECK_FALSE(checkmate::solve(checkmate::lower(g, g.costs), {}, checkmate::rotor{}));
}

TEST_CASE("rotor: inputs and parameters, which read nothing and run once, are no steps of the chain") {
  // Forward steps 1, 3, 5, ... each read their own parameter, an even node, and the step before; backward
  // steps read the parameter, the step and the gradient.
  constexpr checkmate::node_id layers = 12;
  test::value_graph g;
  auto const add = [&](std::vector<checkmate::node_id> const& from, bool given, checkmate::bytes size) {
    g.read.emplace_back();
    for (checkmate::node_id u : from) g.read.back().push_back({u, 0});
    g.outputs.push_back(1);
    g.keep.push_back({false});
    g.once.push_back(given);
    g.costs.times.push_back(given ? 0 : 1);
    g.costs.memories.push_back({size});
    return static_cast<checkmate::node_id>(g.outputs.size() - 1);
  };
  for (checkmate::node_id l = 0; l < layers; ++l) {
    add({}, true, 3);
    std::vector<checkmate::node_id> from = {2 * l};
    if (l > 0) from.push_back(2 * l - 1);
    add(from, false, 10);
  }
  checkmate::node_id at = add({2 * layers - 1}, false, 10);
  for (checkmate::node_id l = layers; l-- > 0;) at = add({2 * l, 2 * l + 1, at}, false, 10);
  auto const d = checkmate::lower(g, g.costs);
  checkmate::bytes const given = 3 * layers;
  for (checkmate::bytes slots : {4, 6, 8, 10}) {
    CAPTURE(slots);
    auto const r = checkmate::solve(d, {.budget = given + 10 * slots}, checkmate::rotor{});
    REQUIRE(r.plan);
    CHECK(r.plan->peak_memory <= given + 10 * slots);
    auto const rival = checkmate::solve(d, {.budget = given + 10 * slots}, checkmate::automatic{});
    REQUIRE(rival.plan);
    CHECK(r.plan->time <= 1.15 * rival.plan->time);
  }
  CHECK_FALSE(checkmate::solve(d, {.budget = given}, checkmate::rotor{}));
}

TEST_CASE("rotor: thinned tables still give schedules within budget") {
  auto const step = zoo::training_step_of(zoo::vgg16());
  auto const d = checkmate::lower(step.graph, step.costs);
  checkmate::bytes const high = checkmate::no_recompute_schedule(d).peak_memory - d.fixed_memory();
  auto const budget = d.fixed_memory() + high * 9 / 10;
  auto const exact = checkmate::solve(d, {.budget = budget}, checkmate::rotor{});
  auto const rough = checkmate::solve(d, {.budget = budget}, checkmate::rotor{.max_steps = 2});
  REQUIRE(exact);
  REQUIRE(rough);
  CHECK(exact.plan->time <= rough.plan->time);
  CHECK(rough.plan->peak_memory <= budget);
  CHECK_THROWS_AS((void)checkmate::solve(d, {}, checkmate::rotor{.max_steps = 1}), checkmate::invalid_option);
}
