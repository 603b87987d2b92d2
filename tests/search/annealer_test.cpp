// SPDX-License-Identifier: Apache-2.0
//
// Single moves of the annealing, on graphs where only they lead on.
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/schedule/no_recompute.hpp>
#include <checkmate/search/annealer.hpp>

#include "support/positions.hpp"
#include "support/random_graphs.hpp"
#include "support/random_problems.hpp"

namespace {

using namespace checkmate::detail;
using checkmate::bytes;
using checkmate::dag;
using checkmate::node_id;

constexpr annealing_options nothing = {.insert = 0, .erase = 0, .relocate = 0, .swap = 0, .trade = 0};

dag costed(std::vector<std::vector<node_id>> const& edges, std::vector<double> times,
           std::vector<bytes> const& sizes) {
  return checkmate::lower(edges, checkmate::table_cost::of_nodes(std::move(times), sizes));
}

/// The least time within `budget` that moves of one kind meet from `sequence` without ever accepting a worse
/// state.
double descend(dag const& d, bytes budget, checkmate::event_sequence const& sequence,
               annealing_options const& how) {
  sequence_state state(d, budget);
  state.assign(sequence);
  annealer search(state, 1, how);
  search.set_price(d.base_time());
  search.run(0, 3000);
  return search.best_time();
}

}  // namespace

TEST_CASE("annealer: the price stays finite where nothing fits, and above zero where everything does") {
  dag const d = test::random_dag(5, test::everything(12));
  auto const given = checkmate::no_recompute_schedule(d);
  for (bytes const budget : {bytes{0}, 10 * given.peak_memory}) {
    sequence_state state(d, budget);
    state.assign(checkmate::sequence_of(d, given));
    annealer search(state, 1, {});
    search.set_price(d.base_time());
    for (int k = 0; k < 20; ++k) search.run(0.1, 100'000);
    CHECK(search.price() > 0);
    CHECK(search.price() <= 1e150);
  }
}

TEST_CASE("annealer: a trade recomputes one value and keeps two") {
  // 0 .. 2 are held across 3, which leaves room for 5 bytes of them, and read by 4.
  dag const d = costed({{}, {}, {}, {}, {0, 1, 2}}, {3, 2, 1.5, 1, 1}, {5, 3, 2, 10, 0});
  bytes const budget = 15;
  auto const two_again = test::events(d, {0, 1, 2, 3, 1, 2, 4});
  annealing_options how = nothing;
  how.insert = how.erase = 0.5;
  CHECK(descend(d, budget, two_again, how) == 12);
  how = nothing;
  how.trade = 1;
  CHECK(descend(d, budget, two_again, how) == 11.5);
}

TEST_CASE("annealer: what is recomputed earlier takes the place of what was recomputed later") {
  // 2 leaves no room for 0 and 1, which 3 and 4 read; at the start 1 is held across it and 0 is recomputed
  // late.
  dag const d = costed({{}, {0}, {}, {1}, {0}}, {1, 1, 1, 1, 1}, {4, 4, 10, 1, 1});
  auto const start = test::events(d, {0, 1, 2, 3, 0, 4});
  annealing_options how = nothing;
  how.insert = 1;
  how.merge = 0;
  CHECK(descend(d, 10, start, how) == 8);
  how.merge = 1;
  CHECK(descend(d, 10, start, how) == 7);
}

TEST_CASE("annealer: where only the order is free, every move copes with nothing to recompute") {
  dag const d = costed({{}, {}, {0, 1}}, {1, 1, 1}, {0, 0, 0});
  for (double annealing_options::*kind :
       {&annealing_options::insert, &annealing_options::erase, &annealing_options::relocate,
        &annealing_options::swap, &annealing_options::trade}) {
    annealing_options how = nothing;
    how.free_order = true;
    how.*kind = 1;
    CHECK(descend(d, 10, checkmate::event_sequence(d), how) == 3);
  }
}

TEST_CASE("annealer: in free order every state keeps to control edges and to the order of run-once nodes") {
  std::size_t moved = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    dag const d = test::random_problem(seed, 6, 14).dag();
    auto const given = checkmate::no_recompute_schedule(d);
    auto const order = checkmate::sequence_of(d, given);
    for (bool reorder_only : {false, true}) {
      sequence_state state(d, given.peak_memory * 3 / 4);
      state.assign(order);
      annealer search(state, seed, {.free_order = true, .reorder_only = reorder_only});
      search.set_price(d.base_time());
      checkmate::event_sequence now;
      for (int k = 0; k < 25; ++k) {
        search.run(d.base_time(), 40);
        now = state.sequence();
        auto const seen = checkmate::simulate(d, checkmate::schedule_from_sequence(d, now),
                                              {.order = checkmate::execution_order::free});
        CHECK((seen.error ? seen.error->message : "") == "");
      }
      if (now != order) ++moved;
    }
  }
  CHECK(moved > 200);
}
