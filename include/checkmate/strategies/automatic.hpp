// SPDX-License-Identifier: Apache-2.0
//
// automatic: what `solve` does where no strategy is named, a portfolio with a deadline.
//
//   plan    no recomputation where that fits, otherwise what is made at once (search/first_plan.hpp); then
//           local search, which ends as soon as a plan is within the gap of the bound at hand; on chains the
//           exact program of rotor, too
//   bound   the knapsacks of bounds/knapsack.hpp; with a solver, the windowed relaxation, whose points
//           are played as schedules, repaired, and may improve the plan
//   exact   on small graphs where a gap is left: the shortest path over resident sets (state_search), and
//           with a solver the integer program over the paper's stages, started from the plan
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <checkmate/bounds/knapsack.hpp>
#include <checkmate/bounds/windowed.hpp>
#include <checkmate/planning/ledger.hpp>
#include <checkmate/planning/strategy.hpp>
#include <checkmate/planning/traits.hpp>
#include <checkmate/search/first_plan.hpp>
#include <checkmate/strategies/baselines/checkpoint.hpp>
#include <checkmate/strategies/local_search.hpp>
#include <checkmate/strategies/optimal.hpp>
#include <checkmate/strategies/rotor.hpp>
#include <checkmate/strategies/state_search.hpp>

