// SPDX-License-Identifier: Apache-2.0
// expect: checkmate: this graph type has no node_count(graph) that returns an integer
#include <string>
#include <utility>
#include <vector>

#include <checkmate/cost/uniform.hpp>
#include <checkmate/solve.hpp>

int main() {
  (void)checkmate::solve(std::vector<std::string>{"a"}, checkmate::uniform_cost{}, {.budget = 8});
}
