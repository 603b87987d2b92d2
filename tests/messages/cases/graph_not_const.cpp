// SPDX-License-Identifier: Apache-2.0
// expect: checkmate: node_count() of this graph type must be const and return an integer
#include <checkmate/cost/uniform.hpp>
#include <checkmate/solve.hpp>

struct net {
  int node_count() { return 1; }
  std::vector<int> inputs(checkmate::node_id) const { return {}; }
};

int main() {
  (void)checkmate::solve(net{}, checkmate::uniform_cost{}, {.budget = 8});
}
