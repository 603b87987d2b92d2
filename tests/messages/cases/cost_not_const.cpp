// SPDX-License-Identifier: Apache-2.0
// expect: checkmate: time(graph, node) of this cost model must be const and return a number
#include <checkmate/graph/lower.hpp>

using graph = std::vector<std::vector<int>>;
struct costs {
  double time(graph const&, checkmate::node_id) { return 1; }
  std::int64_t memory(graph const&, checkmate::node_id) const { return 1; }
};

int main() {
  (void)checkmate::lower(graph{{}}, costs{});
}
