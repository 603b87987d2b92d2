// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>

#include "support/positions.hpp"

using checkmate::node_id;

namespace {

struct with_retained {
  std::vector<std::vector<int>> args;
  std::vector<bool> kept;
  [[nodiscard]] std::size_t node_count() const { return args.size(); }
  [[nodiscard]] std::vector<int> const& inputs(node_id v) const { return args[v]; }
  [[nodiscard]] bool is_retained(node_id v, std::uint32_t) const { return kept[v]; }
};

}  // namespace

TEST_CASE("working_set: inputs, outputs and workspace, once each") {
  std::vector<std::vector<int>> const g = {{}, {0}, {0, 1, 1}};
  auto costs = checkmate::table_cost::of_nodes({1, 1, 1}, {5, 7, 11});
  costs.workspaces = {0, 0, 100};
  auto const d = checkmate::lower(g, costs);
  CHECK(checkmate::working_set(d, checkmate::node_index{0}) == 5);
  CHECK(checkmate::working_set(d, checkmate::node_index{1}) == 12);
  CHECK(checkmate::working_set(d, checkmate::node_index{2}) == 123);
}

TEST_CASE("smallest_conceivable_budget: the largest working set, fixed memory on top") {
  std::vector<std::vector<int>> const g = {{}, {0}, {1}};
  auto costs = checkmate::table_cost::of_nodes({1, 1, 1}, {5, 7, 11});
  costs.fixed = 1000;
  auto const floor = checkmate::smallest_conceivable_budget(checkmate::lower(g, costs));
  CHECK(floor.budget == 1018);
  CHECK(floor.node == 2);
}

TEST_CASE("smallest_conceivable_budget: retained values are all there at the end") {
  // Four retained leaves of 10 bytes each: no working set exceeds 11, the end needs 40 and the last input.
  with_retained const g{{{}, {0}, {0}, {0}, {0}}, {false, true, true, true, true}};
  auto const costs = checkmate::table_cost::of_nodes({1, 1, 1, 1, 1}, {1, 10, 10, 10, 10});
  auto const d = checkmate::lower(g, costs);
  CHECK(checkmate::smallest_conceivable_budget(d).budget == 41);
  CHECK(checkmate::solve(d, {.budget = 41}));
}

TEST_CASE("smallest_conceivable_budget: a node that ends the schedule may hold retained values itself") {
  with_retained const g{{{}, {0}}, {true, true}};
  auto const d = checkmate::lower(g, checkmate::uniform_cost{1, 3});
  CHECK(checkmate::smallest_conceivable_budget(d).budget == 6);
}
