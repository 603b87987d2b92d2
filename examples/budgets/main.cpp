// SPDX-License-Identifier: Apache-2.0
//
// Budgets: the two ends of what can be asked for, the curve between them, the cheapest budget for some more
// time, and what comes back where nothing fits.
#include <iostream>

#include <checkmate/checkmate.hpp>

int main() {
  auto const net = checkmate::residual_training_graph({.blocks = 6});  // a graph and its own cost model
  checkmate::dag const problem = checkmate::lower(net, net);           // once; then plan as often as you like

  // Below the one no schedule exists; from the other on nothing needs to be computed twice.
  checkmate::bytes const least = checkmate::smallest_conceivable_budget(problem).budget;
  checkmate::bytes const most = checkmate::no_recompute_schedule(problem).peak_memory;
  std::cout << "budgets from " << least << " to " << most << " bytes make a difference\n";

  for (checkmate::bytes budget : checkmate::sweep_budgets(problem, 5)) {
    auto const found = checkmate::solve(problem, {.budget = budget});
    std::cout << budget << " bytes: ";
    if (found) {
      std::cout << 100 * found.overhead() << " % more time\n";
    } else {
      std::cout << "no plan (" << to_string(found.termination.reason) << ")\n";
    }
  }

  // The other way round: the least memory for at most 10 % more time.
  auto const small = checkmate::least_memory(problem, {.overhead = 0.1});
  std::cout << "10 % more time: " << small.found.plan->peak_memory << " bytes\n";

  // Too small a budget is an answer, with its culprit as data and as a sentence.
  auto const none = checkmate::solve(problem, {.budget = least - 1});
  std::cout << none.termination.detail << '\n';
  bool const named = none.termination.need && none.termination.need->size == least;
  return !none && named && small.found ? 0 : 1;
}
