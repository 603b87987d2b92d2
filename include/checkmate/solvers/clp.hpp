// SPDX-License-Identifier: Apache-2.0
//
// The Clp backend: linear programs (link checkmate::cbc). Reentrant, deterministic, gives row duals.
//
// Integer models are refused, not relaxed in silence: `relaxed(model)` makes the relaxation.
#pragma once

#if !__has_include(<ClpSimplex.hpp>)
#error "link checkmate::cbc: the headers of COIN-OR Clp are missing (Debian: coinor-libcbc-dev)"
#endif

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ClpSimplex.hpp>
#include <ClpSolve.hpp>

#include <checkmate/core/error.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/model/relax.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/coin/coin.hpp>
#include <checkmate/solvers/conclude.hpp>
#include <checkmate/solvers/support.hpp>

namespace checkmate {
inline namespace v0 {

/// How Clp solves: dual simplex unless told otherwise. Barrier ends with a crossover to a vertex.
enum class clp_method : std::uint8_t { dual, primal, barrier, automatic };

/// COIN-OR Clp. `outcome.bound` of an optimal solve is what its row duals prove (dual_bound.hpp): a lower
/// bound whatever Clp's tolerances did, minus infinity where a free column prevents it.
struct clp {
  clp_method method = clp_method::dual;
  /// Clp's own presolve before the simplex.
  bool presolve = true;

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
    simplex_claim claim{.status = solve_status::no_solution};
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
      if (simplex.status() == 0 && round_if_feasible(model_, point(simplex)).empty()) tighten(simplex);
      claim = {.status = status(simplex),
               .point = point(simplex),
               .duals = coin_duals(simplex.dualRowSolution(), model_, arrays.scale),
               .fault = "ended with status " + std::to_string(simplex.status())};
      out.iterations = simplex.numberIterations();
    }
    conclude_simplex(watch_, std::move(claim), out);
    return out;
  }

 private:
  [[nodiscard]] ClpSolve settings() const {
    constexpr std::array types = {ClpSolve::useDual, ClpSolve::usePrimal, ClpSolve::useBarrier,
                                  ClpSolve::automatic};
    ClpSolve how;
    how.setSolveType(types.at(static_cast<std::size_t>(backend_.method)));
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

  [[nodiscard]] std::vector<double> point(ClpSimplex const& simplex) const {
    double const* const x = simplex.primalColumnSolution();
    return {x, x + model_.column_count()};
  }

  [[nodiscard]] solve_status status(ClpSimplex const& simplex) const {
    if (watch_.stopped_by() != solve_limit::none) return solve_status::no_solution;
    constexpr std::array known = {solve_status::optimal, solve_status::infeasible, solve_status::unbounded};
    auto const at = static_cast<std::size_t>(simplex.status());  // -1: unknown
    return at < known.size() ? known[at] : solve_status::failed;
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
