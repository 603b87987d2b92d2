// SPDX-License-Identifier: Apache-2.0
//
// The same headers in a second translation unit.
#include <boost/graph/adjacency_list.hpp>

#include <checkmate/adapters/boost_graph.hpp>

using their_graph = boost::adjacency_list<>;
std::size_t vertices_elsewhere(their_graph const& g);

std::size_t vertices_elsewhere(their_graph const& g) {
  return checkmate::from_boost_graph(g).node_count();
}
