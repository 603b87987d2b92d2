// SPDX-License-Identifier: Apache-2.0
// expect: checkmate: fixed_memory(graph) of this cost model must be const and return an integer, a number of
#include <string>
#include <utility>
#include <vector>

#include <checkmate/cost/uniform.hpp>
#include <checkmate/solve.hpp>

struct costs {
  double time(auto const&, checkmate::node_id) const { return 1; }
  long memory(auto const&, checkmate::node_id) const { return 1; }
  double fixed_memory(auto const&) const { return 0.5; }
};

int main() {
  (void)checkmate::solve(std::vector<std::vector<int>>{{}}, costs{}, {.budget = 8});
}
