// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/schedule/stages.hpp>

#include "support/positions.hpp"
#include "support/random_graphs.hpp"

namespace {

using checkmate::node_id;

checkmate::dag chain(std::size_t n) {
  std::vector<std::vector<node_id>> edges(n);
  for (std::size_t i = 1; i < n; ++i) edges[i] = {static_cast<node_id>(i - 1)};
  return checkmate::lower(edges, checkmate::uniform_cost{1, 1});
}

}  // namespace

TEST_CASE(
    "stages: without extra passes there is one stage per node, and each ends with its first execution") {
  auto const d = test::random_dag(3, test::everything(7));
  checkmate::stage_space const space(d);
  REQUIRE(space.count() == 7);
  for (auto i : d.nodes()) {
    CHECK(space.home(i) == i);
    CHECK(space.known(i) == i);
    CHECK(space.width(i) == i + 1);
    CHECK(space.advances(i));
  }
}

TEST_CASE(
    "stages: extra passes stand before first executions, and after the last where values are retained") {
  test::value_graph g;
  g.read = {{}, {{0, 0}}, {{1, 0}}, {{2, 0}, {0, 0}}};
  g.outputs = {1, 1, 1, 1};
  g.keep = {{true}, {false}, {false}, {false}};
  g.once = {false, false, false, false};
  g.costs = checkmate::table_cost::of_nodes({1, 1, 1, 1}, {1, 1, 1, 1});
  auto const d = checkmate::lower(g, g.costs);
  checkmate::stage_space const space(d, 2);
  // 0 | 1 | + + 2 | + + 3 | + +
  CHECK(space.count() == 10);
  CHECK(space.home(checkmate::node_index{2}) == 4);
  CHECK(space.home(checkmate::node_index{3}) == 7);
  CHECK_FALSE(space.advances(8));
  CHECK(space.width(8) == 4);
  CHECK_THROWS_AS(checkmate::stage_space(d, -1), checkmate::invalid_option);
}

TEST_CASE("stages: only executions and carries that can be of use may happen") {
  auto const d = chain(4);
  checkmate::stage_space const space(d);
  CHECK_FALSE(space.may_run(2, checkmate::node_index{3}));  // before its first execution
  CHECK(space.may_run(3, checkmate::node_index{3}));
  CHECK(space.may_run(3, checkmate::node_index{0}));       // for node 1, for node 2, for node 3
  CHECK(space.last_need(checkmate::value_index{3}) == 3);  // nobody reads it
  CHECK_FALSE(space.may_carry(4, checkmate::value_index{3}));
  CHECK(space.may_carry(3, checkmate::value_index{2}));
  CHECK_FALSE(space.may_carry(2, checkmate::value_index{2}));
}

TEST_CASE("stages: a value whose only readers are run-once is useless after their first execution") {
  test::value_graph g;
  g.read = {{}, {{0, 0}}, {{1, 0}}, {{2, 0}}};
  g.outputs = {1, 1, 1, 1};
  g.keep = {{false}, {false}, {false}, {false}};
  g.once = {false, true, false, false};
  g.costs = checkmate::table_cost::of_nodes({1, 1, 1, 1}, {1, 1, 1, 1});
  auto const d = checkmate::lower(g, g.costs);
  checkmate::stage_space const space(d);
  CHECK(space.last_run(checkmate::node_index{0}) == 1);
  CHECK(space.last_need(checkmate::value_index{0}) == 1);
  CHECK(space.last_run(checkmate::node_index{1}) == 1);
  CHECK(space.last_need(checkmate::value_index{1}) == 3);  // node 2 may run again for node 3
}

