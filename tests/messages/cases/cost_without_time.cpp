// SPDX-License-Identifier: Apache-2.0
// expect: checkmate: this cost model has no time(graph, node)
#include <checkmate/solve.hpp>

using graph = std::vector<std::vector<int>>;
struct costs {
  std::int64_t memory(graph const&, checkmate::node_id) const { return 1; }
};

int main() {
  (void)checkmate::solve(graph{{}}, costs{}, {.budget = 8});
}
