// SPDX-License-Identifier: Apache-2.0
// expect: checkmate: memory(graph, node) of this cost model must be const and return an integer, a number of
#include <checkmate/cost/functional.hpp>
#include <checkmate/solve.hpp>

int main() {
  std::vector<std::vector<int>> const graph = {{}};
  auto const time = [](checkmate::node_id) { return 1.0; };
  auto const megabytes = [](checkmate::node_id) { return 0.5; };
  (void)checkmate::solve(graph, checkmate::functional_cost(time, megabytes), {.budget = 8});
}
