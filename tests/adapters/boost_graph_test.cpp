// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#if __has_include(<boost/graph/adjacency_list.hpp>)

#include <string>
#include <utility>
#include <vector>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <support/throws.hpp>

#include <checkmate/adapters/boost_graph.hpp>
#include <checkmate/checkmate.hpp>

using checkmate::edge_meaning;
using checkmate::node_id;

namespace {

struct op {
  std::string name;
  double seconds = 1;
  checkmate::bytes size = 8;
};

template <class G>
std::vector<node_id> inputs_of(G const& g, node_id v) {
  auto const found = checkmate::inputs(g, v);
  return {found.begin(), found.end()};
}

/// 0 -> 1 -> 2 and 0 -> 2, twice.
template <class G>
G diamondless() {
  G g;
  auto const a = add_vertex(op{"a", 1, 8}, g);
  auto const b = add_vertex(op{"b", 2, 16}, g);
  auto const c = add_vertex(op{"c", 3, 32}, g);
  add_edge(a, b, g);
  add_edge(b, c, g);
  add_edge(a, c, g);
  add_edge(a, c, g);
  return g;
}

using vec_graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, op>;
using list_graph = boost::adjacency_list<boost::listS, boost::listS, boost::directedS, op>;
using both_ways = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS, op>;

}  // namespace

TEST_CASE_TEMPLATE("from_boost_graph: edges lead to readers, parallel ones count once", G, vec_graph,
                   list_graph, both_ways) {
  G const theirs = diamondless<G>();
  auto const g = checkmate::from_boost_graph(theirs);
  REQUIRE(g.node_count() == 3);
  CHECK(inputs_of(g, 0).empty());
  CHECK(inputs_of(g, 1) == std::vector<node_id>{0});
  CHECK(inputs_of(g, 2) == std::vector<node_id>{0, 1});
  CHECK(theirs[g.handle(1)].name == "b");
}

TEST_CASE_TEMPLATE("from_boost_graph: property maps are costs, bundled members among them", G, vec_graph,
                   list_graph) {
  G const theirs = diamondless<G>();
  auto const g = checkmate::from_boost_graph(theirs, edge_meaning::to_reader,
                                             {.label = [&](auto const& v) { return theirs[v].name; }});
  auto const costs = checkmate::property_map_cost(get(&op::seconds, theirs), get(&op::size, theirs), 5);
  auto const d = checkmate::lower(g, costs);
  CHECK(d.base_time() == 6);
  CHECK(d.memory(checkmate::value_index{2}) == 32);
  CHECK(d.fixed_memory() == 5);
  CHECK(d.describe(checkmate::node_index{1}) == "node 1 (b)");
  CHECK(checkmate::solve(g, costs, {.budget = 5 + 56}));
  CHECK_FALSE(checkmate::solve(g, costs, {.budget = 5 + 55}));
}

TEST_CASE("from_boost_graph: compressed_sparse_row_graph, with costs outside the graph") {
  std::vector<std::pair<int, int>> const edges = {{0, 1}, {0, 3}, {1, 2}, {2, 3}};
  boost::compressed_sparse_row_graph<boost::directedS> const theirs(boost::edges_are_unsorted, edges.begin(),
                                                                    edges.end(), 4);
  auto const g = checkmate::from_boost_graph(theirs);
  CHECK(inputs_of(g, 3) == std::vector<node_id>{0, 2});
  CHECK(g.id(3) == 3);
  std::vector<float> const times = {1, 2, 3, 4};
  std::vector<int> const sizes = {10, 20, 30, 40};
  auto const index = get(boost::vertex_index, theirs);
  auto const costs = checkmate::property_map_cost(boost::make_iterator_property_map(times.begin(), index),
                                                  boost::make_iterator_property_map(sizes.begin(), index));
  auto const d = checkmate::lower(g, costs);
  CHECK(d.base_time() == 10);
  CHECK(d.memory(checkmate::value_index{3}) == 40);
  auto const pointers = checkmate::lower(g, checkmate::property_map_cost(times.data(), sizes.data()));
  CHECK(pointers.base_time() == 10);
}

TEST_CASE("from_boost_graph: dependency graphs point the other way") {
  vec_graph const theirs = diamondless<vec_graph>();
  auto const g = checkmate::from_boost_graph(theirs, edge_meaning::to_input);
  CHECK(inputs_of(g, 0) == std::vector<node_id>{1, 2});
  CHECK(inputs_of(g, 1) == std::vector<node_id>{2});
  CHECK(checkmate::lower(g, checkmate::uniform_cost{}).id(checkmate::node_index{0}) == 2);
}

TEST_CASE("from_boost_graph: a self-loop and a cycle are refused by name when the graph is lowered") {
  vec_graph theirs = diamondless<vec_graph>();
  add_edge(2, 0, theirs);
  auto const lower = [&] {
    (void)checkmate::lower(checkmate::from_boost_graph(theirs, edge_meaning::to_reader,
                                                       {.label = [&](auto v) { return theirs[v].name; }}),
                           checkmate::uniform_cost{});
  };
  CHECK(test::message_of<checkmate::invalid_graph>(lower).find("the graph has a cycle: node 0 (a) -> ") == 0);
  remove_edge(2, 0, theirs);
  add_edge(1, 1, theirs);
  CHECK(test::message_of<checkmate::invalid_graph>(lower) == "node 1 (b) reads itself");
}

#else

TEST_CASE("from_boost_graph: SKIPPED, Boost.Graph's headers are not installed (libboost-graph-dev)") {}

#endif
