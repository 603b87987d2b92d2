// SPDX-License-Identifier: Apache-2.0
//
// A solver-neutral linear or mixed-integer model: minimise objective . x + offset subject to row and column
// bounds.
//
// Columns are stored compressed (CSC), which is what solvers load in one call. `infinity` is IEEE infinity;
// backends translate it at their boundary. Make one with `linear_model_builder` (model/builder.hpp).
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <checkmate/core/finite.hpp>

namespace checkmate {
inline namespace v0 {

/// "No bound", for column and row bounds.
inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// Minimise sum_j objective[j] x[j] + objective_offset with column_lower <= x <= column_upper and
/// row_lower <= A x <= row_upper; x[j] is an integer where integer[j] is 1.
struct linear_model {
  std::vector<double> column_lower, column_upper, objective;
  std::vector<std::uint8_t> integer;
  std::vector<double> row_lower, row_upper;

  /// Column j has entries column_start[j] .. column_start[j + 1] - 1, rows ascending, no duplicates, no
  /// zeros.
  std::vector<std::int64_t> column_start = {0};
  std::vector<std::int32_t> row_index;
  std::vector<double> coefficient;

  double objective_offset = 0;

  /// Names for messages and files, made on demand; may be empty.
  std::function<std::string(std::size_t)> column_name, row_name;

  [[nodiscard]] std::size_t column_count() const noexcept { return objective.size(); }
  [[nodiscard]] std::size_t row_count() const noexcept { return row_lower.size(); }
  [[nodiscard]] std::size_t nonzero_count() const noexcept { return row_index.size(); }
  [[nodiscard]] bool has_integers() const noexcept {
    for (std::uint8_t i : integer) {
      if (i != 0) return true;
    }
    return false;
  }

  /// Calls `visit(row, coefficient)` for each entry of column j.
  void for_column(std::size_t j, auto&& visit) const {
    auto const end = static_cast<std::size_t>(column_start[j + 1]);
    for (auto k = static_cast<std::size_t>(column_start[j]); k < end; ++k) {
      visit(static_cast<std::size_t>(row_index[k]), coefficient[k]);
    }
  }
};

/// The objective at x (one entry per column), offset included.
[[nodiscard]] inline double objective_at(linear_model const& model, std::span<double const> x) {
  double sum = model.objective_offset;
  for (std::size_t j = 0; j < model.column_count(); ++j) sum += model.objective[j] * x[j];
  return sum;
}

/// Row activities A x.
[[nodiscard]] inline std::vector<double> activities(linear_model const& model, std::span<double const> x) {
  std::vector<double> out(model.row_count(), 0.0);
  for (std::size_t j = 0; j < model.column_count(); ++j) {
    model.for_column(j, [&](std::size_t row, double a) { out[row] += a * x[j]; });
  }
  return out;
}

/// How far x is from feasible: the largest violation of a column bound, a row bound or integrality (0 if
/// feasible). A row's violation is divided by the largest of 1 and its bound's size. NaN anywhere, or a wrong
/// size, gives infinity.
[[nodiscard]] inline double infeasibility(linear_model const& model, std::span<double const> x) {
  if (x.size() != model.column_count()) return infinity;
  double worst = 0;
  auto note = [&worst](double excess) {
    if (!(excess <= worst)) worst = excess;
  };
  for (std::size_t j = 0; j < x.size(); ++j) {
    if (!detail::is_finite(x[j])) return infinity;
    note(model.column_lower[j] - x[j]);
    note(x[j] - model.column_upper[j]);
    if (model.integer[j] != 0) note(std::abs(x[j] - std::round(x[j])));
  }
  std::vector<double> const row = activities(model, x);
  for (std::size_t i = 0; i < row.size(); ++i) {
    auto scale = [](double bound) { return bound < -1 ? -bound : bound > 1 ? bound : 1.0; };
    double const low = model.row_lower[i];
    double const high = model.row_upper[i];
    if (!detail::is_finite(row[i]) || detail::is_plus_infinity(low) || detail::is_minus_infinity(high))
      return infinity;
    if (detail::is_finite(low)) note((low - row[i]) / scale(low));
    if (detail::is_finite(high)) note((row[i] - high) / scale(high));
  }
  return worst;
}

}  // namespace v0
}  // namespace checkmate