TEST_CASE("stages: sequences split where passes end, and those outside the stages do not") {
  auto const d = chain(4);
  auto const two_passes = test::events(d, {0, 1, 2, 1, 0, 2, 3});  // 1, then 0 2 3
  CHECK_FALSE(checkmate::split_into_stages(checkmate::stage_space(d), two_passes));
  auto const split = checkmate::split_into_stages(checkmate::stage_space(d, 1), two_passes);
  REQUIRE(split);
  CHECK(checkmate::sequence_of(d, *split) == two_passes);
  CHECK(split->back() == test::nodes({0, 2, 3}));

  checkmate::stage_space const paper(d);
  CHECK(checkmate::split_into_stages(paper, test::events(d, {0, 1, 0, 2, 0, 1, 3})));
  CHECK_FALSE(checkmate::split_into_stages(paper, test::events(d, {0, 1, 2})));           // incomplete
  CHECK_FALSE(checkmate::split_into_stages(paper, test::events(d, {0, 1, 2, 3, 1})));     // after the end
  CHECK_FALSE(checkmate::split_into_stages(paper, test::events(d, {0, 1, 0, 0, 2, 3})));  // two passes
  // One node more than the stages know.
  CHECK_FALSE(checkmate::split_into_stages(paper, checkmate::event_sequence(chain(5))));

  std::vector<std::vector<node_id>> const edges = {{}, {}, {}};
  auto const apart = checkmate::lower(edges, checkmate::uniform_cost{1, 1});
  checkmate::stage_space const free(apart);
  CHECK(checkmate::split_into_stages(free, test::events(apart, {0, 1, 2})));
  CHECK_FALSE(checkmate::split_into_stages(free, test::events(apart, {0, 2, 1})));  // order
}

TEST_CASE("stages: useless executions go, with those that served them alone") {
  auto const d = chain(4);
  auto const wasteful = test::events(d, {0, 1, 0, 2, 0, 1, 3});
  CHECK(checkmate::without_useless_executions(d, wasteful) == test::events(d, {0, 1, 2, 3}));
}

TEST_CASE(
    "stages: least recomputation of nothing kept runs all ancestors, of everything kept nothing twice") {
  auto const d = chain(4);
  checkmate::stage_space const space(d);
  auto const nothing =
      checkmate::least_recomputation(space, [](std::size_t, checkmate::value_index) { return false; });
  CHECK(checkmate::sequence_of(d, nothing) == test::events(d, {0, 0, 1, 0, 1, 2, 0, 1, 2, 3}));
  auto const all =
      checkmate::least_recomputation(space, [](std::size_t, checkmate::value_index) { return true; });
  CHECK(checkmate::sequence_of(d, all) == checkmate::event_sequence(d));
}

TEST_CASE("stages: least recomputation is executable on any graph, whatever is kept") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    auto const d = test::random_dag(seed, test::everything(3 + seed % 8));
    test::random_source random(seed);
    checkmate::stage_space const space(d, static_cast<int>(seed % 3));
    auto const runs = checkmate::least_recomputation(
        space, [&](std::size_t, checkmate::value_index) { return random.chance(60); });
    auto const sequence = checkmate::sequence_of(d, runs);
    auto const seen = checkmate::simulate(d, checkmate::schedule_from_sequence(d, sequence));
    CHECK_MESSAGE(seen.valid(), "seed " << seed);
    // It is the least: nothing in it is useless, and everything lies where the space says it may.
    CHECK(checkmate::without_useless_executions(d, sequence) == sequence);
    for (std::size_t s = 0; s < runs.size(); ++s) {
      for (auto i : runs[s]) CHECK(space.may_run(s, i));
    }
  }
}

TEST_CASE(
    "stages: R and S of a schedule, recomputations off the diagonal, in the order of first executions") {
  std::vector<std::vector<node_id>> const edges = {{}, {0}, {1, 0}};
  auto const d = checkmate::lower(edges, checkmate::uniform_cost{1, 1});
  auto const again = test::events(d, {0, 1, 0, 2});
  auto const m = checkmate::matrices_of_schedule(d, checkmate::schedule_from_sequence(d, again));
  CHECK(m.order == test::nodes({0, 1, 2}));
  CHECK(m.R == std::vector<std::uint8_t>{1, 0, 0, 0, 1, 0, 1, 0, 1});
  CHECK(m.S == std::vector<std::uint8_t>{0, 0, 0, 1, 0, 0, 0, 1, 0});

  std::vector<std::vector<node_id>> const apart = {{}, {}};
  auto const free = checkmate::lower(apart, checkmate::uniform_cost{1, 1});
  auto const backwards = test::events(free, {1, 0});
  auto const other =
      checkmate::matrices_of_schedule(free, checkmate::schedule_from_sequence(free, backwards));
  CHECK(other.order == test::nodes({1, 0}));
  CHECK(other.R == std::vector<std::uint8_t>{0, 1, 1, 0});
  CHECK(other.S == std::vector<std::uint8_t>{0, 0, 0, 0});
}
