// SPDX-License-Identifier: Apache-2.0
//
// local_search: near-optimal plans for graphs of thousands of nodes, without a solver.
//
// Starts from the greedy plan and anneals over whole sequences of executions (search/annealer.hpp), some
// rounds that each start afresh and go on by perturbations, then on from the best of them
// (search/iterated_annealing.hpp).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <stop_token>
#include <utility>
#include <vector>

#include <checkmate/detail/parallel.hpp>
#include <checkmate/strategies/checkpoint_all.hpp>
#include <checkmate/strategies/search/constructive.hpp>
#include <checkmate/strategies/search/iterated_annealing.hpp>
#include <checkmate/strategies/search/reordering.hpp>
#include <checkmate/strategies/search/search_clock.hpp>
#include <checkmate/strategies/strategy.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// The greedy plan for first executions in `order`, or where greedy got stuck.
template <class Stop>
search_start greedy_start(dag const& d, bytes budget, std::vector<node_id> order, Stop stop) {
  search_start out;
  out.sequence = std::move(order);
  sequence_state state(d, budget);
  state.assign(out.sequence);
  double const overflow = state.overflow();
  // On long sequences each trial costs more and there are more steps; what greedy leaves the search repairs.
  constexpr std::size_t usual = 48, wide = 1000;
  std::size_t const tried = std::max<std::size_t>(8, usual * wide / std::max(wide, d.size()));
  constructive steps(state, {.tried = tried});
  out.within_budget = steps.run(stop);
  if (out.within_budget) steps.prune(stop);
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
  int rounds = 3;           ///< that start afresh, before the best one goes on, >= 1

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
      if (start.within_budget && time < best.time) best = {start.sequence, time};
    }
    adopt_hint(d, options, starts, best);

    if (best.time > d.base_time()) anneal_all(d, options, clock, starts, best);
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
        d, detail::list_schedule(d, [&] { return clock.expired(); }), enough, options.seed,
        [&] { return std::min(1.0, 4 * quarter.fraction()); }, [&](std::uint64_t n) { quarter.count(n); });
    return std::move(found.order);
  }

  [[nodiscard]] static double time_of(dag const& d, std::vector<node_id> const& sequence) {
    double sum = 0;
    for (node_id u : sequence) sum += d.time(u);
    return sum;
  }

  /// Puts the hint before the other starts if it is a valid schedule within budget and better than they are.
  static void adopt_hint(dag const& d, plan_options const& options, starts_of& starts,
                         detail::search_end& best) {
    if (options.hint == nullptr) return;
    simulate_options const judge{.budget = options.budget, .order = options.order};
    if (!simulate(d, *options.hint, judge).valid()) return;
    std::vector<node_id> sequence = sequence_of(d, *options.hint);
    double const time = time_of(d, sequence);
    if (!(time < best.time)) return;
    best = {sequence, time};
    detail::search_start start = starts.front();
    start.sequence = std::move(sequence);
    start.within_budget = true;
    starts.insert(starts.begin(), std::move(start));
  }

  /// Anneals on as many threads as asked for and keeps the best end; if one fails, the others end soon.
  void anneal_all(dag const& d, plan_options const& options, deadline const& clock, starts_of const& starts,
                  detail::search_end& best) const {
    std::vector<detail::search_end> found(static_cast<std::size_t>(options.threads));
    std::stop_source failed;
    std::stop_callback const asked(options.stop, [&failed] { failed.request_stop(); });
    deadline const shared(clock, failed.get_token());
    detail::run_in_parallel(
        found.size(), [&](std::size_t k) { found[k] = anneal(d, options, shared, starts, k, k == 0); },
        [&failed]() noexcept { failed.request_stop(); });
    for (detail::search_end& end : found) {
      if (end.time < best.time) best = std::move(end);
    }
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
    auto const tell = [&](double best_time) {
      if (!report || !options.on_progress) return;
      options.on_progress({clock.elapsed(), best_time, d.base_time(), "local search"});
    };
    detail::iterated_annealing search(state, options.seed + 0x9e3779b97f4a7c15U * thread, how, progress_clock,
                                      tell);
    return search.run(starts, rounds);
  }
};

}  // namespace v0
}  // namespace checkmate
