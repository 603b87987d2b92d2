// SPDX-License-Identifier: Apache-2.0
//
// windowed_bound: lower bounds from the windowed relaxation (formulation/windows/model.hpp), with any solver
// of linear programs and any solver of integer programs.
//
// One layout of windows at a time: its linear relaxation, memory rows added where they are violated, gives a
// bound that is recomputed from the row prices (safe_dual.hpp); columns that the target decides are fixed;
// then the integer program is solved, for as long as there is time. Its point is played as a schedule: where
// that exceeds the budget or executes a node twice in a window, the windows are split, and the next layout
// follows. Where splitting helps no more, variations of the best layout are tried
// (formulation/windows/layouts.hpp), and programs that did not end are solved again with other seeds, until
// the target is reached, time is up or nothing is left to try; windowed_end tells which.
//
// The target. Any number may be given as the target time: what is proven is "every schedule takes at least
// min(target, bound)", so schedules beyond the target need not be looked at. With the time of a known
// schedule as the target, a bound that reaches it proves that schedule optimal.
//
// Tolerances. Memory rows are relaxed by 1e-6 of the budget, ten times the feasibility tolerance of CBC and
// Clp, and every other row of a 0/1 point holds exactly, so no schedule's point is near a row's edge. The
// objective is scaled so that the base time is 1e4. A reduced cost may be wrong by the dual tolerance 1e-7 on
// each column, a cut-off may prune by up to 1e-4 (CBC's default increment is 1e-5): an integer program's
// bound is lowered by 1e-7 per column and 1e-3. The bound of a linear program needs no margin.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <checkmate/bounds/windowed/prover.hpp>
#include <checkmate/bounds/windowed/types.hpp>
#include <checkmate/core/deadline.hpp>
#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/formulation/windows/layouts.hpp>
#include <checkmate/formulation/windows/model.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/solvers/backend.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// The choice of layouts of one `windowed_bound`.
template <linear_backend Lp, linear_backend Mip>
class windowed_run {
 public:
  windowed_run(dag const& d, bytes budget, Lp& lp, Mip& mip, windowed_options const& options)
      : dag_(d),
        budget_(budget),
        options_(options),
        memory_(checked(options.resume, {d.size(), d.value_count(), d.base_time(), budget})),
        prover_(d, budget, lp, mip, options, memory_) {}

  [[nodiscard]] windowed_result run() {
    if (options_.layouts.empty()) {
      refine();
    } else {
      for (window_layout const& layout : options_.layouts) {
        if (prover_.over()) break;
        (void)prover_.solve(layout, 1.0, options_.seed);
      }
    }
    return prover_.finish(end());
  }

 private:
  [[nodiscard]] static windowed_memory checked(windowed_memory given, windowed_memory::problem const& of) {
    if (given.tried.empty()) return {.of = of};
    if (given.of != of)
      throw invalid_option("windowed_bound: what it is to resume is of another graph or budget");
    return given;
  }

  [[nodiscard]] windowed_end end() const {
    if (prover_.infeasible()) return windowed_end::infeasible;
    if (prover_.reached()) return windowed_end::target_reached;
    if (clock_.cancelled()) return windowed_end::cancelled;
    if (clock_.expired()) return windowed_end::time;
    return failures_ >= most_failures ? windowed_end::failed : windowed_end::exhausted;
  }

  /// Splits windows for as long as that helps, then varies the layout, and splits what that has improved.
  void refine() {
    std::vector<node_index> const peaks = summits(dag_, budget_, 40);
    if (memory_.at.cuts.empty()) memory_.at = first_layout(peaks);
    if (dag_.size() < 2) return;
    while (!prover_.over() && failures_ < most_failures) {
      if (!memory_.split_out) {
        split(peaks);
      } else if (is_solved_finest() || idle_ >= patience()) {
        return;
      } else if (std::optional<window_layout> const layout = deserves_more_time()) {
        attempt_for_gain(*layout, 0.5);
      } else if (!vary() && !solve_again()) {
        return;
      }
    }
  }

