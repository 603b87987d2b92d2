// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <support/throws.hpp>

#include <checkmate/checkmate.hpp>

#include "support/positions.hpp"

using checkmate::bytes;
using checkmate::invalid_cost;
using checkmate::invalid_graph;
using checkmate::lower;
using checkmate::node_id;
using checkmate::table_cost;
using checkmate::uniform_cost;
using checkmate::value_ref;
using test::message_of;

namespace {

using nested = std::vector<std::vector<int>>;

/// A graph of values whose reads and inputs a test sets freely, right or wrong.
struct free_hand {
  std::vector<std::uint32_t> outputs;
  std::vector<std::vector<node_id>> from;
  std::vector<std::vector<value_ref>> values;

  [[nodiscard]] std::size_t node_count() const { return outputs.size(); }
  [[nodiscard]] std::vector<node_id> const& inputs(node_id v) const { return from[v]; }
  [[nodiscard]] std::vector<value_ref> const& reads(node_id v) const { return values[v]; }
  [[nodiscard]] std::uint32_t output_count(node_id v) const { return outputs[v]; }
};

/// Nodes that read nothing unless `from` says so, with control edges and run-once nodes.
struct controlled {
  std::vector<std::vector<int>> edges;
  std::vector<bool> once = {};   // empty = none
  std::vector<bool> loose = {};  // run-once nodes that may pass others; empty = none
  std::vector<std::vector<int>> from = {};

  [[nodiscard]] std::size_t node_count() const { return edges.size(); }
  [[nodiscard]] std::vector<int> inputs(node_id v) const {
    return from.empty() ? std::vector<int>{} : from[v];
  }
  [[nodiscard]] std::vector<int> const& after(node_id v) const { return edges[v]; }
  [[nodiscard]] bool is_run_once(node_id v) const { return !once.empty() && once[v]; }
  [[nodiscard]] bool is_ordered(node_id v) const { return loose.empty() || !loose[v]; }
};

std::vector<node_id> order_of(checkmate::dag const& d) {
  std::vector<node_id> ids;
  for (auto i : d.nodes()) ids.push_back(d.id(i));
  return ids;
}
std::string control_error(controlled const& g) {
  return message_of<invalid_graph>([&] { (void)lower(g, uniform_cost{}); });
}

struct huge {
  [[nodiscard]] std::uint64_t node_count() const { return std::uint64_t{1} << 40; }
  [[nodiscard]] std::vector<int> inputs(node_id) const { return {}; }
};
struct negative_count {
  [[nodiscard]] int node_count() const { return -1; }
  [[nodiscard]] std::vector<int> inputs(node_id) const { return {}; }
};

std::string graph_error(nested const& g) {
  return message_of<invalid_graph>([&] { (void)lower(g, uniform_cost{}); });
}
std::string cost_error(table_cost const& costs) {
  nested const two = {{}, {0}};
  return message_of<invalid_cost>([&] { (void)lower(two, costs); });
}

}  // namespace

TEST_CASE("lower: ids that are a topological order keep their places") {
  auto const d = lower(nested{{}, {0}, {0}, {2, 1}}, uniform_cost{});
  CHECK(order_of(d) == std::vector<node_id>{0, 1, 2, 3});
}

TEST_CASE("lower: other ids are sorted, smallest ready id first, and translate both ways") {
  auto const d = lower(nested{{3}, {0}, {}, {2}}, uniform_cost{});
  CHECK(order_of(d) == std::vector<node_id>{2, 3, 0, 1});
  for (auto v : d.nodes()) CHECK(d.index_of(d.id(v)) == v);
  CHECK(d.inputs(checkmate::node_index{3})[0] == 2);
  CHECK(d.ref(d.first_value(checkmate::node_index{3})) == value_ref{1, 0});
}

TEST_CASE("lower: an input listed twice counts once") {
  auto const d = lower(nested{{}, {0, 0, 0}}, uniform_cost{});
  CHECK(d.edge_count() == 1);
  CHECK(d.reads(checkmate::node_index{1}).size() == 1);
}

TEST_CASE("lower: a single node is a graph, no nodes are not") {
  CHECK(lower(nested{{}}, uniform_cost{}).size() == 1);
  CHECK(graph_error({}) == "the graph has no nodes");
}

TEST_CASE("lower: a cycle is reported with its nodes in order") {
  nested const g = {{}, {0, 3}, {1}, {2}, {3}};
  CHECK(graph_error(g) == "the graph has a cycle: node 1 -> node 2 -> node 3 -> node 1");
  try {
    (void)lower(g, uniform_cost{});
  } catch (invalid_graph const& e) {
    CHECK(e.nodes() == std::vector<node_id>{1, 2, 3});
  }
}

TEST_CASE("lower: a long cycle is cut in the message and whole in the exception") {
  nested g(1000);
  for (int v = 0; v < 1000; ++v) g[static_cast<std::size_t>(v)] = {(v + 999) % 1000};
  CHECK(graph_error(g).find("... (1000 nodes) -> node 0") != std::string::npos);
}

