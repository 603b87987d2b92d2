// SPDX-License-Identifier: Apache-2.0
//
// Strategies side by side, in your program: a training step of U-Net, every strategy that needs no solver,
// four budgets. With COIN-OR CBC installed, optimal{cbc{}} and windowed{clp{}, cbc{}} are called the same
// way.
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <checkmate/checkmate.hpp>
#include <checkmate/graph/forward.hpp>
#include <checkmate/planning/any_strategy.hpp>
#include <checkmate/strategies/baselines.hpp>
#include <checkmate/zoo/zoo.hpp>

namespace {

using checkmate::bytes;
using checkmate::dag;
using checkmate::result;

std::vector<checkmate::any_strategy> strategies(checkmate::forward_mask const& forward) {
  std::vector<checkmate::any_strategy> all = {checkmate::greedy{}, checkmate::local_search{}};
  checkmate::visit_baselines(forward, [&](auto const& baseline) { all.emplace_back(baseline); });
  return all;
}

}  // namespace

int main() {
  auto const net = checkmate::zoo::unet({.batch = 16});
  auto const step = checkmate::zoo::training_step_of(net);
  dag const d = checkmate::lower(step.graph, step.costs);
  bytes const peak = checkmate::no_recompute_schedule(d).peak_memory;
  std::printf("%s, batch 16: %zu nodes, %.2f GiB without recomputation\n\n%-20s", net.name().c_str(),
              d.size(), static_cast<double>(peak) / (1 << 30), "more time, at budget");
  int const percents[] = {90, 80, 70, 60};
  for (int percent : percents) std::printf("%9d %%", percent);

  bool right = true;
  std::optional<double> greedy_at_70, searched_at_70;
  for (checkmate::any_strategy const& how : strategies(checkmate::forward_nodes(step.graph))) {
    std::string const name(how.traits.name);
    std::printf("\n%-20s", name.c_str());
    for (int percent : percents) {
      checkmate::plan_options options{.budget = peak / 100 * percent, .seed = 1};
      options.time_limit = checkmate::seconds(0.5);
      result const found = checkmate::solve(d, options, how);
      if (!found) {  // a value, not an exception: the budget is too tight for this strategy
        std::printf("%11s", "-");
        continue;
      }
      std::printf("%9.2f %%", 100 * found.overhead());
      right = right && found.plan->peak_memory <= options.budget;
      if (percent == 70 && name == "greedy") greedy_at_70 = found.overhead();
      if (percent == 70 && name == "local_search") searched_at_70 = found.overhead();
    }
  }
  std::printf("\n");
  return right && greedy_at_70 && searched_at_70 && *searched_at_70 <= *greedy_at_70 ? 0 : 1;
}
