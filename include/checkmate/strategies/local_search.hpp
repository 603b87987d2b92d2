// SPDX-License-Identifier: Apache-2.0
//
// local_search: near-optimal plans for graphs of thousands of nodes, without a solver.
//
// Starts from plans that are made at once (search/first_plan.hpp) and anneals over whole sequences of
// executions (search/annealer.hpp), some rounds that each start afresh and go on by perturbations, then on
// from the best of them (search/iterated_annealing.hpp).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include <checkmate/detail/parallel.hpp>
#include <checkmate/strategies/checkpoint_all.hpp>
#include <checkmate/strategies/search/first_plan.hpp>
#include <checkmate/strategies/search/iterated_annealing.hpp>
#include <checkmate/strategies/search/reordering.hpp>
#include <checkmate/strategies/search/search_clock.hpp>
#include <checkmate/strategies/strategy.hpp>

namespace checkmate {
inline namespace v0 {
/// Simulated annealing from the best of the plans that search/first_plan.hpp makes. Anytime: the best plan so
/// far is returned when a limit is reached or a stop is requested. Heeds time_limit, threads (independent
/// seeds, the best plan wins, the lowest seed among equals), seed, order, hint and on_progress. Without a
/// time limit it makes `moves` moves a thread, and the result is the same every time.
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
    auto const hint = usable_hint(d, options);
    auto const how = hint ? detail::start_effort::quick : detail::start_effort::thorough;
    starts_list starts = detail::starts_of(d, options.budget, given, how, stop);
    if (options.order == execution_order::free) {
      starts_list more = detail::starts_of(d, options.budget, reordered(d, options, clock), how, stop);
      starts.insert(starts.begin(), more.begin(), more.end());
    }
    detail::search_end best;
    for (detail::search_start const& start : starts) {
      if (start.within_budget && start.time < best.time) best = {start.sequence, start.time};
    }
    if (hint) adopt_hint(d, *hint, starts, best);

    if (best.time > d.base_time()) anneal_all(d, options, clock, starts, best);
    if (!best.sequence.empty() && accept_plan(d, options, best.sequence, out)) {
      conclude(options, out, clock.reason());
    } else {
      out.termination.reason = stop_reason::no_solution;
      out.termination.limit = clock.reason();
      if (out.termination.detail.empty()) out.termination.detail = "the search met no schedule within budget";
    }
  }

  using starts_list = std::vector<detail::search_start>;

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

  /// The hint's sequence, if it is a valid schedule within budget.
  [[nodiscard]] static std::optional<std::vector<node_id>> usable_hint(dag const& d,
                                                                       plan_options const& options) {
    simulate_options const judge{.budget = options.budget, .order = options.order};
    if (options.hint == nullptr || !simulate(d, *options.hint, judge).valid()) return std::nullopt;
    return sequence_of(d, *options.hint);
  }

  /// Puts the hint before the other starts if it is better than they are.
  static void adopt_hint(dag const& d, std::vector<node_id> const& hint, starts_list& starts,
                         detail::search_end& best) {
    double const time = time_of(d, hint);
    if (!(time < best.time)) return;
    best = {hint, time};
    starts.insert(starts.begin(), {hint, true, time, starts.front().price});
  }

  /// Anneals on as many threads as asked for and keeps the best end; if one fails, the others end soon.
  void anneal_all(dag const& d, plan_options const& options, deadline const& clock, starts_list const& starts,
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
                                          starts_list const& starts, std::size_t thread, bool report) const {
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
