// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <stop_token>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/search/first_plan.hpp>
#include <checkmate/zoo/generators.hpp>

#include "support/positions.hpp"
#include "support/random_graphs.hpp"

namespace {

using namespace checkmate;
using namespace checkmate::detail;

constexpr auto never = [] { return false; };

/// A chain of `steps` and its adjoint: each adjoint step reads its step's state and the adjoint before. Unit
/// times, 100 bytes a state; `given` puts an input that runs once in front.
dag adjoint(std::size_t steps, bool given) {
  test::value_graph g;
  auto const add = [&](std::vector<node_id> const& from, bool once) {
    g.read.emplace_back();
    for (node_id u : from) g.read.back().push_back({u, 0});
    g.outputs.push_back(1);
    g.keep.push_back({false});
    g.once.push_back(once);
    g.costs.times.push_back(1);
    g.costs.memories.push_back({100});
    g.costs.workspaces.push_back(0);
    return static_cast<node_id>(g.read.size() - 1);
  };
  std::vector<node_id> states;
  if (given) states.push_back(add({}, true));
  for (std::size_t i = 0; i < steps; ++i) {
    states.push_back(states.empty() ? add({}, false) : add({states.back()}, false));
  }
  node_id at = add({states.back()}, false);
  for (std::size_t i = states.size() - 1; i-- > 0;) at = add({states[i], at}, false);
  return lower(g, g.costs);
}

/// Layers of `width` nodes, each of which reads all of the layer before, and their gradients.
dag dense_layers(std::size_t layers, std::size_t width) {
  std::vector<std::vector<node_id>> graph;
  auto const add_layer = [&](std::vector<node_id> const& from, std::size_t of, auto own) {
    std::vector<node_id> made;
    for (std::size_t w = 0; w < of; ++w) {
      std::vector<node_id> reads = from;
      own(w, reads);
      graph.push_back(reads);
      made.push_back(static_cast<node_id>(graph.size() - 1));
    }
    return made;
  };
  std::vector<std::vector<node_id>> forward = {add_layer({}, width, [](auto, auto&) {})};
  for (std::size_t l = 1; l < layers; ++l)
    forward.push_back(add_layer(forward.back(), width, [](auto, auto&) {}));
  std::vector<node_id> gradient;
  for (std::size_t l = layers; l-- > 0;) {
    std::vector<node_id> from = gradient;
    if (l > 0) from.insert(from.end(), forward[l - 1].begin(), forward[l - 1].end());
    gradient = add_layer(from, width, [&](std::size_t w, auto& reads) { reads.push_back(forward[l][w]); });
  }
  return lower(graph, uniform_cost{});
}

/// A chain whose every step reads an input of its own that runs once, and its gradients.
dag with_inputs(std::size_t layers) {
  test::value_graph g;
  auto const add = [&](std::vector<node_id> const& from, bool once, bytes size) {
    g.read.emplace_back();
    for (node_id u : from) g.read.back().push_back({u, 0});
    g.outputs.push_back(1);
    g.keep.push_back({false});
    g.once.push_back(once);
    g.costs.times.push_back(1);
    g.costs.memories.push_back({size});
    return static_cast<node_id>(g.read.size() - 1);
  };
  std::vector<node_id> states;
  for (std::size_t l = 0; l < layers; ++l) {
    std::vector<node_id> from = {add({}, true, 1)};
    if (l > 0) from.push_back(states.back());
    states.push_back(add(from, false, 8));
  }
  node_id at = add({states.back()}, false, 2);
  for (std::size_t l = layers - 1; l-- > 0;) at = add({states[l], at}, false, 2);
  return lower(g, g.costs);
}

double recomputations(dag const& d, search_start const& start) {
  REQUIRE(start.within_budget);
  return static_cast<double>(start.sequence.size() - d.size());
}

void check_honest(dag const& d, bytes budget, search_start const& start) {
  if (start.sequence.empty()) return;
  simulation const seen = simulate(d, schedule_from_sequence(d, start.sequence), {.budget = budget});
  CHECK(seen.valid() == start.within_budget);
  if (start.within_budget) CHECK(start.time == doctest::Approx(seen.time));
}

}  // namespace

