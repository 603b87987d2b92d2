// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/search/constructive.hpp>

#include "support/random_graphs.hpp"

namespace {

using namespace checkmate;
using namespace checkmate::detail;

constexpr auto never = [] { return false; };

/// What greedy runs, in order, at the smallest budget of eight between the floor and the peak that it meets.
event_sequence tight_sequence(dag const& d, bytes& budget) {
  bytes const low = smallest_conceivable_budget(d).budget, peak = no_recompute_schedule(d).peak_memory;
  for (int part = 0; part < 8; ++part) {
    budget = low + (peak - low) * part / 8;
    if (result const found = solve(d, {.budget = budget}, greedy{})) return sequence_of(d, *found.plan);
  }
  return {};
}

}  // namespace

TEST_CASE("constructive: of two values that relieve as much the one that comes back sooner is dropped") {
  // Two values wait for the last node while a large workspace comes between; room is for one of them.
  for (node_id const cheap : {0u, 1u}) {
    CAPTURE(cheap);
    table_cost costs = table_cost::of_nodes({100, 100, 1, 1}, {10, 10, 1, 1});
    costs.times[cheap] = 1;
    costs.workspaces = {0, 0, 20, 0};
    std::vector<std::vector<node_id>> const graph = {{}, {}, {}, {0, 1, 2}};
    dag const d = lower(graph, costs);
    CHECK(no_recompute_schedule(d).peak_memory == 41);
    result const found = solve(d, {.budget = 31}, greedy{});
    REQUIRE(found.plan);
    CHECK(found.plan->time == d.base_time() + 1);
  }
}

TEST_CASE(
    "constructive: pruning erases what a roomy budget does not need, and nothing that exceeds a tight one") {
  int pruned = 0, kept = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    dag const d = test::random_dag(seed, test::everything(6 + seed % 12));
    bytes budget = 0;
    auto const sequence = tight_sequence(d, budget);
    if (sequence.empty()) continue;

    sequence_state roomy(d, 4 * no_recompute_schedule(d).peak_memory);
    roomy.assign(sequence);
    if (!roomy.extras().empty()) ++pruned;
    constructive(roomy, {}).prune(never);
    CHECK(roomy.extras().empty());
    CHECK(roomy.time() == doctest::Approx(d.base_time()));

    sequence_state tight(d, budget);
    tight.assign(sequence);
    constructive(tight, {}).prune(never);
    CHECK(tight.overflow() == 0);
    kept += static_cast<int>(tight.extras().size());
  }
  CHECK(pruned > 50);
  CHECK(kept > 50);
}
