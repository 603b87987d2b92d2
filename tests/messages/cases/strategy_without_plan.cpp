// SPDX-License-Identifier: Apache-2.0
// expect: checkmate: this strategy has no plan(dag, plan_options) that returns a result
#include <checkmate/cost/uniform.hpp>
#include <checkmate/solve.hpp>

struct mine {
  checkmate::result make_plan(checkmate::dag const&, checkmate::plan_options const&) const { return {}; }
};

int main() {
  std::vector<std::vector<int>> const graph = {{}};
  (void)checkmate::solve(graph, checkmate::uniform_cost{}, {.budget = 8}, mine{});
}