TEST_CASE("first plans: each says truthfully whether it fits and what it takes") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    dag const d = test::random_dag(seed, test::everything(5 + seed % 25));
    bytes const low = smallest_conceivable_budget(d).budget, peak = no_recompute_schedule(d).peak_memory;
    bytes const budget = low + (peak - low) * static_cast<bytes>(seed % 4) / 4;
    first_plan make(d, budget, event_sequence(d), never);
    check_honest(d, budget, make.by_eviction());
    check_honest(d, budget, make.by_reversal());
    check_honest(d, budget, make.by_greed());
    for (auto effort : {start_effort::quick, start_effort::thorough}) {
      auto const starts = starts_of(d, budget, event_sequence(d), effort, never);
      REQUIRE_FALSE(starts.empty());
      for (std::size_t i = 0; i < starts.size(); ++i) {
        check_honest(d, budget, starts[i]);
        if (i > 0) CHECK((starts[i].within_budget && starts[i].time >= starts[i - 1].time));
      }
    }
  }
}

TEST_CASE("first plans: an order of one's own is kept, and only the dag's own is reversed") {
  // Two chains that do not depend on each other, taking turns, and the second one first.
  std::vector<std::vector<node_id>> const graph = {{}, {}, {0}, {1}, {2}, {3}, {4, 5}};
  dag const d = lower(graph, uniform_cost{});
  auto const order = test::events(d, {1, 3, 5, 0, 2, 4, 6});
  first_plan make(d, 3, order, never);
  CHECK(make.by_eviction().sequence == order);
  CHECK(make.by_reversal().sequence.empty());
}

TEST_CASE("first plans: are told as they come, and get no worse") {
  auto const g = residual_training_graph({.blocks = 30});
  dag const d = lower(g, g);
  first_plan make(d, no_recompute_schedule(d).peak_memory / 3, event_sequence(d), never);
  std::vector<double> told;
  make.on_plan = [&](search_start const& s) { told.push_back(s.time); };
  search_start const best = make.by_reversal();
  REQUIRE(best.within_budget);
  REQUIRE(told.size() > 1);
  CHECK(std::is_sorted(told.rbegin(), told.rend()));
  CHECK(told.back() == best.time);
}

TEST_CASE("first plans: the same every time") {
  auto const g = residual_training_graph({.blocks = 40});
  dag const d = lower(g, g);
  bytes const budget = no_recompute_schedule(d).peak_memory / 2;
  auto const once = starts_of(d, budget, event_sequence(d), start_effort::thorough, never);
  auto const again = starts_of(d, budget, event_sequence(d), start_effort::thorough, never);
  REQUIRE(once.size() == again.size());
  for (std::size_t i = 0; i < once.size(); ++i) CHECK(once[i].sequence == again[i].sequence);
}

TEST_CASE("first plans: chains and their adjoints take no more steps than binomial checkpointing") {
  dag const d = adjoint(400, false);
  auto const plan = [](dag const& of, bytes budget) {
    return first_plan(of, budget, event_sequence(of), never).by_reversal();
  };
  CHECK(recomputations(d, plan(d, 400)) <= 6773);
  CHECK(recomputations(d, plan(d, 500)) <= 3047);
  CHECK(recomputations(d, plan(d, 600)) <= 2016);
  dag const given = adjoint(200, true);
  CHECK(recomputations(given, plan(given, 600)) <= 1114);
}

TEST_CASE("automatic: a plan is there before any search, whatever the shape and at thousands of nodes") {
  auto const blocks = residual_training_graph({.blocks = 400, .depth = 4});
  struct {
    char const* name;
    dag d;
    double f;
  } const cases[] = {{"scan", adjoint(2000, true), 0.03},    {"scan", adjoint(2000, true), 0.5},
                     {"blocks", lower(blocks, blocks), 0.1}, {"blocks", lower(blocks, blocks), 0.5},
                     {"inputs", with_inputs(1500), 0.3},     {"inputs", with_inputs(1500), 0.5},
                     {"dense", dense_layers(20, 20), 0.2},   {"dense", dense_layers(20, 20), 0.5}};
  for (auto const& at : cases) {
    dag const& d = at.d;
    CAPTURE(at.name);
    CAPTURE(at.f);
    bytes const low = smallest_conceivable_budget(d).budget, peak = no_recompute_schedule(d).peak_memory;
    std::stop_source enough;
    plan_options options{.budget = low + static_cast<bytes>(at.f * static_cast<double>(peak - low))};
    options.stop = enough.get_token();
    options.on_progress = [&](progress const& p) {
      CHECK(p.best_time < infinity);
      enough.request_stop();
    };
    result const found = automatic{}.plan(d, options);
    REQUIRE(found.plan);
    CHECK((found.strategy == "eviction" || found.strategy == "reversal"));
  }
}
