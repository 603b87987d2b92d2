// SPDX-License-Identifier: Apache-2.0
// expect: checkmate: pinned_memory(graph) of this cost model is called fixed_memory(graph) by now
#include <vector>

#include <checkmate/graph/lower.hpp>

struct costs {
  double time(auto const&, checkmate::node_id) const { return 1; }
  checkmate::bytes memory(auto const&, checkmate::node_id) const { return 1; }
  checkmate::bytes pinned_memory(auto const&) const { return 1; }
};

int main() {
  std::vector<std::vector<int>> const graph = {{}};
  (void)checkmate::lower(graph, costs{});
}
