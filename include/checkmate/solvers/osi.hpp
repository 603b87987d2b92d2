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
#include <vector>

#include <CoinError.hpp>
#include <OsiSolverInterface.hpp>

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/coin/coin.hpp>
#include <checkmate/solvers/dual_bound.hpp>
#include <checkmate/solvers/support.hpp>

namespace checkmate {
inline namespace v0 {

/// An LP solver behind COIN-OR's Osi. Each solve works on a clone of the interface that it was made from,
/// with that one's parameters, so copies may solve side by side if the solver allows it. Limits and stops are
/// looked at every `slice` iterations; an interface without an iteration limit is only stopped between
/// solves. The bound is recomputed from the row duals (dual_bound.hpp), the point is checked.
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
    try {
      load();
      run();
      read();
    } catch (CoinError const& fault) {
      out_.status = solve_status::failed;
      out_.detail = fault.message() + " in " + fault.methodName();
    }
    out_.limit = watch_.stopped_by();
    watch_.rethrow();
    out_.elapsed = watch_.elapsed();
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

  void read() {
    if (watch_.stopped_by() != solve_limit::none) {
      out_.status = solve_status::no_solution;
      if (ran_) out_.bound = dual_bound(model_, duals());  // holds for any duals, unfinished ones too
    } else if (solver_->isProvenOptimal()) {
      read_optimal();
    } else if (solver_->isProvenPrimalInfeasible()) {
      out_.status = solve_status::infeasible;
    } else if (solver_->isProvenDualInfeasible()) {
      read_unbounded();
    } else {
      out_.detail = solver_->isAbandoned() ? "the solver gave up" : "the solver ended without an answer";
    }
  }

  [[nodiscard]] std::vector<double> duals() const {
    double const* const y = solver_->getRowPrice();
    if (y == nullptr) return {};
    std::vector<double> out(y, y + model_.row_count());
    for (double& dual : out) dual = detail::is_finite(dual) ? dual / scale_ : 0;
    return out;
  }

  void read_optimal() {
    double const* const x = solver_->getColSolution();
    out_.values = round_if_feasible(model_, std::vector<double>(x, x + model_.column_count()));
    out_.row_duals = duals();
    out_.bound = dual_bound(model_, out_.row_duals);
    if (out_.values.empty()) {
      out_.detail = "the solver called a point optimal that is not feasible";
      return;
    }
    out_.status = solve_status::optimal;
    out_.objective = objective_at(model_, out_.values);
    out_.bound = std::min(out_.bound, out_.objective);
    watch_.report(out_.objective, out_.bound, &out_.values);
  }

  /// A dual without a point says that the model is unbounded or has no point either: which, is asked.
  void read_unbounded() {
    for (std::size_t j = 0; j < model_.column_count(); ++j) {
      solver_->setObjCoeff(static_cast<int>(j), 0);
    }
    run();
    if (watch_.stopped_by() != solve_limit::none) {
      out_.status = solve_status::no_solution;
    } else if (solver_->isProvenPrimalInfeasible()) {
      out_.status = solve_status::infeasible;
    } else if (solver_->isProvenOptimal()) {
      out_.status = solve_status::unbounded;
    }
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