TEST_CASE("lower: self-loops, unknown and negative ids name the reader") {
  CHECK(graph_error({{}, {1}}) == "node 1 reads itself");
  CHECK(graph_error({{}, {2}}) == "node 1 reads node 2, but ids are 0..1");
  CHECK(graph_error({{}, {7}}) == "node 1 reads node 7, but ids are 0..1");
  CHECK(graph_error({{}, {-1}}) == "node 1 reads node -1, but ids are 0..1");
}

TEST_CASE("lower: node counts that cannot be are refused") {
  CHECK(message_of<invalid_graph>([] { (void)lower(huge{}, uniform_cost{}); }).find("32-bit") !=
        std::string::npos);
  CHECK(message_of<invalid_graph>([] { (void)lower(negative_count{}, uniform_cost{}); }) ==
        "node_count is negative: -1");
}

TEST_CASE("lower: reads and inputs that disagree are refused") {
  auto error = [](free_hand const& g) {
    return message_of<invalid_graph>([&] { (void)lower(g, uniform_cost{}); });
  };
  CHECK(error({{1, 1}, {{}, {0}}, {{}, {}}}) ==
        "node 1 lists node 0 among its inputs but reads none of its values");
  CHECK(error({{1, 1}, {{}, {}}, {{}, {{0, 0}}}}) ==
        "node 1 reads a value of node 0, which is not among its inputs");
  CHECK(error({{2, 1}, {{}, {0}}, {{}, {{0, 2}}}}) == "node 1 reads output 2 of node 0, which has 2");
  CHECK(error({{1, 1}, {{}, {5}}, {{}, {{0, 0}}}}) == "node 1 reads node 5, but ids are 0..1");
}

TEST_CASE("lower: nodes without outputs are allowed, reading them is not") {
  struct sink {
    [[nodiscard]] std::size_t node_count() const { return 2; }
    [[nodiscard]] std::vector<int> inputs(node_id v) const {
      return v == 1 ? std::vector<int>{0} : std::vector<int>{};
    }
    [[nodiscard]] std::uint32_t output_count(node_id v) const { return v == empty ? 0 : 1; }
    node_id empty;
  };
  CHECK(lower(sink{1}, uniform_cost{}).value_count() == 1);
  CHECK(message_of<invalid_graph>([] { (void)lower(sink{0}, uniform_cost{}); }) ==
        "node 1 reads node 0, which produces no value");
}

TEST_CASE("lower: which output is retained, and which node runs once, is said one by one") {
  struct two_outputs {
    [[nodiscard]] std::size_t node_count() const { return 2; }
    [[nodiscard]] std::vector<int> inputs(node_id) const { return {}; }
    [[nodiscard]] std::uint32_t output_count(node_id) const { return 2; }
    [[nodiscard]] bool is_retained(node_id v, std::uint32_t k) const { return v == 1 && k == 1; }
    [[nodiscard]] bool is_run_once(node_id v) const { return v == 0; }
  };
  table_cost const costs{.times = {1, 1}, .memories = {{1, 2}, {3, 4}}};
  auto const d = lower(two_outputs{}, costs);
  REQUIRE(d.value_count() == 4);
  for (auto v : d.values()) {
    CHECK(d.retained(v) == (v == 3));
    CHECK(d.memory(v) == static_cast<bytes>(v + 1));
  }
  CHECK(d.run_once(checkmate::node_index{0}));
  CHECK_FALSE(d.run_once(checkmate::node_index{1}));
}

TEST_CASE("lower: impossible times name the node") {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  double const inf = std::numeric_limits<double>::infinity();
  CHECK(cost_error(table_cost::of_nodes({1, nan}, {1, 1})).find("time of node 1") == 0);
  CHECK(cost_error(table_cost::of_nodes({1, inf}, {1, 1})).find("time of node 1") == 0);
  CHECK(cost_error(table_cost::of_nodes({-1, 1}, {1, 1})).find("time of node 0") == 0);
  CHECK(cost_error(table_cost::of_nodes({1e308, 1e308}, {1, 1})).find("more than a double holds") !=
        std::string::npos);
}

TEST_CASE("lower: impossible bytes name the node") {
  bytes const most = std::numeric_limits<bytes>::max();
  CHECK(cost_error(table_cost::of_nodes({1, 1}, {1, -1})) == "memory of node 1 is negative: -1");
  CHECK(cost_error(table_cost::of_nodes({1, 1}, {most / 4 + 1, most / 4 + 1})) ==
        "the bytes add up to more than 2^62, at memory of node 1");
  table_cost costs = table_cost::of_nodes({1, 1}, {1, 1});
  costs.workspaces = {0, -5};
  CHECK(cost_error(costs) == "workspace of node 1 is negative: -5");
  costs.workspaces = {};
  costs.fixed = -7;
  CHECK(cost_error(costs) == "fixed memory of the graph is negative: -7");
  costs.fixed = most;
  CHECK(cost_error(costs).find("fixed memory is more than") == 0);
}

