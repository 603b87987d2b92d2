// SPDX-License-Identifier: Apache-2.0
// expect: checkmate: this graph type has no inputs(graph, node) that returns a range of integers: write a
#include <checkmate/checkmate.hpp>

struct net {
  int node_count() const { return 3; }
};

int main() {
  (void)checkmate::solve(net{}, checkmate::uniform_cost{}, {.budget = 8});
}
