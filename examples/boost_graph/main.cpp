// SPDX-License-Identifier: Apache-2.0
//
// A Boost.Graph as it is: bundled properties are the costs, the plan speaks of its vertices.
#include <cstdint>
#include <iostream>
#include <string>

#include <boost/graph/adjacency_list.hpp>

#include <checkmate/adapters/boost_graph.hpp>
#include <checkmate/checkmate.hpp>

struct layer {
  std::string name;
  double milliseconds;
  std::int64_t bytes;
};

using network = boost::adjacency_list<boost::vecS, boost::listS, boost::directedS, layer>;

network training_step() {
  network net;
  auto const conv1 = add_vertex(layer{"conv1", 2, 400}, net);
  auto const conv2 = add_vertex(layer{"conv2", 2, 400}, net);
  auto const dense = add_vertex(layer{"dense", 1, 100}, net);
  auto const loss = add_vertex(layer{"loss", 0.1, 4}, net);
  auto const dense_grad = add_vertex(layer{"dense.grad", 2, 400}, net);
  auto const conv2_grad = add_vertex(layer{"conv2.grad", 4, 400}, net);
  auto const conv1_grad = add_vertex(layer{"conv1.grad", 4, 400}, net);
  add_edge(conv1, conv2, net);  // an edge leads from a producer to a reader
  add_edge(conv2, dense, net);
  add_edge(dense, loss, net);
  add_edge(loss, dense_grad, net);
  add_edge(conv2, dense_grad, net);
  add_edge(dense_grad, conv2_grad, net);
  add_edge(conv1, conv2_grad, net);
  add_edge(conv2_grad, conv1_grad, net);
  return net;
}

int main() {
  network const net = training_step();
  auto const graph = checkmate::from_boost_graph(net);
  auto const costs = checkmate::property_map_cost(get(&layer::milliseconds, net), get(&layer::bytes, net));

  auto const found = checkmate::solve(graph, costs, {.budget = 1200}, checkmate::greedy{});
  if (!found) {
    std::cerr << found.termination.detail << '\n';
    return 1;
  }
  std::cout << "peak " << found.plan->peak_memory << " bytes, " << 100 * found.overhead() << " % more time\n";
  for (auto const& step : *found.plan) {
    bool const compute = step.what == checkmate::action::compute;
    std::cout << (compute ? "run  " : "free ") << net[graph.handle(step.node)].name << '\n';
  }
}
