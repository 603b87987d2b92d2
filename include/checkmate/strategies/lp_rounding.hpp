// SPDX-License-Identifier: Apache-2.0
//
// lp_rounding: two-phase rounding of the linear relaxation (Jain et al. 2020, section 5, Algorithm 2). The
// relaxation says how much of each value to keep between the stages; rounding decides which, and the least
// recomputation for that is the schedule. On request it rounds windowed relaxations as well
// (formulation/windows/model.hpp): they have a column for a value at each of a few cuts where the paper's
// program has one in every stage, and are solved in seconds where that takes hours. Nothing is improved after
// rounding.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/bounds/infeasible.hpp>
#include <checkmate/bounds/safe_dual.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/core/random.hpp>
#include <checkmate/formulation/stages/model.hpp>
#include <checkmate/formulation/windows/layouts.hpp>
#include <checkmate/formulation/windows/point.hpp>
#include <checkmate/formulation/windows/program.hpp>
#include <checkmate/graph/quantum.hpp>
#include <checkmate/model/relax.hpp>
#include <checkmate/planning/ledger.hpp>
#include <checkmate/planning/strategy.hpp>
#include <checkmate/planning/traits.hpp>
#include <checkmate/schedule/no_recompute.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/checked_solve.hpp>
#include <checkmate/strategies/greedy.hpp>

