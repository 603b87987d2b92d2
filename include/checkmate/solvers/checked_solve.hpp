// SPDX-License-Identifier: Apache-2.0
//
// checked_solve: how strategies call a backend. Backends are other people's code; what one of them returns is
// held to the model and to itself before anybody acts on it:
//
//   it throws                             failed, with its words; not what was thrown by callbacks, nor the
//                                         library's own errors, which tell of misuse
//   a point of the wrong size, or NaN     failed; nothing of the answer is believed
//   a point that violates the model       failed; the point stays as a hint at a schedule, the bound goes
//   a bound above a point that is feasible (the answer's own, or the hint's)
//                                         the bound goes
//   infeasible, and a point is feasible   feasible or failed; the claim goes
//   infeasible, said after a limit        no_solution: some solvers say so when they are cut short
//   row duals of the wrong size           none
//
// What cannot be seen is a claim that is wrong but fits all that is known: a bound that is too high but below
// every known point, or "infeasible" where no point is known. That is the backend's word.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <functional>
#include <mutex>
#include <new>
#include <string>
#include <utility>

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>

namespace checkmate {
inline namespace v0 {

/// Largest violation (as `infeasibility` measures it) at which a point, and what came with it, is believed: a
/// hundred times what solvers promise.
inline constexpr double believable_violation = 1e-4;

namespace detail {

/// What the caller's callbacks threw while a backend ran: it must reach the caller, whatever the backend made
/// of it.
class callback_errors {
 public:
  template <class Argument>
  [[nodiscard]] std::function<void(Argument)> watch(std::function<void(Argument)> call) {
    if (!call) return {};
    return [this, call = std::move(call)](Argument argument) {
      try {
        call(argument);
      } catch (...) {
        std::lock_guard const lock(mutex_);
        if (!first_) first_ = std::current_exception();
        throw;
      }
    };
  }
  void rethrow() const {
    if (first_) std::rethrow_exception(first_);
  }

 private:
  std::mutex mutex_;  // backends may call from threads of their own
  std::exception_ptr first_;
};

/// One outcome, and what is wrong with it.
class outcome_check {
 public:
  outcome_check(linear_model const& model, solver_options const& options, bool past_limit)
      : model_(model), options_(options), past_limit_(past_limit) {}

  [[nodiscard]] solver_outcome operator()(solver_outcome got) {
    if (got.row_duals.size() != model_.row_count()) got.row_duals.clear();
    if (!detail::is_finite(got.bound)) got.bound = -infinity;  // no number, or nothing at all
    if (got.values.empty()) got.objective = infinity;
    check_values(got);
    check_infeasible(got);
    check_bound(got);
    return got;
  }

 private:
  static void distrust(solver_outcome& got, std::string why) {
    got.status = solve_status::failed;
    got.bound = -infinity;
    got.detail = std::move(why);
  }

  void check_values(solver_outcome& got) {
    if (got.values.empty()) {
      if (got.status == solve_status::optimal && model_.column_count() > 0) {
        distrust(got, "called a point optimal that it did not return");
      }
      return;
    }
    if (got.values.size() != model_.column_count()) {
      distrust(got, "returned a point of " + std::to_string(got.values.size()) + " entries for " +
                        std::to_string(model_.column_count()) + " columns");
      got.values.clear();
      return;
    }
    double const violation = infeasibility(model_, got.values);
    if (!detail::is_finite(violation)) {
      distrust(got, "returned a point that is no number somewhere");
      got.values.clear();
    } else if (violation > believable_violation) {
      distrust(got, "returned a point that violates the model by " + std::to_string(violation));
    } else {
      got.objective = objective_at(model_, got.values);
      known_ = got.objective;
    }
  }

  void check_infeasible(solver_outcome& got) {
    if (got.status != solve_status::infeasible) return;
    if (detail::is_finite(known_)) {
      distrust(got, "called a model infeasible and returned a point of it");
    } else if (detail::is_finite(hint_objective())) {
      distrust(got, "called a model infeasible of which a point is known");
    } else if (past_limit_ || got.limit != solve_limit::none) {
      got.status = solve_status::no_solution;
      if (got.limit == solve_limit::none) got.limit = solve_limit::time;
      got.detail = "called the model infeasible when a limit had cut it short";
    }
  }

  void check_bound(solver_outcome& got) {
    double const known = std::min(known_, hint_objective());
    if (!(got.bound > known + slack(known))) return;
    distrust(got, "claims a bound of " + std::to_string(got.bound) + ", above a feasible point of " +
                      std::to_string(known));
  }

  /// What solvers may be off by. With a cutoff they prove only that nothing is better by some increment.
  [[nodiscard]] double slack(double objective) const {
    return 1e-6 * std::max(1.0, std::abs(objective)) + (options_.cutoff ? 1e-2 : 0);
  }

  /// Of the hint, if that is a point of the model well within the cutoff; infinity otherwise.
  [[nodiscard]] double hint_objective() const {
    if (options_.hint.empty() || infeasibility(model_, options_.hint) > 1e-9) return infinity;
    double const objective = objective_at(model_, options_.hint);
    bool const counts = !options_.cutoff || objective + slack(objective) < *options_.cutoff;
    return counts ? objective : infinity;
  }

  linear_model const& model_;
  solver_options const& options_;
  bool past_limit_;
  double known_ = infinity;  // objective of the answer's own point, if that is feasible
};

}  // namespace detail

/// Solves with `backend` and returns what of its outcome holds up, as the top of this file says; `detail`
/// then tells what did not. Throws what callbacks throw, and the library's own errors (misuse).
template <linear_backend B>
[[nodiscard]] solver_outcome checked_solve(B& backend, linear_model const& model, solver_options options) {
  detail::callback_errors errors;
  options.on_log = errors.watch(std::move(options.on_log));
  options.on_incumbent = errors.watch(std::move(options.on_incumbent));
  auto const began = std::chrono::steady_clock::now();
  auto const failed = [&errors](std::string const& what) {
    errors.rethrow();
    solver_outcome out;
    out.detail = "threw " + what;
    return out;
  };
  solver_outcome got;
  try {
    got = backend.solve(model, options);
  } catch (error const&) {
    throw;
  } catch (std::bad_alloc const&) {
    throw;
  } catch (std::exception const& e) {
    return failed(e.what());
  } catch (...) {
    return failed("something that is no std::exception");
  }
  errors.rethrow();
  bool const late = options.time_limit && std::chrono::steady_clock::now() - began >= *options.time_limit;
  return detail::outcome_check(model, options, late || options.stop.stop_requested())(std::move(got));
}

}  // namespace v0
}  // namespace checkmate
