// SPDX-License-Identifier: Apache-2.0
//
// windowed_bound: lower bounds from the windowed relaxation (window_model.hpp), with any solver of linear
// programs and any solver of integer programs.
//
// One layout of windows at a time: its linear relaxation, memory rows added where they are violated, gives a
// bound that is recomputed from the row prices (safe_dual.hpp); columns that the target decides are fixed;
// then the integer program is solved, for as long as there is time. Its point is played as a schedule: where
// that exceeds the budget or executes a node twice in a window, the windows are split, and the next layout
// follows. Where splitting helps no more, variations of the best layout are tried (window_layouts.hpp), and
// programs that did not end are solved again with other seeds, until the target is reached, time is up or
// nothing is left to try; windowed_end tells which.
//
// The target. Any number may be given as the target time: what is proven is "every schedule takes at least
// min(target, bound)", so schedules beyond the target need not be looked at. With the time of a known
// schedule as the target, a bound that reaches it proves that schedule optimal.
//
// Tolerances. Memory rows are relaxed by 1e-6 of the budget, ten times the feasibility tolerance of CBC and
// Clp, and every other row of a 0/1 point holds exactly, so no schedule's point is near a row's edge. The
// objective is scaled so that the base time is 1e4. A reduced cost may be wrong by the dual tolerance 1e-7 on
// each column, a cut-off may prune by up to 1e-4 (CBC's default increment is 1e-5): an integer program's
// bound is lowered by 1e-7 a column and 1e-3. The bound of a linear program needs no margin.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkmate/bounds/combinatorial.hpp>
#include <checkmate/bounds/no_point.hpp>
#include <checkmate/bounds/safe_dual.hpp>
#include <checkmate/bounds/time_bound.hpp>
#include <checkmate/bounds/window_layouts.hpp>
#include <checkmate/bounds/window_model.hpp>
#include <checkmate/bounds/window_point.hpp>
#include <checkmate/bounds/window_program.hpp>
#include <checkmate/deadline.hpp>
#include <checkmate/error.hpp>
#include <checkmate/formulation/scale.hpp>
#include <checkmate/schedule/lifetimes.hpp>
#include <checkmate/schedule/schedule.hpp>
#include <checkmate/schedule/simulate.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/checked_solve.hpp>

