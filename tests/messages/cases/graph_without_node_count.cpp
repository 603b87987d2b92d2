// SPDX-License-Identifier: Apache-2.0
// expect: checkmate: this graph type has no node_count(graph) that returns an integer
#include <checkmate/cost/uniform.hpp>
#include <checkmate/graph/lower.hpp>

// In the namespace of the type they would be found; here they are not.
namespace mine {
struct net {};
}  // namespace mine
int node_count(mine::net const&) {
  return 1;
}
std::vector<int> inputs(mine::net const&, checkmate::node_id) {
  return {};
}

int main() {
  (void)checkmate::lower(mine::net{}, checkmate::uniform_cost{});
}
