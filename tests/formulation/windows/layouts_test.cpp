// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/bounds/windowed.hpp>
#include <checkmate/checkmate.hpp>
#include <checkmate/formulation/windows/layouts.hpp>
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/clp.hpp>

#include "support/brute_force.hpp"
#include "support/positions.hpp"
#include "support/random_graphs.hpp"

namespace {

using checkmate::node_index;
using checkmate::detail::layout_variations;
using cut_list = std::vector<node_index>;

/// Some cuts of a graph of `nodes` nodes, ascending, none at node 0.
cut_list some_cuts(std::size_t nodes, test::random_source& random) {
  cut_list out;
  for (node_index t{1}; t < nodes; ++t) {
    if (random.chance(30)) out.push_back(t);
  }
  return out;
}

std::vector<cut_list> all_variations(cut_list const& of, std::size_t nodes) {
  layout_variations const variations(of, nodes);
  std::vector<cut_list> out;
  for (std::size_t i = 0; i < variations.count(); ++i) {
    if (auto cuts = variations.at(i)) out.push_back(*std::move(cuts));
  }
  return out;
}

}  // namespace

TEST_CASE("window layouts: every variation is a layout of the graph, and another one") {
  test::random_source random(5);
  for (std::size_t nodes = 1; nodes < 60; ++nodes) {
    cut_list const from = some_cuts(nodes, random);
    CAPTURE(nodes);
    for (cut_list const& cuts : all_variations(from, nodes)) {
      CHECK(cuts != from);
      CHECK(std::is_sorted(cuts.begin(), cuts.end()));
      CHECK(std::adjacent_find(cuts.begin(), cuts.end()) == cuts.end());
      CHECK((cuts.front() >= 1 && cuts.back() < nodes));
    }
    layout_variations const variations(from, nodes);
    for (std::size_t i = 0; i < 500; ++i) CHECK_FALSE(variations.at(variations.count() + i));
  }
}

TEST_CASE("window layouts: cuts are added, moved either way, left out and set afresh, up to one everywhere") {
  cut_list const from = test::nodes({5, 9, 20});
  auto const found = all_variations(from, 40);
  auto const has = [&](std::vector<std::size_t> const& cuts) {
    return std::find(found.begin(), found.end(), test::nodes(cuts)) != found.end();
  };
  CHECK(has({5, 9, 20, 30}));      // the widest window halved
  CHECK(has({5, 9, 14, 20, 30}));  // the two widest, one after the other
  CHECK(has({6, 9, 20}));
  CHECK(has({4, 9, 20}));
  CHECK(has({5, 9, 36}));
  CHECK_FALSE(has({5, 20, 20}));
  CHECK(has({9, 20}));
  CHECK(has({5, 20}));
  CHECK(has({5, 9}));
  CHECK(has({20}));
  CHECK(has({10, 20, 30}));
  std::vector<std::size_t> everywhere;
  for (std::size_t t = 1; t < 40; ++t) everywhere.push_back(t);
  CHECK(has(everywhere));
}

TEST_CASE("window layouts: no variation proves more than the best schedule takes") {
  double proven = 0, cases = 0;
  for (std::uint64_t seed = 0; seed < 25; ++seed) {
    auto const d = test::random_dag(seed, test::everything(5 + seed % 3));
    auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
    auto const floor = checkmate::smallest_conceivable_budget(d).budget;
    if (floor >= peak) continue;
    auto const budget = floor + static_cast<checkmate::bytes>(seed % 4) * (peak - floor) / 4;
    double const best = test::cheapest_fixed_order(d, budget);
    test::random_source random(seed);
    cut_list const from = some_cuts(d.size(), random);
    std::set<cut_list> seen;
    for (cut_list const& cuts : all_variations(from, d.size())) {
      if (!seen.insert(cuts).second) continue;
      CAPTURE(seed);
      CAPTURE(cuts.size());
      checkmate::windowed_options options;
      options.layouts = {checkmate::detail::layout_of(cuts)};
      checkmate::clp linear;
      checkmate::cbc integer;
      auto const found = checkmate::windowed_bound(d, budget, linear, integer, options);
      CHECK((found.infeasible ? best == test::no_schedule : found.bound.time <= best * (1 + 1e-12)));
      if (found.bound.time > d.base_time()) ++proven;
      ++cases;
    }
  }
  CHECK(cases > 100);
  CHECK(proven > cases / 4);
}

TEST_CASE("window layouts: the finest layout proves no less than any other") {
  for (std::uint64_t seed = 0; seed < 25; ++seed) {
    auto const d = test::random_dag(seed + 100, test::everything(6));
    auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
    auto const floor = checkmate::smallest_conceivable_budget(d).budget;
    if (floor >= peak) continue;
    auto const budget = floor + static_cast<checkmate::bytes>(seed % 4) * (peak - floor) / 4;
    auto const bound = [&](cut_list const& cuts) {
      checkmate::windowed_options options;
      options.layouts = {checkmate::detail::layout_of(cuts)};
      options.steps.skip_small_values = false;
      checkmate::clp linear;
      checkmate::cbc integer;
      auto const found = checkmate::windowed_bound(d, budget, linear, integer, options);
      return found.infeasible ? checkmate::infinity : found.bound.time;
    };
    double const finest = bound(test::nodes({1, 2, 3, 4, 5}));
    test::random_source random(seed);
    for (int i = 0; i < 4; ++i) {
      CAPTURE(seed);
      CHECK(bound(some_cuts(d.size(), random)) <= finest * (1 + 1e-6));
    }
  }
}

TEST_CASE("window memory: a layout has one entry") {
  checkmate::windowed_memory memory;
  CHECK(memory.find(test::nodes({3})) == nullptr);
  memory.entry(test::nodes({3})).solves = 2;
  memory.entry(test::nodes({3, 5})).solved = true;
  REQUIRE(memory.find(test::nodes({3})) != nullptr);
  CHECK(memory.find(test::nodes({3}))->solves == 2);
  CHECK_FALSE(memory.find(test::nodes({3}))->solved);
  CHECK(memory.entry(test::nodes({3, 5})).solved);
  CHECK(memory.tried.size() == 2);
}
