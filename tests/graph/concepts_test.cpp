// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>

#include "support/positions.hpp"

namespace {

/// Two free functions found by ADL.
struct by_adl {
  std::vector<std::vector<checkmate::node_id>> args;
};
std::size_t node_count(by_adl const& g) {
  return g.args.size();
}
std::span<checkmate::node_id const> inputs(by_adl const& g, checkmate::node_id v) {
  return g.args[v];
}

/// Members, every refinement among them.
struct by_members {
  [[nodiscard]] int node_count() const { return 3; }
  [[nodiscard]] std::vector<long> inputs(checkmate::node_id v) const {
    return v == 0 ? std::vector<long>{} : std::vector<long>{static_cast<long>(v) - 1};
  }
  [[nodiscard]] std::uint32_t output_count(checkmate::node_id v) const { return v == 0 ? 2 : 1; }
  [[nodiscard]] std::vector<checkmate::value_ref> reads(checkmate::node_id v) const {
    if (v == 0) return {};
    return {{v - 1, v == 1 ? 1U : 0U}};
  }
  [[nodiscard]] bool is_retained(checkmate::node_id v, std::uint32_t) const { return v == 2; }
  [[nodiscard]] bool is_run_once(checkmate::node_id v) const { return v == 1; }
  [[nodiscard]] bool is_ordered(checkmate::node_id v) const { return v != 1; }
  [[nodiscard]] std::vector<short> after(checkmate::node_id v) const {
    return v == 2 ? std::vector<short>{0} : std::vector<short>{};
  }
  [[nodiscard]] std::string label(checkmate::node_id v) const { return "op" + std::to_string(v); }
};

struct no_inputs {
  [[nodiscard]] int node_count() const { return 1; }
};
struct inputs_of_words {
  [[nodiscard]] int node_count() const { return 1; }
  [[nodiscard]] std::vector<std::string> inputs(checkmate::node_id) const { return {}; }
};

static_assert(checkmate::graph<by_adl>);
static_assert(checkmate::graph<by_members>);
static_assert(checkmate::graph<std::vector<std::vector<int>>>);
static_assert(checkmate::graph<std::vector<std::vector<std::size_t>>>);
static_assert(checkmate::graph<std::deque<std::vector<unsigned>>>);
static_assert(checkmate::value_graph<by_members>);
static_assert(!checkmate::value_graph<by_adl>);
static_assert(checkmate::control_graph<by_members>);
static_assert(!checkmate::control_graph<by_adl>);
static_assert(!checkmate::graph<no_inputs>);
static_assert(!checkmate::graph<inputs_of_words>);
static_assert(!checkmate::graph<int>);
static_assert(!checkmate::graph<std::vector<int>>);
static_assert(!checkmate::graph<std::vector<std::vector<double>>>);
static_assert(!checkmate::graph<std::vector<std::vector<bool>>>);

}  // namespace

TEST_CASE("graph concept: free functions found by ADL are used") {
  by_adl const g{{{}, {0}}};
  CHECK(checkmate::node_count(g) == 2);
  CHECK(checkmate::inputs(g, 1)[0] == 0);
  CHECK(checkmate::output_count(g, 1) == 1);
  CHECK_FALSE(checkmate::is_retained(g, 0, 0));
  CHECK_FALSE(checkmate::is_run_once(g, 0));
  CHECK(checkmate::is_ordered(g, 0));
  CHECK(checkmate::label(g, 0).empty());
}

TEST_CASE("graph concept: members and every refinement reach the dag") {
  auto const d = checkmate::lower(by_members{}, checkmate::uniform_cost{2, 8});
  REQUIRE(d.size() == 3);
  REQUIRE(d.value_count() == 4);
  CHECK(d.output_count(checkmate::node_index{0}) == 2);
  CHECK(d.readers(checkmate::value_index{0}).empty());
  CHECK(test::numbers(d.readers(checkmate::value_index{1})) == std::vector<std::size_t>{1});
  CHECK(d.run_once(checkmate::node_index{1}));
  CHECK_FALSE(d.run_once(checkmate::node_index{2}));
  CHECK_FALSE(d.ordered(checkmate::node_index{1}));
  CHECK(test::numbers(d.control_inputs(checkmate::node_index{2})) == std::vector<std::size_t>{0});
  CHECK(d.retained(checkmate::value_index{3}));
  CHECK_FALSE(d.retained(checkmate::value_index{2}));
  CHECK(d.describe(checkmate::node_index{2}) == "node 2 (op2)");
}

TEST_CASE("graph concept: a nested vector is a graph as it stands") {
  std::vector<std::vector<std::int8_t>> const g = {{}, {0}, {0, 1}};
  auto const d = checkmate::lower(g, checkmate::uniform_cost{});
  CHECK(d.edge_count() == 3);
  CHECK(d.users(checkmate::node_index{0}).size() == 2);
  CHECK(d.base_time() == 3);
}
