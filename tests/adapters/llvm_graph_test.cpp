// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <support/throws.hpp>

#include <checkmate/adapters/llvm_graph.hpp>
#include <checkmate/checkmate.hpp>

using checkmate::edge_meaning;
using checkmate::node_id;

namespace {

struct instruction {
  std::string name;
  std::vector<instruction*> children;
};
struct function {
  std::vector<instruction*> body;
};

/// As compilers write them: iterators that are no more than LLVM's traits ask for, far from a C++20 range.
struct child_iterator {
  instruction* const* at;
  instruction* operator*() const { return *at; }
  child_iterator& operator++() {
    ++at;
    return *this;
  }
  bool operator!=(child_iterator const& other) const { return at != other.at; }
};

struct traits {
  using NodeRef = instruction*;
  static child_iterator child_begin(NodeRef n) { return {n->children.data()}; }
  static child_iterator child_end(NodeRef n) { return {n->children.data() + n->children.size()}; }
  static child_iterator nodes_begin(function const* f) { return {f->body.data()}; }
  static child_iterator nodes_end(function const* f) { return {f->body.data() + f->body.size()}; }
  static NodeRef getEntryNode(function const* f) { return f->body.front(); }
};

/// Traits of a graph of which only the entry is known.
struct entry_traits {
  using NodeRef = instruction*;
  static child_iterator child_begin(NodeRef n) { return traits::child_begin(n); }
  static child_iterator child_end(NodeRef n) { return traits::child_end(n); }
  static NodeRef getEntryNode(function const* f) { return f->body.front(); }
};

std::vector<node_id> inputs_of(checkmate::handle_graph<instruction*> const& g, node_id v) {
  auto const found = checkmate::inputs(g, v);
  return {found.begin(), found.end()};
}

}  // namespace

TEST_CASE("from_graph_traits: children that are readers, in the order of nodes_begin") {
  instruction load{"load", {}}, mul{"mul", {}}, add{"add", {}};
  load.children = {&mul, &add, &add};
  mul.children = {&add};
  function const f{{&load, &mul, &add}};
  auto const g =
      checkmate::from_graph_traits<traits>(&f, edge_meaning::to_reader, {.label = &instruction::name});
  REQUIRE(g.node_count() == 3);
  CHECK(inputs_of(g, 0).empty());
  CHECK(inputs_of(g, 1) == std::vector<node_id>{0});
  CHECK(inputs_of(g, 2) == std::vector<node_id>{0, 1});
  CHECK(g.handle(2) == &add);
  CHECK(checkmate::label(g, 1) == "mul");
  CHECK(checkmate::lower(g, checkmate::uniform_cost{}).size() == 3);
}

TEST_CASE("from_graph_traits: children that are operands") {
  instruction load{"load", {}}, mul{"mul", {&load}}, add{"add", {&load, &mul}};
  function const f{{&add, &load, &mul}};
  auto const g = checkmate::from_graph_traits<traits>(&f, edge_meaning::to_input);
  CHECK(inputs_of(g, 0) == std::vector<node_id>{1, 2});
  CHECK(inputs_of(g, 2) == std::vector<node_id>{1});
  auto const d = checkmate::lower(g, checkmate::uniform_cost{});
  CHECK(g.handle(d.id(checkmate::node_index{0})) == &load);
  CHECK(g.handle(d.id(checkmate::node_index{2})) == &add);
}

TEST_CASE("from_graph_traits: without nodes_begin the entry's reach is the graph, however deep") {
  constexpr std::size_t depth = 200000;
  std::vector<instruction> chain(depth);
  for (std::size_t i = 0; i + 1 < depth; ++i) chain[i].children = {&chain[i + 1]};
  instruction unreachable{"dead", {&chain[0]}};
  function const f{{&chain[0], &unreachable}};
  auto const g = checkmate::from_graph_traits<entry_traits>(&f, edge_meaning::to_input);
  REQUIRE(g.node_count() == depth);
  CHECK(inputs_of(g, 0) == std::vector<node_id>{1});
  CHECK(g.handle(depth - 1) == &chain[depth - 1]);
}

TEST_CASE("from_graph_traits: a child that is no node is named by its parent") {
  instruction outside{"outside", {}}, add{"add", {&outside}};
  function const f{{&add}};
  auto const call = [&] {
    (void)checkmate::from_graph_traits<traits>(&f, edge_meaning::to_input, {.label = &instruction::name});
  };
  CHECK(test::message_of<checkmate::invalid_graph>(call).find("node 0 (add) reads something that is not") ==
        0);
  auto const g =
      checkmate::from_graph_traits<traits>(&f, edge_meaning::to_input, {.ignore_unknown_inputs = true});
  CHECK(g.node_count() == 1);
}
