// SPDX-License-Identifier: Apache-2.0
//
// A program of a user who has a solver-free, file-free checkmate. A second translation unit includes the same
// headers.
#include <iostream>
#include <vector>

#include <checkmate/checkmate.hpp>

int planned_elsewhere();

int main() {
  std::vector<std::vector<int>> const graph = {{}, {0}, {1}, {2, 0}};
  auto const found = checkmate::solve(graph, checkmate::uniform_cost{}, {.budget = 3});
  if (!found) {
    std::cerr << found.termination.detail << '\n';
    return 1;
  }
  std::cout << "core " << found.plan->steps.size() << ' ' << planned_elsewhere() << ' '
            << CHECKMATE_VERSION_MAJOR << '.' << CHECKMATE_VERSION_MINOR << '.' << CHECKMATE_VERSION_PATCH
            << '\n';
}
