// SPDX-License-Identifier: Apache-2.0
//
// optimal: the integer program on a backend, whose claims are checked wherever that is possible (see also
// checked_solve.hpp). Points that only tolerances make feasible are cut off and the model is solved again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/finite.hpp>
#include <checkmate/formulation/stages/model.hpp>
#include <checkmate/planning/ledger.hpp>
#include <checkmate/planning/strategy.hpp>
#include <checkmate/planning/traits.hpp>
#include <checkmate/schedule/no_recompute.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/checked_solve.hpp>
#include <checkmate/strategies/greedy.hpp>
#include <checkmate/strategies/state_search.hpp>

namespace checkmate {
inline namespace v0 {

/// How `optimal` works.
struct optimal_options {
  /// Stages between two first executions that do not advance, >= 0. 0 plans among the paper's schedules; more
  /// come closer to all schedules with this order of first executions.
  int passes = 0;
  bool use_greedy = true;    ///< look for a first plan with greedy, which may lie outside the stages
  bool use_hint = true;      ///< start the backend from the best plan known, if it takes hints
  bool packing_rows = true;  ///< see formulation::stage_model_options
  bool integer_R = true;     ///< see formulation::stage_model_options
  bool integer_S = true;     ///< see formulation::stage_model_options
  /// Larger models are not built: the answer then is the best plan known, `feasible`. Backends load and
  /// presolve in one go, without a look at the clock: this many columns take them about a second.
  std::size_t max_columns = 250'000;
  std::vector<std::pair<std::string, std::string>> raw = {};  ///< the backend's own options
};

namespace detail {

/// One run of `optimal`.
template <linear_backend B>
class exact_search {
 public:
  exact_search(B& backend, optimal_options const& how, dag const& d, plan_options const& options,
               deadline const& clock, result& out)
      : backend_(backend),
        can_(backend.capabilities()),
        how_(how),
        dag_(d),
        options_(options),
        clock_(clock),
        out_(out),
        book_(d, options, out),
        space_(d, how.passes) {}

  void run() {
    start();
    if (!proven()) search();
    if (book_.refused()) return;
    // No bound of the model's schedules is above the time of one of them.
    if (out_.proof == out_name()) book_.refute_by(known_time_, can_.name);
    book_.finish(limit_, least_gap);
    book_.fail_by_fault();
    out_.termination.space = space();
  }

 private:
  /// What the margin of a bound can hide; see formulation::time_scale.
  static constexpr double least_gap = 3 * tolerance::solver_bound;

  [[nodiscard]] bool proven() const { return book_.proven(least_gap); }

  /// Plans that cost nothing to find.
  void start() {
    offer(no_recompute_schedule(dag_), "checkpoint_all");
    if (out_.plan) return;
    if (how_.use_greedy) {
      result found = greedy{}.plan(dag_, part_options(options_, clock_));
      if (found.plan) offer(*std::move(found.plan), "greedy");
    }
    if (options_.hint != nullptr) offer(*options_.hint, "hint");
    report("start", -infinity);
  }

  /// Takes `candidate` if it is valid, within budget, and better than what there is. One that is not better
  /// may still be the best known of the model's own schedules, which the backend's claims must agree with.
  bool offer(schedule const& candidate, std::string const& from) {
    auto const time = book_.offer(candidate, from);
    if (!time) return false;
    if (*time < known_time_) {
      if (auto sequence = sequence_in_stages(candidate)) {
        known_time_ = *time;
        known_sequence_ = *std::move(sequence);
      }
    }
    return true;
  }

  /// The executions of `plan` that are of use, if they are one of the model's schedules.
  [[nodiscard]] std::optional<event_sequence> sequence_in_stages(schedule const& plan) const {
    auto useful = without_useless_executions(dag_, sequence_of(dag_, plan));
    if (!split_into_stages(space_, useful)) return std::nullopt;
    return useful;
  }

  void search() {
    formulation::stage_model_options build{.passes = how_.passes,
                                           .packing_rows = how_.packing_rows,
                                           .integer_R = how_.integer_R,
                                           .integer_S = how_.integer_S,
                                           .covers = {},
                                           .stop = [this] { return clock_.expired(); }};
    std::size_t columns = formulation::fewest_stage_columns(space_);
    if (columns <= how_.max_columns && !clock_.expired()) {
      columns = static_cast<std::size_t>(formulation::stage_columns(space_).count());
    }
    if (columns > how_.max_columns) {
      out_.termination.detail = "the model would have more than " + std::to_string(columns) + " columns";
      return;
    }
    // Each round cuts off at least one set of values; sizes so close to the budget are rare.
    constexpr int rounds = 50;
    for (int round = 0; round < rounds && !clock_.expired(); ++round) {
      formulation::stage_model const model(dag_, options_.budget, build);
      if (!model.complete()) break;
      if (round == 0) out_.termination.detail = {};
      auto const found = solve(model);
      if (!digest(model, found, build.covers)) return;
    }
    limit_ = clock_.reason();
  }

  [[nodiscard]] solver_outcome solve(formulation::stage_model const& model) {
    solver_options how;
    how.time_limit = clock_.left();
    how.relative_gap = options_.relative_gap;
    // No schedule is faster than the base time, so this gap implies the relative one.
    how.absolute_gap = options_.relative_gap * model.time_units()(dag_.base_time());
    if (can_.threads) how.threads = options_.threads;
    how.seed = options_.seed;
    how.stop = options_.stop;
    how.on_log = options_.on_log;
    how.raw = how_.raw;
    if (auto point = known_point(model); point && can_.hint && how_.use_hint) how.hint = *std::move(point);
    if (options_.on_progress) {
      double const unit = model.time_units().divisor;
      how.on_incumbent = [this, unit](incumbent_event const& event) {
        report("branch and bound", event.bound * unit, event.objective * unit);
      };
    }
    solver_outcome found = checked_solve(backend_, model.model(), how);
    // CBC may call the rest of the model infeasible where the start is optimal already; that is no proof to
    // rely on, so ask once more without the start.
    bool const gave_up = found.status == solve_status::feasible && found.limit == solve_limit::other;
    if (gave_up && !how.hint.empty() && !clock_.expired()) {
      how.hint.clear();
      how.time_limit = clock_.left();
      found = checked_solve(backend_, model.model(), how);
    }
    return found;
  }

  /// The best plan known among the model's own schedules as a point of the model; nothing if there is none.
  [[nodiscard]] std::optional<std::vector<double>> known_point(formulation::stage_model const& model) {
    if (!detail::is_finite(known_time_)) return std::nullopt;
    auto point = model.point_of(known_sequence_);
    if (!point || infeasibility(model.model(), *point) > 1e-6) return std::nullopt;
    return point;
  }

  /// Draws the conclusions from an outcome; true if the model is to be solved again with more `covers`.
  bool digest(formulation::stage_model const& model, solver_outcome const& found,
              std::vector<formulation::memory_cover>& covers) {
    if (found.status == solve_status::infeasible) {
      if (detail::is_finite(known_time_) || !nothing_fits()) refuse();
      return false;
    }
    if (found.status == solve_status::failed || found.status == solve_status::unbounded) {
      book_.record_fault(can_.name + " " + (found.detail.empty() ? "failed" : found.detail));
    } else if (!found.detail.empty()) {
      out_.termination.detail = can_.name + ": " + found.detail;
    }
    raise_bound(model, found);
    limit_ = limit_of(found.limit);
    // A wrong point may still round to a good schedule, but there is no sense in asking again.
    return found.has_values() && decode(model, found, covers) && !book_.has_fault();
  }

  /// True if the point is over budget by what the solver cannot see.
  bool decode(formulation::stage_model const& model, solver_outcome const& found,
              std::vector<formulation::memory_cover>& covers) {
    auto const solved = useful_events(model.runs_at(found.values));
    if (solved && offer(schedule_from_sequence(dag_, *solved), out_name())) return false;
    // R did not come out integral enough to run: let S decide.
    auto runs = model.runs_keeping(found.values, [](std::size_t, value_index) { return 0.5; });
    auto const repaired = without_useless_executions(dag_, sequence_of(dag_, runs));
    if (offer(schedule_from_sequence(dag_, repaired), out_name())) return false;
    bool const executable = solved && simulate(dag_, schedule_from_sequence(dag_, *solved)).valid();
    if (auto split = split_into_stages(model.space(), executable ? *solved : repaired)) {
      runs = *std::move(split);
    }
    auto const found_covers = formulation::violated_covers(model.space(), runs, options_.budget);
    covers.insert(covers.end(), found_covers.begin(), found_covers.end());
    return !found_covers.empty();
  }

  /// The executions of `runs` but for useless ones; nothing if they cannot happen in this order, as a
  /// solver's tolerances may have it.
  [[nodiscard]] std::optional<event_sequence> useful_events(stage_runs const& runs) const {
    return event_sequence::if_possible(dag_, detail::without_unneeded(dag_, events_of(runs)));
  }

  void raise_bound(formulation::stage_model const& model, solver_outcome const& found) {
    if (!detail::is_finite(found.bound)) return;
    book_.raise({model.time_units().bound(found.bound, tolerance::solver_bound), space()}, out_name());
  }

  void refuse() {
    if (detail::is_finite(known_time_)) {
      book_.record_fault(can_.name + " claims that no schedule fits the budget, but one does");
      return;
    }
    if (out_.plan) {
      out_.termination.detail =
          can_.name + ": no schedule in stages fits the budget; the plan is not in stages";
      return;
    }
    book_.refuse(space(),
                 can_.name + " claims that no schedule in stages" +
                     (how_.passes > 0 ? " with " + std::to_string(how_.passes) + " extra passes" : "") +
                     " fits the budget");
  }

  /// A solver's "infeasible" is looked into by a short search over resident sets. True where that proves it;
  /// what it finds instead, or the greedy, is offered. Without `use_greedy` only plans in stages are: others
  /// refute nothing, and whoever does not want greedy's wants the solver's.
  bool nothing_fits() {
    plan_options const quick = part_options(options_, clock_);
    result found = state_search{state_search::quick_states}.plan(dag_, quick);
    if (found.termination.reason == stop_reason::infeasible) {
      book_.refuse(std::move(found.termination));
      return true;
    }
    auto const wanted = [this](result const& r) {
      return r.plan && (how_.use_greedy || sequence_in_stages(*r.plan));
    };
    if (wanted(found)) {
      offer(*std::move(found.plan), "state_search");
      book_.raise_surely(found.bound, found.proof);
    } else if (!how_.use_greedy) {
      if (found = greedy{}.plan(dag_, quick); wanted(found)) offer(*std::move(found.plan), "greedy");
    }
    return false;
  }

  void report(std::string_view phase, double bound, double best = infinity) {
    if (!options_.on_progress) return;
    if (out_.plan) best = std::min(best, out_.plan->time);
    // What the backend says on its way is no more than a display; it should not look absurd.
    options_.on_progress({clock_.elapsed(), best, std::min(best, std::max(out_.bound.time, bound)), phase});
  }

  [[nodiscard]] static stop_limit limit_of(solve_limit limit) {
    if (limit == solve_limit::time) return stop_limit::time;
    if (limit == solve_limit::stopped) return stop_limit::cancelled;
    return limit == solve_limit::nodes ? stop_limit::nodes : stop_limit::none;
  }

  /// Extra passes are schedules of the fixed order, but not all of them, so claims stay with the stages.
  [[nodiscard]] static schedule_space space() { return schedule_space::stages; }
  [[nodiscard]] std::string out_name() const { return "optimal(" + can_.name + ")"; }

  B& backend_;
  backend_capabilities can_;
  optimal_options const& how_;
  dag const& dag_;
  plan_options const& options_;
  deadline const& clock_;
  result& out_;
  ledger book_;
  stop_limit limit_ = stop_limit::none;
  stage_space space_;
  double known_time_ = infinity;  // of the best known schedule that is one of the model's
  event_sequence known_sequence_;
};

}  // namespace detail

/// The best plan among the paper's schedules, by the integer program of formulation/stages/model.hpp on a
/// backend that solves integer models: `optimal{cbc{}}`.
///
/// Starts from checkpoint_all (which is optimal if it fits), greedy and options.hint. Heeds all of
/// plan_options but `order`; without a time limit it stops after 10 minutes. `optimal` is claimed where the
/// simulated time of the plan is within the gap asked for of the bound (3e-7 if less was asked for: what the
/// backend's arithmetic can tell), which holds for schedule_space::stages; bounds keep a margin of 1e-7, and
/// are rounded up to the next possible time where node times are multiples of one unit. A backend that
/// throws, returns nonsense, or claims what a known plan refutes gives stop_reason::failed with the best
/// verified plan, unless the library can prove that plan without it; `detail` says what it did. Where no plan
/// is known, "infeasible" is looked into by a short state_search (up to 128 values), which proves or refutes
/// most of them. Claims that nothing known refutes are the backend's word: a bound that is too high but below
/// every known plan, and "infeasible" that the search could not settle.
template <linear_backend B>
class optimal {
 public:
  static constexpr strategy_traits traits{
      .name = "optimal", .title = "Integer program", .citation = "Jain et al. 2020", .needs_backend = true};
  /// Throws invalid_option where `how` is out of range.
  explicit optimal(B backend = {}, optimal_options how = {})
      : backend_(std::move(backend)), how_(std::move(how)) {
    if (how_.passes < 0) {
      throw invalid_option("optimal: passes must be >= 0, it is " + std::to_string(how_.passes));
    }
    if (!how_.integer_R && !how_.integer_S) {
      throw invalid_option("optimal: one of integer_R and integer_S is needed");
    }
  }

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    B backend = backend_;
    std::string const name = "optimal(" + backend.capabilities().name + ")";
    auto const body = [&](deadline const& clock, result& out) {
      detail::exact_search<B>(backend, how_, d, options, clock, out).run();
    };
    return detail::plan_within(d, options, name, body, seconds(600));
  }

 private:
  B backend_;
  optimal_options how_;
};

}  // namespace v0
}  // namespace checkmate
