// SPDX-License-Identifier: Apache-2.0
//
// From how a solve ended to its outcome, once for all backends. A point counts only as the watch or
// `round_if_feasible` has verified it; `detail` is a phrase whose subject is the backend ("returned a point
// that is not feasible"). Depends on no solver; own backends may use all of it.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/finite.hpp>
#include <checkmate/core/types.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/dual_bound.hpp>
#include <checkmate/solvers/support.hpp>

namespace checkmate {
inline namespace v0 {

/// What a solver claims of a search over integer columns.
struct search_claim {
  /// A lower bound on the optimum, offset included.
  double bound = -infinity;
  /// The limit that cut the search short; none if it ran to its end.
  solve_limit limit = solve_limit::none;
  /// The search ran to its end, and `bound` is the optimum.
  bool complete = false;
  /// The search refuted every point; with a cutoff, every point within it.
  bool infeasible = false;
  /// The solver returned a point, feasible or not.
  bool answered = false;
  /// `detail` where there is neither a point nor a limit.
  std::string fault = {};
};

/// What a solver claims of a model without integer columns.
struct simplex_claim {
  /// no_solution if a limit or a stop cut the simplex short.
  solve_status status = solve_status::failed;
  /// The optimum, one entry per column.
  std::vector<double> point = {};
  /// One entry per row, for the objective as given. Those of a run that was stopped prove a bound, too.
  std::vector<double> duals = {};
  /// `detail` of a run that failed.
  std::string fault = {};
};

namespace detail {

/// With a cutoff a bound proves only that nothing better lies below the cutoff.
[[nodiscard]] inline double bound_within_cutoff(double bound, std::optional<double> cutoff) {
  return cutoff ? std::min(bound, *cutoff) : bound;
}

inline void conclude_infeasible(std::optional<double> cutoff, solver_outcome& out) {
  if (out.has_values()) {
    out.status = solve_status::feasible;
    out.limit = solve_limit::other;
    out.detail = "called the model infeasible, but a feasible point is known";
    return;
  }
  out.status = solve_status::infeasible;
  out.limit = solve_limit::none;
  if (!cutoff || !is_finite(*cutoff)) return;
  out.bound = *cutoff;
  out.detail = "found nothing within the cutoff";
}

inline void conclude_point(solve_watch const& watch, search_claim const& claim, solver_outcome& out) {
  bool const closed = within_gap(watch.options(), out.objective, out.bound) ||
                      out.objective - out.bound <= objective_noise(out.objective);
  out.status = closed ? solve_status::optimal : solve_status::feasible;
  if (closed && claim.complete) out.limit = solve_limit::none;
  if (!closed && out.limit == solve_limit::none) out.limit = solve_limit::other;
}

inline void conclude_optimum(solve_watch& watch, simplex_claim claim, solver_outcome& out) {
  out.row_duals = std::move(claim.duals);
  out.values = round_if_feasible(watch.model(), std::move(claim.point));
  if (out.values.empty()) {
    out.status = solve_status::failed;
    out.detail = "called a point optimal that is not feasible";
    return;
  }
  out.limit = solve_limit::none;
  out.objective = objective_at(watch.model(), out.values);
  out.bound = std::min(out.bound, out.objective);
  watch.report(out.objective, out.bound, &out.values);
}

}  // namespace detail

/// Fills `out`, but for the nodes and iterations, with what `watch` kept and what `claim` proves of it.
/// Throws what callbacks threw.
inline void conclude_search(solve_watch const& watch, search_claim const& claim, solver_outcome& out) {
  auto const& cutoff = watch.options().cutoff;
  out.values = watch.best();
  out.objective = watch.best_objective();
  out.limit = claim.limit;
  if (claim.infeasible) {
    detail::conclude_infeasible(cutoff, out);
  } else {
    double const bound = claim.complete ? claim.bound : detail::bound_within_cutoff(claim.bound, cutoff);
    out.bound = std::min(bound, out.objective);
    if (out.has_values()) {
      detail::conclude_point(watch, claim, out);
    } else if (out.limit != solve_limit::none && !claim.answered) {
      out.status = solve_status::no_solution;
    } else if (out.detail.empty()) {
      out.detail = claim.answered ? "returned a point that is not feasible" : claim.fault;
    }
  }
  watch.rethrow();
  out.elapsed = watch.elapsed();
}

/// Fills `out`, but for the iterations, with what `claim` is worth. Reports an optimum to `watch`. Throws
/// what callbacks threw.
inline void conclude_simplex(solve_watch& watch, simplex_claim claim, solver_outcome& out) {
  out.status = claim.status;
  out.limit = watch.stopped_by();
  if (claim.status == solve_status::optimal || claim.status == solve_status::no_solution) {
    out.bound = dual_bound(watch.model(), claim.duals);  // holds for any duals
  }
  if (claim.status == solve_status::optimal) detail::conclude_optimum(watch, std::move(claim), out);
  if (claim.status == solve_status::failed && out.detail.empty()) out.detail = std::move(claim.fault);
  watch.rethrow();
  out.elapsed = watch.elapsed();
}

/// `found`, unless it calls the model unbounded because the relaxation is. The model is, too, unless it has
/// no point at all; whether it has one is asked of `backend`, in the time that is left.
[[nodiscard]] solver_outcome confirm_unbounded(auto const& backend, linear_model const& model,
                                               solver_options const& options, solver_outcome found) {
  if (found.status != solve_status::unbounded) return found;
  linear_model without_objective = model;
  std::fill(without_objective.objective.begin(), without_objective.objective.end(), 0.0);
  solver_options left;
  left.stop = options.stop;
  if (options.time_limit)
    left.time_limit = std::max(*options.time_limit - seconds(found.elapsed), seconds(0));
  solver_outcome const point = backend.solve(without_objective, left);
  if (!point.has_values()) {
    found.status = point.status;
    found.limit = point.limit;
  }
  found.elapsed += point.elapsed;
  return found;
}

}  // namespace v0
}  // namespace checkmate