  [[nodiscard]] window_layout first_layout(std::vector<node_index> const& peaks) {
    if (!options_.start.cuts.empty()) return options_.start;
    window_layout const chosen = extended({}, peaks, 0.1);
    if (!chosen.cuts.empty() || dag_.size() < 2) return chosen;
    return layout_of({static_cast<node_index>(dag_.size() / 2)});
  }

  /// Bounds by the layout that splitting has come to, then adds a cut: the one of a few candidates whose
  /// linear relaxation bounds best. The candidates are where the last point cannot be played, and summits of
  /// base memory.
  void split(std::vector<node_index> const& peaks) {
    window_layout const layout = memory_.at;
    bool solved =
        memory_.entry(layout.cuts).solves > 0 ? memory_.entry(layout.cuts).solved : attempt(layout, 0.25);
    if (prover_.over()) return;
    double const before = memory_.best_bound;
    window_layout next = layout;
    if (layout.cuts.size() + 1 < options_.max_windows)
      next = extended(layout, next_cuts(layout, peaks), 0.15);
    if (prover_.over()) return;
    bool const stuck = next.cuts == layout.cuts;
    if (!solved && (stuck || memory_.best_bound <= before)) {
      // Finer windows do not help yet: what is missing is the end of this integer program.
      if (!memory_.varied) solved = attempt(layout, 1.0);
      memory_.split_out = !solved;
    }
    if (stuck) memory_.split_out = true;
    if (!memory_.split_out) memory_.at = std::move(next);
  }

  /// The layout whose program did not end and could now have twice the time that it had: the best one, or
  /// that where splitting stands.
  [[nodiscard]] std::optional<window_layout> deserves_more_time() const {
    for (window_layout const* layout : {&memory_.best, &memory_.at}) {
      tried_layout const* const tried = memory_.find(layout->cuts);
      if (clock_.left() && tried != nullptr && is_unsolved(*tried) &&
          clock_.left()->count() * 0.5 > 2 * tried->longest) {
        return *layout;
      }
    }
    return std::nullopt;
  }
  [[nodiscard]] static bool is_unsolved(tried_layout const& t) {
    constexpr std::uint32_t most_given_up = 3;
    return !t.solved && t.given_up < most_given_up;
  }

  /// Bounds by the next variation of the best layout; whether there was one.
  bool vary() {
    memory_.varied = true;
    layout_variations const variations(memory_.best.cuts, dag_.size());
    while (memory_.next < variations.count()) {
      auto const cuts = variations.at(memory_.next++);
      if (!cuts || memory_.find(*cuts) != nullptr || is_too_large(*cuts)) continue;
      attempt_for_gain(layout_of(*cuts), 0.25);
      return true;
    }
    return false;
  }

  /// Solves the program that was tried least of those that did not end once more, with another seed and more
  /// time; whether there was one.
  bool solve_again() {
    tried_layout const* next = nullptr;
    for (tried_layout const& t : memory_.tried) {
      if (is_unsolved(t) && (next == nullptr || t.solves < next->solves)) next = &t;
    }
    if (next == nullptr) return false;
    attempt_for_gain(layout_of(next->cuts), 0.5);
    return true;
  }

  /// Bounds by `layout`. A bound that rises makes its layout the one that is split and varied next.
  void attempt_for_gain(window_layout const& layout, double share) {
    double const before = memory_.best_bound;
    attempt(layout, share);
    ++idle_;
    if (!(memory_.best_bound > before)) return;
    idle_ = 0;
    memory_.at = memory_.best;
    memory_.split_out = false;
    memory_.next = 0;
  }

  [[nodiscard]] std::size_t patience() const {
    constexpr std::size_t without_a_clock = 32;
    return options_.patience.value_or(clock_.left() ? std::numeric_limits<std::size_t>::max()
                                                    : without_a_clock);
  }
  [[nodiscard]] bool is_solved_finest() const {
    return std::any_of(memory_.tried.begin(), memory_.tried.end(), [this](tried_layout const& t) {
      return t.solved && t.cuts.size() + 1 >= dag_.size();
    });
  }
  /// Programs of more columns are not made: they take gigabytes, and no solver ends them.
  [[nodiscard]] bool is_too_large(std::vector<node_index> const& cuts) const {
    constexpr std::size_t most_columns = 400'000;
    return (cuts.size() + 1) * (dag_.size() + dag_.value_count()) > most_columns;
  }

