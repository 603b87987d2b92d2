// SPDX-License-Identifier: Apache-2.0
//
// A strategy of one's own: any object with `plan(dag, options) -> result`. It decides which node runs when;
// lifetimes, the memory model and the verdict are the library's.
#include <algorithm>
#include <iostream>
#include <vector>

#include <checkmate/checkmate.hpp>

namespace my {

/// Tries, node after node, to run it again right before its last reader instead of holding its value until
/// then, and keeps each change that lowers the peak, until the peak is within budget.
struct recompute_for_last_reader {
  [[nodiscard]] checkmate::result plan(checkmate::dag const& d,
                                       checkmate::plan_options const& options) const {
    checkmate::result out = checkmate::empty_result(d, options, "recompute_for_last_reader");
    std::vector<checkmate::node_index> sequence(d.nodes().begin(), d.nodes().end());
    checkmate::bytes peak = peak_of(d, sequence);
    for (checkmate::node_index v : d.nodes()) {
      if (peak <= options.budget) break;
      if (d.run_once(v) || d.users(v).size() < 2) continue;
      auto changed = sequence;
      changed.insert(std::find(changed.begin(), changed.end(), d.users(v).back()), v);
      checkmate::bytes const lower = peak_of(d, changed);
      if (lower < peak) {
        sequence = std::move(changed);
        peak = lower;
      }
    }
    // accept_plan simulates: only a schedule that is valid and within budget becomes the plan.
    if (accept_plan(d, options, {d, sequence}, out)) conclude(options, out);
    return out;
  }

 private:
  static checkmate::bytes peak_of(checkmate::dag const& d,
                                  std::vector<checkmate::node_index> const& sequence) {
    return simulate(d, schedule_from_sequence(d, {d, sequence})).peak_memory;
  }
};
static_assert(checkmate::strategy<recompute_for_last_reader>);

}  // namespace my

int main() {
  auto const net = checkmate::residual_training_graph({.blocks = 8});
  auto const d = checkmate::lower(net, net);
  auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
  for (int percent : {95, 90, 85}) {
    checkmate::plan_options const options{.budget = peak * percent / 100};
    auto const mine = checkmate::solve(d, options, my::recompute_for_last_reader{});
    auto const best = checkmate::solve(d, options);
    std::cout << percent << " % of the memory: ";
    if (mine) {
      std::cout << "mine " << 100 * mine.overhead() << " % more time, ";
    } else {
      std::cout << "mine none (" << mine.termination.detail << "), ";
    }
    std::cout << "the library's " << 100 * best.overhead() << " %\n";
    if (!best || (mine && mine.plan->time < best.plan->time)) return 1;
  }
}
