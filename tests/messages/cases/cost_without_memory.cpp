// SPDX-License-Identifier: Apache-2.0
// expect: checkmate: this cost model has no memory(graph, node), nor memory(graph, node, output)
#include <checkmate/solve.hpp>

using graph = std::vector<std::vector<int>>;
struct costs {
  double time(graph const&, checkmate::node_id) const { return 1; }
  std::int64_t memroy(graph const&, checkmate::node_id) const { return 1; }
};

int main() {
  (void)checkmate::solve(graph{{}}, costs{}, {.budget = 8});
}
