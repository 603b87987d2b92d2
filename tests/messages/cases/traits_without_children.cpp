// SPDX-License-Identifier: Apache-2.0
// expect: checkmate::from_graph_traits: the traits need NodeRef, child_begin(NodeRef), child_end(NodeRef)
#include <checkmate/adapters/llvm_graph.hpp>

struct traits {
  using NodeRef = int*;
  static NodeRef getEntryNode(int) { return nullptr; }
};

int main() {
  (void)checkmate::from_graph_traits<traits>(1, checkmate::edge_meaning::to_input);
}
