// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <support/throws.hpp>

#include <checkmate/adapters/make_graph.hpp>
#include <checkmate/checkmate.hpp>

using checkmate::node_id;

namespace {

/// A node of a compiler's representation: operands are pointers to other nodes.
struct op {
  std::string name;
  std::vector<op*> operands;
  double seconds = 1;
  checkmate::bytes size = 8;
};

struct owned_block {
  std::vector<std::unique_ptr<op>> ops;
  op* add(std::string name, std::vector<op*> operands) {
    ops.push_back(std::make_unique<op>(op{std::move(name), std::move(operands)}));
    return ops.back().get();
  }
};

template <class G>
std::vector<node_id> inputs_of(G const& g, node_id v) {
  auto const found = checkmate::inputs(g, v);
  return {found.begin(), found.end()};
}

static_assert(checkmate::graph<checkmate::handle_graph<op*>>);
static_assert(checkmate::value_graph<checkmate::handle_graph<std::string>>);
static_assert(checkmate::cost_model_for<decltype(checkmate::handle_cost(&op::seconds, &op::size)),
                                        checkmate::handle_graph<op*>>);

}  // namespace

TEST_CASE("make_graph: owned pointers are handles, ids are positions") {
  owned_block block;
  op* const a = block.add("a", {});
  op* const b = block.add("b", {a});
  block.add("c", {a, b, a});
  auto const g = checkmate::make_graph(block.ops, &op::operands, {.label = &op::name});
  static_assert(std::same_as<decltype(g.handle(0)), op* const&>);
  REQUIRE(checkmate::node_count(g) == 3);
  CHECK(inputs_of(g, 0).empty());
  CHECK(inputs_of(g, 2) == std::vector<node_id>{0, 1});
  CHECK(g.handle(1) == b);
  CHECK(g.id(b) == 1);
  CHECK(checkmate::label(g, 2) == "c");
}

TEST_CASE("make_graph: objects in a list are handled by their address, in any order of the list") {
  std::list<op> ops;
  op& late = ops.emplace_back(op{"late", {}});
  op& early = ops.emplace_back(op{"early", {}});
  late.operands = {&early};
  auto const g = checkmate::make_graph(ops, &op::operands);
  auto const d = checkmate::lower(g, checkmate::handle_cost(&op::seconds, &op::size));
  REQUIRE(d.size() == 2);
  CHECK(g.handle(d.id(checkmate::node_index{0})) == &early);
  CHECK(g.handle(d.id(checkmate::node_index{1})) == &late);
}

TEST_CASE("make_graph: raw, shared and referenced nodes, const or not, are the same nodes") {
  op a{"a", {}};
  op b{"b", {&a}};
  auto const expect_chain = [](auto const& g) { CHECK(inputs_of(g, 1) == std::vector<node_id>{0}); };
  expect_chain(checkmate::make_graph(std::vector<op*>{&a, &b}, &op::operands));
  expect_chain(checkmate::make_graph(std::vector<op const*>{&a, &b}, &op::operands));
  expect_chain(checkmate::make_graph(std::vector<std::reference_wrapper<op>>{a, b}, &op::operands));
  auto const inputs_of_const = [&](op* v) {
    return v == &b ? std::vector<op const*>{&a} : std::vector<op const*>{};
  };
  expect_chain(checkmate::make_graph(std::vector<op*>{&a, &b}, inputs_of_const));
  std::vector<std::shared_ptr<op>> const shared = {std::make_shared<op>(a), std::make_shared<op>(b)};
  auto const before = [&](op* v) {
    return v == shared[1].get() ? std::vector<std::shared_ptr<op>>{shared[0]}
                                : std::vector<std::shared_ptr<op>>{};
  };
  expect_chain(checkmate::make_graph(shared, before));
}

TEST_CASE("make_graph: names can be nodes") {
  std::vector<std::string> const names = {"x", "conv", "relu"};
  auto const inputs = [](std::string const& name) {
    return name == "relu"   ? std::vector<std::string>{"conv"}
           : name == "conv" ? std::vector<std::string>{"x"}
                            : std::vector<std::string>{};
  };
  auto const g = checkmate::make_graph(names, inputs);
  CHECK(inputs_of(g, 2) == std::vector<node_id>{1});
  CHECK(g.id("conv") == 1);
}