namespace checkmate {
inline namespace v0 {

/// The absence of a solver.
struct no_backend {};

namespace detail {

/// One run of `automatic`: the best plan and the best bound so far, and the parts that raise them.
class portfolio {
 public:
  static constexpr std::size_t patience_without_limit = 8;  // variations of the windows without gain
  static constexpr std::size_t many_states = 2'000'000;     // a few seconds and some 200 MB

  portfolio(dag const& d, plan_options const& options, deadline const& clock, result& out)
      : dag_(d), options_(options), clock_(clock), out_(out), book_(d, options, out) {}

  [[nodiscard]] bool finished() const { return book_.refused() || book_.proven() || clock_.expired(); }
  /// Whether there is more to do.
  [[nodiscard]] bool start() {
    offer(no_recompute_schedule(dag_), "checkpoint_all");
    return !book_.proven();
  }

  /// Plans that are made at once, for the order as it is given, and the bound that needs no solver. Whether
  /// there is more to do.
  bool make_first_plans() {
    first_plan make(dag_, options_.budget, event_sequence(dag_), [this] { return clock_.expired(); });
    std::string from = "eviction";
    make.on_plan = [&](search_start const& made) {
      offer(schedule_from_sequence(dag_, made.sequence), from);
      report(from);
    };
    static_cast<void>(make.by_eviction());
    if (has_fixed_order()) bound_by_knapsacks();
    from = "reversal";
    if (!finished()) static_cast<void>(make.by_reversal());
    return !finished();
  }

  /// Plans by local search, from the plan at hand if there is one, within `share` of the time that is left
  /// and `moves` moves (0: local search's own number). Every call goes another way. Whether it ended before
  /// its limits.
  bool search(double share, std::uint64_t moves = 0) {
    plan_options part = options_;
    if (auto const left = clock_.left()) part.time_limit = *left * share;
    if (out_.plan) part.hint = &*out_.plan;
    part.seed += 0x9e3779b9U * searches_++;
    std::stop_source enough;
    std::stop_callback const outer(options_.stop, [&] { enough.request_stop(); });
    part.stop = enough.get_token();
    part.on_progress = [&](progress const& seen) {
      double const bound = std::max(seen.bound, out_.bound.time);
      if (options_.on_progress) options_.on_progress({clock_.elapsed(), seen.best_time, bound, seen.phase});
      // Before the first plan the best time is infinite, and so are both sides of the gap.
      bool const has_plan = seen.best_time < infinity;
      if (has_plan && seen.best_time - bound <= options_.relative_gap * seen.best_time) enough.request_stop();
    };
    result found = local_search{.moves = moves}.plan(dag_, part);
    bool const by_itself = found.termination.limit == stop_limit::none;
    if (found.plan) {
      offer(*std::move(found.plan), std::move(found.strategy));
    } else if (!out_.plan) {
      out_.termination = std::move(found.termination);
    }
    raise(found.bound, std::move(found.proof));
    return by_itself;
  }

  /// What annealing should never fall behind: the exact program of chains, and where nothing was found at all
  /// the method that holds least. Both are quick to refuse where they do not apply.
  void classical_methods() {
    plan_options part = part_options(options_, clock_);
    if (part.time_limit) *part.time_limit *= 0.2;
    auto try_one = [&](auto const& how) {
      result found = how.plan(dag_, part);
      if (found.plan) offer(*std::move(found.plan), std::move(found.strategy));
    };
    // The program takes time with the cube of the stages: on long chains its tables are thinned.
    constexpr std::size_t longest_chain = 400;
    std::size_t const stages = (dag_.size() + 1) / 2;  // of a training chain of this size
    double const steps = 500 * std::pow(125.0 / static_cast<double>(stages), 3);
    if (stages <= longest_chain) try_one(rotor{static_cast<std::size_t>(std::clamp(steps, 16.0, 500.0))});
    if (!out_.plan) try_one(checkpoint_last{});
  }

  /// The bound that needs no solver.
  void bound_by_knapsacks() {
    knapsack_result const found = knapsack_bound(dag_, options_.budget, [this] { return clock_.expired(); });
    if (found.infeasible && !out_.plan) {
      memory_need const need = need_at(dag_, found.position);
      book_.refuse(found.bound.space,
                   "the knapsack bound: too much must be held at once: " + describe(dag_, need), need);
    }
    raise_surely(found.bound, "knapsack bound");
  }

  /// The windowed relaxation; its played points are offered as plans. Whether it ended before its time.
  template <linear_backend Backend>
  bool bound_by_windows(Backend& backend, double share, seconds fallback) {
    windowed_options how;
    how.time_limit = (clock_.left() ? *clock_.left() : fallback) * share;
    how.resume = std::move(windows_);
    if (!options_.time_limit) how.patience = patience_without_limit;
    how.relative_gap = options_.relative_gap;
    how.seed = options_.seed;
    how.stop = options_.stop;
    how.on_log = options_.on_log;
    if (backend.capabilities().threads) how.threads = options_.threads;
    if (out_.plan) {
      how.target = out_.plan->time;
      how.incumbent = sequence_of(dag_, *out_.plan);
    }
    report("windowed bound");
    windowed_result found = windowed_bound(dag_, options_.budget, backend, backend, how);
    if (!found.fault.empty()) book_.record_fault(found.fault);
    if (found.infeasible && !out_.plan) refuse_by_windows(found, backend.capabilities().name);
    if (found.plan) offer(*std::move(found.plan), "windowed bound");
    if (!found.sequence.empty()) repair(std::move(found.sequence));
    windows_ = std::move(found.memory);
    std::string const proof = "windowed bound (" + backend.capabilities().name + ")";
    raise_surely({found.linear_bound, schedule_space::fixed_order}, proof);
    raise(found.bound, proof);
    report("windowed bound");
    bool const by_itself = found.end != windowed_end::time && found.end != windowed_end::cancelled;
    proofs_cut_short_ |= !by_itself && !options_.time_limit;
    return by_itself;
  }

  /// The shortest path over resident sets, started from the plan, with at most `states` of them.
  void search_states(std::size_t states) {
    if (dag_.value_count() > state_search::largest_graph) return;
    plan_options part = part_options(options_, clock_);
    if (out_.plan) part.hint = &*out_.plan;
    result found = state_search{.max_states = states}.plan(dag_, part);
    if (found.plan) offer(*std::move(found.plan), std::move(found.strategy));
    if (found.termination.reason == stop_reason::infeasible && !out_.plan) {
      out_.termination = std::move(found.termination);
    }
    raise_surely(found.bound, std::move(found.proof));
  }

  /// The integer program over the paper's stages, started from the plan.
  template <linear_backend Backend>
  void close_exactly(Backend const& backend, seconds fallback) {
    plan_options part = options_;
    part.time_limit = clock_.left() ? clock_.left() : std::optional<seconds>(fallback);
    if (out_.plan) part.hint = &*out_.plan;
    result found = optimal<Backend>{backend}.plan(dag_, part);
    if (found.plan) offer(*std::move(found.plan), found.strategy);
    if (found.termination.reason == stop_reason::failed) book_.record_fault(found.termination.detail);
    if (found.termination.reason == stop_reason::infeasible && !out_.plan) {
      out_.termination = found.termination;
    } else if (!book_.proven()) {
      raise(found.bound, found.proof);
    }
  }

  /// What comes after the first plans. `small`: of a size for the exact methods.
  template <class Backend>
  void explore(Backend const& backend, seconds proof_limit, bool small) {
    bool const short_search = options_.time_limit && out_.plan;
    search(out_.plan ? 0.1 : 0.8, short_search ? local_search::default_moves(dag_) / 10 : 0);
    if (!finished()) classical_methods();
    if (!finished()) search_states(state_search::quick_states);
    if constexpr (linear_backend<Backend>) {
      if (has_fixed_order()) return prove(Backend(backend), proof_limit, small);
    }
    if (!finished() && options_.time_limit) search(1.0);
  }

  void finish() {
    bool const by_itself = out_.plan && !finished();
    book_.finish(clock_.reason());
    if (out_.plan && !book_.has_fault()) out_.termination.detail = by_itself ? why_it_ended() : "";
  }

 private:
  [[nodiscard]] bool has_fixed_order() const { return options_.order == execution_order::fixed; }

  /// How much of the time a search gets before the windows do: most where they are far from a proof.
  [[nodiscard]] static double share_of_search(double gap) {
    return gap > 0.1 ? 0.9 : gap > 0.02 ? 0.75 : gap > 0.01 ? 0.5 : 0.2;
  }

  template <linear_backend Backend>
  void prove(Backend solver, seconds proof_limit, bool small) {
    if (!finished()) bound_by_windows(solver, small ? 0.1 : 0.2, proof_limit);
    if (!finished() && (small || !out_.plan)) search_states(many_states);
    bool more = true;
    while (!finished() && more) {
      // A small graph's plan is found at once: what is open is the proof.
      bool const searched = search(small ? 0.2 : share_of_search(out_.gap()));
      bool const bounded = finished() || bound_by_windows(solver, small ? 0.5 : 1.0, proof_limit);
      if (!finished() && (small || !out_.plan)) close_exactly(solver, proof_limit);
      more = options_.time_limit && !(searched && bounded);
    }
  }

  /// Offers a sequence that need not fit after the greedy's steps have brought it within budget.
  void repair(event_sequence sequence) {
    first_plan make(dag_, options_.budget, std::move(sequence), [this] { return clock_.expired(); });
    search_start const repaired = make.by_greed();
    if (repaired.within_budget)
      offer(schedule_from_sequence(dag_, repaired.sequence), "windowed bound, repaired");
  }

  /// Why planning ended while the gap was open and no limit of the caller's was reached.
  [[nodiscard]] std::string why_it_ended() const {
    return proofs_cut_short_ ? "the search made its moves, the proof had its time (automatic::proof_limit)"
                             : "every part of the portfolio came to its end";
  }

  /// Takes a better plan. A bound that it refutes is a solver's, and wrong.
  void offer(schedule candidate, std::string from) {
    book_.offer(std::move(candidate), std::move(from));
    if (book_.refute(out_.bound, out_.proof)) book_.fall_back();
  }

  /// Takes a higher bound that was proven in the library's own arithmetic.
  void raise_surely(time_bound bound, std::string const& proof) {
    if (book_.refute(bound, proof)) return;
    book_.raise_surely(capped(bound), proof);
  }

  /// Takes a higher bound, unless the plan refutes it.
  void raise(time_bound bound, std::string const& proof) {
    if (book_.refute(bound, proof)) return;
    book_.raise(capped(bound), proof);
  }
  /// What is above the plan's own time only by rounding, or bounds a smaller space of schedules than the
  /// plan's, counts as that time.
  time_bound capped(time_bound bound) {
    book_.cap_bound();
    bound.time = std::min(bound.time, book_.time());
    return bound;
  }

  /// An integer solver's word is not enough where the search over resident sets can look for itself.
  void refuse_by_windows(windowed_result const& found, std::string const& solver) {
    if (found.infeasible_by_word) search_states(many_states);
    if (out_.plan) {
      book_.record_fault(solver + " claims that no schedule fits the budget, but one does");
    } else if (!book_.refused()) {
      book_.refuse(found.bound.space, found.infeasible_by_word
                                          ? solver + " claims that the windowed relaxation has no point"
                                          : "the windowed relaxation has no point");
    }
  }

  void report(std::string_view phase) const {
    if (!options_.on_progress) return;
    options_.on_progress(
        {.elapsed = clock_.elapsed(), .best_time = book_.time(), .bound = out_.bound.time, .phase = phase});
  }

  dag const& dag_;
  plan_options const& options_;
  deadline const& clock_;
  result& out_;
  ledger book_;
  std::uint32_t searches_ = 0;     // local searches begun
  bool proofs_cut_short_ = false;  // a proving part was stopped by the time that it has where none is set
  windowed_memory windows_;        // what the windowed relaxation has tried
};

}  // namespace detail

/// The best plan that the library can make, and the best bound. A first plan comes at once; then the parts
/// take turns until the gap is reached or the time is used up, each with another seed every time. Without a
/// backend: the knapsack bound, local search, and for graphs of up to 128 values a short search over resident
/// sets. With one (`automatic{cbc{}}`; it must solve integer models and give duals of continuous ones) the
/// windowed relaxation proves how good the plan is, and graphs of up to `exact_nodes` nodes, and larger ones
/// for which nothing finds a plan, are given to a long search over resident sets and the integer program. All
/// of these but the last prove for every sequence in the fixed order. What a solver gets wrong costs its own
/// claims, not the others', and `detail` says what it was. With execution_order::free only the base time
/// bounds.
///
/// Where no time limit is set the search makes a number of moves and ends; without a backend the result is
/// the same every time, with one it is but for what `proof_limit` cuts short.
template <class Backend = no_backend>
struct automatic {
  static constexpr strategy_traits traits{"automatic", "checkmate", "this library"};
  Backend backend{};
  seconds proof_limit = seconds(20);  ///< for each proving part, without a time limit
  std::size_t exact_nodes = 60;       ///< largest graph for the integer program and the long search, which
                                      ///< larger ones see only where nothing else finds a plan

  automatic() = default;
  explicit automatic(Backend solver) : backend(std::move(solver)) {}

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    return detail::plan_within(d, options, traits.name, [&](deadline const& clock, result& out) {
      detail::portfolio run(d, options, clock, out);
      if (run.start() && run.make_first_plans()) run.explore(backend, proof_limit, d.size() <= exact_nodes);
      run.finish();
    });
  }
};

automatic()->automatic<no_backend>;

}  // namespace v0
}  // namespace checkmate
