// SPDX-License-Identifier: Apache-2.0
//
// The same headers in a second translation unit: a function that is not inline would be defined twice.
#include <vector>

#include <checkmate/checkmate.hpp>

int planned_elsewhere();

int planned_elsewhere() {
  std::vector<std::vector<int>> const graph = {{}, {0}};
  auto const found = checkmate::solve(graph, checkmate::uniform_cost{}, {.budget = 2});
  return found ? static_cast<int>(found.plan->steps.size()) : -1;
}
