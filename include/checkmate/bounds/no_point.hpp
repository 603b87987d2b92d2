// SPDX-License-Identifier: Apache-2.0
//
// proves_no_point: whether a linear program is infeasible, by a proof in the library's own arithmetic instead
// of a solver's word.
//
// Every row gets a slack in each direction in which it can be violated, and the sum of the slacks is
// minimised. That program always has points; the original has one exactly if the optimum is 0. Whatever row
// prices a solver gives for it, safe_dual_bound makes a true lower bound of them: one above 0 proves that
// there is no point. (The prices are a certificate in the sense of Farkas' lemma, found by what simplex codes
// call phase one.)
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <checkmate/bounds/safe_dual.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/checked_solve.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// The columns of `model`, at no cost, and behind them a slack for each finite side of a row, at cost 1; no
/// slack is larger than its row can ever need, so that prices that are a little off still prove something.
[[nodiscard]] inline linear_model least_violation_model(linear_model model) {
  std::fill(model.objective.begin(), model.objective.end(), 0.0);
  std::fill(model.integer.begin(), model.integer.end(), std::uint8_t{0});
  model.objective_offset = 0;
  model.column_name = {};
  std::vector<double> least(model.row_count(), 0.0), most(model.row_count(), 0.0);
  for (std::size_t j = 0; j < model.column_count(); ++j) {
    auto const last = static_cast<std::size_t>(model.column_start[j + 1]);
    for (auto k = static_cast<std::size_t>(model.column_start[j]); k < last; ++k) {
      double const a = model.coefficient[k] * model.column_lower[j];
      double const b = model.coefficient[k] * model.column_upper[j];
      least[static_cast<std::size_t>(model.row_index[k])] += std::min(a, b);
      most[static_cast<std::size_t>(model.row_index[k])] += std::max(a, b);
    }
  }
  auto const add_slack = [&model](std::size_t row, double sign, double needed) {
    model.column_lower.push_back(0);
    model.column_upper.push_back(std::isfinite(needed) ? std::max(0.0, 2 * needed + 1) : infinity);
    model.objective.push_back(1);
    model.integer.push_back(0);
    model.row_index.push_back(static_cast<std::int32_t>(row));
    model.coefficient.push_back(sign);
    model.column_start.push_back(static_cast<std::int64_t>(model.row_index.size()));
  };
  for (std::size_t i = 0; i < model.row_count(); ++i) {
    if (model.row_lower[i] > least[i]) add_slack(i, 1, model.row_lower[i] - least[i]);
    if (model.row_upper[i] < most[i]) add_slack(i, -1, most[i] - model.row_upper[i]);
  }
  return model;
}

}  // namespace detail

/// Whether prices that `lp` finds prove that no point within the column bounds satisfies the rows of `model`,
/// integrality aside. False if they do not, whatever the reason.
template <linear_backend B>
[[nodiscard]] bool proves_no_point(B& lp, linear_model const& model, solver_options options) {
  // Far above the rounding of coefficients, far below any violation that a budget can cause.
  constexpr double tiny = 1e-9;
  options.hint.clear();
  options.cutoff.reset();
  options.on_incumbent = {};
  linear_model const violation = detail::least_violation_model(model);
  solver_outcome const found = checked_solve(lp, violation, std::move(options));
  if (found.row_duals.empty()) return false;
  return safe_dual_bound(violation, found.row_duals).value > tiny;
}

}  // namespace v0
}  // namespace checkmate
