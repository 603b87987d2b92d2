// SPDX-License-Identifier: Apache-2.0
//
// A program of a user of the glpk component: the smallest knapsack, solved by GLPK.
#include <iostream>

#include <checkmate/checkmate.hpp>
#include <checkmate/solvers/glpk.hpp>

checkmate::linear_model knapsack();

int main() {
  auto const found = checkmate::glpk{}.solve(knapsack(), {});
  if (found.status != checkmate::solve_status::optimal) {
    std::cerr << found.detail << '\n';
    return 1;
  }
  std::cout << "glpk " << -found.objective << '\n';
}
