// SPDX-License-Identifier: Apache-2.0
//
// local_search: near-optimal plans for graphs of thousands of nodes, without a solver.
//
// Starts from the greedy plan and anneals over whole sequences of executions (search/annealer.hpp): first
// some short rounds that each start afresh, then one from the best of them.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

#include <checkmate/strategies/checkpoint_all.hpp>
#include <checkmate/strategies/search/annealer.hpp>
#include <checkmate/strategies/search/constructive.hpp>
#include <checkmate/strategies/search/reordering.hpp>
#include <checkmate/strategies/search/search_clock.hpp>
#include <checkmate/strategies/strategy.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Where a search starts and what it found.
struct search_start {
  std::vector<node_id> sequence;
  bool within_budget = false;
  double price = 0;  ///< time per unit of overflow that the start paid
};

struct search_end {
  std::vector<node_id> sequence;
  double time = std::numeric_limits<double>::infinity();
  std::uint64_t moves = 0;
};

/// The greedy plan for first executions in `order`, or where greedy got stuck.
template <class Stop>
search_start greedy_start(dag const& d, bytes budget, std::vector<node_id> order, Stop stop) {
  search_start out;
  out.sequence = std::move(order);
  sequence_state state(d, budget);
  state.assign(out.sequence);
  double const overflow = state.overflow();
  constructive steps(state, {});
  out.within_budget = steps.run(stop);
  if (out.within_budget) steps.prune();
  double const added = out.within_budget ? state.time() - d.base_time() : d.base_time();
  if (overflow > 0) out.price = std::max(added, d.base_time() * 1e-3) / overflow;
  state.copy_sequence(out.sequence);
  return out;
}

}  // namespace detail

/// Simulated annealing from the greedy plan. Anytime: the best plan so far is returned when a limit is
/// reached or a stop is requested. Heeds time_limit, threads (independent seeds, the best plan wins, the
/// lowest seed among equals), seed, order, hint and on_progress. Without a time limit it makes `moves` moves
/// a thread, and the result is the same every time.
struct local_search {
  std::uint64_t moves = 0;  ///< a thread; 0 = as many as the time limit allows, or default_moves without one
  int rounds = 3;           ///< short rounds before the long one, >= 1

  /// Moves without a time limit, a few seconds' worth.
  [[nodiscard]] static std::uint64_t default_moves(dag const& d) {
    return std::clamp<std::uint64_t>(5000 * static_cast<std::uint64_t>(d.size()), 20'000, 20'000'000);
  }

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    check_plan_options(options);
    if (rounds < 1) throw invalid_option("local_search: rounds must be >= 1");
    deadline const clock(options);
    result out = empty_result(d, options, "local_search");
    if (!refuse_below_floor(d, options, out)) {
      claim_base_time(d, out);
      if (accept_plan(d, options, no_recompute_schedule(d), out)) {
        conclude(options, out);
      } else {
        out.termination.detail.clear();
        search(d, options, clock, out);
      }
    }
    out.elapsed = clock.elapsed();
    return out;
  }

 private:
  static constexpr std::uint64_t chunk = 2048;  // moves between looks at the clock

  void search(dag const& d, plan_options const& options, deadline const& clock, result& out) const {
    auto const stop = [&] { return clock.expired(); };
    std::vector<node_id> given(d.size());
    std::iota(given.begin(), given.end(), node_id{0});
    starts_of starts = {detail::greedy_start(d, options.budget, given, stop)};
    if (options.order == execution_order::free) {
      starts.insert(starts.begin(),
                    detail::greedy_start(d, options.budget, reordered(d, options, clock), stop));
    }
    detail::search_end best;
    for (detail::search_start const& start : starts) {
      double const time = time_of(d, start.sequence);
      if (start.within_budget && time < best.time) best = {start.sequence, time, 0};
    }
    adopt_hint(d, options, starts.front(), best);

    auto const threads = static_cast<std::size_t>(options.threads);
    std::vector<detail::search_end> found(best.time <= d.base_time() ? 0 : threads);
    if (!found.empty()) {
      std::vector<std::thread> others;
      for (std::size_t k = 1; k < threads; ++k) {
        others.emplace_back([&, k] { found[k] = anneal(d, options, clock, starts, k, false); });
      }
      found[0] = anneal(d, options, clock, starts, 0, true);
      for (std::thread& t : others) t.join();
    }
    for (detail::search_end& end : found) {
      if (end.time < best.time) best = std::move(end);
    }
    if (!best.sequence.empty() && accept_plan(d, options, best.sequence, out)) {
      conclude(options, out, clock.reason());
    } else {
      out.termination.reason = stop_reason::no_solution;
      out.termination.limit = clock.reason();
      if (out.termination.detail.empty()) out.termination.detail = "the search met no schedule within budget";
    }
  }

