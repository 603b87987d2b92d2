// SPDX-License-Identifier: Apache-2.0
//
// The Clp backend: linear programs (link checkmate::cbc). Reentrant, deterministic, gives row duals.
//
// Integer models are refused, not relaxed in silence: `relaxed(model)` makes the relaxation.
#pragma once

#if !__has_include(<ClpSimplex.hpp>)
#error "link checkmate::cbc: the headers of COIN-OR Clp are missing (Debian: coinor-libcbc-dev)"
#endif

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ClpSimplex.hpp>
#include <ClpSolve.hpp>

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/model/relax.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/coin/coin.hpp>
#include <checkmate/solvers/dual_bound.hpp>
#include <checkmate/solvers/support.hpp>

namespace checkmate {
inline namespace v0 {

/// How Clp solves: dual simplex unless told otherwise. Barrier ends with a crossover to a vertex.
enum class clp_method : std::uint8_t { dual, primal, barrier, automatic };

/// COIN-OR Clp. `outcome.bound` of an optimal solve is the dual objective recomputed from the row duals in
/// plain arithmetic, a lower bound whatever Clp's tolerances did (minus infinity where a free column prevents
/// it).
struct clp {
  clp_method method = clp_method::dual;
  bool presolve = true;  ///< Clp's own presolve before the simplex

  [[nodiscard]] backend_capabilities capabilities() const { return {.name = "clp", .duals = true}; }

  /// Solves a model without integer columns. Throws invalid_option, invalid_model, and what callbacks throw.
  [[nodiscard]] solver_outcome solve(linear_model const& model, solver_options const& options) const;
};

namespace detail {

/// One Clp solve, from a loaded model to an outcome.
class clp_run {
 public:
  clp_run(clp const& backend, linear_model const& model, solver_options const& options)
      : backend_(backend), model_(model), watch_(model, options), messages_(watch_, true) {}

  [[nodiscard]] solver_outcome operator()() {
    solver_outcome out;
    coin_arrays const arrays(model_);
    ClpSimplex simplex;
    simplex.passInMessageHandler(&messages_);
    messages_.quieten();
    load_coin_problem(simplex, model_, arrays);
    std::atomic<bool> interrupted = false;
    clp_stopper stopper(watch_, 0, interrupted);
    simplex.passInEventHandler(&stopper);
    if (!watch_.should_stop()) {
      ClpSolve how = settings();
      simplex.initialSolve(how);
      if (simplex.status() == 0 && values_of(simplex).empty()) tighten(simplex);
      read(simplex, arrays.scale, out);
    } else {
      out.status = solve_status::no_solution;
    }
    out.limit = watch_.stopped_by();
    watch_.rethrow();
    out.elapsed = watch_.elapsed();
    return out;
  }

 private:
  [[nodiscard]] ClpSolve settings() const {
    ClpSolve how;
    switch (backend_.method) {
      case clp_method::dual:
        how.setSolveType(ClpSolve::useDual);
        break;
      case clp_method::primal:
        how.setSolveType(ClpSolve::usePrimal);
        break;
      case clp_method::barrier:
        how.setSolveType(ClpSolve::useBarrier);
        break;
      case clp_method::automatic:
        how.setSolveType(ClpSolve::automatic);
        break;
    }
    how.setPresolveType(backend_.presolve ? ClpSolve::presolveOn : ClpSolve::presolveOff);
    how.setSpecialOption(2, 1);  // or Clp would take SIGINT for itself while it solves
    return how;
  }

  /// Presolve and scaling may leave a point that is feasible only in their terms: a few more iterations on
  /// the model itself, at a tolerance that leaves nothing to doubt.
  void tighten(ClpSimplex& simplex) const {
    simplex.setPrimalTolerance(1e-9);
    simplex.scaling(0);
    simplex.dual();
  }

  [[nodiscard]] std::vector<double> values_of(ClpSimplex const& simplex) const {
    double const* const x = simplex.primalColumnSolution();
    return round_if_feasible(model_, std::vector<double>(x, x + model_.column_count()));
  }

  void read(ClpSimplex const& simplex, double scale, solver_outcome& out) {
    out.iterations = simplex.numberIterations();
    if (watch_.stopped_by() != solve_limit::none) {
      out.status = solve_status::no_solution;
      out.bound = dual_bound(model_, duals(simplex, scale));  // holds for any duals, unfinished ones too
    } else if (simplex.status() == 0) {
      read_optimal(simplex, scale, out);
    } else if (simplex.status() == 1) {
      out.status = solve_status::infeasible;
    } else if (simplex.status() == 2) {
      out.status = solve_status::unbounded;
    } else {
      out.detail = "Clp ended with status " + std::to_string(simplex.status());
    }
  }

  [[nodiscard]] std::vector<double> duals(ClpSimplex const& simplex, double scale) const {
    double const* const y = simplex.dualRowSolution();
    std::vector<double> out(y, y + model_.row_count());
    for (double& dual : out) dual = detail::is_finite(dual) ? dual / scale : 0;
    return out;
  }

  void read_optimal(ClpSimplex const& simplex, double scale, solver_outcome& out) {
    out.values = values_of(simplex);
    out.row_duals = duals(simplex, scale);
    out.bound = dual_bound(model_, out.row_duals);
    if (out.values.empty()) {
      out.detail = "Clp called a point optimal that is not feasible";
      return;
    }
    out.status = solve_status::optimal;
    out.objective = objective_at(model_, out.values);
    out.bound = std::min(out.bound, out.objective);
    watch_.report(out.objective, out.bound, &out.values);
  }

  clp const& backend_;
  linear_model const& model_;
  solve_watch watch_;
  coin_messages messages_;
};

}  // namespace detail

inline solver_outcome clp::solve(linear_model const& model, solver_options const& options) const {
  check_solver_options(capabilities(), model, options);
  if (!options.raw.empty())
    throw invalid_option("clp: unknown raw option '" + options.raw.front().first + "'");
  check_linear_model(model);
  if (auto known = solve_trivial(model)) return *known;
  return detail::clp_run(*this, model, options)();
}

}  // namespace v0
}  // namespace checkmate
