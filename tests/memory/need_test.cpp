// SPDX-License-Identifier: Apache-2.0
//
// What the smallest conceivable budget consists of.
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/memory/need.hpp>

using checkmate::bytes;
using checkmate::memory_part;
using checkmate::node_id;
using kind = checkmate::memory_part_kind;

namespace {

/// Nodes with values of given sizes, one of which may be retained, and names.
struct graph {
  std::vector<std::vector<int>> reads;
  std::vector<bool> kept;
  [[nodiscard]] std::size_t node_count() const { return reads.size(); }
  [[nodiscard]] std::vector<int> const& inputs(node_id v) const { return reads[v]; }
  [[nodiscard]] std::string label(node_id v) const { return "n" + std::to_string(v); }
  [[nodiscard]] bool is_retained(node_id v, std::uint32_t) const { return !kept.empty() && kept[v]; }
};

checkmate::memory_need need_of(checkmate::dag const& d) {
  return checkmate::need_of(d, checkmate::smallest_conceivable_budget(d));
}

bytes sum(checkmate::memory_need const& need) {
  bytes total = 0;
  for (memory_part const& part : need.parts) total += part.size;
  return total;
}

}  // namespace

TEST_CASE(
    "memory_need: inputs, outputs, workspace and fixed memory of the node that needs most, largest first") {
  graph const g{{{}, {}, {0, 1}}, {}};
  auto costs = checkmate::table_cost::of_nodes({1, 1, 1}, {20, 30, 7});
  costs.workspaces = {0, 0, 25};
  costs.fixed = 5;
  auto const d = checkmate::lower(g, costs);
  auto const need = need_of(d);
  CHECK(need.node == 2);
  CHECK_FALSE(need.at_end);
  CHECK(need.size == 87);
  CHECK(need.parts == std::vector<memory_part>{{kind::input, {1, 0}, 30},
                                               {kind::workspace, {2, 0}, 25},
                                               {kind::input, {0, 0}, 20},
                                               {kind::output, {2, 0}, 7},
                                               {kind::fixed, {}, 5}});
  CHECK(checkmate::describe(d, need) ==
        "node 2 (n2) alone needs 87 bytes: 2 inputs 50 (node 1 (n1) 30, node 0 (n0) 20); workspace 25; "
        "output 7 "
        "(node 2 (n2) 7); fixed memory 5");
}

TEST_CASE("memory_need: retained gradients are named where they, and not a node, hold the bytes") {
  graph const g{{{}, {0}, {0}, {0}, {0}}, {false, true, true, true, true}};
  auto const d = checkmate::lower(g, checkmate::table_cost::of_nodes({1, 1, 1, 1, 1}, {3, 10, 40, 20, 30}));
  auto const need = need_of(d);
  CHECK(need.at_end);
  CHECK(need.size == 103);
  CHECK(sum(need) == need.size);
  CHECK(need.parts.front() == memory_part{kind::retained, {2, 0}, 40});
  CHECK(checkmate::describe(d, need) ==
        "the end alone needs 103 bytes whatever runs last, least of all node 0 (n0): 4 retained values 100 "
        "(node 2 "
        "(n2) 40, node 4 (n4) 30, node 3 (n3) 20, ...); output 3 (node 0 (n0) 3)");
}

TEST_CASE("memory_need: a result below the floor carries it, and its parts add up to the floor") {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    std::uint32_t state = seed * 2654435761u + 1;
    auto const roll = [&state](std::uint32_t below) {
      return (state = state * 1664525u + 1013904223u) / 65536 % below;
    };
    graph g;
    checkmate::table_cost costs;
    for (int v = 0; v < 7; ++v) {
      g.reads.emplace_back();
      for (int u = 0; u < v; ++u)
        if (roll(3) == 0) g.reads.back().push_back(u);
      g.kept.push_back(roll(3) == 0);
      costs.times.push_back(1);
      costs.memories.push_back({static_cast<bytes>(roll(20))});
      costs.workspaces.push_back(static_cast<bytes>(roll(10)));
    }
    costs.fixed = static_cast<bytes>(roll(9));
    auto const d = checkmate::lower(g, costs);
    bytes const floor = checkmate::smallest_conceivable_budget(d).budget;
    CHECK(sum(need_of(d)) == floor);
    if (floor == 0) continue;
    auto const found = checkmate::solve(d, {.budget = floor - 1}, checkmate::greedy{});
    REQUIRE(found.termination.need.has_value());
    CHECK(found.termination.need->size == floor);
    CHECK_FALSE(checkmate::solve(d, {.budget = floor}, checkmate::greedy{}).termination.need.has_value());
  }
}
