// SPDX-License-Identifier: Apache-2.0
//
// Any OsiSolverInterface as an LP backend (link checkmate::cbc, and the library of the interface): for
// solvers that COIN-OR's interface reaches and checkmate does not. Clp itself is better used through clp.hpp.
//
//   OsiClpSolverInterface solver;                  // or OsiCpx, OsiGrb, OsiGlpk, OsiSoplex, ...
//   auto found = solve(graph, costs, options, lp_rounding{checkmate::osi(solver, "my solver")});
#pragma once

#if !__has_include(<OsiSolverInterface.hpp>)
#error "link checkmate::cbc: the headers of COIN-OR Osi are missing (Debian: coinor-libcbc-dev)"
#endif

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include <CoinError.hpp>
#include <OsiSolverInterface.hpp>

#include <checkmate/core/error.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/coin/coin.hpp>
#include <checkmate/solvers/conclude.hpp>
#include <checkmate/solvers/support.hpp>

namespace checkmate {
inline namespace v0 {

/// An LP solver behind COIN-OR's Osi.
/// - Each solve works on a clone of the interface that it was made from, with that one's parameters.
/// - Copies may solve side by side if the solver allows it.
/// - Limits and stops end it every `slice` iterations; without an iteration limit, only between solves.
/// - The bound is what the row duals prove (dual_bound.hpp); the point is checked.
class osi {
 public:
  /// Keeps a clone of `solver`, whose problem, if it has one, is of no account. `name` is for messages.
  explicit osi(OsiSolverInterface const& solver, std::string name = "osi", int slice = 500)
      : prototype_(solver.clone(false)), name_(std::move(name)), slice_(slice) {
    if (slice < 1) throw invalid_option(name_ + ": slice must be >= 1, it is " + std::to_string(slice));
  }

  [[nodiscard]] backend_capabilities capabilities() const { return {.name = name_, .duals = true}; }

  /// Solves a model without integer columns. Throws invalid_option, invalid_model, and what callbacks throw.
  [[nodiscard]] solver_outcome solve(linear_model const& model, solver_options const& options) const;

 private:
  std::shared_ptr<OsiSolverInterface const> prototype_;
  std::string name_;
  int slice_;
};

namespace detail {

/// One solve through Osi, from a linear_model to an outcome.
class osi_run {
 public:
  osi_run(OsiSolverInterface const& prototype, int slice, linear_model const& model,
          solver_options const& options)
      : model_(model),
        watch_(model, options),
        messages_(watch_, true),
        solver_(prototype.clone(false)),
        slice_(slice) {}

  [[nodiscard]] solver_outcome operator()() {
    simplex_claim claim;
    try {
      load();
      run();
      claim = read();
    } catch (CoinError const& fault) {
      claim.fault = "failed: " + fault.message() + " in " + fault.methodName();
    }
    conclude_simplex(watch_, std::move(claim), out_);
    return std::move(out_);
  }

 private:
  void load() {
    solver_->passInMessageHandler(&messages_);
    solver_->setHintParam(OsiDoReducePrint, true, OsiHintTry);
    coin_arrays arrays(model_);
    scale_ = arrays.scale;
    double const none = solver_->getInfinity();
    for (auto* bounds : {&arrays.column_lower, &arrays.column_upper, &arrays.row_lower, &arrays.row_upper}) {
      for (double& b : *bounds) b = std::clamp(b, -none, none);
    }
    load_coin_problem(*solver_, model_, arrays);
    solver_->setObjSense(1);
    messages_.quieten();
  }

  /// In slices, each from where the last one ended, for as long as the iteration limit is what ends them.
  void run() {
    bool const sliced = solver_->setIntParam(OsiMaxNumIteration, slice_);
    for (bool first = true; !watch_.should_stop(); first = false) {
      first ? solver_->initialSolve() : solver_->resolve();
      out_.iterations += solver_->getIterationCount();
      ran_ = true;
      bool const unfinished = solver_->isIterationLimitReached() && !solver_->isProvenOptimal();
      if (!sliced || !unfinished) return;
    }
  }

  [[nodiscard]] simplex_claim read() {
    simplex_claim claim{.status = status(), .fault = "ended without an answer"};
    if (!ran_) return claim;
    if (claim.status == solve_status::optimal) {
      double const* const x = solver_->getColSolution();
      claim.point.assign(x, x + model_.column_count());
    }
    claim.duals = coin_duals(solver_->getRowPrice(), model_, scale_);
    if (solver_->isAbandoned()) claim.fault = "gave up";
    return claim;
  }

  [[nodiscard]] solve_status status() {
    if (watch_.stopped_by() != solve_limit::none) return solve_status::no_solution;
    if (solver_->isProvenOptimal()) return solve_status::optimal;
    if (solver_->isProvenPrimalInfeasible()) return solve_status::infeasible;
    return solver_->isProvenDualInfeasible() ? status_without_objective() : solve_status::failed;
  }

  /// A dual without a point says that the model is unbounded or has no point either: which, is asked.
  [[nodiscard]] solve_status status_without_objective() {
    for (std::size_t j = 0; j < model_.column_count(); ++j) solver_->setObjCoeff(static_cast<int>(j), 0);
    run();
    if (watch_.stopped_by() != solve_limit::none) return solve_status::no_solution;
    if (solver_->isProvenPrimalInfeasible()) return solve_status::infeasible;
    return solver_->isProvenOptimal() ? solve_status::unbounded : solve_status::failed;
  }

  linear_model const& model_;
  solver_outcome out_;
  solve_watch watch_;
  coin_messages messages_;
  std::unique_ptr<OsiSolverInterface> solver_;
  double scale_ = 1;
  int slice_;
  bool ran_ = false;
};

}  // namespace detail

inline solver_outcome osi::solve(linear_model const& model, solver_options const& options) const {
  check_solver_options(capabilities(), model, options);
  if (!options.raw.empty()) {
    throw invalid_option(name_ + ": unknown raw option '" + options.raw.front().first +
                         "'; set the interface's own parameters");
  }
  check_linear_model(model);
  if (auto known = solve_trivial(model)) return *known;
  return detail::osi_run(*prototype_, slice_, model, options)();
}

}  // namespace v0
}  // namespace checkmate