  using starts_of = std::vector<detail::search_start>;

  /// An order of smaller peak, found in a quarter of the effort.
  [[nodiscard]] std::vector<node_id> reordered(dag const& d, plan_options const& options,
                                               deadline const& clock) const {
    std::uint64_t limit = moves;
    if (limit == 0 && !options.time_limit) limit = default_moves(d);
    detail::search_clock quarter(clock, limit);
    double const enough = std::max(0.0, detail::sequence_state(d, options.budget).profile_limit());
    auto found = detail::lower_peak(
        d, detail::list_schedule(d), enough, options.seed,
        [&] { return std::min(1.0, 4 * quarter.fraction()); }, [&](std::uint64_t n) { quarter.count(n); });
    return std::move(found.order);
  }

  [[nodiscard]] static double time_of(dag const& d, std::vector<node_id> const& sequence) {
    double sum = 0;
    for (node_id u : sequence) sum += d.time(u);
    return sum;
  }

  /// Takes the hint as a start if it is a valid schedule within budget and better than the start at hand.
  static void adopt_hint(dag const& d, plan_options const& options, detail::search_start& start,
                         detail::search_end& best) {
    if (options.hint == nullptr) return;
    simulate_options const judge{.budget = options.budget, .order = options.order};
    if (!simulate(d, *options.hint, judge).valid()) return;
    std::vector<node_id> sequence = sequence_of(d, *options.hint);
    double const time = time_of(d, sequence);
    if (!(time < best.time)) return;
    best = {sequence, time, 0};
    start.sequence = std::move(sequence);
  }

  [[nodiscard]] detail::search_end anneal(dag const& d, plan_options const& options, deadline const& clock,
                                          starts_of const& starts, std::size_t thread, bool report) const {
    std::uint64_t limit = moves;
    if (limit == 0 && !options.time_limit) limit = default_moves(d);
    detail::search_clock progress_clock(clock, limit);
    detail::sequence_state state(d, options.budget);
    state.assign(starts.front().sequence);
    detail::annealing_options how;
    how.free_order = options.order == execution_order::free;
    detail::annealer search(state, options.seed + 0x9e3779b97f4a7c15U * thread, how);

    auto round = [&](double from, double to, double hot, double cold) {
      double const unit = d.base_time() / static_cast<double>(d.size());
      for (double at = progress_clock.fraction(); at < to; at = progress_clock.fraction()) {
        double const x = std::clamp((at - from) / (to - from), 0.0, 1.0);
        search.run(unit * hot * std::pow(cold / hot, x), chunk);
        progress_clock.count(chunk);
        if (report && options.on_progress) {
          options.on_progress({clock.elapsed(), search.best_time(), d.base_time(), "local search"});
        }
        if (search.best_time() <= d.base_time()) return;
      }
    };
    for (int r = 0; r < rounds; ++r) {
      detail::search_start const& start = starts[static_cast<std::size_t>(r) % starts.size()];
      search.restart(start.sequence);
      search.set_price(start.price);
      // No one temperature suits all graphs: the rounds take turns.
      constexpr std::array<double, 3> heats = {1.0, 0.1, 0.3};
      double const hot =
          std::max(heats[static_cast<std::size_t>(r) % heats.size()], 10 / static_cast<double>(d.size()));
      round(0.6 * r / rounds, 0.6 * (r + 1) / rounds, hot, 0.001);
    }
    if (!search.best().empty()) search.restart(search.best());
    round(0.6, 1.0, 0.03, 0.0005);
    return {search.best(), search.best_time(), progress_clock.moves()};
  }
};

}  // namespace v0
}  // namespace checkmate
