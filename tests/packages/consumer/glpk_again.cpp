// SPDX-License-Identifier: Apache-2.0
//
// The same headers in a second translation unit, and the model that the first one solves.
#include <checkmate/checkmate.hpp>
#include <checkmate/solvers/glpk.hpp>

checkmate::linear_model knapsack();

// Worth 4, 3 and 2, weighing 3, 2 and 1, at most 3 together: the last two, worth 5.
checkmate::linear_model knapsack() {
  checkmate::linear_model_builder b;
  auto const first = b.add_binary(-4);
  auto const second = b.add_binary(-3);
  auto const third = b.add_binary(-2);
  b.begin_row(-checkmate::infinity, 3);
  b.add_term(first, 3);
  b.add_term(second, 2);
  b.add_term(third, 1);
  return b.finish();
}
