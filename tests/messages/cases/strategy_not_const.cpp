// SPDX-License-Identifier: Apache-2.0
// expect: checkmate: plan(dag, plan_options) of this strategy must be const and return checkmate::result
#include <checkmate/solve.hpp>

struct mine {
  checkmate::result plan(checkmate::dag const&, checkmate::plan_options const&) { return {}; }
};

int main() {
  (void)checkmate::solve(checkmate::dag{}, {.budget = 8}, mine{});
}
