// SPDX-License-Identifier: Apache-2.0
//
// Limits and cancellation, for every strategy: a stop or a limit that is there from the start, and 200 stops
// at random moments. No wall time is asserted; leaks are the sanitizers' to find.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <new>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/planning/any_strategy.hpp>
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/clp.hpp>
#include <checkmate/strategies/baselines.hpp>
#include <checkmate/strategies/least_peak_order.hpp>
#include <checkmate/strategies/lp_rounding.hpp>
#include <checkmate/strategies/windowed.hpp>
#include <checkmate/sweep.hpp>
#include <checkmate/zoo/generators.hpp>

#include "support/random_graphs.hpp"

namespace {

using namespace checkmate;
using namespace std::chrono_literals;

using planner = std::function<result(dag const&, plan_options const&)>;

struct named {
  std::string name;
  planner plan;
  bool starts_from_hint = false;  // and never returns less
  execution_order order = execution_order::fixed;
};

named entry(std::string name, any_strategy how, bool starts_from_hint = false,
            execution_order order = execution_order::fixed) {
  auto plan = [how](dag const& d, plan_options const& options) { return solve(d, options, how); };
  return {std::move(name), std::move(plan), starts_from_hint, order};
}

/// The first half of a training chain.
forward_mask first_half(std::size_t nodes) {
  forward_mask out(nodes, false);
  std::fill(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(nodes / 2), true);
  return out;
}

/// All strategies, for a training chain of `nodes` nodes.
std::vector<named> all_strategies(std::size_t nodes) {
  std::vector<named> all = {
      entry("automatic", automatic{}),
      entry("automatic{cbc}", automatic{cbc{}}),
      entry("greedy", greedy{}),
      entry("local_search", local_search{}, true),
      entry("local_search, free order", local_search{}, true, execution_order::free),
      entry("least_peak_order", least_peak_order{.moves = 1'000'000'000}, false, execution_order::free),
      entry("optimal{cbc}", optimal{cbc{}}, true),
      entry("optimal{reentrant cbc}", optimal{cbc{.reentrant = true}}, true),
      entry("lp_rounding{clp}", lp_rounding{clp{}}),
      entry("windowed{clp, cbc}", windowed<clp, cbc>{}, true),
      entry("state_search", state_search{}, true),
  };
  visit_baselines(first_half(nodes),
                  [&](any_strategy const& how) { all.push_back(entry(std::string(how.traits.name), how)); });
  return all;
}

/// A training chain of uneven costs, and half of the way down from its peak.
struct instance {
  dag graph;
  bytes budget = 0;
  schedule known;  // within the budget

  explicit instance(std::size_t layers, std::uint64_t seed = 1) {
    std::vector<std::vector<node_id>> edges(2 * layers);
    for (std::size_t i = 1; i < layers; ++i) edges[i] = {static_cast<node_id>(i - 1)};
    for (std::size_t b = 0; b < layers; ++b) {
      std::size_t const at = layers + b, forward = layers - 1 - b;
      edges[at].push_back(static_cast<node_id>(forward));
      if (forward > 0) edges[at].push_back(static_cast<node_id>(forward - 1));
      if (b > 0) edges[at].push_back(static_cast<node_id>(at - 1));
    }
    graph = test::weighted_dag(edges, seed, 100);
    bytes const least = smallest_conceivable_budget(graph).budget;
    bytes const most = no_recompute_schedule(graph).peak_memory;
    budget = least + (most - least) / 2;
    result const found = greedy{}.plan(graph, {.budget = budget});
    REQUIRE(found.plan);
    known = *found.plan;
  }

  [[nodiscard]] plan_options options(named const& how) const {
    plan_options out;
    out.budget = budget;
    out.order = how.order;
    out.hint = &known;
    return out;
  }
};

/// Whatever ended the planning: what it returned is a plan, and no worse than what it was given.
void check_result(instance const& at, named const& how, result const& found) {
  CAPTURE(how.name);
  CAPTURE(found.termination.detail);
  CHECK(found.termination.reason != stop_reason::failed);
  CHECK(found.termination.reason != stop_reason::infeasible);
  if (how.starts_from_hint) {
    REQUIRE(found.plan);
    CHECK(found.plan->time <= at.known.time);
  }
  if (found.plan) {
    CHECK(simulate(at.graph, *found.plan, {.budget = at.budget, .order = how.order}).valid());
    CHECK(found.bound.time <= found.plan->time * (1 + 1e-9));
  }
}

/// What the process does at each signal.
std::vector<void (*)(int)> signal_handlers() {
  std::vector<void (*)(int)> out;
  for (int number = 1; number < 32; ++number) {
    struct sigaction now = {};
    sigaction(number, nullptr, &now);
    out.push_back(now.sa_handler);
  }
  return out;
}

}  // namespace

TEST_CASE("limits: a stop that is there from the start ends every strategy, and is named") {
  instance const at(30);
  for (named const& how : all_strategies(at.graph.size())) {
    plan_options options = at.options(how);
    std::stop_source source;
    source.request_stop();
    options.stop = source.get_token();
    result const found = how.plan(at.graph, options);
    check_result(at, how, found);
    CHECK(found.termination.limit == stop_limit::cancelled);
  }
}

TEST_CASE("limits: no time at all ends every strategy, and is named") {
  instance const at(30);
  for (named const& how : all_strategies(at.graph.size())) {
    plan_options options = at.options(how);
    options.time_limit = seconds(0);
    result const found = how.plan(at.graph, options);
    check_result(at, how, found);
    CHECK(found.termination.limit == stop_limit::time);
  }
}

TEST_CASE("limits: a stop while models are built leaves a bound that holds") {
  instance const at(40);
  double const full = knapsack_bound(at.graph, at.budget).bound.time;
  for (int looks = 0; looks < 40; looks += 3) {
    int left = looks;
    auto const some = knapsack_bound(at.graph, at.budget, [&] { return left-- <= 0; });
    CHECK(some.bound.time >= at.graph.base_time());
    CHECK(some.bound.time <= full);
    CHECK(some.complete == (left >= 0));
  }
  int left = 5;
  formulation::stage_model const half(at.graph, at.budget,
                                      {.covers = {}, .stop = [&] { return left-- <= 0; }});
  CHECK_FALSE(half.complete());
  CHECK(half.model().column_count() == 0);
  stage_space const space(at.graph);
  formulation::stage_model const whole(at.graph, at.budget);
  CHECK(whole.complete());
  CHECK(formulation::fewest_stage_columns(space) <= whole.model().column_count());
}

TEST_CASE("limits: 200 stops at random moments end with the best plan so far") {
  std::array const instances = {instance(10, 1), instance(24, 2), instance(60, 3)};
  test::random_source random(8);
  std::vector<std::vector<named>> strategies;
  for (instance const& at : instances) strategies.push_back(all_strategies(at.graph.size()));
  std::size_t cut_short = 0;
  for (std::size_t trial = 0; trial < 200; ++trial) {
    std::size_t const which = random.below(instances.size());
    instance const& at = instances[which];
    named const& how = strategies[which][trial % strategies[which].size()];
    plan_options options = at.options(how);
    options.seed = static_cast<std::uint32_t>(trial);
    options.threads = how.name == "local_search" ? 2 : 1;
    std::stop_source source;
    options.stop = source.get_token();
    std::chrono::microseconds const pause(random.below(trial % 4 == 0 ? 30'000 : 3'000));
    std::jthread const stopper([&] {
      std::this_thread::sleep_for(pause);
      source.request_stop();
    });
    result const found = how.plan(at.graph, options);
    check_result(at, how, found);
    if (found.termination.limit == stop_limit::cancelled) ++cut_short;
  }
  CHECK(cut_short > 50);
}

TEST_CASE("limits: a sweep and a search for the largest size stop with what they have") {
  instance const at(40);
  std::stop_source source;
  sweep_options how;
  how.points = 200;
  how.plan.stop = source.get_token();
  how.on_point = [&](sweep_progress const& now) {
    if (now.done == 5) source.request_stop();
  };
  auto const curve = sweep(at.graph, how, greedy{});
  CHECK(curve.size() == 5);
  CHECK(curve.back().found.plan);

  std::stop_source second;
  max_batch_options sizes;
  sizes.plan.budget = at.budget;
  sizes.plan.stop = second.get_token();
  sizes.on_probe = [&](size_probe const& now) {
    if (now.size == 8) second.request_stop();
  };
  auto const of_any_size = [&](std::int64_t) { return at.graph; };
  max_batch_result const most = max_batch(of_any_size, sizes, greedy{});
  CHECK(most.limit == stop_limit::cancelled);
  CHECK(most.size == 8);
  CHECK(most.found.plan);
  CHECK(most.refused == 0);
}

TEST_CASE("limits: no strategy changes what the process does at a signal") {
  instance const at(12);
  auto const before = signal_handlers();
  for (named const& how : all_strategies(at.graph.size())) {
    CAPTURE(how.name);
    plan_options options = at.options(how);
    options.time_limit = 200ms;
    std::atomic<bool> changed = false, looked = false;
    {
      std::jthread const observer([&](std::stop_token const& done) {
        while (!done.stop_requested()) {
          if (signal_handlers() != before) changed = true;
          looked = true;
        }
      });
      while (!looked) std::this_thread::yield();
      check_result(at, how, how.plan(at.graph, options));
    }
    CHECK_FALSE(changed);
    CHECK(signal_handlers() == before);
  }
}

TEST_CASE("local_search: what goes wrong on a thread arrives at the caller") {
  instance const at(20);
  for (int const threads : {1, 2, 4}) {
    plan_options options;
    options.budget = at.budget;
    options.threads = threads;
    options.on_progress = [](progress const&) { throw std::bad_alloc(); };
    CHECK_THROWS_AS((void)local_search{}.plan(at.graph, options), std::bad_alloc);
  }
  std::atomic<bool> halted = false;
  auto const work = [&](std::size_t k) {
    if (k == 3) throw std::bad_alloc();
    while (!halted) std::this_thread::sleep_for(1ms);  // until the others are told to end
  };
  CHECK_THROWS_AS(detail::run_in_parallel(5, work, [&]() noexcept { halted = true; }), std::bad_alloc);
}
