// SPDX-License-Identifier: Apache-2.0
//
// least_peak_order: the order of execution that needs least memory, with nothing recomputed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <checkmate/planning/strategy.hpp>
#include <checkmate/planning/traits.hpp>
#include <checkmate/search/reordering.hpp>
#include <checkmate/search/search_clock.hpp>

namespace checkmate {
inline namespace v0 {

/// Reorders the graph, without recomputing anything, for the least peak it finds: list schedules, then
/// annealing over topological orders from two of them. The schedule has the base time, so one within budget
/// is optimal; if the peak stays above the budget the result has no plan and its detail tells the peak. Needs
/// options.order free. Heeds time_limit, seed and the stop token. Makes `moves` moves; with a time limit and
/// no `moves`, 2,000 per node and then twice as many each time until the limit is reached.
struct least_peak_order {
  static constexpr strategy_traits traits{"least_peak_order", "Least peak order", "this library"};
  std::uint64_t moves = 0;      ///< 0 = 2,000 per node, and on until the time limit if there is one
  bool stop_at_budget = false;  ///< end as soon as the budget is met instead of looking for the least peak

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    if (options.order != execution_order::free) {
      throw invalid_option("least_peak_order moves first executions: it needs order = free");
    }
    return detail::plan_within(d, options, traits.name, [&](deadline const& clock, result& out) {
      event_sequence const order = find(d, options, clock);
      if (accept_plan(d, options, order, out)) return;
      plan_options unbounded = options;
      unbounded.budget = std::numeric_limits<bytes>::max();
      result measured = out;
      accept_plan(d, unbounded, order, measured);
      out.termination.detail = "the least peak found without recomputation is " +
                               std::to_string(measured.plan->peak_memory) + " bytes";
    });
  }

 private:
  [[nodiscard]] event_sequence find(dag const& d, plan_options const& options, deadline const& clock) const {
    double const floor = least_conceivable(d);
    double const limit = std::max(0.0, detail::exact_sizes(d).limit(options.budget));
    double const enough = stop_at_budget ? std::max(floor, limit) : floor;
    auto orders = detail::low_list_orders(d, floor, [&] { return clock.expired(); });
    orders.resize(std::min<std::size_t>(orders.size(), 2));
    bool const goes_on = moves == 0 && options.time_limit;
    std::uint64_t seed = options.seed;
    std::uint64_t effort = moves > 0 ? moves : 2000 * static_cast<std::uint64_t>(d.size());
    for (bool more = true; more && orders.front().peak > enough; effort *= 2) {
      lower_all(d, clock, orders, enough, seed++, effort);
      more = goes_on && !clock.expired();
    }
    return std::move(orders.front().order);
  }

  /// No order has a smaller peak, in units, fixed memory excluded.
  [[nodiscard]] static double least_conceivable(dag const& d) {
    return std::max(0.0, detail::exact_sizes(d).limit(smallest_conceivable_budget(d).budget));
  }

  /// Lowers each of `orders` in an equal part of the effort; puts the best first.
  static void lower_all(dag const& d, deadline const& clock, std::vector<detail::measured_order>& orders,
                        double enough, std::uint64_t seed, std::uint64_t effort) {
    detail::search_clock whole(clock, effort);
    auto const parts = static_cast<double>(orders.size());
    for (std::size_t i = 0; i < orders.size(); ++i) {
      auto const fraction = [&] {
        return std::clamp(parts * whole.fraction() - static_cast<double>(i), 0.0, 1.0);
      };
      orders[i] = detail::lower_peak(d, std::move(orders[i]), enough, seed, fraction,
                                     [&](std::uint64_t n) { whole.count(n); });
      if (orders[i].peak <= enough) break;
    }
    std::stable_sort(orders.begin(), orders.end(),
                     [](auto const& a, auto const& b) { return a.peak < b.peak; });
  }
};

}  // namespace v0
}  // namespace checkmate
