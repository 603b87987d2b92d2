// SPDX-License-Identifier: Apache-2.0
//
// A program of a user of the boost_graph component.
#include <iostream>

#include <boost/graph/adjacency_list.hpp>

#include <checkmate/adapters/boost_graph.hpp>
#include <checkmate/checkmate.hpp>

using their_graph = boost::adjacency_list<>;
std::size_t vertices_elsewhere(their_graph const& g);

int main() {
  their_graph g(3);
  add_edge(0, 1, g);
  add_edge(1, 2, g);
  auto const found =
      checkmate::solve(checkmate::from_boost_graph(g), checkmate::uniform_cost{}, {.budget = 2});
  if (!found || vertices_elsewhere(g) != 3) return 1;
  std::cout << "boost_graph " << found.plan->time << '\n';
}