  /// Bounds by one layout and remembers how far that went; whether its program was solved to the end.
  bool attempt(window_layout const& layout, double share) {
    double const began = clock_.elapsed(), before = memory_.best_bound;
    std::uint32_t const solves = memory_.entry(layout.cuts).solves;
    layout_outcome const got = prover_.solve(layout, share, options_.seed + solves);
    failures_ = got.failed && !(memory_.best_bound > before) ? failures_ + 1 : 0;
    tried_layout& entry = memory_.entry(layout.cuts);
    entry.solves = solves + 1;
    entry.given_up += got.gave_up ? 1 : 0;
    entry.solved = entry.solved || got.solved;
    entry.longest = std::max(entry.longest, clock_.elapsed() - began);
    return got.solved;
  }

  /// Where to cut next: where the last point cannot be played, and the summits.
  [[nodiscard]] std::vector<node_index> next_cuts(window_layout const& layout,
                                                  std::vector<node_index> const& peaks) const {
    std::vector<node_index> cuts;
    if (!memory_.played.empty()) cuts = split_finder(dag_, layout, budget_).positions(memory_.played, 8);
    cuts.insert(cuts.end(), peaks.begin(),
                peaks.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(peaks.size(), 8)));
    return cuts;
  }

  /// `layout` with the candidate cut whose relaxation bounds best, tried within `share` of the time left.
  window_layout extended(window_layout const& layout, std::vector<node_index> const& cuts, double share) {
    double const ends = prover_.ending(share);
    window_layout best = layout;
    double most = -infinity;
    for (node_index cut : cuts) {
      if (prover_.over() || (clock_.elapsed() > ends && best.cuts.size() > layout.cuts.size())) break;
      window_layout next = with_cut(layout, cut);
      if (next.cuts.size() == layout.cuts.size()) continue;
      double const value = prover_.relax(next, share);
      if (value > most * (1 + 1e-7)) {
        most = value;
        best = std::move(next);
      }
    }
    return best;
  }

  static constexpr std::uint32_t most_failures = 5;  // of solvers, in a row, before it ends

  dag const& dag_;
  bytes budget_;
  windowed_options const& options_;
  windowed_memory memory_;
  window_prover<Lp, Mip> prover_;
  deadline const& clock_ = prover_.clock();
  std::size_t idle_ = 0;        // variations in a row that raised nothing
  std::uint32_t failures_ = 0;  // layouts in a row at which a solver's fault was all that came of it
};

}  // namespace detail

/// The best bound that windowed relaxations prove within the limits, for every schedule in the fixed order
/// that fits `budget`. `lp` must return row duals, `mip` solve integer models; either may be any backend.
/// Throws invalid_option where they do not, where an option is out of its range, and where `options.resume`
/// is of another graph or budget.
template <linear_backend Lp, linear_backend Mip>
[[nodiscard]] windowed_result windowed_bound(dag const& d, bytes budget, Lp& lp, Mip& mip,
                                             windowed_options const& options = {}) {
  if (!lp.capabilities().duals)
    throw invalid_option("windowed_bound: " + lp.capabilities().name + " gives no duals");
  if (options.integer && !mip.capabilities().integers) {
    throw invalid_option("windowed_bound: " + mip.capabilities().name + " solves no integer models");
  }
  if (options.time_limit && !detail::is_finite_amount(options.time_limit->count()))
    throw invalid_option("windowed_bound: time_limit must be >= 0 s and finite");
  if (!detail::is_finite_amount(options.relative_gap) || detail::is_nan(options.target))
    throw invalid_option("windowed_bound: relative_gap must be >= 0 and finite, target a number");
  return detail::windowed_run<Lp, Mip>(d, budget, lp, mip, options).run();
}

}  // namespace v0
}  // namespace checkmate
