// SPDX-License-Identifier: Apache-2.0
//
// What one layout of windows proves: its linear relaxation, with rows added where they are violated, then its
// integer program, within a share of the time; and what is kept of all the layouts that were solved.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/bounds/infeasible.hpp>
#include <checkmate/bounds/knapsack.hpp>
#include <checkmate/bounds/safe_dual.hpp>
#include <checkmate/bounds/windowed/types.hpp>
#include <checkmate/core/deadline.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/formulation/windows/layouts.hpp>
#include <checkmate/formulation/windows/model.hpp>
#include <checkmate/formulation/windows/point.hpp>
#include <checkmate/formulation/windows/program.hpp>
#include <checkmate/graph/quantum.hpp>
#include <checkmate/planning/ledger.hpp>
#include <checkmate/schedule/lifetimes.hpp>
#include <checkmate/schedule/schedule.hpp>
#include <checkmate/schedule/simulate.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/checked_solve.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// How solving the program of a layout ended.
struct layout_outcome {
  bool solved = false;   ///< to the end: the layout has no more to give
  bool gave_up = false;  ///< the integer solver ended early, although it had time
  bool failed = false;   ///< a solver failed
};

/// Bounds by one layout after the other; keeps the best bound and plan, and notes bounds and points in
/// `memory`.
template <linear_backend Lp, linear_backend Mip>
class window_prover {
 public:
  /// What it is given must outlive it.
  window_prover(dag const& d, bytes budget, Lp& lp, Mip& mip, windowed_options const& options,
                windowed_memory& memory)
      : dag_(d),
        budget_(budget),
        lp_(lp),
        mip_(mip),
        options_(options),
        clock_(options),
        memory_(memory),
        book_(d, judge_, kept_) {
    begin_with_what_is_known();
  }

  [[nodiscard]] deadline const& clock() const { return clock_; }
  [[nodiscard]] bool infeasible() const { return out_.infeasible; }
  [[nodiscard]] bool reached() const {
    return is_finite(upper()) && upper() - book_.bound().time <= options_.relative_gap * upper();
  }
  [[nodiscard]] bool over() const { return out_.infeasible || clock_.expired() || reached(); }
  /// The moment, in seconds since the start, at which `share` of the time that is left will be spent.
  [[nodiscard]] double ending(double share) const {
    return clock_.elapsed() + (clock_.left() ? clock_.left()->count() * share : infinity);
  }

  /// Bounds by a layout's linear relaxation; the objective that it proves.
  double relax(window_layout const& layout, double share) {
    windowed_program program = begin(layout);
    if (over()) return -infinity;
    linear_model whole;
    return relax(program, whole, share).value;
  }

  /// Bounds by a layout's programs, with up to `share` of the time that is left.
  layout_outcome solve(window_layout const& layout, double share, std::uint32_t seed) {
    ++out_.layouts;
    out_.finest = std::max(out_.finest, layout.cuts.size() + 1);
    seed_ = seed;
    how_it_went_ = {};
    windowed_program program = begin(layout);
    how_it_went_.solved = over() || bound_by(program, share);
    how_it_went_.solved = how_it_went_.solved && !clock_.expired();
    return how_it_went_;
  }

  /// What was found; `end` is why the caller ended, where nothing was contradicted.
  [[nodiscard]] windowed_result finish(windowed_end end) {
    out_.end = end;
    drop_contradicted();
    out_.bound = kept_.bound;
    out_.plan = std::move(kept_.plan);
    out_.memory = memory_;
    out_.elapsed = clock_.elapsed();
    return std::move(out_);
  }

 private:
  /// The knapsacks' bound, and that of the calls which this one resumes.
  void begin_with_what_is_known() {
    knapsack_result const start = knapsack_bound(dag_, budget_, [this] { return clock_.expired(); });
    book_.raise_surely(start.bound, {});
    out_.infeasible = start.infeasible;
    out_.linear_bound = memory_.linear_bound;
    for (tried_layout const& t : memory_.tried) out_.finest = std::max(out_.finest, t.cuts.size() + 1);
    if (start.infeasible) return;
    if (memory_.best_bound > start.bound.time) out_.windows = memory_.best.cuts.size() + 1;
    book_.raise_surely({memory_.linear_bound, schedule_space::fixed_order}, {});
    book_.raise({memory_.best_bound, schedule_space::fixed_order}, {});
  }

