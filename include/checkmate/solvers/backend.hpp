// SPDX-License-Identifier: Apache-2.0
//
// The backend seam: a linear_model goes in, an outcome comes out; a backend never sees a graph.
//
// A backend is any type with `capabilities()` and `solve(model, options)`. It throws invalid_option for an
// option that it cannot honour. It reports everything else, faults included, in the outcome.
//
// What is taken on trust:
// - Schedules never are. Strategies round, rebuild and simulate what a backend found, so no backend can make
//   a plan wrong.
// - Bounds and "infeasible" of linear programs are not. They are proven anew from the row duals
//   (bounds/safe_dual.hpp, bounds/infeasible.hpp).
// - Answers that contradict the model, themselves or a known plan are dropped (solvers/checked_solve.hpp).
// - An integer solver's bound is, where it is not above a known plan. Optimality that rests on it is as good
//   as the solver; `result::proof` names it.
// - An integer solver's "infeasible" is, where no plan is known and a short search of our own (graphs of up
//   to 128 values) does not settle it.
// - A backend that neither returns nor polls the stop token and the time limit keeps the thread that called
//   it.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/core/types.hpp>
#include <checkmate/model/linear_model.hpp>

namespace checkmate {
inline namespace v0 {

/// What a backend can do; asking for more is an invalid_option.
struct backend_capabilities {
  /// "cbc", "clp", ...
  std::string name;
  /// Solves models with integer columns.
  bool integers = false;
  /// Honours threads > 1.
  bool threads = false;
  /// Takes a starting point.
  bool hint = false;
  /// Returns row duals (continuous models).
  bool duals = false;
  /// on_incumbent carries the point, not only objective and bound.
  bool incumbent_values = false;
  /// One thread, one seed: the same outcome.
  bool deterministic = true;
};

/// A better solution was found, or the bound rose. May be called from a thread of the backend's.
struct incumbent_event {
  /// Of the best solution so far; infinity if none.
  double objective = infinity;
  /// Proven lower bound so far.
  double bound = -infinity;
  /// Seconds since the solve began.
  double elapsed = 0;
  /// The point, where the backend can give it.
  std::vector<double> const* values = nullptr;
};

/// Settings of one solve. Unset means the backend's own default.
struct solver_options {
  /// Wall clock, soft: a backend may overrun by a node or a pivot.
  std::optional<seconds> time_limit = {};
  /// Stops when (objective - bound) / max(|objective|, 1e-10) is at most this.
  std::optional<double> relative_gap = {};
  /// Stops when objective - bound is at most this.
  std::optional<double> absolute_gap = {};
  /// At least 1.
  std::optional<int> threads = {};
  std::optional<std::uint32_t> seed = {};
  /// Branch-and-bound nodes, >= 0.
  std::optional<std::int64_t> node_limit = {};
  /// Solutions with a larger objective are of no interest.
  std::optional<double> cutoff = {};
  /// A starting point, one entry per column, or empty.
  std::vector<double> hint = {};
  /// Polled; a stop ends the solve with what was found.
  std::stop_token stop = {};
  /// One line of the solver's log; unset = silence.
  std::function<void(std::string_view)> on_log = {};
  /// Progress; what it throws ends the solve.
  std::function<void(incumbent_event const&)> on_incumbent = {};
  /// The backend's own options; unknown ones throw.
  std::vector<std::pair<std::string, std::string>> raw = {};
};

/// Why a solve ended.
enum class solve_status : std::uint8_t {
  optimal,     ///< the values are optimal within the gap asked for (absolute 1e-9 where none was)
  feasible,    ///< values are there, a limit was reached first
  infeasible,  ///< the backend claims that no point exists
  unbounded,
  no_solution,  ///< a limit was reached with nothing found
  failed        ///< a numerical or backend fault; `detail` says
};

/// Which limit ended a solve early.
enum class solve_limit : std::uint8_t { none, gap, time, nodes, stopped, other };

/// What a backend found. Why it stopped (`status`, `limit`) and what it has (`values`, `bound`) are separate.
struct solver_outcome {
  solve_status status = solve_status::failed;
  solve_limit limit = solve_limit::none;
  /// For a person; may be empty.
  std::string detail;
  /// The best point, one entry per column; empty if none.
  std::vector<double> values;
  /// At `values`, offset included; infinity if none.
  double objective = infinity;
  /// The lower bound that the backend claims on the optimum; -infinity if none.
  double bound = -infinity;
  /// Of continuous models, where the backend has duals; empty otherwise.
  std::vector<double> row_duals;
  /// Branch-and-bound nodes.
  std::int64_t nodes = 0;
  /// Simplex iterations.
  std::int64_t iterations = 0;
  /// Wall seconds.
  double elapsed = 0;

  [[nodiscard]] bool has_values() const noexcept { return !values.empty(); }
};

/// A solver of linear models.
template <class B>
concept linear_backend = requires(B& b, B const& c, linear_model const& model,
                                  solver_options const& options) {
  { c.capabilities() } -> std::same_as<backend_capabilities>;
  { b.solve(model, options) } -> std::same_as<solver_outcome>;
};

/// Throws invalid_option or invalid_model, naming the option, where `options` ask for what cannot be:
/// negative limits, a hint of the wrong length, threads or a hint or integers that the backend does not
/// support.
inline void check_solver_options(backend_capabilities const& can, linear_model const& model,
                                 solver_options const& options) {
  auto refuse = [&](std::string const& what) { throw invalid_option(can.name + ": " + what); };
  auto not_negative = [&](std::optional<double> value, char const* name) {
    if (value && !detail::is_finite_amount(*value))
      refuse(std::string(name) + " must be >= 0, it is " + std::to_string(*value));
  };
  if (options.time_limit) not_negative(options.time_limit->count(), "time_limit");
  not_negative(options.relative_gap, "relative_gap");
  not_negative(options.absolute_gap, "absolute_gap");
  if (options.cutoff && detail::is_nan(*options.cutoff)) refuse("cutoff is not a number");
  if (options.threads && *options.threads < 1) {
    refuse("threads must be >= 1, it is " + std::to_string(*options.threads));
  }
  if (options.threads.value_or(1) > 1 && !can.threads) refuse("threads > 1 is not supported");
  if (options.node_limit && *options.node_limit < 0) {
    refuse("node_limit must be >= 0, it is " + std::to_string(*options.node_limit));
  }
  if (!options.hint.empty() && !can.hint) refuse("a hint is not supported");
  if (!options.hint.empty() && options.hint.size() != model.column_count()) {
    refuse("the hint has " + std::to_string(options.hint.size()) + " entries, the model " +
           std::to_string(model.column_count()) + " columns");
  }
  if (model.has_integers() && !can.integers) throw invalid_model(can.name + " does not solve integer models");
}

}  // namespace v0
}  // namespace checkmate
