// SPDX-License-Identifier: Apache-2.0
//
// Orders of execution without recomputation: annealing that only moves first executions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <checkmate/graph/quantum.hpp>
#include <checkmate/search/annealer.hpp>
#include <checkmate/search/list_orders.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Anneals over the orders of a dag, from one of them: executions move, nothing is recomputed, and what
/// exceeds the limit is the cost.
class reordering {
 public:
  static constexpr std::size_t chunk = 512;  ///< moves of a step

  reordering(dag const& d, event_sequence const& start, double limit, std::uint64_t seed)
      : state_(d, 0), search_(begin(start, limit), seed, moves_only) {
    search_.set_price(1);
    for (double size : state_.sizes().value) mean_ += size / static_cast<double>(d.value_count());
  }
  reordering(reordering const&) = delete;  // `search_` refers to `state_`
  reordering& operator=(reordering const&) = delete;

  /// The order at hand.
  [[nodiscard]] sequence_state const& state() const noexcept { return state_; }
  /// The first order met since the limit was set that stays within it; empty if none did.
  [[nodiscard]] event_sequence within_limit() const { return search_.best(); }
  void set_limit(double limit) {
    state_.set_limit(limit);
    search_.forget_best();
  }
  /// `chunk` moves, as hot as after a fraction `at` of the whole.
  void step(double at) { search_.run(mean_ * std::pow(0.01, at), chunk); }

 private:
  static constexpr annealing_options moves_only = {
      .feasible_low = 0, .feasible_high = 1, .free_order = true, .reorder_only = true};

  sequence_state& begin(event_sequence const& start, double limit) {
    state_.assign(start);
    state_.set_limit(limit);
    return state_;
  }

  sequence_state state_;
  annealer search_;
  double mean_ = 0;  // size of a value
};

/// The least by which two peaks can differ, in units: the greatest common divisor of all sizes.
[[nodiscard]] inline double peak_step(dag const& d, exact_sizes const& sizes) {
  return std::max(1.0, static_cast<double>(byte_quantum(d)) / sizes.unit);
}

/// Lowers the peak of an order by moving executions, until fraction() reaches 1 or the peak is `enough`. The
/// limit stays a little below the best peak so far.
template <class Fraction, class Count>
measured_order lower_peak(dag const& d, measured_order best, double enough, std::uint64_t seed,
                          Fraction fraction, Count count) {
  exact_sizes const sizes(d);
  double const step = peak_step(d, sizes);
  auto const below = [&](double peak) { return std::max(enough, peak - std::max(step, peak * 0.005)); };
  reordering search(d, best.order, below(best.peak), seed);
  for (double at = fraction(); at < 1 && best.peak > enough; at = fraction()) {
    search.step(at);
    count(search.chunk);
    event_sequence met = search.within_limit();
    if (met.empty()) continue;
    best = measured(d, sizes, enough, std::move(met));
    search.set_limit(below(best.peak));
  }
  return best;
}

/// Lowers what an order needs above `limit`, summed over its executions, by moving executions, until
/// fraction() reaches 1 or nothing is left of it. That sum, more than the peak, is what recomputation has to
/// relieve.
template <class Fraction, class Count>
measured_order lower_overflow(dag const& d, measured_order best, double limit, std::uint64_t seed,
                              Fraction fraction, Count count) {
  reordering search(d, best.order, limit, seed);
  for (double at = fraction(); at < 1 && best.overflow > 0; at = fraction()) {
    search.step(at);
    count(search.chunk);
    event_sequence met = search.within_limit();
    if (!met.empty()) return measured(d, search.state().sizes(), limit, std::move(met));
    if (!(search.state().overflow() < best.overflow)) continue;
    best.overflow = search.state().overflow();
    best.peak = search.state().profile().peak();
    best.order = search.state().sequence();
  }
  return best;
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
