// SPDX-License-Identifier: Apache-2.0
// expect: checkmate::make_graph: inputs_of must be callable with a node's handle
#include <checkmate/adapters/make_graph.hpp>

struct op {
  std::vector<op*> operands;
};

int main() {
  std::vector<op> ops(2);
  (void)checkmate::make_graph(
      ops, [](op const& v) { return v.operands; });  // handles of objects are their addresses
}
