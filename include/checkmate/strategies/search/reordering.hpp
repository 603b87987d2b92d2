// SPDX-License-Identifier: Apache-2.0
//
// Orders of execution without recomputation: a list schedule, and annealing that only moves executions.
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

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Runs, of all nodes that are ready, the one after which least memory is held (then the one that needs least
/// while it runs, then the first): a topological order of small peak. stop() is polled before each; once it
/// says so, the rest follows in the dag's order.
template <class Stop>
[[nodiscard]] std::vector<node_id> list_schedule(dag const& d, Stop stop) {
  exact_sizes const sizes(d);
  std::vector<std::uint32_t> waiting(d.size());
  std::vector<std::size_t> uses(d.value_count());
  std::vector<node_id> ready;
  for (value_id v = 0; v < d.value_count(); ++v) uses[v] = d.readers(v).size() + (d.retained(v) ? 1 : 0);
  for (node_id u = 0; u < d.size(); ++u) {
    waiting[u] = static_cast<std::uint32_t>(d.inputs(u).size());
    if (waiting[u] == 0) ready.push_back(u);
  }
  auto growth = [&](node_id u) {
    double sum = 0;
    for (std::uint32_t k = 0; k < d.output_count(u); ++k) {
      if (uses[d.first_value(u) + k] > 0) sum += sizes.value[d.first_value(u) + k];
    }
    for (value_id v : d.reads(u)) sum -= uses[v] == 1 ? sizes.value[v] : 0;
    return sum;
  };
  std::vector<node_id> order;
  std::vector<std::uint8_t> done(d.size(), 0);
  while (!ready.empty() && !stop()) {
    auto best = ready.begin();
    std::pair<double, double> least{std::numeric_limits<double>::infinity(), 0};
    for (auto it = ready.begin(); it != ready.end(); ++it) {
      std::pair<double, double> const now{growth(*it), sizes.transient[*it]};
      if (now < least || (now == least && *it < *best)) {
        least = now;
        best = it;
      }
    }
    node_id const u = *best;
    *best = ready.back();
    ready.pop_back();
    order.push_back(u);
    done[u] = 1;
    for (value_id v : d.reads(u)) --uses[v];
    for (node_id user : d.users(u)) {
      if (--waiting[user] == 0) ready.push_back(user);
    }
  }
  for (node_id u = 0; u < d.size(); ++u) {
    if (done[u] == 0) order.push_back(u);
  }
  return order;
}

/// An order and the peak of running it without recomputation, in units (pinned memory excluded).
struct measured_order {
  std::vector<node_id> order;
  double peak = std::numeric_limits<double>::infinity();
};

[[nodiscard]] inline double peak_of(sequence_state& state, std::span<node_id const> order) {
  state.assign(order);
  return state.profile().peak();
}

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
measured_order lower_peak(dag const& d, std::vector<node_id> start, double enough, std::uint64_t seed,
                          Fraction fraction, Count count) {
  constexpr std::size_t chunk = 512;
  sequence_state state(d, 0);
  measured_order best{start, peak_of(state, start)};
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
