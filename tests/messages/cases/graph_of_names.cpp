// SPDX-License-Identifier: Apache-2.0
// expect: checkmate: inputs(node) of this graph type must return a range of node ids (integers)
#include <string>

#include <checkmate/cost/uniform.hpp>
#include <checkmate/solve.hpp>

struct net {
  int node_count() const { return 1; }
  std::vector<std::string> inputs(checkmate::node_id) const { return {"x"}; }
};

int main() {
  (void)checkmate::solve(net{}, checkmate::uniform_cost{}, {.budget = 8});
}
