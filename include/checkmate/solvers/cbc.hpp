// SPDX-License-Identifier: Apache-2.0
//
// The CBC backend: mixed-integer linear programs (link checkmate::cbc). Written against CBC 2.10.
#pragma once

#if !__has_include(<CbcModel.hpp>)
#error "link checkmate::cbc: the headers of COIN-OR CBC are missing (Debian: coinor-libcbc-dev)"
#endif
#if __has_include(<CbcParameters.hpp>)
#error \
    "checkmate/solvers/cbc.hpp needs CBC up to 2.10. This one is newer (vcpkg and PyPI have such), has another \
interface and crashes where a search is watched. Install 2.10 (Debian, Conan), or use solvers/glpk.hpp; \
solvers/clp.hpp and solvers/osi.hpp work with it"
#endif

#include <utility>

#include <checkmate/core/error.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/clp.hpp>
#include <checkmate/solvers/coin/cbc_run.hpp>
#include <checkmate/solvers/coin/recheck.hpp>
#include <checkmate/solvers/conclude.hpp>
#include <checkmate/solvers/support.hpp>

namespace checkmate {
inline namespace v0 {

/// COIN-OR CBC.
///
/// What is checked:
/// - A point that is not feasible within `feasibility_tolerance` is repaired or dropped.
/// - A limit loses nothing that was found before it.
/// - A program is solved a second time, without preprocessing, if it has up to 200 columns and the driver
///   solved it quickly, or if preprocessing settled it. Nodes, iterations and time are then sums. The option
///   `raw` "preprocess" prevents it.
///
/// What is CBC's claim:
/// - "Infeasible" and the bound hold within CBC's tolerances, about 1e-7 of the largest cost. A caller who
///   needs a bound that survives rounding subtracts such a margin.
/// - With a cutoff, "infeasible" means that nothing within the cutoff exists.
///
/// Threads:
/// - Any number of threads may solve at once. Each gets the answer that it would get alone.
/// - Solves through CBC's driver (preprocessing, cuts, heuristics) take turns, as it keeps its state in
///   globals. Waiting counts as time, and ends at the time limit or a stop.
/// - Solves on the reentrant path run side by side.
/// - With `threads` above 1 results are not repeatable. No more than 99 are used.
///
/// `raw` takes numeric and keyword parameters of the cbc program by their full names ("cuts", "off"); the
/// reentrant path takes none. Signal handlers are left alone. Nothing is printed.
///
/// Known faults of CBC 2.10.8:
/// - It does not survive a lack of memory: std::bad_alloc may arrive, or the process end while CBC's driver
///   unwinds. Who plans close to the limit uses a process of its own, or a new-handler that ends it.
/// - A solve that is stopped inside strong branching leaks some 480 bytes per branching object.
///   LeakSanitizer's suppression is `leak:CbcNode::chooseBranch`.
struct cbc {
  /// Uses CbcModel without the driver: in parallel with other solves, with fewer heuristics, on one thread.
  bool reentrant = false;

  [[nodiscard]] backend_capabilities capabilities() const {
    return {.name = "cbc",
            .integers = true,
            .threads = !reentrant && CbcModel::haveMultiThreadSupport(),
            .hint = true,
            .duals = true};
  }

  /// Solves the model. Throws invalid_option, invalid_model, and what callbacks throw.
  [[nodiscard]] solver_outcome solve(linear_model const& model, solver_options const& options) const;
};

namespace detail {

/// Whether `outcome`, from CBC's driver, is checked by a second solve. `settled`: by preprocessing alone.
/// - CBC 2.10.8's preprocessing loses the optimum of a few in ten thousand small programs; without it, as few
///   are called infeasible that are not. Hardly any program is solved wrongly both ways
///   (bench/results/robustness.md).
/// - Programs that are neither small nor settled take too long to solve twice.
/// - Preprocessing calls too many programs "infeasible within the cutoff" to check each.
[[nodiscard]] inline bool is_worth_rechecking(linear_model const& model, solver_options const& options,
                                              solver_outcome const& outcome, bool settled) {
  bool const small = model.column_count() <= 200 && outcome.iterations <= 1000;
  bool const infeasible = outcome.status == solve_status::infeasible;
  if (!small && (!settled || (infeasible && options.cutoff))) return false;
  for (auto const& [name, value] : options.raw) {
    if (name == "preprocess") return false;  // the caller's own way
  }
  return infeasible || outcome.status == solve_status::optimal || outcome.status == solve_status::failed;
}

}  // namespace detail

inline solver_outcome cbc::solve(linear_model const& model, solver_options const& options) const {
  check_solver_options(capabilities(), model, options);
  if (reentrant && !options.raw.empty()) {
    throw invalid_option("cbc: raw option '" + options.raw.front().first +
                         "' is unknown to the reentrant path");
  }
  check_linear_model(model);
  if (auto known = solve_trivial(model)) return *known;
  if (!model.has_integers() && options.raw.empty()) {
    solver_options continuous = options;
    continuous.hint.clear();
    continuous.threads.reset();
    return clp{}.solve(model, continuous);
  }
  bool settled = false;
  auto const solve_once = [&](solver_options const& how) {
    detail::cbc_run run(reentrant, model, how);
    solver_outcome found = run();
    settled = run.settled_by_preprocessing();
    return confirm_unbounded(*this, model, how, std::move(found));
  };
  solver_outcome found = solve_once(options);
  if (reentrant || !detail::is_worth_rechecking(model, options, found, settled)) return found;
  auto const without_preprocessing = [&](solver_options again) {
    again.raw.emplace_back("preprocess", "off");
    return solve_once(again);
  };
  return detail::rechecked(without_preprocessing, model, options, std::move(found));
}

}  // namespace v0
}  // namespace checkmate
