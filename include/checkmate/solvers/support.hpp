// SPDX-License-Identifier: Apache-2.0
//
// What every backend needs: a check of the model's shape, the answer to models without rows or columns, the
// clock, stop token and callbacks of one solve, and a check of the points that a solver returns. Depends on
// no solver; own backends may use all of it.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/core/types.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>

namespace checkmate {
inline namespace v0 {

/// Largest violation (as `infeasibility` measures it) at which a backend still calls a point feasible.
inline constexpr double feasibility_tolerance = 1e-6;

/// Throws invalid_model, naming the culprit, where the arrays of `model` do not fit together: sizes, column
/// starts, row indices out of range, not ascending or twice, numbers that are NaN, a cost or coefficient that
/// is infinite. Linear time.
inline void check_linear_model(linear_model const& model) {
  auto refuse = [](std::string const& what) { throw invalid_model("linear model: " + what); };
  std::size_t const n = model.column_count();
  std::size_t const m = model.row_count();
  if (model.column_lower.size() != n || model.column_upper.size() != n || model.integer.size() != n) {
    refuse("column bounds, objective and integer flags differ in size");
  }
  if (model.row_upper.size() != m) refuse("row_lower and row_upper differ in size");
  if (model.column_start.size() != n + 1 || model.column_start.front() != 0 ||
      model.row_index.size() != model.coefficient.size() ||
      model.column_start.back() != static_cast<std::int64_t>(model.row_index.size())) {
    refuse("column_start does not describe row_index and coefficient");
  }
  if (!detail::is_finite(model.objective_offset)) refuse("objective_offset is not finite");
  for (std::size_t i = 0; i < m; ++i) {
    if (detail::is_nan(model.row_lower[i]) || detail::is_nan(model.row_upper[i])) {
      refuse("row " + std::to_string(i) + " has a bound that is no number");
    }
  }
  for (std::size_t j = 0; j < n; ++j) {
    auto refuse_column = [&](char const* what) { refuse("column " + std::to_string(j) + what); };
    if (detail::is_nan(model.column_lower[j]) || detail::is_nan(model.column_upper[j])) {
      refuse_column(" has a bound that is no number");
    }
    if (!detail::is_finite(model.objective[j])) refuse_column(" has a cost that is not finite");
    if (model.column_start[j] > model.column_start[j + 1]) refuse_column(" starts after its end");
    std::int64_t before = -1;
    for (std::int64_t k = model.column_start[j]; k < model.column_start[j + 1]; ++k) {
      std::int64_t const row = model.row_index[static_cast<std::size_t>(k)];
      if (row <= before || row >= static_cast<std::int64_t>(m)) {
        refuse_column(" has rows that do not ascend or do not exist");
      }
      if (!detail::is_finite(model.coefficient[static_cast<std::size_t>(k)])) {
        refuse_column(" has a coefficient that is not finite");
      }
      before = row;
    }
  }
}

/// The answer, where no solver is needed for it: bounds that contradict each other make a model infeasible,
/// and without rows every column goes to its better bound. Empty where rows have a say.
[[nodiscard]] inline std::optional<solver_outcome> solve_trivial(linear_model const& model) {
  solver_outcome out;
  auto infeasible = [&out](std::string detail) {
    out.status = solve_status::infeasible;
    out.detail = std::move(detail);
    return out;
  };
  for (std::size_t i = 0; i < model.row_count(); ++i) {
    double const low = model.row_lower[i];
    double const high = model.row_upper[i];
    if (low > high || detail::is_plus_infinity(low) || detail::is_minus_infinity(high)) {
      return infeasible("the bounds of row " + std::to_string(i) + " exclude each other");
    }
    if (model.nonzero_count() == 0 && (low > 0 || high < 0)) {
      return infeasible("row " + std::to_string(i) + " is empty and its bounds exclude 0");
    }
  }
  std::vector<double> x(model.column_count());
  std::optional<std::size_t> runaway;
  for (std::size_t j = 0; j < x.size(); ++j) {
    bool const whole = model.integer[j] != 0;
    double const low = whole ? std::ceil(model.column_lower[j] - 1e-9) : model.column_lower[j];
    double const high = whole ? std::floor(model.column_upper[j] + 1e-9) : model.column_upper[j];
    if (low > high || detail::is_plus_infinity(low) || detail::is_minus_infinity(high)) {
      return infeasible("column " + std::to_string(j) + " has no value within its bounds");
    }
    double const cost = model.objective[j];
    x[j] = cost > 0 ? low : cost < 0 ? high : std::clamp(0.0, low, high);
    if (!detail::is_finite(x[j])) runaway = j;
  }
  if (model.nonzero_count() != 0) return std::nullopt;
  if (runaway) {
    out.status = solve_status::unbounded;
    out.detail = "column " + std::to_string(*runaway) + " improves without end";
    return out;
  }
  out.status = solve_status::optimal;
  out.objective = out.bound = objective_at(model, x);
  out.values = std::move(x);
  return out;
}

/// The power of two by which a backend may multiply the objective, so that its solver's absolute tolerances
/// (1e-7 on reduced costs, 1e-5 on cutoffs) mean little beside the largest cost: that comes to lie in
/// 2^13 .. 2^20. Exact, as only exponents change, and integer costs stay integers.
[[nodiscard]] inline double objective_scale(linear_model const& model) {
  double largest = 0;
  for (double c : model.objective) largest = std::max(largest, std::abs(c));
  if (largest == 0) return 1;
  int const exponent = std::ilogb(largest);
  return exponent < 13 ? std::ldexp(1.0, 13 - exponent) : exponent > 20 ? std::ldexp(1.0, 20 - exponent) : 1;
}

/// What rounding may do to an objective: 1e-9 of it, or of 1.
[[nodiscard]] inline double objective_noise(double objective) {
  return 1e-9 * std::max(1.0, std::abs(objective));
}

/// Whether `objective` and `bound` are within the gaps that `options` ask for (absolute 1e-9 where none is).
[[nodiscard]] inline bool within_gap(solver_options const& options, double objective, double bound) {
  if (!detail::is_finite(objective) || !detail::is_finite(bound)) return false;
  double const gap = objective - bound;
  double const size = std::max(std::abs(objective), 1e-10);
  return gap <= std::max(1e-9, options.absolute_gap.value_or(0)) ||
         gap <= options.relative_gap.value_or(0) * size;
}

/// x with its integer columns rounded, if that is feasible within `feasibility_tolerance`; else empty.
[[nodiscard]] inline std::vector<double> round_if_feasible(linear_model const& model, std::vector<double> x) {
  if (x.size() != model.column_count()) return {};
  for (std::size_t j = 0; j < x.size(); ++j) {
    if (!detail::is_finite(x[j])) return {};
    if (model.integer[j] != 0) x[j] = std::nearbyint(x[j]);
    // Within the tolerance a bound is meant exactly, so that nobody downstream sees -1e-9 of something.
    double const inside = std::clamp(x[j], model.column_lower[j], model.column_upper[j]);
    if (std::abs(inside - x[j]) <= feasibility_tolerance) x[j] = inside;
  }
  if (!(infeasibility(model, x) <= feasibility_tolerance)) return {};
  return x;
}

/// Clock, stop token, callbacks and best verified point of one solve.
/// - Any member may be called from several threads.
/// - What a callback throws is kept. The solve ends as soon as the backend polls; `rethrow` then throws it.
class solve_watch {
 public:
  /// Starts the clock; both arguments must outlive the watch.
  solve_watch(linear_model const& model, solver_options const& options) : model_(model), options_(options) {}
  solve_watch(solve_watch const&) = delete;
  solve_watch& operator=(solve_watch const&) = delete;

  [[nodiscard]] linear_model const& model() const { return model_; }
  [[nodiscard]] solver_options const& options() const { return options_; }

  /// Wall seconds since the watch was made.
  [[nodiscard]] double elapsed() const { return seconds(clock::now() - start_).count(); }

  /// Wall seconds until the time limit: negative when it has passed, infinity without a limit.
  [[nodiscard]] double remaining() const {
    return options_.time_limit ? options_.time_limit->count() - elapsed() : infinity;
  }

  /// Whether the backend has to stop now; `grace` is added to the time limit (for backends that keep it
  /// themselves). Once true it stays true, and `stopped_by` says why.
  [[nodiscard]] bool should_stop(double grace = 0) {
    if (reason_.load() != solve_limit::none) return true;
    if (options_.stop.stop_requested()) return give_reason(solve_limit::stopped);
    if (remaining() + grace <= 0) return give_reason(solve_limit::time);
    return false;
  }

  /// Why `should_stop` was true; none if it never was.
  [[nodiscard]] solve_limit stopped_by() const { return reason_.load(); }

  /// Ends the solve for a reason that the backend saw (a gap, a node limit). Returns true.
  bool give_reason(solve_limit why) {
    auto expected = solve_limit::none;
    reason_.compare_exchange_strong(expected, why);
    return true;
  }

  [[nodiscard]] bool wants_log() const { return static_cast<bool>(options_.on_log); }

  /// Passes the lines of `text` to on_log.
  void log(std::string_view text) {
    if (!options_.on_log) return;
    std::lock_guard const lock(mutex_);
    guarded([&] {
      while (!text.empty()) {
        std::size_t const end = std::min(text.find('\n'), text.size());
        options_.on_log(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
      }
    });
  }

  /// Notes a solution's objective and a proven bound, both with the offset; infinity and -infinity where
  /// there is none. Calls on_incumbent if either is news. `values` may be null.
  void report(double objective, double bound, std::vector<double> const* values = nullptr) {
    std::lock_guard const lock(mutex_);
    // By more than rounding; the first of either is news in any case.
    auto const exceeds = [](double a, double b) { return a - b > 1e-12 * std::max(1.0, std::abs(b)); };
    auto const is_news = [&exceeds](double now, double before, double sign) {
      return detail::is_finite(now) && (!detail::is_finite(before) || exceeds(sign * now, sign * before));
    };
    bool const better = is_news(objective, objective_, -1);
    bool const higher = is_news(bound, bound_, 1);
    if (better) objective_ = objective;
    if (higher) bound_ = bound;
    if (within_gap(options_, objective_, bound_) && (options_.relative_gap || options_.absolute_gap)) {
      give_reason(solve_limit::gap);
    }
    if (!(better || higher) || !options_.on_incumbent) return;
    guarded([&] {
      options_.on_incumbent({objective_, std::min(bound_, objective_), elapsed(), better ? values : nullptr});
    });
  }

  /// Keeps a point (of the model as it was given) if it is feasible, within the cutoff, and better than the
  /// one kept so far.
  void keep(std::vector<double> x) {
    x = round_if_feasible(model_, std::move(x));
    if (x.empty()) return;
    double const objective = objective_at(model_, x);
    if (options_.cutoff && objective > *options_.cutoff + objective_noise(*options_.cutoff)) return;
    std::lock_guard const lock(mutex_);
    if (best_.empty() || objective < best_objective_) {
      best_ = std::move(x);
      best_objective_ = objective;
    }
  }

  /// The point kept, rounded and feasible; empty if none.
  [[nodiscard]] std::vector<double> const& best() const { return best_; }
  /// The objective at `best`; infinity if none.
  [[nodiscard]] double best_objective() const { return best_objective_; }
  /// The largest bound that was reported.
  [[nodiscard]] double reported_bound() const { return bound_; }

  /// Throws what a callback threw, if one did. To be called when no solver code is on the stack.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  using clock = std::chrono::steady_clock;

  /// Runs a user's callback, with the mutex held.
  void guarded(auto&& call) {
    if (error_) return;
    try {
      call();
    } catch (...) {
      error_ = std::current_exception();
      give_reason(solve_limit::stopped);
    }
  }

  linear_model const& model_;
  solver_options const& options_;
  clock::time_point const start_ = clock::now();
  std::atomic<solve_limit> reason_ = solve_limit::none;
  std::mutex mutex_;
  std::exception_ptr error_;
  std::vector<double> best_;
  double best_objective_ = infinity;
  double objective_ = infinity;
  double bound_ = -infinity;
};

/// Waits for `lock`, of a solver that one thread at a time may use, until the deadline or a stop. Returns
/// whether it is held. Polls, at first often: some ThreadSanitizers (clang 14's has no
/// pthread_mutex_clocklock) do not know a mutex that waits with a deadline, and then report false races.
[[nodiscard]] inline bool wait_for_turn(std::unique_lock<std::mutex>& lock, solve_watch& watch) {
  using std::chrono::microseconds;
  for (microseconds pause{50}; !watch.should_stop(); pause = std::min(2 * pause, microseconds{5000})) {
    if (lock.try_lock()) return true;
    std::this_thread::sleep_for(pause);
  }
  return false;
}

/// Seconds that a backend may spend on repairing a point: half of the second (or of the 5 %) by which a limit
/// may be exceeded; 5 where `watch` has not said stop and leaves more than 5.
[[nodiscard]] inline double repair_time(solver_options const& options, solve_watch const& watch) {
  if (watch.stopped_by() == solve_limit::none && watch.remaining() > 5) return 5;
  double const limit = options.time_limit && !options.stop.stop_requested() ? options.time_limit->count() : 0;
  return std::clamp(0.025 * limit, 0.5, 5.0);
}

}  // namespace v0
}  // namespace checkmate
