// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/graph/generators.hpp>
#include <checkmate/strategies/search/first_plan.hpp>

#include "support/random_graphs.hpp"

namespace {

using namespace checkmate;
using namespace checkmate::detail;

constexpr auto never = [] { return false; };

std::vector<node_id> in_order(dag const& d) {
  std::vector<node_id> order(d.size());
  std::iota(order.begin(), order.end(), node_id{0});
  return order;
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
    first_plan make(d, budget, in_order(d), never);
    check_honest(d, budget, make.by_eviction());
    check_honest(d, budget, make.by_reversal());
    check_honest(d, budget, make.by_greed());
    for (auto effort : {start_effort::quick, start_effort::thorough}) {
      auto const starts = starts_of(d, budget, in_order(d), effort, never);
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
  std::vector<node_id> const order = {1, 3, 5, 0, 2, 4, 6};
  first_plan make(d, 3, order, never);
  CHECK(make.by_eviction().sequence == order);
  CHECK(make.by_reversal().sequence.empty());
}

TEST_CASE("first plans: are told as they come, and get no worse") {
  auto const g = residual_training_graph({.blocks = 30});
  dag const d = lower(g, g);
  first_plan make(d, no_recompute_schedule(d).peak_memory / 3, in_order(d), never);
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
  auto const once = starts_of(d, budget, in_order(d), start_effort::thorough, never);
  auto const again = starts_of(d, budget, in_order(d), start_effort::thorough, never);
  REQUIRE(once.size() == again.size());
  for (std::size_t i = 0; i < once.size(); ++i) CHECK(once[i].sequence == again[i].sequence);
}
