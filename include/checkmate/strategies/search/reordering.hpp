// SPDX-License-Identifier: Apache-2.0
//
// Orders of execution without recomputation: annealing that only moves first executions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <checkmate/strategies/search/annealer.hpp>
#include <checkmate/strategies/search/list_orders.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// The least by which two peaks can differ, in units: the greatest common divisor of all sizes.
[[nodiscard]] inline double peak_step(dag const& d, exact_sizes const& sizes) {
  bytes step = 0;
  for (value_id v = 0; v < d.value_count(); ++v) step = std::gcd(step, d.memory(v));
  for (node_id u = 0; u < d.size(); ++u) step = std::gcd(step, d.workspace(u));
  return std::max(1.0, static_cast<double>(step) / sizes.unit);
}

/// Lowers the peak of an order by moving executions, until fraction() reaches 1 or the peak is `enough`. The
/// limit stays a little below the best peak so far; what exceeds it is the cost that is annealed.
template <class Fraction, class Count>
measured_order lower_peak(dag const& d, measured_order best, double enough, std::uint64_t seed,
                          Fraction fraction, Count count) {
  constexpr std::size_t chunk = 512;
  sequence_state state(d, 0);
  state.assign(best.order);
  annealing_options how;
  how.insert = how.erase = how.swap = 0;
  how.feasible_low = 0;
  how.feasible_high = 1;
  how.free_order = true;
  how.reorder_only = true;
  annealer search(state, seed, how);
  search.set_price(1);
  double mean = 0;
  for (double size : state.sizes().value) mean += size / static_cast<double>(d.value_count());
  double const step = peak_step(d, state.sizes());
  auto const tighten = [&] {
    state.set_limit(std::max(enough, best.peak - std::max(step, best.peak * 0.005)));
  };
  tighten();
  for (double at = fraction(); at < 1 && best.peak > enough; at = fraction()) {
    search.run(mean * std::pow(0.01, at), chunk);
    count(chunk);
    double const peak = state.profile().peak();
    if (peak < best.peak) {
      best.peak = peak;
      state.copy_sequence(best.order);
      tighten();
    }
  }
  return best;
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