  /// Times from here on are of no interest: the target, or a plan that was found on the way.
  [[nodiscard]] double upper() const { return std::min(options_.target, book_.time()); }

  /// The program of `layout`, the layout at hand from now on.
  [[nodiscard]] windowed_program begin(window_layout const& layout) {
    layout_ = layout;
    unit_ = dag_.base_time() > 0 ? dag_.base_time() / window_model::objective_of_base_time : 1.0;
    limit_ = (upper() - dag_.base_time()) / unit_;
    double const reruns_below = options_.steps.drop_long_nodes ? upper() - dag_.base_time() : infinity;
    // With many windows, values of less than a part in 10^5 of the budget are not worth their columns.
    bool const count_all = layout.cuts.size() < 3 || !options_.steps.skip_small_values;
    bytes const free_below = count_all ? 0 : (budget_ - dag_.fixed_memory()) / 100000;
    return {dag_,           budget_,
            layout,         {reruns_below, free_below},
            options_.steps, [this] { return clock_.expired(); }};
  }

  /// Whether that was to the end.
  bool bound_by(windowed_program& program, double share) {
    linear_model whole;
    proven_dual const linear = relax(program, whole, share);
    log("linear", whole);
    if (over() || !options_.integer) return true;
    bool const solved = branch(program, linear, share);
    log("integer", whole);
    return solved;
  }

  void log(char const* what, linear_model const& m) const {
    if (!options_.on_log) return;
    double const base = dag_.base_time();
    options_.on_log(std::to_string(layout_.cuts.size() + 1) + " windows, " + what + ": " +
                    std::to_string(m.row_count()) + " rows, " + std::to_string(m.column_count()) +
                    " columns, " + std::to_string(m.nonzero_count()) + " non-zeros, bound " +
                    std::to_string(base > 0 ? 100 * (book_.bound().time - base) / base : 0.0) +
                    " % of base time, " + std::to_string(clock_.elapsed()) + " s");
  }

  /// The time that an objective (in units) proves; no more than the limit under which it was proven. Times of
  /// schedules are multiples of a quantum where there is one; where there is none every sum of times, the
  /// simulator's too, rounds once a term.
  [[nodiscard]] double time_of(double objective) const {
    double const rounding =
        quantum_ > 0 ? 0
                     : (static_cast<double>(dag_.size()) + 8) * 4 * std::numeric_limits<double>::epsilon();
    double const extra = next_multiple(objective * unit_, quantum_);
    return (dag_.base_time() + std::min(extra, limit_ * unit_)) * (1 - rounding);
  }

