// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/cost/uniform.hpp>
#include <checkmate/schedule/lifetimes.hpp>
#include <checkmate/schedule/simulate.hpp>
#include <checkmate/search/annealer.hpp>
#include <checkmate/search/sequence_editor.hpp>

#include "support/positions.hpp"
#include "support/random_graphs.hpp"

namespace {

using namespace checkmate::detail;
using checkmate::dag;
using checkmate::node_id;

/// Memory in use while each execution of the sequence runs, as the simulator sees it, fixed memory excluded.
std::vector<double> simulated_amounts(dag const& d, checkmate::event_sequence const& sequence,
                                      bool free_order) {
  auto const schedule = checkmate::schedule_from_sequence(d, sequence);
  auto const order = free_order ? checkmate::execution_order::free : checkmate::execution_order::fixed;
  auto const seen = checkmate::simulate(d, schedule, {.order = order});
  REQUIRE_MESSAGE(seen.valid(), seen.error->message);
  std::vector<double> amounts;
  for (std::size_t i = 0; i < schedule.size(); ++i) {
    if (schedule.steps[i].what != checkmate::action::compute) continue;
    auto const u = d.index_of(schedule.steps[i].node);
    amounts.push_back(static_cast<double>(seen.resident[i] + d.workspace(u) - d.fixed_memory()));
  }
  return amounts;
}

void check_against_simulator(sequence_state const& state, bool free_order) {
  dag const& d = state.graph();
  auto const sequence = state.sequence();
  std::vector<double> const amounts = simulated_amounts(d, sequence, free_order);
  double overflow = 0;
  double time = 0;
  std::size_t at = 0;
  state.profile().for_each([&](execution_id e) {
    REQUIRE(state.profile().amount(e) == amounts[at]);
    REQUIRE(state.node(e) == sequence[at].node);
    overflow += std::max(0.0, amounts[at] - state.profile().limit());
    time += d.time(sequence[at].node);
    ++at;
  });
  REQUIRE(state.overflow() == overflow);
  REQUIRE(state.time() == doctest::Approx(time));
  REQUIRE(state.extras().size() == sequence.size() - d.size());
  for (execution_id e : state.extras()) REQUIRE(state.runs(state.node(e)).front() != e);
}

}  // namespace

TEST_CASE("sequence state: insertions, erasures and undone edits keep the profile that the simulator sees") {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    dag const d = test::random_dag(seed, test::everything(5 + seed));
    std::mt19937 random(seed);
    auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    sequence_state state(d, 30);
    state.assign(checkmate::event_sequence(d));
    check_against_simulator(state, false);
    sequence_editor editor(state);
    for (int move = 0; move < 150; ++move) {
      auto const before = state.sequence();
      for (std::size_t edits = 1 + below(4); edits > 0; --edits) {
        if (below(2) == 0 || state.extras().empty()) {
          // Any node again, before any execution that comes after its first.
          auto const e = static_cast<execution_id>(below(state.id_count()));
          if (!state.live(e)) continue;
          checkmate::node_index const u(below(d.size()));
          if (d.run_once(u) || state.key(state.runs(u).front()) >= state.key(e)) continue;
          bool const chained = below(2) == 0;
          editor.recompute(u, e, [&](auto, auto, auto) { return chained && below(2) == 0; });
        } else {
          execution_id const e = state.extras()[below(state.extras().size())];
          if (below(2) == 0) {
            editor.erase(e);
          } else {
            editor.erase_with_inputs(e);
          }
        }
      }
      check_against_simulator(state, false);
      if (below(3) == 0) {
        editor.undo();
        REQUIRE(state.sequence() == before);
        check_against_simulator(state, false);
      }
      editor.commit();
    }
  }
}

TEST_CASE("sequence state: erasing a recomputation takes back what only it needed, and nothing else") {
  // 0 -> 1 -> 2 -> 3, and 3 also reads 0 and 2.
  std::vector<std::vector<int>> const edges = {{}, {0}, {1}, {0, 2}};
  auto const d = checkmate::lower(edges, checkmate::uniform_cost{1, 1});
  sequence_state state(d, 10);
  auto const sequence = test::events(d, {0, 1, 2, 0, 1, 2, 3});
  state.assign(sequence);
  sequence_editor editor(state);
  editor.erase_with_inputs(state.runs(checkmate::node_index{2})[1]);
  CHECK(state.sequence() ==
        test::events(d, {0, 1, 2, 0, 3}));  // the second 1 goes, the second 0 is read by 3
  editor.undo();
  CHECK(state.sequence() == sequence);
}

TEST_CASE("annealer: after thousands of moves its profile is still the simulator's, in both orders") {
  for (std::uint32_t seed = 0; seed < 30; ++seed) {
    bool const free_order = seed % 2 == 1;
    dag const d = test::random_dag(1000 + seed, test::everything(6 + seed));
    checkmate::event_sequence const sequence(d);
    auto const peak = checkmate::simulate(d, checkmate::schedule_from_sequence(d, sequence)).peak_memory;
    sequence_state state(d, peak * 3 / 4);
    state.assign(sequence);
    annealing_options how;
    how.free_order = free_order;
    annealer search(state, seed, how);
    search.set_price(0.1);
    for (int round = 0; round < 20; ++round) {
      search.run(5.0 / (1 + round), 500);
      check_against_simulator(state, free_order);
    }
    if (search.best().empty()) continue;
    auto const order = free_order ? checkmate::execution_order::free : checkmate::execution_order::fixed;
    auto const best = checkmate::schedule_from_sequence(d, search.best());
    auto const seen = checkmate::simulate(d, best, {.budget = peak * 3 / 4, .order = order});
    CHECK_MESSAGE(seen.valid(), seen.error->message);
    CHECK(seen.time == doctest::Approx(search.best_time()));
  }
}

TEST_CASE("exact sizes: bytes beyond 2^53 are planned in larger units, never below their true size") {
  std::vector<std::vector<int>> const edges = {{}, {0}};
  checkmate::bytes const huge = (checkmate::bytes{1} << 60) + 1;
  auto const d = checkmate::lower(edges, checkmate::table_cost::of_nodes({1, 1}, {huge, 3}));
  exact_sizes const sizes(d);
  CHECK(sizes.unit > 1);
  CHECK(sizes.value[0] * sizes.unit >= static_cast<double>(huge));
  CHECK(sizes.value[1] == 1);
  CHECK(sizes.limit(huge) * sizes.unit <= static_cast<double>(huge));
}

TEST_CASE("exact sizes: workspaces whose sum does not fit 63 bits are no concern, as nodes run one by one") {
  checkmate::table_cost costs;
  std::vector<std::vector<node_id>> edges;
  for (node_id v = 0; v < 8; ++v) {
    edges.push_back(v > 0 ? std::vector<node_id>{v - 1} : std::vector<node_id>{});
    costs.times.push_back(1);
    costs.memories.push_back({1});
    costs.workspaces.push_back(checkmate::bytes{1} << 61);
  }
  dag const d = checkmate::lower(edges, costs);
  checkmate::detail::exact_sizes const sizes(d);
  CHECK(sizes.unit >= 1);
  for (auto v : d.nodes()) {
    CHECK(sizes.transient[v] * sizes.unit >= static_cast<double>(d.workspace(v)));
  }
}
