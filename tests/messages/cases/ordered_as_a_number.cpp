// SPDX-License-Identifier: Apache-2.0
// expect: checkmate: is_ordered(node) of this graph type must be const and return bool
#include <string>
#include <utility>
#include <vector>

#include <checkmate/cost/uniform.hpp>
#include <checkmate/solve.hpp>

struct net {
  int node_count() const { return 1; }
  std::vector<int> inputs(checkmate::node_id) const { return {}; }
  int is_ordered(checkmate::node_id) const { return 1; }
};

int main() {
  (void)checkmate::solve(net{}, checkmate::uniform_cost{}, {.budget = 8});
}