TEST_CASE("lower: zero times are fine and cost no overhead") {
  nested const g = {{}, {0}};
  auto const r = checkmate::solve(g, uniform_cost{0, 1}, {.budget = 2});
  REQUIRE(r);
  CHECK(r.overhead() == 0);
  CHECK(r.gap() == 0);
}

TEST_CASE("lower: a chain of a million nodes neither recurses nor crawls") {
  struct chain {
    [[nodiscard]] std::size_t node_count() const { return 1'000'000; }
    [[nodiscard]] std::vector<node_id> inputs(node_id v) const {
      return v == 0 ? std::vector<node_id>{} : std::vector<node_id>{v - 1};
    }
  };
  auto const d = lower(chain{}, uniform_cost{});
  CHECK(checkmate::no_recompute_schedule(d).peak_memory == 2);
}

TEST_CASE("lower: the order of first executions keeps to control edges, named once or twice") {
  auto const d = lower(controlled{{{2, 2}, {0}, {}, {}}}, uniform_cost{});
  CHECK(order_of(d) == std::vector<node_id>{2, 0, 1, 3});
  CHECK(test::numbers(d.control_inputs(checkmate::node_index{1})) == std::vector<std::size_t>{0});
  CHECK(test::numbers(d.control_inputs(checkmate::node_index{2})) == std::vector<std::size_t>{1});
  CHECK(test::numbers(d.control_users(checkmate::node_index{0})) == std::vector<std::size_t>{1});
  CHECK(d.control_inputs(checkmate::node_index{3}).empty());
  CHECK(d.edge_count() == 0);
}

TEST_CASE("lower: a control edge to what is read anyway says nothing new") {
  auto const d = lower(controlled{{{}, {0}}, {}, {}, {{}, {0}}}, uniform_cost{});
  CHECK(test::numbers(d.inputs(checkmate::node_index{1})) == std::vector<std::size_t>{0});
  CHECK(d.control_inputs(checkmate::node_index{1}).empty());
}

TEST_CASE("lower: wrong control edges name both nodes, and cycles through them are told apart") {
  CHECK(control_error({{{}, {1}}}) == "node 1 comes after itself");
  CHECK(control_error({{{}, {7}}}) == "node 1 comes after node 7, but ids are 0..1");
  CHECK(control_error({{{}, {-1}}}) == "node 1 comes after node -1, but ids are 0..1");
  CHECK(control_error({{{1}, {0}}}) ==
        "the graph has a cycle through control edges: node 0 -> node 1 -> node 0");
  CHECK(control_error({{{2}, {}, {}}, {}, {}, {{}, {0}, {1}}}) ==
        "the graph has a cycle through control edges: node 0 -> node 1 -> node 2 -> node 0");
  // A cycle of reads alone is called what it is, whatever control edges there are elsewhere.
  CHECK(control_error({{{}, {}, {0}}, {}, {}, {{1}, {0}, {}}}) ==
        "the graph has a cycle: node 0 -> node 1 -> node 0");
}

TEST_CASE(
    "lower: ordered run-once nodes follow each other as first executions do, those that may pass do not") {
  auto const d = lower(
      controlled{{{}, {}, {}, {}, {}}, {true, false, true, true, true}, {false, false, true, false, false}},
      uniform_cost{});
  CHECK(d.ordered(checkmate::node_index{0}));
  CHECK_FALSE(d.ordered(checkmate::node_index{1}));  // not run-once
  CHECK_FALSE(d.ordered(checkmate::node_index{2}));
  CHECK(d.run_once(checkmate::node_index{2}));
  CHECK(d.control_inputs(checkmate::node_index{2}).empty());
  CHECK(test::numbers(d.control_inputs(checkmate::node_index{3})) == std::vector<std::size_t>{0});
  CHECK(test::numbers(d.control_inputs(checkmate::node_index{4})) == std::vector<std::size_t>{3});
  // Where ids are no topological order, the order is that of the first executions: 1, 0, 2.
  auto const e = lower(controlled{{{}, {}, {}}, {true, true, true}, {}, {{1}, {}, {}}}, uniform_cost{});
  CHECK(order_of(e) == std::vector<node_id>{1, 0, 2});
  CHECK(e.control_inputs(checkmate::node_index{1}).empty());  // reads it
  CHECK(test::numbers(e.control_inputs(checkmate::node_index{2})) == std::vector<std::size_t>{1});
}

TEST_CASE("training graphs: forward nodes keep their control edges and their place among run-once nodes") {
  controlled const forward{{{}, {}, {0}}, {true, true, false}, {false, true, false}, {{}, {}, {1}}};
  auto const g = checkmate::make_training_graph(forward, checkmate::backward_rule{});
  CHECK(g.after(2) == std::vector<node_id>{0});
  CHECK(g.is_ordered(0));
  CHECK_FALSE(g.is_ordered(1));
}
