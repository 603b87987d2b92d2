// SPDX-License-Identifier: Apache-2.0
// expect: checkmate: this graph type has no node_count(graph)
#include <checkmate/cost/uniform.hpp>
#include <checkmate/solve.hpp>

int main() {
  (void)checkmate::solve(checkmate::uniform_cost{}, std::vector<std::vector<int>>{{}}, {.budget = 8});
}
