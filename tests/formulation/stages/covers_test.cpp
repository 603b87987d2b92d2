// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/formulation/stages/model.hpp>

#include "support/positions.hpp"
#include "support/random_graphs.hpp"

namespace {

using checkmate::bytes;
using checkmate::node_index;
using checkmate::value_index;
using checkmate::formulation::memory_cover;
using checkmate::formulation::violated_covers;

/// What `node` needs in any case: its outputs and workspace.
bytes own_bytes(checkmate::dag const& d, node_index node) {
  bytes own = d.workspace(node);
  for (value_index v : d.outputs(node)) own += d.memory(v);
  return own;
}

/// The values of a cover exceed `budget` while its node runs, and do not without the smallest of them.
void check_cover(checkmate::dag const& d, memory_cover const& cover, bytes budget) {
  bytes sum = d.fixed_memory() + own_bytes(d, cover.node);
  bytes smallest = 0;
  for (value_index v : cover.values) {
    CHECK(d.producer(v) != cover.node);
    sum += d.memory(v);
    smallest = v == cover.values.front() ? d.memory(v) : std::min(smallest, d.memory(v));
  }
  CHECK(sum > budget);
  CHECK(sum - smallest <= budget);
}

}  // namespace

TEST_CASE("covers: none where the schedule fits, and just enough values to say why where it does not") {
  int found = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    auto const d = test::random_dag(seed, test::everything(3 + seed % 9));
    checkmate::stage_space const space(d, static_cast<int>(seed % 2));
    test::random_source random(seed);
    auto const runs =
        checkmate::least_recomputation(space, [&](std::size_t, value_index) { return random.chance(70); });
    bytes const peak =
        checkmate::simulate(d, checkmate::schedule_from_sequence(d, checkmate::sequence_of(d, runs)))
            .peak_memory;
    CHECK(violated_covers(space, runs, peak).empty());
    for (bytes less : {bytes{1}, bytes{5}}) {
      bytes const budget = peak - less;
      if (budget < checkmate::smallest_conceivable_budget(d).budget) continue;
      auto const covers = violated_covers(space, runs, budget);
      CHECK_FALSE(covers.empty());
      for (memory_cover const& cover : covers) check_cover(d, cover, budget);
      ++found;
    }
  }
  CHECK(found > 200);
}

TEST_CASE("covers: the largest values first, at the stage and the node where they are together") {
  // 0, 1 and 2 are read by 4; 3 needs 10 bytes beside them.
  std::vector<std::vector<int>> const graph = {{}, {}, {}, {}, {0, 1, 2}};
  auto const d = checkmate::lower(graph, checkmate::table_cost::of_nodes({1, 1, 1, 1, 1}, {3, 7, 5, 10, 0}));
  checkmate::stage_space const space(d);
  auto const keep_all = checkmate::least_recomputation(space, [](std::size_t, value_index) { return true; });
  auto const covers = violated_covers(space, keep_all, 20);
  REQUIRE(covers.size() == 1);
  CHECK(covers[0].stage == 3);
  CHECK(covers[0].node == 3);
  CHECK(test::numbers(covers[0].values) == std::vector<std::size_t>{1, 2});
  CHECK(violated_covers(space, keep_all, 25).empty());
}
