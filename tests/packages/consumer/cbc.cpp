// SPDX-License-Identifier: Apache-2.0
//
// A program of a user of the cbc component: the smallest knapsack, solved by CBC.
#include <iostream>

#include <checkmate/checkmate.hpp>
#include <checkmate/solvers/cbc.hpp>

checkmate::linear_model knapsack();

int main() {
  auto const found = checkmate::cbc{}.solve(knapsack(), {});
  if (found.status != checkmate::solve_status::optimal) {
    std::cerr << found.detail << '\n';
    return 1;
  }
  std::cout << "cbc " << -found.objective << '\n';
}
