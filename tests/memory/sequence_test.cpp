// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/core/error.hpp>
#include <checkmate/cost/uniform.hpp>
#include <checkmate/graph/lower.hpp>
#include <checkmate/memory/sequence.hpp>

#include "support/positions.hpp"
#include "support/throws.hpp"

using checkmate::event;
using checkmate::event_sequence;
using checkmate::node_index;

namespace {

/// 2 reads 0 and 1, 3 reads 2; labels are the letters from a.
struct diamond {
  [[nodiscard]] std::size_t node_count() const { return 4; }
  [[nodiscard]] std::vector<int> inputs(checkmate::node_id v) const {
    std::vector<std::vector<int>> const all = {{}, {}, {0, 1}, {2}};
    return all[v];
  }
  [[nodiscard]] std::string label(checkmate::node_id v) const {
    return std::string(1, static_cast<char>('a' + v));
  }
};

checkmate::dag diamond_dag() {
  return checkmate::lower(diamond{}, checkmate::uniform_cost{});
}

/// Why `positions` are no sequence of executions of `d`.
std::string refusal(checkmate::dag const& d, std::vector<std::size_t> const& positions) {
  return test::message_of<checkmate::invalid_schedule>([&] { (void)test::events(d, positions); });
}

}  // namespace

TEST_CASE("event_sequence: any order in which inputs come first is one, whole or not, with repetitions") {
  auto const d = diamond_dag();
  for (std::vector<std::size_t> const& order : std::vector<std::vector<std::size_t>>{
           {}, {1}, {1, 0, 2}, {0, 1, 2, 3}, {0, 0, 1, 2, 0, 3, 2, 3}, {1, 0, 2, 3, 1}}) {
    CAPTURE(order.size());
    event_sequence const s = test::events(d, order);
    CHECK(test::numbers(s) == order);
    CHECK(s.size() == order.size());
    CHECK(s.empty() == order.empty());
  }
}

TEST_CASE("event_sequence: a node that is not there is refused, naming event and node") {
  auto const d = diamond_dag();
  CHECK(refusal(d, {4}) == "event 0 executes node 4, which is not there");
  CHECK(refusal(d, {0, 1, 9, 2}) == "event 2 executes node 9, which is not there");
}

TEST_CASE("event_sequence: a read before production is refused, naming event and both nodes") {
  auto const d = diamond_dag();
  CHECK(refusal(d, {2}) == "event 0 executes node 2 (c) before node 0 (a), which it reads");
  CHECK(refusal(d, {0, 2, 1}) == "event 1 executes node 2 (c) before node 1 (b), which it reads");
  CHECK(refusal(d, {0, 1, 3, 2}) == "event 2 executes node 3 (d) before node 2 (c), which it reads");
  // Nodes are named by the caller's ids: here node 1 comes first.
  std::vector<std::vector<int>> const backwards = {{1}, {}};
  CHECK(refusal(checkmate::lower(backwards, checkmate::uniform_cost{}), {1, 0}) ==
        "event 0 executes node 0 before node 1, which it reads");
}

TEST_CASE("event_sequence: events are checked as positions are") {
  auto const d = diamond_dag();
  std::vector<event> const good = {{node_index{1}}, {node_index{0}}, {node_index{2}}};
  CHECK(event_sequence(d, good) == test::events(d, {1, 0, 2}));
  std::vector<event> const bad = {{node_index{1}}, {node_index{2}}};
  CHECK_THROWS_AS(event_sequence(d, bad), checkmate::invalid_schedule);
}

TEST_CASE("event_sequence: every node once, in order") {
  event_sequence const all(diamond_dag());
  CHECK(test::numbers(all) == std::vector<std::size_t>{0, 1, 2, 3});
  CHECK(all[2] == event{node_index{2}});
}

TEST_CASE("event_sequence: equal if the same nodes run in the same order; none is none") {
  auto const d = diamond_dag();
  CHECK(test::events(d, {0, 1, 2}) == test::events(d, {0, 1, 2}));
  CHECK(test::events(d, {0, 1, 2}) != test::events(d, {1, 0, 2}));
  CHECK(test::events(d, {0, 1, 2}) != test::events(d, {0, 1, 2, 2}));
  CHECK(event_sequence{}.empty());
  CHECK(event_sequence{}.size() == 0);
  CHECK(event_sequence{} == test::events(d, {}));
  CHECK_FALSE(event_sequence(d).empty());
}
