// SPDX-License-Identifier: Apache-2.0
// expect: checkmate: this handler has no release(node, output)
#include <checkmate/schedule/execute.hpp>

struct engine {
  void compute(checkmate::node_id) {}
  void relase(checkmate::node_id, std::uint32_t) {}
};

int main() {
  checkmate::execute(checkmate::schedule{}, engine{});
}