namespace checkmate {
inline namespace v0 {

/// Why `windowed_bound` ended.
enum class windowed_end : std::uint8_t {
  target_reached,  ///< the bound is within the gap of the target, or of a plan that was found on the way
  infeasible,      ///< no schedule fits the budget
  exhausted,       ///< nothing was left to try: all layouts that were given or that it makes, or its patience
  time,            ///< the time limit
  cancelled,       ///< a stop was asked for
  failed           ///< a solver contradicted a known schedule, or failed again and again; see `trouble`
};

[[nodiscard]] constexpr std::string_view to_string(windowed_end end) {
  constexpr std::string_view names[] = {"target reached", "infeasible", "exhausted",
                                        "time",           "cancelled",  "failed"};
  return names[static_cast<std::size_t>(end)];
}

/// Settings of `windowed_bound`.
struct windowed_options {
  /// Wall clock, soft; used up unless the target is reached or nothing is left to try. Unset: until
  /// `patience` ends.
  std::optional<seconds> time_limit = seconds(120);
  double target = infinity;    ///< a time beyond which bounds are of no interest: that of the best plan, say
  double relative_gap = 1e-6;  ///< stop when (target - bound) / target <= this
  std::vector<node_id> incumbent =
      {};  ///< a sequence that fits, as a start for the integer program; may be empty
  std::vector<window_layout> layouts = {};  ///< these, in this order; empty: chosen and refined
  window_layout start = {};                 ///< the first of the chosen layouts; no cuts: chosen too
  /// Of layouts that are split one cut at a time; variations may have more.
  std::size_t max_windows = 16;
  /// Variations in a row that raise no bound before it ends as exhausted; unset = 32 without a time limit,
  /// any number with one.
  std::optional<std::size_t> patience = {};
  /// `windowed_result::memory` of an earlier call for the same graph and budget: this call goes on from
  /// there, and begins with its bound. Where it is set, `start` is not looked at.
  windowed_memory resume = {};
  window_steps steps = {};                            ///< all of them, unless for comparison
  bool integer = true;                                ///< false: linear relaxations only
  int threads = 1;                                    ///< of the integer solver
  std::uint32_t seed = 0;                             ///< of the integer solver
  std::stop_token stop = {};                          ///< a stop ends it with the best bound so far
  std::function<void(std::string_view)> on_log = {};  ///< a line a layout; unset = silence
};

/// A node that the relaxation's point executes again, and the window.
struct window_rerun {
  node_id node = 0;
  std::uint32_t window = 0;
};

/// What was proven, and the point that shows what the bound consists of.
struct windowed_result {
  time_bound bound;                 ///< on the time of every schedule in the fixed order within the budget
  bool infeasible = false;          ///< no schedule of `bound.space` fits the budget
  bool infeasible_by_word = false;  ///< that is an integer solver's word; otherwise proven in own arithmetic
  double linear_bound = -infinity;  ///< the best of the linear relaxations, proven in rounded-down arithmetic
  std::size_t windows = 0;          ///< of the layout that gave `bound`; 0 for the combinatorial bound
  bool contradicted =
      false;            ///< the integer solver claimed more than a known schedule allows; see linear_bound
  std::string trouble;  ///< what a solver got wrong, contradictions included; empty if nothing
  windowed_end end = windowed_end::exhausted;  ///< why it ended
  std::size_t layouts = 0;                     ///< how many programs were begun in this call
  std::size_t finest = 0;            ///< windows of the finest layout tried in this and the resumed calls
  windowed_memory memory;            ///< for `windowed_options::resume`
  window_layout layout;              ///< the last layout whose integer program gave a point
  std::vector<window_rerun> reruns;  ///< that point's re-executions
  std::vector<node_id> sequence;     ///< that point played as a schedule: a start for a search
  /// Time that a byte more of budget would save at each base position, by the best linear relaxation's
  /// prices, empty where this call raised no `linear_bound`; one entry a node (dag index), 0 where memory
  /// does not bind. A guide for a search, not a proof.
  std::vector<double> memory_price;
  std::optional<schedule> plan;  ///< the cheapest such schedule that fits the budget, simulated
  double elapsed = 0;            ///< seconds
};

namespace detail {

/// The state of one `windowed_bound`.
template <linear_backend Lp, linear_backend Mip>
class windowed_run {
 public:
  windowed_run(dag const& d, bytes budget, Lp& lp, Mip& mip, windowed_options const& options)
      : dag_(d),
        budget_(budget),
        lp_(lp),
        mip_(mip),
        options_(options),
        clock_(options),
        memory_(options.resume) {
    if (memory_.tried.empty()) memory_ = {.of = problem()};
    if (memory_.of != problem())
      throw invalid_option("windowed_bound: what it is to resume is of another graph or budget");
  }

  [[nodiscard]] windowed_result run() {
    begin_with_what_is_known();
    if (!out_.infeasible && !reached()) {
      if (options_.layouts.empty()) {
        refine();
      } else {
        for (window_layout const& layout : options_.layouts) {
          if (over()) break;
          solve(layout, 1.0);
        }
      }
    }
    out_.end = end();
    drop_contradicted();
    out_.memory = std::move(memory_);
    out_.elapsed = clock_.elapsed();
    return std::move(out_);
  }

 private:
  [[nodiscard]] windowed_memory::problem problem() const {
    return {dag_.size(), dag_.value_count(), dag_.base_time(), budget_};
  }

  /// The knapsacks' bound, and that of the calls which this one resumes.
  void begin_with_what_is_known() {
    combinatorial_result const start =
        combinatorial_bound(dag_, budget_, [this] { return clock_.expired(); });
    combinatorial_ = start.bound;
    out_.bound = start.bound;
    out_.infeasible = start.infeasible;
    out_.linear_bound = memory_.linear_bound;
    for (tried_layout const& t : memory_.tried) out_.finest = std::max(out_.finest, t.cuts.size() + 1);
    if (!start.infeasible && memory_.best_bound > out_.bound.time) {
      out_.bound = {memory_.best_bound, schedule_space::fixed_order};
      out_.windows = memory_.best.cuts.size() + 1;
    }
  }

  [[nodiscard]] windowed_end end() const {
    if (out_.infeasible) return windowed_end::infeasible;
    if (reached()) return windowed_end::target_reached;
    if (clock_.cancelled()) return windowed_end::cancelled;
    if (clock_.expired()) return windowed_end::time;
    return failures_ >= most_failures ? windowed_end::failed : windowed_end::exhausted;
  }

  /// Times from here on are of no interest: the target, or a plan that was found on the way.
  [[nodiscard]] double upper() const {
    return std::min(options_.target, out_.plan ? out_.plan->time : infinity);
  }
  [[nodiscard]] bool reached() const {
    return std::isfinite(upper()) && upper() - out_.bound.time <= options_.relative_gap * upper();
  }
  [[nodiscard]] bool over() const { return out_.infeasible || clock_.expired() || reached(); }

  /// Whether time is up, for those who ask often.
  [[nodiscard]] std::function<bool()> expired() const {
    return [this] { return clock_.expired(); };
  }

  /// Splits windows for as long as that helps, then varies the layout, and splits what that has improved.
  void refine() {
    std::vector<node_id> const peaks = summits(dag_, budget_, 40);
    if (memory_.at.cuts.empty()) memory_.at = first_layout(peaks);
    if (dag_.size() < 2) return;
    while (!over() && failures_ < most_failures) {
      if (!memory_.split_out) {
        split(peaks);
      } else if (is_solved_finest() || idle_ >= patience()) {
        return;
      } else if (deserves_more_time()) {
        solve_again();
      } else if (!vary() && !solve_again()) {
        return;
      }
    }
  }

  [[nodiscard]] window_layout first_layout(std::vector<node_id> const& peaks) {
    if (!options_.start.cuts.empty()) return options_.start;
    window_layout const chosen = extended({}, peaks, 0.1);
    if (!chosen.cuts.empty() || dag_.size() < 2) return chosen;
    return layout_of({static_cast<node_id>(dag_.size() / 2)});
  }

  /// Bounds by the layout that splitting has come to, then adds a cut: the one of a few candidates whose
  /// linear relaxation bounds best. The candidates are where the last point cannot be played, and summits of
  /// base memory.
  void split(std::vector<node_id> const& peaks) {
    window_layout const layout = memory_.at;
    bool solved =
        memory_.entry(layout.cuts).solves > 0 ? memory_.entry(layout.cuts).solved : attempt(layout, 0.25);
    if (over()) return;
    double const before = memory_.best_bound;
    window_layout next = layout;
    if (layout.cuts.size() + 1 < options_.max_windows)
      next = extended(layout, next_cuts(layout, peaks), 0.15);
    if (over()) return;
    bool const stuck = next.cuts == layout.cuts;
    if (!solved && (stuck || memory_.best_bound <= before)) {
      // Finer windows do not help yet: what is missing is the end of this integer program.
      if (!memory_.varied) solved = attempt(layout, 1.0);
      memory_.split_out = !solved;
    }
    if (stuck) memory_.split_out = true;
    if (!memory_.split_out) memory_.at = std::move(next);
  }

  /// Whether the best layout's program did not end, and could now have twice the time that it had.
  [[nodiscard]] bool deserves_more_time() const {
    tried_layout const* const best = memory_.find(memory_.best.cuts);
    return clock_.left() && best != nullptr && is_unsolved(*best) &&
           clock_.left()->count() * 0.5 > 2 * best->longest;
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
      double const before = memory_.best_bound;
      attempt(layout_of(*cuts), 0.25);
      note_gain(before);
      return true;
    }
    return false;
  }

  /// Solves a program that did not end once more, with another seed: that of the best layout where it gets
  /// more time than before, otherwise the one that was tried least; whether there was one.
  bool solve_again() {
    tried_layout const* next = deserves_more_time() ? memory_.find(memory_.best.cuts) : nullptr;
    for (tried_layout const& t : memory_.tried) {
      if (next == nullptr ? is_unsolved(t)
                          : !deserves_more_time() && is_unsolved(t) && t.solves < next->solves)
        next = &t;
    }
    if (next == nullptr) return false;
    double const before = memory_.best_bound;
    attempt(layout_of(next->cuts), 0.5);
    note_gain(before);
    return true;
  }

  /// A bound that rose makes its layout the one that is split and varied next.
  void note_gain(double before) {
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
  [[nodiscard]] bool is_too_large(std::vector<node_id> const& cuts) const {
    constexpr std::size_t most_columns = 400'000;
    return (cuts.size() + 1) * (dag_.size() + dag_.value_count()) > most_columns;
  }

  /// Bounds by one layout and remembers how far that went; whether its program was solved to the end.
  bool attempt(window_layout const& layout, double share) {
    double const began = clock_.elapsed(), before = memory_.best_bound;
    std::uint32_t const solves = memory_.entry(layout.cuts).solves;
    seed_ = options_.seed + solves;
    failed_ = gave_up_ = false;
    bool const solved = solve(layout, share) && !clock_.expired();
    failures_ = failed_ && !(memory_.best_bound > before) ? failures_ + 1 : 0;
    tried_layout& entry = memory_.entry(layout.cuts);
    entry.solves = solves + 1;
    entry.given_up += gave_up_ ? 1 : 0;
    entry.solved = entry.solved || solved;
    entry.longest = std::max(entry.longest, clock_.elapsed() - began);
    return solved;
  }

  /// Where to cut next: where the last point cannot be played, and the summits.
  [[nodiscard]] std::vector<node_id> next_cuts(window_layout const& layout,
                                               std::vector<node_id> const& peaks) const {
    std::vector<node_id> cuts;
    if (!memory_.played.empty()) cuts = split_finder(dag_, layout, budget_).positions(memory_.played, 8);
    cuts.insert(cuts.end(), peaks.begin(),
                peaks.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(peaks.size(), 8)));
    return cuts;
  }

  /// `layout` with the candidate cut whose relaxation bounds best, tried within `share` of the time left.
  window_layout extended(window_layout const& layout, std::vector<node_id> const& cuts, double share) {
    double const ends = ending(share);
    window_layout best = layout;
    double most = -infinity;
    for (node_id cut : cuts) {
      if (over() || (clock_.elapsed() > ends && best.cuts.size() > layout.cuts.size())) break;
      window_layout next = with_cut(layout, cut);
      if (next.cuts.size() == layout.cuts.size()) continue;
      begin(next);
      windowed_program program(dag_, budget_, next, limits(next), options_.steps, expired());
      if (over()) break;
      linear_model whole;
      double const value = relax(program, whole, share).value;
      if (value > most * (1 + 1e-7)) {
        most = value;
        best = std::move(next);
      }
    }
    return best;
  }

  /// The moment, in seconds since the start, at which `share` of the time that is left will be spent.
  [[nodiscard]] double ending(double share) const {
    return clock_.elapsed() + (clock_.left() ? clock_.left()->count() * share : infinity);
  }

  void begin(window_layout const& layout) {
    layout_ = layout;
    unit_ = dag_.base_time() > 0 ? dag_.base_time() / window_model::objective_of_base_time : 1.0;
    limit_ = (upper() - dag_.base_time()) / unit_;
  }
  [[nodiscard]] window_limits limits(window_layout const& layout) const {
    return {options_.steps.drop_long_nodes ? upper() - dag_.base_time() : infinity, free_below(layout)};
  }

  /// Bounds by one layout, with up to `share` of the time that is left; whether the layout has no more to
  /// give.
  bool solve(window_layout const& layout, double share) {
    ++out_.layouts;
    out_.finest = std::max(out_.finest, layout.cuts.size() + 1);
    begin(layout);
    windowed_program program(dag_, budget_, layout, limits(layout), options_.steps, expired());
    if (over()) return true;
    linear_model whole;
    proven_dual const linear = relax(program, whole, share);
    log("linear", whole);
    if (over() || !options_.integer) return true;
    bool const solved = branch(program, linear, share);
    log("integer", whole);
    return solved;
  }

  /// With many windows, values of less than a part in 10^5 of the budget are not worth their columns.
  [[nodiscard]] bytes free_below(window_layout const& layout) const {
    bool const count_all = layout.cuts.size() < 3 || !options_.steps.skip_small_values;
    return count_all ? 0 : (budget_ - dag_.pinned_memory()) / 100000;
  }

  void log(char const* what, linear_model const& m) const {
    if (!options_.on_log) return;
    double const base = dag_.base_time();
    options_.on_log(std::to_string(layout_.cuts.size() + 1) + " windows, " + what + ": " +
                    std::to_string(m.row_count()) + " rows, " + std::to_string(m.column_count()) +
                    " columns, " + std::to_string(m.nonzero_count()) + " non-zeros, bound " +
                    std::to_string(base > 0 ? 100 * (out_.bound.time - base) / base : 0.0) +
                    " % of base time, " + std::to_string(clock_.elapsed()) + " s");
  }

  /// The time that an objective (in units) proves; no more than the limit under which it was proven. Times of
  /// schedules are multiples of a quantum where there is one; where there is none every sum of times, the
  /// simulator's too, rounds once a term.
  [[nodiscard]] double time_of(double objective) const {
    double const rounding =
        quantum_ > 0 ? 0
                     : (static_cast<double>(dag_.size()) + 8) * 4 * std::numeric_limits<double>::epsilon();
    double const extra = formulation::next_multiple(objective * unit_, quantum_);
    return (dag_.base_time() + std::min(extra, limit_ * unit_)) * (1 - rounding);
  }

  void raise(double objective) {
    double const time = time_of(objective);
    if (time > memory_.best_bound) {
      memory_.best_bound = time;
      memory_.best = layout_;
    }
    if (!(time > out_.bound.time)) return;
    out_.bound = {time, schedule_space::fixed_order};
    out_.windows = layout_.cuts.size() + 1;
  }

  /// The linear relaxation with memory rows added until none is violated; its last proven dual.
  proven_dual relax(windowed_program& program, linear_model& whole, double share) {
    proven_dual best;
    double const began = clock_.elapsed();
    while (true) {
      whole = program.program();
      linear_model linear = whole;
      std::fill(linear.integer.begin(), linear.integer.end(), std::uint8_t{0});
      solver_options how;
      how.time_limit = time_left(1.0);
      how.stop = options_.stop;
      solver_outcome const got = checked_solve(lp_, linear, how);
      note_trouble(lp_, got);
      if (got.status == solve_status::infeasible) {
        how.time_limit = time_left(1.0);
        if (proves_no_point(lp_, linear, how)) {
          infeasible_below_target(true);
        } else if (!clock_.expired()) {
          blame(lp_, "called a relaxation infeasible that may well have a point");
        }
        return best;
      }
      if (got.row_duals.empty()) return best;
      proven_dual now = safe_dual_bound(linear, got.row_duals);
      if (now.value > best.value) {
        best = std::move(now);
        raise(best.value);
        if (time_of(best.value) > out_.linear_bound) {
          out_.linear_bound = memory_.linear_bound = time_of(best.value);
          out_.memory_price = program.prices(dag_, got.row_duals);
          double const scale =
              unit_ / static_cast<double>(std::max<bytes>(budget_ - dag_.pinned_memory(), 1));
          for (double& price : out_.memory_price) price *= scale;
        }
      }
      if (got.status == solve_status::optimal)
        memory_.played = sequence_of_point(dag_, program.model(), got.values);
      auto const left = time_left(share);
      bool const enough = left && clock_.elapsed() - began > left->count() / 3;
      if (over() || got.status != solve_status::optimal || enough ||
          program.separate(got.values, 1e-5) == 0) {
        return best;
      }
    }
  }

  [[nodiscard]] std::optional<seconds> time_left(double share) const {
    auto const left = clock_.left();
    return left ? std::optional<seconds>(*left * share) : std::nullopt;
  }

  /// The integer program, solved again while its point violates memory rows that were left out, and in
  /// another way where the solver gave up.
  bool branch(windowed_program& program, proven_dual const& linear, double share) {
    double const ends = ending(share);
    std::uint32_t way = 0;
    while (!over()) {
      linear_model integer = program.program();
      // The prices of the last relaxation know only the rows before the newest; what they fix holds anyway.
      bool const fits = linear.reduced_cost.size() == integer.column_count();
      if (fits && options_.steps.fix_columns) fix_by_reduced_cost(integer, linear, limit_);
      solver_options const how = integer_options(program, integer, ends, way);
      solver_outcome const got = checked_solve(mip_, integer, how);
      note_trouble(mip_, got);
      if (got.status == solve_status::infeasible) {
        // Solvers have been seen to call a program infeasible when a limit cut them short.
        if (got.limit != solve_limit::none ||
            (how.time_limit && got.elapsed > 0.9 * how.time_limit->count())) {
          return false;
        }
        infeasible_below_target(false);
        return true;
      }
      double const margin = 1e-3 + 1e-7 * static_cast<double>(integer.column_count());
      if (std::isfinite(got.bound)) raise(got.bound - margin);
      bool const solved = got.status == solve_status::optimal;
      if (got.has_values()) keep_point(program, got.values);
      if (clock_.elapsed() > ends) return false;
      if (solved && program.separate(got.values, 1e-5) == 0) return true;
      if (solved) continue;
      if (was_cut_short(got)) return false;
      gave_up_ = ++way == ways;
      if (gave_up_) return false;
    }
    return true;
  }

  /// Solvers give up: CBC 2.10.8, for one, calls a program infeasible although the start that it was given is
  /// a point of it, where the cut-off is close above. Then another seed comes next without the cut-off, and
  /// then without the start.
  solver_options integer_options(windowed_program const& program, linear_model const& integer, double ends,
                                 std::uint32_t way) const {
    solver_options how;
    if (clock_.left()) how.time_limit = seconds(std::max(0.1, ends - clock_.elapsed()));
    how.stop = options_.stop;
    how.threads = options_.threads;
    how.seed = seed_ + way;
    if (std::isfinite(limit_) && options_.steps.cutoff && way == 0) how.cutoff = limit_ + cutoff_room;
    if (way < 2) give_hint(program, integer, how);
    return how;
  }

  [[nodiscard]] static bool was_cut_short(solver_outcome const& got) {
    return got.limit == solve_limit::time || got.limit == solve_limit::stopped;
  }

  template <class Solver>
  void note_trouble(Solver const& solver, solver_outcome const& got) {
    if (got.status != solve_status::failed) return;
    failed_ = true;
    blame(solver, got.detail.empty() ? "failed" : got.detail);
  }
  template <class Solver>
  void blame(Solver const& solver, std::string const& what) {
    if (out_.trouble.empty()) out_.trouble = solver.capabilities().name + " " + what;
  }

  /// A plan, or the caller's sequence, that takes less than an integer solver says is possible shows the
  /// solver wrong: only what was proven in rounded-down arithmetic remains.
  void drop_contradicted() {
    double known = out_.plan ? out_.plan->time : infinity;
    if (!options_.incumbent.empty()) {
      simulation const seen =
          simulate(dag_, schedule_from_sequence(dag_, options_.incumbent), {.budget = budget_});
      if (seen.valid()) known = std::min(known, seen.time);
    }
    bool const wrong = out_.infeasible ? std::isfinite(known) : out_.bound.time > known * (1 + 1e-9);
    if (!wrong) return;
    if (out_.infeasible) {
      blame(mip_, "claims that no schedule fits the budget, but one does");
    } else {
      blame(mip_, "claims that no schedule takes less than " + std::to_string(out_.bound.time) +
                      ", but one takes " + std::to_string(known));
    }
    out_.infeasible = out_.infeasible_by_word = false;
    out_.bound = combinatorial_;
    out_.windows = 0;
    if (out_.linear_bound > out_.bound.time) out_.bound = {out_.linear_bound, schedule_space::fixed_order};
    out_.contradicted = true;
    out_.end = windowed_end::failed;
    memory_ = {.of = problem()};
  }

  /// Nothing below the target exists; without a target, nothing at all. `sure`: by our own arithmetic.
  void infeasible_below_target(bool sure) {
    if (std::isfinite(limit_)) {
      raise(limit_ - 1e-3);
      if (sure) {
        memory_.linear_bound = std::max(memory_.linear_bound, time_of(limit_ - 1e-3));
        out_.linear_bound = memory_.linear_bound;
      }
    } else {
      out_.infeasible = true;
      out_.infeasible_by_word = !sure;
      out_.bound.space = schedule_space::fixed_order;
    }
  }

  void give_hint(windowed_program const& program, linear_model const& integer, solver_options& how) const {
    if (options_.incumbent.empty() || !options_.steps.hint || !mip_.capabilities().hint) return;
    std::vector<double> point = point_of_sequence(dag_, program.model(), options_.incumbent);
    if (infeasibility(integer, point) < 1e-9 && objective_at(integer, point) <= limit_ + cutoff_room)
      how.hint = std::move(point);
  }

  void keep_point(windowed_program const& program, std::vector<double> const& x) {
    window_model const& w = program.model();
    out_.layout = w.layout();
    out_.reruns.clear();
    for (std::uint32_t k = 0; k < w.window_count(); ++k) {
      for (node_id u = 0; u < dag_.size(); ++u) {
        if (w.rerun(u, k).at(x) > 0.5) out_.reruns.push_back({u, k});
      }
    }
    out_.sequence = sequence_of_point(dag_, w, x);
    memory_.played = out_.sequence;
    schedule played = schedule_from_sequence(dag_, out_.sequence);
    simulation const seen = simulate(dag_, played, {.budget = budget_});
    if (!seen.valid() || (out_.plan && out_.plan->time <= seen.time)) return;
    played.time = seen.time;
    played.peak_memory = seen.peak_memory;
    out_.plan = std::move(played);
  }

  static constexpr std::uint32_t ways = 3;           // of solving a program, see integer_options
  static constexpr std::uint32_t most_failures = 5;  // of solvers, in a row, before it ends
  static constexpr double cutoff_room = 1e-3;  // so that a schedule that attains the target is not cut off

  dag const& dag_;
  bytes budget_;
  Lp& lp_;
  Mip& mip_;
  windowed_options const& options_;
  deadline clock_;
  windowed_result out_;
  time_bound combinatorial_;  // the bound that it began with
  double quantum_ = formulation::time_quantum(dag_);
  double unit_ = 1;       // time of one unit of the objective
  double limit_ = 0;      // the target's extra time in units
  window_layout layout_;  // the one at hand
  windowed_memory memory_;
  std::uint32_t seed_ = options_.seed;  // of the integer solver, for the layout at hand
  std::size_t idle_ = 0;                // variations in a row that raised nothing
  bool gave_up_ = false;                // whether the integer solver ended early at the layout at hand
  bool failed_ = false;                 // whether a solver failed at the layout at hand
  std::uint32_t failures_ = 0;          // layouts in a row at which that was all that came of it
};

}  // namespace detail

/// The best bound that windowed relaxations prove within the limits, for every schedule in the fixed order
/// that fits `budget`. `lp` must return row duals, `mip` solve integer models; either may be any backend.
/// Throws invalid_option where they do not, and where `options.resume` is of another graph or budget.
template <linear_backend Lp, linear_backend Mip>
[[nodiscard]] windowed_result windowed_bound(dag const& d, bytes budget, Lp& lp, Mip& mip,
                                             windowed_options const& options = {}) {
  if (!lp.capabilities().duals)
    throw invalid_option("windowed_bound: " + lp.capabilities().name + " gives no duals");
  if (options.integer && !mip.capabilities().integers) {
    throw invalid_option("windowed_bound: " + mip.capabilities().name + " solves no integer models");
  }
  return detail::windowed_run<Lp, Mip>(d, budget, lp, mip, options).run();
}

}  // namespace v0
}  // namespace checkmate
