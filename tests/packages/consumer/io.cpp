// SPDX-License-Identifier: Apache-2.0
//
// A program of a user of the io component: a graph to text and back.
#include <iostream>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/json.hpp>

std::size_t nodes_elsewhere(checkmate::recorded_graph const& g);

int main() {
  checkmate::recorded_graph g;
  g.nodes.push_back({.name = "a", .time = 1, .outputs = {8}});
  g.nodes.push_back({.name = "b", .time = 2, .outputs = {8}, .reads = {{0, 0}}});
  auto const back = checkmate::parse_graph(checkmate::graph_text(g));
  auto const found = checkmate::solve(back, back, {.budget = 16});
  if (!found || nodes_elsewhere(back) != 2) return 1;
  std::cout << "io " << found.plan->time << '\n';
}