  void raise(double objective) {
    double const time = time_of(objective);
    if (time > memory_.best_bound) {
      memory_.best_bound = time;
      memory_.best = layout_;
    }
    if (time > book_.bound().time) out_.windows = layout_.cuts.size() + 1;
    book_.raise({time, schedule_space::fixed_order}, {});
  }
  /// The same, proven in our own arithmetic.
  void raise_surely(double objective) {
    raise(objective);
    book_.raise_surely({time_of(objective), schedule_space::fixed_order}, {});
    memory_.linear_bound = std::max(memory_.linear_bound, time_of(objective));
    out_.linear_bound = memory_.linear_bound;
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
      how.time_limit = clock_.left();
      how.stop = options_.stop;
      solver_outcome const got = checked_solve(lp_, linear, how);
      note_fault(lp_, got);
      if (got.status == solve_status::infeasible) {
        how.time_limit = clock_.left();
        if (proves_infeasible(lp_, linear, how)) {
          infeasible_below_target(true);
        } else if (!clock_.expired()) {
          record_fault(lp_, "called a relaxation infeasible that may well have a point");
        }
        return best;
      }
      if (got.row_duals.empty()) return best;
      proven_dual now = safe_dual_bound(linear, got.row_duals);
      if (now.value > best.value) {
        best = std::move(now);
        bool const more = time_of(best.value) > out_.linear_bound;
        raise_surely(best.value);
        if (more) {
          out_.memory_price = program.prices(dag_, got.row_duals);
          double const scale = unit_ / static_cast<double>(std::max<bytes>(budget_ - dag_.fixed_memory(), 1));
          for (double& price : out_.memory_price) price *= scale;
        }
      }
      if (got.status == solve_status::optimal)
        memory_.played = sequence_of_point(dag_, program.model(), got.values);
      auto const left = clock_.left();
      bool const enough = left && clock_.elapsed() - began > left->count() * share / 3;
      if (over() || got.status != solve_status::optimal || enough ||
          program.separate(got.values, 1e-5) == 0) {
        return best;
      }
    }
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
      note_fault(mip_, got);
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
      if (is_finite(got.bound)) raise(got.bound - margin);
      bool const solved = got.status == solve_status::optimal;
      if (got.has_values()) keep_point(program, got.values);
      if (clock_.elapsed() > ends) return false;
      if (solved && program.separate(got.values, 1e-5) == 0) return true;
      if (solved) continue;
      if (got.limit == solve_limit::time || got.limit == solve_limit::stopped) return false;
      how_it_went_.gave_up = ++way == ways;
      if (how_it_went_.gave_up) return false;
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
    if (is_finite(limit_) && options_.steps.cutoff && way == 0) how.cutoff = limit_ + cutoff_room;
    if (way < 2) give_hint(program, integer, how);
    return how;
  }

  void note_fault(auto const& solver, solver_outcome const& got) {
    if (got.status != solve_status::failed) return;
    how_it_went_.failed = true;
    record_fault(solver, got.detail.empty() ? "failed" : got.detail);
  }
  void record_fault(auto const& solver, std::string const& what) {
    if (out_.fault.empty()) out_.fault = solver.capabilities().name + " " + what;
  }

  /// A plan, or the caller's sequence, that takes less than an integer solver says is possible shows the
  /// solver wrong: only what was proven in rounded-down arithmetic remains.
  void drop_contradicted() {
    double known = book_.time();
    if (!options_.incumbent.empty()) {
      simulation const seen =
          simulate(dag_, schedule_from_sequence(dag_, options_.incumbent), {.budget = budget_});
      if (seen.valid()) known = std::min(known, seen.time);
    }
    bool const wrong = out_.infeasible ? is_finite(known) : is_above(book_.bound(), known);
    if (!wrong) return;
    std::string const solver = mip_.capabilities().name;
    if (out_.fault.empty()) {
      out_.fault = out_.infeasible ? solver + " claims that no schedule fits the budget, but one does"
                                   : refutation(solver, book_.bound().time, known);
    }
    out_.infeasible = out_.infeasible_by_word = false;
    book_.fall_back();
    out_.windows = 0;
    out_.contradicted = true;
    out_.end = windowed_end::failed;
    memory_ = {.of = memory_.of};
  }

  /// Nothing below the target exists; without a target, nothing at all. `sure`: by our own arithmetic.
  void infeasible_below_target(bool sure) {
    if (is_finite(limit_)) {
      sure ? raise_surely(limit_ - 1e-3) : raise(limit_ - 1e-3);
    } else {
      out_.infeasible = true;
      out_.infeasible_by_word = !sure;
      kept_.bound.space = schedule_space::fixed_order;
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
      for (node_index u : dag_.nodes()) {
        if (w.rerun(u, k).at(x) > 0.5) out_.reruns.push_back({u, k});
      }
    }
    out_.sequence = sequence_of_point(dag_, w, x);
    memory_.played = out_.sequence;
    book_.offer(out_.sequence, {});
  }

  static constexpr std::uint32_t ways = 3;     // of solving a program, see integer_options
  static constexpr double cutoff_room = 1e-3;  // so that a schedule that attains the target is not cut off

  dag const& dag_;
  bytes budget_;
  Lp& lp_;
  Mip& mip_;
  windowed_options const& options_;
  deadline clock_;
  windowed_memory& memory_;
  windowed_result out_;
  plan_options judge_{.budget = budget_};
  result kept_;  // the plan and the bound
  ledger book_;
  double quantum_ = time_quantum(dag_);
  double unit_ = 1;             // time of one unit of the objective
  double limit_ = 0;            // the target's extra time in units
  window_layout layout_;        // the one at hand
  layout_outcome how_it_went_;  // with it
  std::uint32_t seed_ = 0;      // of the integer solver
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
