// SPDX-License-Identifier: Apache-2.0
//
// windowed_bound: lower bounds from the windowed relaxation (window_model.hpp), with any solver of linear
// programs and any solver of integer programs.
//
// One layout of windows at a time: its linear relaxation, memory rows added where they are violated, gives a
// bound that is recomputed from the row prices (safe_dual.hpp); columns that the target decides are fixed;
// then the integer program is solved, for as long as there is time. Its point is played as a schedule: where
// that exceeds the budget or executes a node twice in a window, the windows are split, and the next layout
// follows.
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
#include <map>
#include <optional>
#include <set>
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
#include <checkmate/bounds/window_model.hpp>
#include <checkmate/bounds/window_point.hpp>
#include <checkmate/deadline.hpp>
#include <checkmate/detail/finite.hpp>
#include <checkmate/formulation/scale.hpp>
#include <checkmate/schedule/lifetimes.hpp>
#include <checkmate/schedule/schedule.hpp>
#include <checkmate/schedule/simulate.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/checked_solve.hpp>

namespace checkmate {
inline namespace v0 {

/// The steps that make the relaxation stronger or its programs smaller. Each may be left out: the bound holds
/// whatever is chosen, since a row that is missing only adds points, and a column or a point that is cut away
/// belongs to no schedule below the target.
struct window_steps {
  /// Rows over groups of windows (window_model.hpp: nested). With fine windows alone a fraction of a node in
  /// each of several windows serves a reader in every one of them. Valid: rerun(u, I) = max over I.
  bool nested_rows = true;
  /// Memory at base positions inside windows, not only at cuts. Valid: those values are resident then.
  bool base_rows = true;
  /// Memory while a node is executed again. Valid: a re-execution holds its working set, and what stands at
  /// both ends of the window and is not produced again in it.
  bool rerun_rows = true;
  /// Memory while a value that is gone at the window's start, and read inside, is produced again. Valid: its
  /// producer must run between the cut and that reader.
  bool forced_rows = true;
  /// No re-execution of nodes that take longer than all the extra time below the target. Valid for the
  /// schedules below the target, to which the bound is limited.
  bool drop_long_nodes = true;
  /// Values of less than a part in 10^5 of the budget get no columns where there are three cuts or more; they
  /// count in the working sets that hold them. Valid: they are taken to be there for nothing.
  bool skip_small_values = true;
  /// Fixes columns by the proven reduced costs of the linear relaxation and the target. Valid: the other
  /// value would take the objective past the target (safe_dual.hpp).
  bool fix_columns = true;
  /// The target as the integer solver's cut-off. Valid: what it prunes is not below the target.
  bool cutoff = true;
  /// The incumbent's point as the integer solver's start; says nothing about the bound.
  bool hint = true;
};

/// Settings of `windowed_bound`.
struct windowed_options {
  std::optional<seconds> time_limit = seconds(120);  ///< wall clock, soft; unset = until nothing improves
  double target = infinity;    ///< a time beyond which bounds are of no interest: that of the best plan, say
  double relative_gap = 1e-6;  ///< stop when (target - bound) / target <= this
  std::vector<node_id> incumbent =
      {};  ///< a sequence that fits, as a start for the integer program; may be empty
  std::vector<window_layout> layouts = {};  ///< these, in this order; empty: chosen and refined
  window_layout start = {};                 ///< the first of the chosen layouts; no cuts: chosen too
  std::size_t max_windows = 16;             ///< of chosen layouts
  window_steps steps = {};                  ///< all of them, unless for comparison
  bool integer = true;                      ///< false: linear relaxations only
  int threads = 1;                          ///< of the integer solver
  std::uint32_t seed = 0;                   ///< of the integer solver
  std::stop_token stop = {};                ///< a stop ends it with the best bound so far
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
  std::size_t layouts = 0;           ///< how many were tried
  window_layout layout;              ///< the last layout whose integer program gave a point
  std::vector<window_rerun> reruns;  ///< that point's re-executions
  std::vector<node_id> sequence;     ///< that point played as a schedule: a start for a search
  /// Time that a byte more of budget would save at each base position, by the best linear relaxation's
  /// prices; one entry a node (dag index), 0 where memory does not bind. A guide for a search, not a proof.
  std::vector<double> memory_price;
  std::optional<schedule> plan;  ///< the cheapest such schedule that fits the budget, simulated
  double elapsed = 0;            ///< seconds
};

namespace detail {

/// The relaxation over one layout, with the memory rows that were found to matter.
class windowed_program {
 public:
  /// `stop` is asked now and then; once it says so, rows may be missing, which only weakens the relaxation.
  windowed_program(dag const& d, bytes budget, window_layout layout, window_limits limits,
                   window_steps const& steps = {}, std::function<bool()> stop = {})
      : model_(d, budget, without_groups_unless(steps.nested_rows, std::move(layout)), limits),
        stop_(stop ? std::move(stop) : [] { return false; }),
        candidates_(model_.candidate_rows(stop_)) {
    auto const left_out = [&](memory_row const& row) {
      return (row.kind == memory_row_kind::base && !steps.base_rows) ||
             (row.kind == memory_row_kind::rerun && !steps.rerun_rows) ||
             (row.kind == memory_row_kind::forced && !steps.forced_rows);
    };
    candidates_.erase(std::remove_if(candidates_.begin(), candidates_.end(), left_out), candidates_.end());
    for (memory_row const& row : candidates_) {
      if (row.kind == memory_row_kind::cut) take(row);
    }
  }

  [[nodiscard]] window_model const& model() const { return model_; }
  [[nodiscard]] linear_model program() const { return model_.make(rows_); }

  /// Adds the memory rows that `x` violates most, a few of each kind and window; the number added.
  std::size_t separate(std::span<double const> x, double tolerance) {
    std::vector<std::pair<double, memory_row>> violated;
    for (memory_row const& row : candidates_) {
      if (taken_.count(row) != 0) continue;
      if (stop_()) break;
      auto const terms = model_.memory_terms(row);
      double sum = -terms.upper;
      for (auto const& [column, coefficient] : terms.terms)
        sum += coefficient * x[static_cast<std::size_t>(column)];
      if (sum > tolerance) violated.emplace_back(sum, row);
    }
    std::sort(violated.begin(), violated.end(), [](auto const& a, auto const& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    std::map<std::pair<memory_row_kind, std::uint32_t>, int> count;
    std::size_t added = 0;
    for (auto const& [excess, row] : violated) {
      if (++count[{row.kind, row.window}] > rows_at_once) continue;
      take(row);
      ++added;
    }
    return added;
  }

  /// The prices of the memory rows, which are the last of the program's rows, summed by base position. Those
  /// of re-executions have no position of their own and stand at the cut that ends their window.
  [[nodiscard]] std::vector<double> prices(dag const& d, std::span<double const> row_duals) const {
    std::vector<double> out(d.size(), 0.0);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      memory_row const& row = rows_[i];
      auto const& cuts = model_.layout().cuts;
      std::size_t const ends = std::min<std::size_t>(row.window, cuts.size() - (cuts.empty() ? 0 : 1));
      node_id at = cuts.empty() ? 0 : cuts[ends];
      if (row.kind == memory_row_kind::cut) at = cuts[row.window - 1];
      if (row.kind == memory_row_kind::base) at = row.what;
      out[at] -= std::min(0.0, row_duals[row_duals.size() - rows_.size() + i]);
    }
    return out;
  }

 private:
  static constexpr int rows_at_once = 6;

  [[nodiscard]] static window_layout without_groups_unless(bool wanted, window_layout layout) {
    if (!wanted) layout.groups.clear();
    return layout;
  }

  void take(memory_row const& row) {
    if (taken_.insert(row).second) rows_.push_back(row);
  }

  window_model model_;
  std::function<bool()> stop_;
  std::vector<memory_row> candidates_, rows_;
  std::set<memory_row> taken_;
};

/// Base positions above the budget where base memory stands above both neighbours, highest first; at most
/// `count`. (The peak itself is often not the best cut: a node a little lower with a large working set is.)
inline std::vector<node_id> summits(dag const& d, bytes budget, std::size_t count) {
  std::vector<bytes> const base = base_memory(d);
  std::vector<node_id> out;
  for (node_id t = 1; t < d.size(); ++t) {
    bool const falls = t + 1 == d.size() || base[t + 1] < base[t];
    if (base[t] > budget - d.pinned_memory() && base[t] >= base[t - 1] && falls) out.push_back(t);
  }
  std::sort(out.begin(), out.end(),
            [&](node_id x, node_id y) { return base[x] != base[y] ? base[x] > base[y] : x < y; });
  if (out.size() > count) out.resize(count);
  return out;
}

/// The layout with one more cut, and with groups: all runs of windows after the first while they are few,
/// later those that begin after the first cut or last to the end.
inline window_layout with_cut(window_layout layout, node_id cut) {
  auto const at = std::lower_bound(layout.cuts.begin(), layout.cuts.end(), cut);
  if (at == layout.cuts.end() || *at != cut) layout.cuts.insert(at, cut);
  layout.groups.clear();
  auto const windows = static_cast<std::uint32_t>(layout.cuts.size() + 1);
  for (std::uint32_t from = 0; from < windows; ++from) {
    for (std::uint32_t to = from + 2; to <= windows; ++to) {
      bool const outer = from == 1 || (to == windows && windows <= 8 && from > 0);
      if (outer || (windows <= 4 && from > 0)) layout.groups.push_back({from, to});
    }
  }
  return layout;
}

/// Where a played sequence breaks the budget or runs a node twice between two cuts: base positions by weight.
class split_finder {
 public:
  split_finder(dag const& d, window_layout const& layout, bytes budget)
      : dag_(d), layout_(layout), budget_(budget) {}

  /// Up to `count` base positions, the most telling first.
  [[nodiscard]] std::vector<node_id> positions(std::span<node_id const> sequence, std::size_t count) {
    weigh(sequence);
    std::vector<node_id> out;
    std::vector<node_id> taken = layout_.cuts;
    while (out.size() < count) {
      node_id best = 0;
      double most = 0;
      for (node_id t = 1; t < dag_.size(); ++t) {
        double const weight = weight_[t] * room(taken, t);
        if (weight > most) {
          most = weight;
          best = t;
        }
      }
      if (most == 0) break;
      taken.insert(std::lower_bound(taken.begin(), taken.end(), best), best);
      out.push_back(best);
    }
    return out;
  }

 private:
  /// Distance to the nearest cut, damped: 0 on a cut.
  static double room(std::vector<node_id> const& cuts, node_id t) {
    auto const it = std::lower_bound(cuts.begin(), cuts.end(), t);
    double distance = infinity;
    if (it != cuts.end()) distance = std::min(distance, static_cast<double>(*it - t));
    if (it != cuts.begin()) distance = std::min(distance, static_cast<double>(t - *(it - 1)));
    return detail::is_finite(distance) ? std::sqrt(distance) : 1.0;
  }

  void weigh(std::span<node_id const> sequence) {
    weight_.assign(dag_.size(), 0.0);
    schedule const played = schedule_from_sequence(dag_, sequence);
    simulation const seen = simulate(dag_, played);
    node_id next = 0;  // the first execution that comes next
    std::vector<std::uint32_t> last_rerun(dag_.size(), 0);
    auto const windows = [&](node_id t) {
      return static_cast<std::uint32_t>(std::lower_bound(layout_.cuts.begin(), layout_.cuts.end(), t) -
                                        layout_.cuts.begin()) +
             1;
    };
    for (std::size_t i = 0; i < played.size(); ++i) {
      if (played.steps[i].what != action::compute) continue;
      node_id const u = dag_.index_of(played.steps[i].node);
      node_id const at = std::min<node_id>(next, static_cast<node_id>(dag_.size() - 1));
      bytes const in_use = seen.resident[i] + dag_.workspace(u);
      if (in_use > budget_) {
        weight_[at] = std::max(weight_[at], static_cast<double>(in_use - budget_) /
                                                static_cast<double>(std::max<bytes>(budget_, 1)));
      }
      if (u == next) {
        ++next;
      } else {
        std::uint32_t const window = windows(at);
        if (last_rerun[u] == window && dag_.base_time() > 0) weight_[at] += dag_.time(u) / dag_.base_time();
        last_rerun[u] = window;
      }
    }
  }

  dag const& dag_;
  window_layout const& layout_;
  bytes budget_;
  std::vector<double> weight_;  // by base position
};

/// The state of one `windowed_bound`.
template <linear_backend Lp, linear_backend Mip>
class windowed_run {
 public:
  windowed_run(dag const& d, bytes budget, Lp& lp, Mip& mip, windowed_options const& options)
      : dag_(d), budget_(budget), lp_(lp), mip_(mip), options_(options), clock_(options) {}

  [[nodiscard]] windowed_result run() {
    combinatorial_result const start =
        combinatorial_bound(dag_, budget_, [this] { return clock_.expired(); });
    combinatorial_ = start.bound;
    out_.bound = start.bound;
    out_.infeasible = start.infeasible;
    if (!start.infeasible && !reached()) {
      if (options_.layouts.empty()) {
        refine();
      } else {
        for (window_layout const& layout : options_.layouts) {
          if (over()) break;
          solve(layout, 1.0);
        }
      }
    }
    drop_contradicted();
    out_.elapsed = clock_.elapsed();
    return std::move(out_);
  }

 private:
  /// Times from here on are of no interest: the target, or a plan that was found on the way.
  [[nodiscard]] double upper() const {
    return std::min(options_.target, out_.plan ? out_.plan->time : infinity);
  }
  [[nodiscard]] bool reached() const {
    return detail::is_finite(upper()) && upper() - out_.bound.time <= options_.relative_gap * upper();
  }
  [[nodiscard]] bool over() const { return out_.infeasible || clock_.expired() || reached(); }

  /// Whether time is up, for those who ask often.
  [[nodiscard]] std::function<bool()> expired() const {
    return [this] { return clock_.expired(); };
  }

  /// Adds cuts one after the other, each the one of a few candidates whose linear relaxation bounds best; the
  /// candidates are where the last point cannot be played, and summits of base memory.
  void refine() {
    std::vector<node_id> const peaks = summits(dag_, budget_, 40);
    window_layout layout = options_.start;
    if (layout.cuts.empty()) layout = extended({}, peaks, 0.1);
    while (!over() && !layout.cuts.empty()) {
      bool const solved = solve(layout, 0.25);
      if (over()) break;
      window_layout next = layout;
      double const before = out_.bound.time;
      if (layout.cuts.size() + 1 < options_.max_windows)
        next = extended(layout, next_cuts(layout, peaks), 0.15);
      bool const stuck = next.cuts == layout.cuts;
      if (solved && stuck) break;
      if (!solved && (stuck || out_.bound.time <= before)) {
        // Finer windows do not help yet: what is missing is the end of this integer program.
        solve(layout, 1.0);
        break;
      }
      layout = std::move(next);
    }
  }

  /// Where to cut next: where the last point cannot be played, and the summits.
  [[nodiscard]] std::vector<node_id> next_cuts(window_layout const& layout,
                                               std::vector<node_id> const& peaks) const {
    std::vector<node_id> cuts;
    if (!played_.empty()) cuts = split_finder(dag_, layout, budget_).positions(played_, 8);
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
    windows_ = layout.cuts.size() + 1;
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
    options_.on_log(std::to_string(windows_) + " windows, " + what + ": " + std::to_string(m.row_count()) +
                    " rows, " + std::to_string(m.column_count()) + " columns, " +
                    std::to_string(m.nonzero_count()) + " non-zeros, bound " +
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
    if (!(time > out_.bound.time)) return;
    out_.bound = {time, schedule_space::fixed_order};
    out_.windows = windows_;
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
          out_.linear_bound = time_of(best.value);
          out_.memory_price = program.prices(dag_, got.row_duals);
          double const scale =
              unit_ / static_cast<double>(std::max<bytes>(budget_ - dag_.pinned_memory(), 1));
          for (double& price : out_.memory_price) price *= scale;
        }
      }
      if (got.status == solve_status::optimal) played_ = sequence_of_point(dag_, program.model(), got.values);
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

  /// The integer program, solved again while its point violates memory rows that were left out.
  bool branch(windowed_program& program, proven_dual const& linear, double share) {
    double const ends = ending(share);
    while (!over()) {
      linear_model integer = program.program();
      // The prices of the last relaxation know only the rows before the newest; what they fix holds anyway.
      bool const fits = linear.reduced_cost.size() == integer.column_count();
      if (fits && options_.steps.fix_columns) fix_by_reduced_cost(integer, linear, limit_);
      solver_options how;
      if (clock_.left()) how.time_limit = seconds(std::max(0.1, ends - clock_.elapsed()));
      how.stop = options_.stop;
      how.threads = options_.threads;
      how.seed = options_.seed;
      if (detail::is_finite(limit_) && options_.steps.cutoff) how.cutoff = limit_ + cutoff_room;
      give_hint(program, integer, how);
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
      if (detail::is_finite(got.bound)) raise(got.bound - margin);
      bool const solved = got.status == solve_status::optimal;
      if (got.has_values()) keep_point(program, got.values);
      if (!solved || !got.has_values() || clock_.elapsed() > ends) return false;
      if (program.separate(got.values, 1e-5) == 0) return true;
    }
    return true;
  }

  template <class Solver>
  void note_trouble(Solver const& solver, solver_outcome const& got) {
    if (got.status == solve_status::failed) blame(solver, got.detail.empty() ? "failed" : got.detail);
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
    bool const wrong = out_.infeasible ? detail::is_finite(known) : out_.bound.time > known * (1 + 1e-9);
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
  }

  /// Nothing below the target exists; without a target, nothing at all. `sure`: by our own arithmetic.
  void infeasible_below_target(bool sure) {
    if (detail::is_finite(limit_)) {
      raise(limit_ - 1e-3);
      if (sure) out_.linear_bound = std::max(out_.linear_bound, time_of(limit_ - 1e-3));
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
    played_ = out_.sequence;
    schedule played = schedule_from_sequence(dag_, out_.sequence);
    simulation const seen = simulate(dag_, played, {.budget = budget_});
    if (!seen.valid() || (out_.plan && out_.plan->time <= seen.time)) return;
    played.time = seen.time;
    played.peak_memory = seen.peak_memory;
    out_.plan = std::move(played);
  }

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
  double unit_ = 1;   // time of one unit of the objective
  double limit_ = 0;  // the target's extra time in units
  std::size_t windows_ = 0;
  std::vector<node_id> played_;  // the last layout's best point as a sequence; it need not fit
};

}  // namespace detail

/// The best bound that windowed relaxations prove within the limits, for every schedule in the fixed order
/// that fits `budget`. `lp` must return row duals, `mip` solve integer models; either may be any backend.
/// Throws invalid_option where they do not, and where an option is out of its range.
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