TEST_CASE("make_graph: an input may name one output of a node, and refinements reach the dag") {
  op split{"split", {}};
  op left{"left", {}};
  op right{"right", {}};
  std::vector<op*> const nodes = {&split, &left, &right};
  auto const reads = [&](op* v) {
    using reads_t = std::vector<std::pair<op*, int>>;
    return v == &left ? reads_t{{&split, 0}} : v == &right ? reads_t{{&split, 1}} : reads_t{};
  };
  auto const g = checkmate::make_graph(nodes, reads,
                                       {.output_count = [&](op* v) { return v == &split ? 2U : 1U; },
                                        .is_retained = [&](op* v, std::uint32_t) { return v == &right; },
                                        .is_run_once = [&](op* v) { return v == &split; }});
  auto const d =
      checkmate::lower(g, checkmate::handle_cost(
                              &op::seconds, [](op* v, std::uint32_t k) { return v->size * (k + 1); }, 100));
  CHECK(d.value_count() == 4);
  CHECK(d.memory(checkmate::value_index{1}) == 16);
  CHECK(d.readers(checkmate::value_index{0})[0] == 1);
  CHECK(d.readers(checkmate::value_index{1})[0] == 2);
  CHECK(d.run_once(checkmate::node_index{0}));
  CHECK_FALSE(d.run_once(checkmate::node_index{1}));
  CHECK(d.retained(checkmate::value_index{3}));
  CHECK_FALSE(d.retained(checkmate::value_index{2}));
  CHECK(d.fixed_memory() == 100);
}

TEST_CASE("make_graph: what is wrong with a list of nodes is said with the node") {
  op a{"a", {}};
  op b{"b", {&a}};
  auto const message = [](auto const& nodes, checkmate::handle_options<op*> const& options = {}) {
    return test::message_of<checkmate::invalid_graph>(
        [&] { (void)checkmate::make_graph(nodes, &op::operands, options); });
  };
  CHECK(message(std::vector<op*>{&a, nullptr}) == "position 1 of the nodes is a null pointer");
  CHECK(message(std::vector<op*>{&a, &b, &a}) == "positions 0 and 2 of the nodes are the same node");
  CHECK(message(std::vector<op*>{&b}).find("node 0 reads something that is not among the nodes") == 0);
  CHECK(message(std::vector<op*>{&b}, {.label = &op::name}).find("node 0 (b) reads") == 0);
  b.operands.push_back(nullptr);
  CHECK(message(std::vector<op*>{&a, &b}) == "node 1 has a null input");
  CHECK(message(std::vector<op*>{&a}, {.label = &op::name}) == "(nothing thrown)");
}

TEST_CASE("make_graph: control edges and run-once nodes that may pass others are nodes of the list, too") {
  op a{"a", {}};
  op b{"b", {}};
  op elsewhere{"elsewhere", {}};
  std::vector<op*> const nodes = {&a, &b};
  auto const after_b = [&](op* v) { return v == &a ? std::vector<op*>{&b} : std::vector<op*>{}; };
  auto const g = checkmate::make_graph(nodes, &op::operands,
                                       {.is_run_once = [](op*) { return true; },
                                        .is_ordered = [&](op* v) { return v == &a; },
                                        .after = after_b});
  auto const d = checkmate::lower(g, checkmate::handle_cost(&op::seconds, &op::size));
  CHECK(g.handle(d.id(checkmate::node_index{0})) == &b);
  CHECK(d.control_inputs(checkmate::node_index{1}).size() == 1);
  CHECK_FALSE(d.ordered(checkmate::node_index{0}));
  CHECK(d.ordered(checkmate::node_index{1}));
  auto const call = [&] {
    (void)checkmate::make_graph(nodes, &op::operands,
                                {.after = [&](op*) { return std::vector<op*>{&elsewhere}; }});
  };
  CHECK(test::message_of<checkmate::invalid_graph>(call) ==
        "node 0 comes after something that is not among the nodes");
}

TEST_CASE("make_graph: inputs from outside are left out where that is asked for") {
  op weight{"weight", {}};
  op conv{"conv", {&weight}};
  std::vector<op*> const nodes = {&conv};
  auto const g = checkmate::make_graph(nodes, &op::operands, {.ignore_unknown_inputs = true});
  CHECK(inputs_of(g, 0).empty());
}

TEST_CASE("make_graph: a node without outputs cannot be read") {
  op a{"store", {}};
  op b{"b", {&a}};
  std::vector<op*> const nodes = {&a, &b};
  auto const call = [&] {
    (void)checkmate::make_graph(
        nodes, &op::operands, {.label = &op::name, .output_count = [&](op* v) { return v == &a ? 0U : 1U; }});
  };
  CHECK(test::message_of<checkmate::invalid_graph>(call) ==
        "node 1 (b) reads node 0 (store), which produces no value");
}

TEST_CASE("make_graph: a plan is in terms of the owner's nodes") {
  owned_block block;
  op* last = block.add("0", {});
  for (int i = 1; i < 6; ++i) last = block.add(std::to_string(i), {last});
  auto const g = checkmate::make_graph(block.ops, &op::operands);
  auto const found = checkmate::solve(g, checkmate::handle_cost(&op::seconds, &op::size), {.budget = 16});
  REQUIRE(found);
  std::string order;
  for (auto const& step : *found.plan) {
    if (step.what == checkmate::action::compute) order += g.handle(step.node)->name;
  }
  CHECK(order == "012345");
}
