// SPDX-License-Identifier: Apache-2.0
//
// windowed: the windowed relaxation (bounds/windowed.hpp) as a planner.
#pragma once

#include <cstddef>
#include <string>

#include <checkmate/bounds/windowed.hpp>
#include <checkmate/planning/ledger.hpp>
#include <checkmate/planning/strategy.hpp>
#include <checkmate/planning/traits.hpp>
#include <checkmate/schedule/lifetimes.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/strategies/greedy.hpp>
#include <checkmate/strategies/state_search.hpp>

namespace checkmate {
inline namespace v0 {

/// Starts from the hint or the greedy's plan, raises the bound by windowed relaxations (bounds/windowed.hpp),
/// and returns the best plan met on the way. `Lp` must return row duals, `Mip` solve integer models. The
/// bound holds for every sequence in the fixed order; with order = free only the plan and the base time are
/// claimed. A solver that throws, returns nonsense or claims what a known plan refutes costs its claims;
/// "infeasible" that rests on its word alone is looked into by a short state_search (up to 128 values).
/// `detail` says what it did, and the reason is stop_reason::failed unless what is left is proof enough.
/// Heeds hint, threads, seed, stop token and on_log. A time limit is used up unless the gap is closed or no
/// layout of windows is left to try; without one it takes two minutes at most, and ends earlier once a number
/// of layouts in a row prove nothing more.
template <linear_backend Lp, linear_backend Mip>
struct windowed {
  static constexpr strategy_traits traits{
      .name = "windowed", .title = "Windowed relaxation", .citation = "this library", .needs_backend = true};
  Lp linear = {};
  Mip integer = {};
  std::size_t max_windows = 16;
  window_steps steps = {};    ///< of the relaxation; all of them, unless for comparison
  std::size_t patience = 32;  ///< layouts in a row that prove nothing more; heeded without a time limit

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    auto const body = [&](deadline const& clock, result& out) {
      ledger book(d, options, out);
      start(d, options, book);
      windowed_result found = prove(d, options, clock, out);
      adopt(options, found, book);
      if (!out.plan && found.infeasible_by_word) look_for_a_plan(d, options, clock, found, book);
      finish(options, found, book, out);
    };
    return detail::plan_within(d, options, traits.name, body, seconds(120));
  }

 private:
  /// The better of the hint and the greedy's plan.
  static void start(dag const& d, plan_options const& options, ledger& book) {
    result const first = greedy{}.plan(d, options);
    if (first.plan) book.offer(*first.plan, "greedy");
    if (options.hint != nullptr) book.offer(*options.hint, "hint");
  }

  windowed_result prove(dag const& d, plan_options const& options, deadline const& clock,
                        result const& out) const {
    windowed_options how;
    how.time_limit = clock.left();
    how.relative_gap = options.relative_gap;
    how.max_windows = max_windows;
    if (!options.time_limit) how.patience = patience;
    how.steps = steps;
    how.threads = options.threads;
    how.seed = options.seed;
    how.stop = options.stop;
    how.on_log = options.on_log;
    if (out.plan) {
      how.target = out.plan->time;
      if (options.order == execution_order::fixed) how.incumbent = sequence_of(d, *out.plan);
    }
    Lp lp = linear;
    Mip mip = integer;
    return windowed_bound(d, options.budget, lp, mip, how);
  }

  static void adopt(plan_options const& options, windowed_result const& found, ledger& book) {
    if (found.plan) book.offer(*found.plan, "windowed");
    if (options.order == execution_order::fixed) {
      book.raise(found.bound,
                 found.windows > 0 ? "windowed relaxation" : "knapsack over the values alive at a position");
    }
  }

  /// "Infeasible" by a solver's word alone is looked into by a short search over resident sets, which proves
  /// or refutes it.
  void look_for_a_plan(dag const& d, plan_options const& options, deadline const& clock,
                       windowed_result& found, ledger& book) const {
    result const own = state_search{state_search::quick_states}.plan(d, part_options(options, clock));
    if (own.termination.reason == stop_reason::infeasible) found.infeasible_by_word = false;
    if (!own.plan) return;
    book.fall_back();
    book.offer(*own.plan, own.strategy);
    book.raise_surely(own.bound, own.proof);
    found.infeasible = found.infeasible_by_word = false;
    found.fault = integer.capabilities().name + " claims that no schedule fits the budget, but one does";
  }

  static void finish(plan_options const& options, windowed_result const& found, ledger& book, result& out) {
    if (!found.fault.empty()) book.record_fault(found.fault);
    if (!out.plan && found.infeasible && options.order == execution_order::fixed) {
      book.refuse(schedule_space::fixed_order,
                  book.has_fault()           ? found.fault
                  : found.infeasible_by_word ? "the integer solver's word: no schedule in the fixed order "
                                               "fits the budget"
                                             : "no schedule in the fixed order fits the budget");
      return;
    }
    if (!book.proven()) out.termination.detail = why(found);
    book.finish(limit_of(found.end));
    book.fail_by_fault();
  }

  [[nodiscard]] static stop_limit limit_of(windowed_end end) {
    if (end == windowed_end::time) return stop_limit::time;
    return end == windowed_end::cancelled ? stop_limit::cancelled : stop_limit::none;
  }

  /// Why the gap is open although no limit ended it; empty where one did.
  [[nodiscard]] static std::string why(windowed_result const& found) {
    switch (found.end) {
      case windowed_end::exhausted:
        return "ended before its time: of the layouts of windows none is left to try (" +
               std::to_string(found.memory.tried.size()) + " were, of up to " + std::to_string(found.finest) +
               " windows)";
      case windowed_end::target_reached:
      case windowed_end::infeasible:
        return "what is proven holds in the fixed order only";
      default:
        return {};
    }
  }
};

template <linear_backend Lp, linear_backend Mip>
windowed(Lp, Mip) -> windowed<Lp, Mip>;

}  // namespace v0
}  // namespace checkmate
