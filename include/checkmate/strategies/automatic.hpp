// SPDX-License-Identifier: Apache-2.0
//
// automatic: what `solve` does where no strategy is named, a portfolio with a deadline.
//
//   bound   the knapsacks of bounds/combinatorial.hpp, which need no solver
//   plan    no recomputation where that fits, otherwise greedy, then local search until the bound proves it
//   prove   with a solver, the windowed relaxation, whose points are played as schedules and may improve the
//           plan
//   exact   with a solver, on small graphs where a gap is left: the integer program over the paper's stages,
//   started
//           from the plan
//
// Each part runs only while the gap asked for is not reached and time is left.
#pragma once

#include <algorithm>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkmate/bounds/combinatorial.hpp>
#include <checkmate/bounds/windowed.hpp>
#include <checkmate/strategies/local_search.hpp>
#include <checkmate/strategies/optimal.hpp>
#include <checkmate/strategies/strategy.hpp>

namespace checkmate {
inline namespace v0 {

/// The absence of a solver.
struct no_backend {};

namespace detail {

/// One run of `automatic`: the best plan and the best bound so far, and the parts that raise them.
class portfolio {
 public:
  portfolio(dag const& d, plan_options const& options)
      : dag_(d), options_(options), clock_(options), out_(empty_result(d, options, "automatic")) {}

  [[nodiscard]] bool refused() const { return out_.termination.reason == stop_reason::infeasible; }
  [[nodiscard]] bool finished() const { return refused() || proven() || clock_.expired(); }
  [[nodiscard]] bool has_fixed_order() const { return options_.order == execution_order::fixed; }

  /// Plans by local search, within `share` of the time limit; a plan that the bound at hand proves ends it.
  void search(double share) {
    plan_options part = options_;
    if (auto const left = clock_.left()) part.time_limit = *left * share;
    std::stop_source enough;
    std::stop_callback const forward(options_.stop, [&] { enough.request_stop(); });
    part.stop = enough.get_token();
    part.on_progress = [&](progress const& p) {
      double const bound = std::max(p.bound, out_.bound.time);
      if (p.best_time - bound <= options_.relative_gap * p.best_time) enough.request_stop();
      if (options_.on_progress) options_.on_progress({clock_.elapsed(), p.best_time, bound, p.phase});
    };
    result found = local_search{}.plan(dag_, part);
    limit_ = clock_.reason();
    adopt(std::move(found));
  }

  /// The bound that needs no solver. Says which node needs too much where one does.
  void bound_by_knapsacks() {
    if (refuse_below_floor(dag_, options_, out_)) return;
    combinatorial_result const found = combinatorial_bound(dag_, options_.budget);
    if (found.infeasible) refuse(found.bound.space, "the knapsack bound: too much must be held at once");
    raise(found.bound, "knapsack bound");
  }

  /// The windowed relaxation; its played points are offered as plans.
  template <linear_backend Backend>
  void bound_by_windows(Backend& backend, seconds fallback) {
    windowed_options how;
    how.time_limit = clock_.left() ? clock_.left() : std::optional<seconds>(fallback);
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
    if (found.infeasible && !out_.plan) refuse(found.bound.space, "the windowed relaxation has no point");
    if (found.plan) offer(*std::move(found.plan), "windowed bound");
    raise(found.bound, "windowed bound (" + backend.capabilities().name + ")");
    report("windowed bound");
  }

  /// The integer program over the paper's stages, started from the plan.
  template <linear_backend Backend>
  void close_exactly(Backend const& backend, seconds fallback) {
    plan_options part = options_;
    part.time_limit = clock_.left() ? clock_.left() : std::optional<seconds>(fallback);
    if (out_.plan) part.hint = &*out_.plan;
    result found = optimal<Backend>{backend}.plan(dag_, part);
    if (found.plan) offer(*std::move(found.plan), found.strategy);
    if (found.termination.reason == stop_reason::infeasible && !out_.plan) {
      out_.termination = found.termination;
    } else if (!proven()) {
      raise(found.bound, found.proof);
    }
  }

  [[nodiscard]] result finish() {
    if (out_.plan) {
      conclude(options_, out_, clock_.expired() ? clock_.reason() : limit_);
    } else if (out_.termination.reason != stop_reason::infeasible) {
      out_.termination.reason = stop_reason::no_solution;
      out_.termination.limit = clock_.reason();
    }
    out_.elapsed = clock_.elapsed();
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool proven() const { return out_.gap() <= options_.relative_gap; }

  void adopt(result found) {
    out_.termination = std::move(found.termination);
    out_.plan = std::move(found.plan);
    out_.recomputations = found.recomputations;
    out_.recomputed_nodes = found.recomputed_nodes;
    out_.strategy = std::move(found.strategy);
    raise(found.bound, std::move(found.proof));
  }

  /// Takes `candidate` if it is valid, within budget and better than what there is.
  void offer(schedule candidate, std::string from) {
    result trial;
    if (!accept_plan(dag_, options_, std::move(candidate), trial)) return;
    if (out_.plan && out_.plan->time <= trial.plan->time) return;
    out_.plan = std::move(trial.plan);
    out_.recomputations = trial.recomputations;
    out_.recomputed_nodes = trial.recomputed_nodes;
    out_.strategy = std::move(from);
  }

  /// Takes a higher bound. One above the plan's own time would contradict the simulator, so it counts as that
  /// time at most.
  void raise(time_bound bound, std::string proof) {
    if (out_.plan) {
      bound.time = std::min(bound.time, out_.plan->time);
      out_.bound.time = std::min(out_.bound.time, out_.plan->time);
    }
    if (!(bound.time > out_.bound.time)) return;
    out_.bound = bound;
    out_.proof = std::move(proof);
  }

  void refuse(schedule_space space, std::string detail) {
    out_.termination = {stop_reason::infeasible, stop_limit::none, space, std::move(detail)};
  }

  void report(std::string_view phase) const {
    if (!options_.on_progress) return;
    options_.on_progress({.elapsed = clock_.elapsed(),
                          .best_time = out_.plan ? out_.plan->time : infinity,
                          .bound = out_.bound.time,
                          .phase = phase});
  }

  dag const& dag_;
  plan_options const& options_;
  deadline clock_;
  result out_;
  stop_limit limit_ = stop_limit::none;
};

}  // namespace detail

/// The best plan that the library can make, and the best bound. Without a backend: local search and the
/// knapsack bound, repeatable where no time limit is set. With one (`automatic{cbc{}}`; it must solve integer
/// models and give duals of continuous ones) the windowed relaxation proves how good the plan is, for at most
/// `proof_limit` where no time limit is set, and graphs of up to `exact_nodes` nodes are closed by the
/// integer program. With execution_order::free only the base time bounds: the others hold for the fixed
/// order.
template <class Backend = no_backend>
struct automatic {
  Backend backend{};
  seconds proof_limit = seconds(60);  ///< for each proving part, without a time limit
  std::size_t exact_nodes = 60;       ///< largest graph for the integer program over stages

  automatic() = default;
  explicit automatic(Backend solver) : backend(std::move(solver)) {}

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    check_plan_options(options);
    constexpr bool has_backend = linear_backend<Backend>;
    detail::portfolio run(d, options);
    if (run.has_fixed_order()) run.bound_by_knapsacks();
    if (!run.refused()) run.search(has_backend ? 0.4 : 0.95);
    if constexpr (has_backend) {
      Backend solver = backend;
      if (run.has_fixed_order() && !run.finished()) run.bound_by_windows(solver, proof_limit);
      if (run.has_fixed_order() && !run.finished() && d.size() <= exact_nodes) {
        run.close_exactly(solver, proof_limit);
      }
    }
    return run.finish();
  }
};

automatic()->automatic<no_backend>;

}  // namespace v0
}  // namespace checkmate
