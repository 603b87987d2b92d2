// SPDX-License-Identifier: Apache-2.0
//
// optimal: the integer program on a backend. Nothing the backend says is trusted: plans are simulated, points
// that only tolerances make feasible are cut off and the model is solved again, bounds keep a margin, and a
// claim that a known plan refutes is reported as such.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/formulation/covers.hpp>
#include <checkmate/formulation/stages.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/strategies/checkpoint_all.hpp>
#include <checkmate/strategies/greedy.hpp>
#include <checkmate/strategies/strategy.hpp>

namespace checkmate {
inline namespace v0 {

/// How `optimal` works.
struct optimal_options {
  /// Stages between two first executions that do not advance, >= 0. 0 plans among the paper's schedules; more
  /// come closer to all schedules with this order of first executions.
  int passes = 0;
  bool use_greedy = true;    ///< look for a first plan with greedy, which may lie outside the stages
  bool use_hint = true;      ///< start the backend from the best plan known, if it takes hints
  bool packing_rows = true;  ///< see formulation::stages_options
  bool integer_R = true;     ///< see formulation::stages_options
  bool integer_S = true;     ///< see formulation::stages_options
  /// Larger models are not built: the answer then is the best plan known, `feasible`.
  std::size_t max_columns = 4'000'000;
  std::vector<std::pair<std::string, std::string>> raw = {};  ///< the backend's own options
};

namespace detail {

/// One run of `optimal`.
template <linear_backend B>
class exact_search {
 public:
  exact_search(B& backend, optimal_options const& how, dag const& d, plan_options const& options)
      : backend_(backend),
        can_(backend.capabilities()),
        how_(how),
        dag_(d),
        options_(options),
        clock_(options, seconds(600)),
        out_(empty_result(d, options, "optimal(" + can_.name + ")")) {}

  result run() {
    if (!refuse_below_floor(dag_, options_, out_)) {
      claim_base_time(dag_, out_);
      start();
      if (!proven()) search();
      if (out_.termination.reason != stop_reason::infeasible &&
          out_.termination.reason != stop_reason::failed) {
        finish();
      }
    }
    out_.elapsed = clock_.elapsed();
    return std::move(out_);
  }

 private:
  /// What the margin of a bound can hide; see formulation::time_scale.
  static constexpr double margin = 1e-7;

  [[nodiscard]] bool proven() const { return out_.gap() <= std::max(options_.relative_gap, 3 * margin); }

  // --- plans ---------------------------------------------------------------------------------------------

  /// Plans that cost nothing to find.
  void start() {
    offer(no_recompute_schedule(dag_), "checkpoint_all");
    if (out_.plan) return;
    if (how_.use_greedy) {
      plan_options quick = options_;
      quick.time_limit = clock_.left();
      quick.on_progress = {};
      if (result found = greedy{}.plan(dag_, quick); found.plan) offer(*std::move(found.plan), "greedy");
    }
    if (options_.hint != nullptr) offer(*options_.hint, "hint");
    report("start", -infinity);
  }

  /// Takes `candidate` if it is valid, within budget, and better than what there is.
  bool offer(schedule candidate, std::string const& from) {
    result trial;
    if (!accept_plan(dag_, options_, std::move(candidate), trial)) return false;
    if (out_.plan && out_.plan->time <= trial.plan->time) return true;
    out_.plan = std::move(trial.plan);
    out_.recomputations = trial.recomputations;
    out_.recomputed_nodes = trial.recomputed_nodes;
    out_.strategy = from;
    return true;
  }

  // --- the model and its solves --------------------------------------------------------------------------

  void search() {
    formulation::stages_options build{.passes = how_.passes,
                                      .packing_rows = how_.packing_rows,
                                      .integer_R = how_.integer_R,
                                      .integer_S = how_.integer_S};
    stage_space const space(dag_, how_.passes);
    std::size_t const columns = static_cast<std::size_t>(formulation::stage_columns(space).count());
    if (columns > how_.max_columns) {
      out_.termination.detail = "the model would have more than " + std::to_string(columns) + " columns";
      return;
    }
    // Each round cuts off at least one set of values; sizes so close to the budget are rare.
    constexpr int rounds = 50;
    for (int round = 0; round < rounds && !clock_.expired(); ++round) {
      formulation::stages const model(dag_, options_.budget, build);
      if (round == 0) out_.termination.detail = {};
      auto const found = solve(model);
      if (!digest(model, found, build.covers)) return;
    }
    limit_ = clock_.reason();
  }

  [[nodiscard]] solver_outcome solve(formulation::stages const& model) {
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
    solver_outcome found = backend_.solve(model.model(), how);
    // CBC may call the rest of the model infeasible where the start is optimal already; that is no proof to
    // rely on, so ask once more without the start.
    bool const odd = found.status == solve_status::feasible && found.limit == solve_limit::other;
    if (odd && !how.hint.empty() && !clock_.expired()) {
      how.hint.clear();
      how.time_limit = clock_.left();
      found = backend_.solve(model.model(), how);
    }
    return found;
  }

  /// The best plan known as a point of the model; nothing if its schedule is not one of the model's.
  [[nodiscard]] std::optional<std::vector<double>> known_point(formulation::stages const& model) {
    known_in_space_ = false;
    if (!out_.plan) return std::nullopt;
    auto point = model.point_of(sequence_of(dag_, *out_.plan));
    if (!point || infeasibility(model.model(), *point) > 1e-6) return std::nullopt;
    known_in_space_ = true;
    return point;
  }

  /// Draws the conclusions from an outcome; true if the model is to be solved again with more `covers`.
  bool digest(formulation::stages const& model, solver_outcome const& found,
              std::vector<formulation::memory_cover>& covers) {
    if (found.status == solve_status::infeasible) {
      refuse();
      return false;
    }
    if (found.status == solve_status::failed || found.status == solve_status::unbounded) {
      out_.termination.detail = can_.name + ": " + (found.detail.empty() ? "failed" : found.detail);
    }
    raise_bound(model, found);
    limit_ = limit_of(found.limit);
    if (!found.has_values()) return false;
    return decode(model, found, covers);
  }

  /// True if the point is over budget by what the solver cannot see.
  bool decode(formulation::stages const& model, solver_outcome const& found,
              std::vector<formulation::memory_cover>& covers) {
    auto const sequence = without_useless_executions(dag_, sequence_of(model.runs_at(found.values)));
    if (offer(schedule_from_sequence(dag_, sequence), out_name())) return false;
    // R did not come out integral enough to run: let S decide.
    auto runs = model.runs_keeping(found.values, [](std::size_t, value_id) { return 0.5; });
    auto const repaired = without_useless_executions(dag_, sequence_of(runs));
    if (offer(schedule_from_sequence(dag_, repaired), out_name())) return false;
    bool const executable = simulate(dag_, schedule_from_sequence(dag_, sequence)).valid();
    if (auto split = split_into_stages(model.space(), executable ? sequence : repaired)) {
      runs = *std::move(split);
    }
    auto const found_covers = formulation::violated_covers(model.space(), runs, options_.budget);
    covers.insert(covers.end(), found_covers.begin(), found_covers.end());
    return !found_covers.empty();
  }

  void raise_bound(formulation::stages const& model, solver_outcome const& found) {
    if (!std::isfinite(found.bound)) return;
    double const time = model.time_units().bound(found.bound, margin);
    if (known_in_space_ && time > out_.plan->time * (1 + margin)) {
      fail("claims that no schedule takes less than " + std::to_string(time) + ", but one takes " +
           std::to_string(out_.plan->time));
    } else if (time > out_.bound.time) {
      out_.bound = {time, space()};
      out_.proof = out_name();
    }
  }

  // --- conclusions ---------------------------------------------------------------------------------------

  void refuse() {
    if (known_in_space_) return fail("claims that no schedule fits the budget, but one does");
    if (out_.plan) {
      out_.termination.detail =
          can_.name + ": no schedule in stages fits the budget; the plan is not in stages";
      return;
    }
    out_.termination = {
        stop_reason::infeasible, stop_limit::none, space(),
        can_.name + " proved that no schedule in stages" +
            (how_.passes > 0 ? " with " + std::to_string(how_.passes) + " extra passes" : "") +
            " fits the budget"};
  }

  void fail(std::string const& what) {
    out_.termination = {stop_reason::failed, stop_limit::none, space(), can_.name + " " + what};
  }

  void finish() {
    std::string detail = std::move(out_.termination.detail);
    if (!out_.plan) {
      out_.termination = {stop_reason::no_solution, limit_, space(), std::move(detail)};
      return;
    }
    bool const done = proven();
    out_.termination = {done ? stop_reason::optimal : stop_reason::feasible, done ? stop_limit::none : limit_,
                        space(), std::move(detail)};
  }

  void report(std::string_view phase, double bound, double best = infinity) {
    if (!options_.on_progress) return;
    if (out_.plan) best = std::min(best, out_.plan->time);
    options_.on_progress({clock_.elapsed(), best, std::max(bound, out_.bound.time), phase});
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
  deadline clock_;
  result out_;
  stop_limit limit_ = stop_limit::none;
  bool known_in_space_ = false;  // the plan at hand is a point of the model
};

}  // namespace detail

/// The best plan among the paper's schedules, by the integer program of formulation/stages.hpp on a backend
/// that solves integer models: `optimal{cbc{}}`.
///
/// Starts from checkpoint_all (which is optimal if it fits), greedy and options.hint. Heeds all of
/// plan_options but `order`; without a time limit it stops after 10 minutes. `optimal` is claimed where the
/// simulated time of the plan is within the gap asked for of the bound (3e-7 if less was asked for: what the
/// backend's arithmetic can tell), which holds for schedule_space::stages; bounds keep a margin of 1e-7, and
/// are rounded up to the next possible time where node times are multiples of one unit. A backend's claim
/// that a known plan contradicts gives stop_reason::failed, with that plan.
template <linear_backend B>
class optimal {
 public:
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
    check_plan_options(options);
    B backend = backend_;
    return detail::exact_search<B>(backend, how_, d, options).run();
  }

 private:
  B backend_;
  optimal_options how_;
};

}  // namespace v0
}  // namespace checkmate
