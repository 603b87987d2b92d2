// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/strategies/greedy.hpp>

namespace {

/// Forward 0..n-1, backward n..2n-1; backward node n + b reads forward n - 1 - b, the one below it and the
/// gradient before it. All costs 1.
checkmate::dag training_chain(int layers) {
  std::vector<std::vector<int>> edges;
  for (int i = 0; i < layers; ++i) edges.push_back(i > 0 ? std::vector<int>{i - 1} : std::vector<int>{});
  for (int b = 0; b < layers; ++b) {
    int const forward = layers - 1 - b;
    edges.push_back({forward});
    if (forward > 0) edges.back().push_back(forward - 1);
    if (b > 0) edges.back().push_back(layers + b - 1);
  }
  return checkmate::lower(edges, checkmate::uniform_cost{1, 1});
}

}  // namespace

TEST_CASE("greedy: recomputes nothing where the budget is the no-recompute peak") {
  auto const d = training_chain(20);
  auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
  auto const found = checkmate::solve(d, {.budget = peak}, checkmate::greedy{});
  REQUIRE(found);
  CHECK(found.recomputations == 0);
  CHECK(found.termination.reason == checkmate::stop_reason::optimal);
}

TEST_CASE("greedy: a chain of training layers fits half and a third of its peak") {
  auto const d = training_chain(40);
  auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
  for (checkmate::bytes budget : {peak - 1, peak * 3 / 4, peak / 2, peak / 3}) {
    auto const found = checkmate::solve(d, {.budget = budget}, checkmate::greedy{});
    REQUIRE(found);
    CHECK(found.plan->peak_memory <= budget);
    CHECK(found.recomputations > 0);
    CHECK(found.recomputations <= 3 * (static_cast<std::size_t>(peak - budget) + 1));
  }
}

TEST_CASE("greedy: the same input gives the same schedule") {
  auto const d = training_chain(30);
  auto const a = checkmate::solve(d, {.budget = 20}, checkmate::greedy{});
  auto const b = checkmate::solve(d, {.budget = 20}, checkmate::greedy{});
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a.plan->steps == b.plan->steps);
}

TEST_CASE("greedy: a budget below one working set is infeasible and says whose") {
  auto const d = training_chain(5);
  auto const found = checkmate::solve(d, {.budget = 2}, checkmate::greedy{});
  CHECK_FALSE(found);
  CHECK(found.termination.reason == checkmate::stop_reason::infeasible);
}

TEST_CASE("greedy: never runs a run-once node again, and says so where nothing is left to recompute") {
  struct frozen {
    std::vector<std::vector<int>> edges{{}, {}, {}, {0, 1}, {2, 3}, {0, 4}};
    [[nodiscard]] std::size_t node_count() const { return edges.size(); }
    [[nodiscard]] std::vector<int> const& inputs(checkmate::node_id v) const { return edges[v]; }
    [[nodiscard]] bool is_run_once(checkmate::node_id) const { return true; }
  };
  auto const d = checkmate::lower(frozen{}, checkmate::uniform_cost{1, 1});
  auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
  auto const found = checkmate::solve(d, {.budget = peak - 1}, checkmate::greedy{});
  CHECK_FALSE(found);
  CHECK(found.termination.reason == checkmate::stop_reason::no_solution);
}
