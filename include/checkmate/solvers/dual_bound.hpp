// SPDX-License-Identifier: Apache-2.0
//
// dual_bound: what the row duals of a linear program prove, in plain arithmetic and linear time. The LP
// backends report it as their bound; a proof that outlives rounding errors, too, is bounds/safe_dual.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <checkmate/core/finite.hpp>
#include <checkmate/model/linear_model.hpp>

namespace checkmate {
inline namespace v0 {

/// A lower bound on the optimum of the relaxation, from any row duals (weak duality): y . b plus what the
/// reduced costs c - y A allow at the column bounds. Valid for every y; minus infinity where a bound that is
/// needed is missing, where reduced costs within 1e-9 of the terms that they are made of count as 0. Duals
/// that point at a missing row bound count as 0.
[[nodiscard]] inline double dual_bound(linear_model const& model, std::span<double const> row_duals) {
  if (row_duals.size() != model.row_count()) return -infinity;
  std::vector<double> y(row_duals.begin(), row_duals.end());
  double sum = model.objective_offset;
  double size = std::abs(sum);
  auto add = [&](double term) {
    sum += term;
    size += std::abs(term);
  };
  for (std::size_t i = 0; i < y.size(); ++i) {
    double const side = y[i] > 0 ? model.row_lower[i] : model.row_upper[i];
    if (!detail::is_finite(y[i]) || y[i] == 0 || !detail::is_finite(side)) {
      y[i] = 0;
    } else {
      add(y[i] * side);
    }
  }
  for (std::size_t j = 0; j < model.column_count(); ++j) {
    double reduced = model.objective[j];
    double scale = std::abs(reduced);
    model.for_column(j, [&](std::size_t row, double a) {
      reduced -= y[row] * a;
      scale = std::max(scale, std::abs(y[row] * a));
    });
    double const side = reduced > 0 ? model.column_lower[j] : model.column_upper[j];
    if (detail::is_finite(side)) {
      add(reduced * side);
    } else if (std::abs(reduced) > 1e-9 * std::max(1.0, scale)) {
      return -infinity;
    }
  }
  return sum - 1e-15 * size;
}

}  // namespace v0
}  // namespace checkmate
