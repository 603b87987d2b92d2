// SPDX-License-Identifier: Apache-2.0
//
// A backend without dependencies for tiny integer models: depth-first enumeration of all columns, with
// pruning by what rows can still reach and by the best objective still possible. It shares nothing with CBC,
// so tests can ask both.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/conclude.hpp>
#include <checkmate/solvers/support.hpp>

namespace checkmate {
inline namespace v0 {

/// Solves models whose columns are all integers with finite bounds, exactly, in time exponential in their
/// number: for some 30 binaries. Other models are an invalid_model.
struct exhaustive {
  [[nodiscard]] backend_capabilities capabilities() const {
    return {.name = "exhaustive", .integers = true, .hint = true, .incumbent_values = true};
  }

  /// Solves the model. `outcome.nodes` counts the partial assignments looked at. Throws invalid_option,
  /// invalid_model, and what callbacks throw.
  [[nodiscard]] solver_outcome solve(linear_model const& model, solver_options const& options) const;
};

namespace detail {

/// Depth-first search with an explicit stack: at depth d, columns 0 .. d-1 have values.
class exhaustive_search {
 public:
  exhaustive_search(linear_model const& model, solver_options const& options)
      : model_(model), options_(options), watch_(model, options) {}

  [[nodiscard]] solver_outcome operator()() {
    prepare();
    if (!options_.hint.empty()) watch_.keep(options_.hint);
    announce();
    bool const complete = search();
    bool const found = !watch_.best().empty();
    solver_outcome out;
    out.nodes = nodes_;
    conclude_search(watch_,
                    {.bound = complete && found ? watch_.best_objective() : least_objective(),
                     .limit = complete ? solve_limit::none : watch_.stopped_by(),
                     .complete = complete && found,
                     .infeasible = complete && !found},
                    out);
    return out;
  }

 private:
  /// Least and most of coefficient * x over the bounds of column j.
  [[nodiscard]] std::pair<double, double> range(std::size_t j, double coefficient) const {
    double const a = coefficient * low_[j];
    double const b = coefficient * high_[j];
    return {std::min(a, b), std::max(a, b)};
  }

  void prepare() {
    std::size_t const n = model_.column_count();
    for (std::size_t j = 0; j < n; ++j) {
      low_.push_back(std::ceil(model_.column_lower[j] - 1e-9));
      high_.push_back(std::floor(model_.column_upper[j] + 1e-9));
    }
    least_.assign(model_.row_count(), 0);
    most_.assign(model_.row_count(), 0);
    cost_rest_.assign(n + 1, 0);
    for (std::size_t j = n; j-- > 0;) {
      cost_rest_[j] = cost_rest_[j + 1] + range(j, model_.objective[j]).first;
      shift_rows(j, 0, 1);
    }
  }

  /// Adds (sign 1) or takes away (sign -1) what column j, free within its bounds, adds to each row's range;
  /// `value` is what the column adds once fixed, counted with the opposite sign.
  void shift_rows(std::size_t j, double value, double sign) {
    model_.for_column(j, [&](std::size_t row, double a) {
      auto const [least, most] = range(j, a);
      least_[row] += sign * (least - a * value);
      most_[row] += sign * (most - a * value);
    });
  }

  /// Whether every row of column j can still be met.
  [[nodiscard]] bool rows_open(std::size_t j) const {
    auto slack = [](double bound) { return feasibility_tolerance * std::max(1.0, std::abs(bound)); };
    bool open = true;
    model_.for_column(j, [&](std::size_t row, double) {
      double const low = model_.row_lower[row];
      double const high = model_.row_upper[row];
      if (detail::is_finite(low) && most_[row] < low - slack(low)) open = false;
      if (detail::is_finite(high) && least_[row] > high + slack(high)) open = false;
    });
    return open;
  }

  /// A solution must beat this objective.
  [[nodiscard]] double ceiling() const {
    double const best = watch_.best_objective();
    return detail::is_finite(best) ? best - objective_noise(best)
                                   : options_.cutoff.value_or(infinity) + feasibility_tolerance;
  }

  /// Returns whether the whole space was seen.
  bool search() {
    std::size_t const n = model_.column_count();
    std::vector<double> x(n, 0);
    std::vector<double> cost(n + 1, model_.objective_offset);
    std::vector<bool> placed(n, false);
    std::size_t depth = 0;
    for (;;) {
      if (depth == n) {
        watch_.keep(x);
        announce();
      } else {
        double const next = placed[depth] ? x[depth] + 1 : low_[depth];
        if (placed[depth]) shift_rows(depth, x[depth], 1);
        placed[depth] = next <= high_[depth];
        if (placed[depth]) {
          if (!may_go_on()) return false;
          x[depth] = next;
          shift_rows(depth, next, -1);
          cost[depth + 1] = cost[depth] + model_.objective[depth] * next;
          if (cost[depth + 1] + cost_rest_[depth + 1] < ceiling() && rows_open(depth)) ++depth;
          continue;
        }
      }
      if (depth == 0) return true;
      --depth;
    }
  }

  [[nodiscard]] bool may_go_on() {
    if (options_.node_limit && nodes_ >= *options_.node_limit) return !watch_.give_reason(solve_limit::nodes);
    ++nodes_;
    return (nodes_ & 255) != 1 || !watch_.should_stop();
  }

  void announce() {
    if (!watch_.best().empty()) watch_.report(watch_.best_objective(), least_objective(), &watch_.best());
  }

  /// At any point within the column bounds.
  [[nodiscard]] double least_objective() const { return model_.objective_offset + cost_rest_[0]; }

  linear_model const& model_;
  solver_options const& options_;
  solve_watch watch_;
  std::vector<double> low_, high_;
  /// Each row's activity: columns that have a value, plus the others' range.
  std::vector<double> least_, most_;
  /// Least cost of columns j and after.
  std::vector<double> cost_rest_;
  std::int64_t nodes_ = 0;
};

}  // namespace detail

inline solver_outcome exhaustive::solve(linear_model const& model, solver_options const& options) const {
  check_solver_options(capabilities(), model, options);
  if (!options.raw.empty()) {
    throw invalid_option("exhaustive: unknown raw option '" + options.raw.front().first + "'");
  }
  check_linear_model(model);
  if (auto known = solve_trivial(model)) return *known;
  for (std::size_t j = 0; j < model.column_count(); ++j) {
    if (model.integer[j] == 0) {
      throw invalid_model("exhaustive: column " + std::to_string(j) + " is continuous");
    }
    if (!detail::is_finite(model.column_lower[j]) || !detail::is_finite(model.column_upper[j])) {
      throw invalid_model("exhaustive: column " + std::to_string(j) + " has no finite bounds");
    }
  }
  return detail::exhaustive_search(model, options)();
}

}  // namespace v0
}  // namespace checkmate
