// SPDX-License-Identifier: Apache-2.0
//
// local_search: near-optimal plans for graphs of thousands of nodes, without a solver.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <utility>
#include <vector>

#include <checkmate/core/parallel.hpp>
#include <checkmate/planning/strategy.hpp>
#include <checkmate/planning/traits.hpp>
#include <checkmate/schedule/no_recompute.hpp>
#include <checkmate/search/first_plan.hpp>
#include <checkmate/search/iterated_annealing.hpp>
#include <checkmate/search/reordering.hpp>
#include <checkmate/search/search_clock.hpp>

namespace checkmate {
inline namespace v0 {

/// Simulated annealing over whole sequences of executions (search/iterated_annealing.hpp), from the best of
/// the plans that search/first_plan.hpp makes. Anytime: the best plan so far is returned when a limit is
/// reached or a stop is requested. Heeds time_limit, threads (independent seeds, the best plan wins, the
/// lowest seed among equals), seed, order, hint and on_progress. In free order a list schedule that fits is
/// taken as it is (search/list_orders.hpp). Makes `moves` moves per thread; with a time limit and no `moves`,
/// default_moves and then, from the best so far, twice as many each time until the limit is reached. A stage
/// that by a cautious measure has room within the limit goes by its moves alone (search/search_clock.hpp),
/// and a plan found there is the same every time.
struct local_search {
  static constexpr strategy_traits traits{"local_search", "Local search", "this library"};
  std::uint64_t moves = 0;  ///< per thread; 0 = default_moves, and on until the time limit if there is one
  int rounds = 3;           ///< that start afresh, before the best one goes on, >= 1

  /// Moves without a time limit, a few seconds' worth.
  [[nodiscard]] static std::uint64_t default_moves(dag const& d) {
    return std::clamp<std::uint64_t>(5000 * static_cast<std::uint64_t>(d.size()), 20'000, 20'000'000);
  }

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    if (rounds < 1) throw invalid_option("local_search: rounds must be >= 1");
    return detail::plan_within(d, options, traits.name, [&](deadline const& clock, result& out) {
      if (accept_plan(d, options, no_recompute_schedule(d), out)) return;
      out.termination.detail.clear();
      search(d, options, clock, out);
    });
  }

 private:
  void search(dag const& d, plan_options const& options, deadline const& clock, result& out) const {
    detail::search_end best;
    if (options.order == execution_order::free) {
      double const limit = detail::exact_sizes(d).limit(options.budget);
      auto const orders = detail::list_orders(d, limit, [&] { return clock.expired(); });
      if (orders.front().overflow > 0) {
        stages(d, options, clock, orders.front(), best);
      } else {
        best = {orders.front().order, d.base_time()};
      }
    } else {
      stages(d, options, clock, {}, best);
    }
    bool const found = !best.sequence.empty() && accept_plan(d, options, best.sequence, out);
    if (!found && out.termination.detail.empty())
      out.termination.detail = "the search met no schedule within budget";
  }

  using starts_list = std::vector<detail::search_start>;

  /// One stage of the moves asked for, or one after the other until the time is up; `order` is one of small
  /// peak, in free order.
  void stages(dag const& d, plan_options const& options, deadline const& clock, detail::measured_order order,
              detail::search_end& best) const {
    event_sequence const given(d);
    auto const stop = [&] { return clock.expired(); };
    adopt_hint(d, options, best);
    auto const how = best.sequence.empty() ? detail::start_effort::thorough : detail::start_effort::quick;
    starts_list const from_given = detail::starts_of(d, options.budget, given, how, stop);
    adopt(from_given.front(), best);
    bool const goes_on = moves == 0 && options.time_limit;
    plan_options stage = options;
    for (std::uint64_t effort = moves == 0 ? default_moves(d) : moves;; effort *= 2) {
      starts_list starts = from_given;
      if (options.order == execution_order::free) {
        order = reordered(d, stage, clock, std::move(order), effort);
        starts_list const more =
            detail::starts_of(d, options.budget, order.order, detail::start_effort::quick, stop);
        starts.insert(starts.begin(), more.begin(), more.end());
        adopt(more.front(), best);
      }
      if (!(best.time > d.base_time())) return;
      put_first(best, starts);
      bool const moved = anneal_all(d, stage, clock, effort, starts, best);
      if (!goes_on || !moved || clock.expired()) return;
      stage.seed += 0x9e3779b9U;
    }
  }

  /// An order that overflows the budget less, found in a quarter of the effort.
  [[nodiscard]] static detail::measured_order reordered(dag const& d, plan_options const& options,
                                                        deadline const& clock, detail::measured_order from,
                                                        std::uint64_t effort) {
    detail::search_clock quarter(clock, effort);
    double const limit = detail::exact_sizes(d).limit(options.budget);
    return detail::lower_overflow(
        d, std::move(from), limit, options.seed, [&] { return std::min(1.0, 4 * quarter.fraction()); },
        [&](std::uint64_t n) { quarter.count(n); });
  }

  /// Takes a start that is within budget and better than `best`.
  static void adopt(detail::search_start const& start, detail::search_end& best) {
    if (start.within_budget && start.time < best.time) best = {start.sequence, start.time};
  }

  /// Takes the hint if it is a valid schedule within budget and better than `best`.
  static void adopt_hint(dag const& d, plan_options const& options, detail::search_end& best) {
    if (options.hint == nullptr) return;
    simulation const seen = simulate(d, *options.hint, {.budget = options.budget, .order = options.order});
    if (seen.valid() && seen.time < best.time) best = {sequence_of(d, *options.hint), seen.time};
  }

  /// Puts `best` before the other starts, unless it is one of them.
  static void put_first(detail::search_end const& best, starts_list& starts) {
    if (best.sequence.empty()) return;
    for (detail::search_start const& start : starts) {
      if (start.sequence == best.sequence) return;
    }
    detail::search_start start{best.sequence, true, best.time, starts.front().price};
    starts.insert(starts.begin(), std::move(start));
  }

  /// `effort` moves on each of as many threads as asked for; keeps the best end. If one fails, the others end
  /// soon. Whether there was anything to move.
  bool anneal_all(dag const& d, plan_options const& options, deadline const& clock, std::uint64_t effort,
                  starts_list const& starts, detail::search_end& best) const {
    std::vector<detail::search_end> found(static_cast<std::size_t>(options.threads));
    std::stop_source failed;
    std::stop_callback const asked(options.stop, [&failed] { failed.request_stop(); });
    deadline const shared(clock, failed.get_token());
    detail::run_in_parallel(
        found.size(),
        [&](std::size_t k) {
          detail::search_clock progress(shared, effort);
          found[k] = anneal(d, options, shared, progress, starts, k, best.time);
        },
        [&failed]() noexcept { failed.request_stop(); });
    bool const moved = !found.front().idle;
    for (detail::search_end& end : found) {
      if (end.time < best.time) best = std::move(end);
    }
    return moved;
  }

  [[nodiscard]] detail::search_end anneal(dag const& d, plan_options const& options, deadline const& clock,
                                          detail::search_clock& progress, starts_list const& starts,
                                          std::size_t thread, double known) const {
    detail::sequence_state state(d, options.budget);
    state.assign(starts.front().sequence);
    detail::annealing_options how;
    how.free_order = options.order == execution_order::free;
    auto const tell = [&](double best_time) {
      if (thread > 0 || !options.on_progress) return;
      options.on_progress({clock.elapsed(), std::min(known, best_time), d.base_time(), "local search"});
    };
    detail::iterated_annealing search(state, options.seed + 0x9e3779b97f4a7c15U * thread, how, progress,
                                      tell);
    return search.run(starts, rounds);
  }
};

}  // namespace v0
}  // namespace checkmate
