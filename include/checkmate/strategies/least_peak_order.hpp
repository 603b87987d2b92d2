// SPDX-License-Identifier: Apache-2.0
//
// least_peak_order: the order of execution that needs least memory, with nothing recomputed.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include <checkmate/strategies/search/reordering.hpp>
#include <checkmate/strategies/search/search_clock.hpp>
#include <checkmate/strategies/strategy.hpp>

namespace checkmate {
inline namespace v0 {

/// Reorders the graph, without recomputing anything, for the least peak it finds: annealing over topological
/// orders from the dag's own and from a list schedule. The schedule has the base time, so one within budget
/// is optimal; if the peak stays above the budget the result has no plan and its detail tells the peak. Needs
/// options.order free. Heeds time_limit, seed and the stop token; without a time limit it makes `moves`
/// moves.
struct least_peak_order {
  std::uint64_t moves = 0;      ///< 0 = as many as the time limit allows, or 2,000 a node without one
  bool stop_at_budget = false;  ///< end as soon as the budget is met instead of looking for the least peak

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    check_plan_options(options);
    if (options.order != execution_order::free) {
      throw invalid_option("least_peak_order moves first executions: it needs order = free");
    }
    deadline const clock(options);
    result out = empty_result(d, options, "least_peak_order");
    if (!refuse_below_floor(d, options, out)) {
      claim_base_time(d, out);
      std::vector<node_id> const order = find(d, options, clock);
      if (accept_plan(d, options, order, out)) {
        conclude(options, out);
      } else {
        plan_options unbounded = options;
        unbounded.budget = std::numeric_limits<bytes>::max();
        result measured = out;
        accept_plan(d, unbounded, order, measured);
        out.termination = {stop_reason::no_solution, clock.reason(), schedule_space::any_order,
                           "the least peak found without recomputation is " +
                               std::to_string(measured.plan->peak_memory) + " bytes"};
      }
    }
    out.elapsed = clock.elapsed();
    return out;
  }

 private:
  [[nodiscard]] std::vector<node_id> find(dag const& d, plan_options const& options,
                                          deadline const& clock) const {
    std::uint64_t limit = moves;
    if (limit == 0 && !options.time_limit) limit = 2000 * static_cast<std::uint64_t>(d.size());
    detail::sequence_state state(d, options.budget);
    double const enough = stop_at_budget ? std::max(0.0, state.profile_limit()) : 0;
    std::vector<node_id> given(d.size());
    std::iota(given.begin(), given.end(), node_id{0});
    std::vector<node_id> listed = detail::list_schedule(d, [&] { return clock.expired(); });
    // Half of the effort from each start.
    detail::search_clock whole(clock, limit);
    detail::measured_order best;
    for (int half = 0; half < 2; ++half) {
      auto found = detail::lower_peak(
          d, half == 0 ? listed : given, enough, options.seed,
          [&] { return std::clamp(2 * whole.fraction() - half, 0.0, 1.0); },
          [&](std::uint64_t n) { whole.count(n); });
      if (found.peak < best.peak) best = std::move(found);
      if (best.peak <= enough) break;
    }
    return best.order;
  }
};

}  // namespace v0
}  // namespace checkmate
