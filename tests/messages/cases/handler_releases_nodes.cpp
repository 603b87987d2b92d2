// SPDX-License-Identifier: Apache-2.0
// expect: checkmate: this handler has no release(node, output)
#include <checkmate/schedule/execute.hpp>

struct engine {
  void compute(checkmate::node_id) {}
  void release(checkmate::node_id) {}
};

int main() {
  engine e;
  checkmate::execute(checkmate::schedule{}, e);
}