namespace checkmate {
inline namespace v0 {

/// How a fractional "keep" becomes yes or no.
enum class rounding : std::uint8_t {
  fixed,       ///< kept above `threshold`: the paper's deterministic rounding
  sweep,       ///< thresholds 0.05, 0.1 .. 0.95, best plan
  randomised,  ///< kept with the probability that the relaxation says, `samples` times, best plan
  both         ///< sweep and randomised
};

/// How `lp_rounding` works.
struct lp_rounding_options {
  rounding how = rounding::sweep;
  double threshold = 0.5;  ///< of rounding::fixed, in [0, 1)
  int samples = 50;        ///< of rounding::randomised and rounding::both, >= 1
  double allowance =
      0.1;  ///< the relaxation is solved for (1 - allowance) of the budget: room for rounding, [0, 1)
  /// More relaxations to solve, each for another allowance: those over stages between too low and too high,
  /// those over windows at up to eight multiples of `allowance`.
  int allowance_search = 0;
  bool stages = true;  ///< round the paper's relaxation, over stages
  /// Round windowed relaxations with each of these numbers of cuts, >= 1, before those over stages. They
  /// prove nothing.
  std::vector<std::size_t> windows = {};
  int passes = 0;                     ///< see optimal_options
  std::size_t max_columns = 250'000;  ///< larger models over stages are not built; see optimal_options
};

namespace detail {

/// Cuts spread evenly over the base positions at which keeping everything takes more than `budget`, fixed
/// memory included; none where there are no such positions.
inline window_layout even_layout(dag const& d, bytes budget, std::size_t cuts) {
  std::vector<bytes> const base = base_memory(d);
  std::vector<node_index> over;
  for (node_index t{1}; t < d.size(); ++t) {
    if (base[t] > budget - d.fixed_memory()) over.push_back(t);
  }
  window_layout layout;
  for (std::size_t i = 0; i < cuts && !over.empty(); ++i) {
    node_index const cut = over[over.size() * (2 * i + 1) / (2 * cuts)];
    if (layout.cuts.empty() || layout.cuts.back() < cut) layout = with_cut(std::move(layout), cut);
  }
  return layout;
}

/// A best point of the linear relaxation of `program`, to which memory rows are added until none is violated;
/// nothing if it has none or `clock` ran out. `fault` is set to what the backend got wrong, if anything.
template <linear_backend B>
std::optional<std::vector<double>> relaxed_point(B& backend, windowed_program& program, solver_options how,
                                                 deadline const& clock, std::string& fault) {
  while (!clock.expired()) {
    linear_model linear = program.program();
    std::fill(linear.integer.begin(), linear.integer.end(), std::uint8_t{0});
    how.time_limit = clock.left();
    solver_outcome found = checked_solve(backend, linear, how);
    if (found.status == solve_status::failed) fault = found.detail.empty() ? "failed" : found.detail;
    if (!found.has_values()) return std::nullopt;
    if (program.separate(found.values, 1e-5) == 0) return std::move(found.values);
  }
  return std::nullopt;
}

/// The sequence that `point` says when a column counts as 1 above threshold(column).
event_sequence rounded_sequence(dag const& d, window_model const& model, std::vector<double> const& point,
                                auto&& threshold) {
  std::vector<double> shifted(point.size());  // sequence_of_point rounds at one half
  for (std::size_t j = 0; j < point.size(); ++j) shifted[j] = point[j] + 0.5 - threshold(j);
  return sequence_of_point(d, model, shifted);
}

/// The allowances that windows are rounded at, as multiples of the one asked for, in this order: the paper's,
/// none, and then a search on both sides, the more promising first.
inline constexpr std::array<double, 10> allowance_multiples = {1, 0, 0.5, 0.2, 1.5, 0.75, 2, 0.1, 0.3, 3};

/// One run of `lp_rounding`.
template <linear_backend B>
class rounding_search {
 public:
  rounding_search(B& backend, lp_rounding_options const& how, dag const& d, plan_options const& options,
                  deadline const& clock, result& out)
      : backend_(backend),
        can_(backend.capabilities()),
        how_(how),
        dag_(d),
        options_(options),
        clock_(clock),
        out_(out),
        book_(d, options, out) {}

  void run() {
    auto keep_all = no_recompute_schedule(dag_);
    if (!book_.offer(std::move(keep_all), out_.strategy)) {
      search_windows();
      if (how_.stages && !clock_.expired() && small_enough()) search_stages();
    }
    if (!book_.refused()) finish();
  }

 private:
  [[nodiscard]] bool small_enough() {
    stage_space const space(dag_, how_.passes);
    std::size_t columns = formulation::fewest_stage_columns(space);
    if (columns <= how_.max_columns && !clock_.expired()) {
      columns = static_cast<std::size_t>(formulation::stage_columns(space).count());
    }
    if (columns <= how_.max_columns) return true;
    out_.termination.detail = "the relaxation would have more than " + std::to_string(columns) + " columns";
    return false;
  }

  void search_stages() {
    // The whole budget first: that relaxation gives the bound.
    if (!round_at(0.0)) return;
    if (how_.allowance > 0) round_at(how_.allowance);
    // Rounding at too small an allowance exceeds the budget; at too large a one it wastes time.
    double low = 0, high = widest();
    double at = how_.allowance;
    for (int step = 0; step < how_.allowance_search && !clock_.expired(); ++step) {
      (fitted_ ? high : low) = at;
      at = (low + high) / 2;
      round_at(at);
    }
  }

  void search_windows() {
    auto const allowances = std::min<std::size_t>(allowance_multiples.size(),
                                                  2 + static_cast<std::size_t>(how_.allowance_search));
    for (std::size_t i = 0; i < allowances; ++i) {
      bytes const budget = budget_less(std::min(how_.allowance * allowance_multiples[i], widest()));
      for (std::size_t cuts : how_.windows) {
        if (clock_.expired()) return;
        round_windows(cuts, budget);
      }
    }
  }

  void round_windows(std::size_t cuts, bytes budget) {
    window_layout layout = even_layout(dag_, budget, cuts);
    if (layout.cuts.empty()) return;
    windowed_program program(dag_, budget, std::move(layout), {}, {}, [this] { return clock_.expired(); });
    std::string fault;
    auto const point = relaxed_point(backend_, program, settings(), clock_, fault);
    if (!fault.empty()) record_fault(fault);
    if (point) {
      round_all([&](auto const& threshold) {
        return rounded_sequence(dag_, program.model(), *point,
                                [&](std::size_t column) { return threshold(column, std::size_t{0}); });
      });
    }
    report();
  }

  /// The allowance at which only the smallest conceivable budget is left.
  [[nodiscard]] double widest() const {
    auto const floor = static_cast<double>(smallest_conceivable_budget(dag_).budget - dag_.fixed_memory());
    auto const room = static_cast<double>(options_.budget - dag_.fixed_memory());
    return room > 0 ? std::clamp(1 - floor / room, 0.0, 1.0) : 0.0;
  }

  /// Solves the relaxation for the budget less `allowance` and tries its roundings; false if there is no
  /// point in going on.
  bool round_at(double allowance) {
    formulation::stage_model const model(
        dag_, budget_less(allowance),
        {.passes = how_.passes, .covers = {}, .stop = [this] { return clock_.expired(); }});
    if (!model.complete()) return false;
    linear_model const relaxation = relaxed(model.model());
    solver_outcome const found = checked_solve(backend_, relaxation, settings());
    fitted_ = false;
    if (found.status == solve_status::failed) record_fault(found.detail.empty() ? "failed" : found.detail);
    if (allowance == 0 && found.status == solve_status::infeasible) {
      refuse(relaxation);
      return false;
    }
    if (allowance == 0) take_bound(model, relaxation, found);
    if (found.has_values()) {
      round_all([&](auto const& threshold) {
        return sequence_of(dag_, model.runs_keeping(found.values, threshold));
      });
    }
    report();
    return !clock_.expired();
  }

  /// The budget less `allowance` of what is not fixed, in whole quanta of the graph's sizes: nothing uses
  /// parts of them, and a rounding to bytes would make plans depend on the unit of sizes.
  [[nodiscard]] bytes budget_less(double allowance) const {
    if (!(allowance > 0)) return options_.budget;
    bytes const quantum = std::max<bytes>(1, byte_quantum(dag_));
    auto const room = static_cast<double>(options_.budget - dag_.fixed_memory());
    // The least allowance that leaves a number of quanta need not leave all of the last one in doubles.
    double const quanta = std::floor((1 - allowance) * room / static_cast<double>(quantum) + 1e-9);
    return dag_.fixed_memory() + static_cast<bytes>(quanta) * quantum;
  }

  [[nodiscard]] solver_options settings() const {
    solver_options how;
    how.time_limit = clock_.left();
    how.stop = options_.stop;
    how.on_log = options_.on_log;
    if (can_.threads) how.threads = options_.threads;
    return how;
  }

  /// If the relaxation has no point no schedule of the stages has one. Prices prove that in our own
  /// arithmetic; a backend that has none is believed unless a plan refutes it.
  void refuse(linear_model const& relaxation) {
    bool const sure =
        can_.duals ? proves_infeasible(backend_, relaxation, settings()) : !some_plan_in_stages();
    if (!sure) {
      record_fault("called a relaxation infeasible that may well have a point");
    } else if (!out_.plan) {  // otherwise rounded windows, that no stages hold
      book_.refuse(schedule_space::stages,
                   can_.name + " proved that not even the relaxation fits the budget");
    }
  }

  [[nodiscard]] bool some_plan_in_stages() const {
    if (out_.plan && in_stages(*out_.plan)) return true;
    result const found = greedy{}.plan(dag_, options_);
    return found.plan && in_stages(*found.plan);
  }

  [[nodiscard]] bool in_stages(schedule const& s) const {
    return split_into_stages(stage_space(dag_, how_.passes),
                             without_useless_executions(dag_, sequence_of(dag_, s)))
        .has_value();
  }

  void take_bound(formulation::stage_model const& model, linear_model const& relaxation,
                  solver_outcome const& found) {
    if (!found.detail.empty()) out_.termination.detail = can_.name + ": " + found.detail;
    // Duals prove the bound in our own arithmetic; without them the backend's word needs a margin.
    bool const own = !found.row_duals.empty();
    double const value = own ? safe_dual_bound(relaxation, found.row_duals).value : found.bound;
    double const time = model.time_units().bound(value, own ? 1e-15 : tolerance::solver_bound);
    if (detail::is_finite(value))
      book_.raise({time, schedule_space::stages}, "relaxation(" + can_.name + ")");
  }

  /// Offers the roundings of one point; `sequence_at(threshold)` is the sequence where what is kept, or a
  /// column is 1, above threshold(place, of what).
  void round_all(auto&& sequence_at) {
    if (how_.how == rounding::fixed) {
      offer(sequence_at([this](std::size_t, std::size_t) { return how_.threshold; }));
    }
    if (how_.how == rounding::sweep || how_.how == rounding::both) {
      for (int i = 1; i < 20 && !clock_.expired(); ++i) {
        offer(sequence_at([i](std::size_t, std::size_t) { return i / 20.0; }));
      }
    }
    if (how_.how == rounding::randomised || how_.how == rounding::both) {
      for (int sample = 0; sample < how_.samples && !clock_.expired(); ++sample) {
        offer(sequence_at([this, sample](std::size_t place, std::size_t what) {
          return dice(static_cast<std::uint64_t>(sample), place, what);
        }));
      }
    }
  }

  /// A number in [0, 1) that depends on nothing but its arguments and the seed.
  [[nodiscard]] double dice(std::uint64_t sample, std::size_t s, std::size_t what) const {
    std::uint64_t const place = (static_cast<std::uint64_t>(s) << 32) ^ what;
    random_source first((static_cast<std::uint64_t>(options_.seed) << 32) ^ sample);
    return random_source(first.next() ^ place).uniform();
  }

  void offer(event_sequence const& rounded) {
    if (book_.offer(without_useless_executions(dag_, rounded), out_.strategy)) fitted_ = true;
  }

  void record_fault(std::string const& what) { book_.record_fault(can_.name + " " + what); }

  void finish() {
    // A bound above a schedule of the stages is wrong.
    if (is_above(out_.bound, book_.time()) && in_stages(*out_.plan)) book_.refute_by(book_.time(), can_.name);
    // A rounded window may run a node twice between two first executions, and so beat the stages.
    book_.cap_bound();
    book_.finish(clock_.reason());
    book_.fail_by_fault();
    out_.termination.space = schedule_space::stages;
  }

  void report() {
    if (!options_.on_progress) return;
    options_.on_progress({clock_.elapsed(), book_.time(), out_.bound.time, "rounding"});
  }

  B& backend_;
  backend_capabilities can_;
  lp_rounding_options const& how_;
  dag const& dag_;
  plan_options const& options_;
  deadline const& clock_;
  result& out_;
  ledger book_;
  bool fitted_ = false;  // some rounding of the last relaxation was within the budget
};

}  // namespace detail

/// Two-phase rounding on a backend that solves linear models: `lp_rounding{clp{}}`. The bound is the
/// relaxation's over stages for the whole budget (schedule_space::stages), proven from the row duals in the
/// library's own arithmetic where the backend has them, and less 1e-7 of itself otherwise; so is
/// "infeasible". The plan is within the whole budget, or there is none. A backend that throws, returns
/// nonsense, or claims what a plan refutes gives stop_reason::failed with the best plan, and `detail` says
/// what it did. Heeds budget, time limit (10 minutes if unset), seed, threads, stop token and callbacks.
template <linear_backend B>
class lp_rounding {
 public:
  static constexpr strategy_traits traits{.name = "lp_rounding",
                                          .title = "Two-phase rounding",
                                          .citation = "Jain et al. 2020",
                                          .needs_backend = true};
  /// Throws invalid_option where `how` is out of range.
  explicit lp_rounding(B backend = {}, lp_rounding_options how = {})
      : backend_(std::move(backend)), how_(how) {
    auto refuse = [](std::string const& what) { throw invalid_option("lp_rounding: " + what); };
    if (!detail::is_finite_amount(how_.threshold) || how_.threshold >= 1)
      refuse("threshold must be in [0, 1)");
    if (!detail::is_finite_amount(how_.allowance) || how_.allowance >= 1)
      refuse("allowance must be in [0, 1)");
    if (how_.samples < 1) refuse("samples must be >= 1");
    if (how_.allowance_search < 0) refuse("allowance_search must be >= 0");
    if (how_.passes < 0) refuse("passes must be >= 0");
    if (!how_.stages && how_.windows.empty()) refuse("there is nothing to round: neither stages nor windows");
    for (std::size_t cuts : how_.windows) {
      if (cuts < 1) refuse("a number of windows' cuts must be >= 1");
    }
  }

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    B backend = backend_;
    std::string const name = "lp_rounding(" + backend.capabilities().name + ")";
    auto const body = [&](deadline const& clock, result& out) {
      detail::rounding_search<B>(backend, how_, d, options, clock, out).run();
    };
    return detail::plan_within(d, options, name, body, seconds(600));
  }

 private:
  B backend_;
  lp_rounding_options how_;
};

}  // namespace v0
}  // namespace checkmate
