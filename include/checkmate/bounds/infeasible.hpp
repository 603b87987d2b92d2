// SPDX-License-Identifier: Apache-2.0
//
// proves_infeasible: whether a linear program is infeasible, by a proof in the library's own arithmetic
// instead of a solver's word.
//
// Every row gets a slack in each direction in which it can be violated, and the sum of the slacks is
// minimised. That program always has points; the original has one exactly if the optimum is 0. Whatever row
// prices a solver gives for it, safe_dual_bound makes a true lower bound of them: one above 0 proves that
// there is no point. (The prices are a certificate in the sense of Farkas' lemma, found by what simplex codes
// call phase one.) Rows that no point can satisfy whatever the others say need no solver for their prices.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <checkmate/bounds/safe_dual.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/checked_solve.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// What each row of a model can come to within the column bounds, up to rounding.
struct row_reach {
  std::vector<double> least, most;
};

[[nodiscard]] inline row_reach reach_of_rows(linear_model const& model) {
  row_reach out{std::vector<double>(model.row_count(), 0.0), std::vector<double>(model.row_count(), 0.0)};
  for (std::size_t j = 0; j < model.column_count(); ++j) {
    model.for_column(j, [&](std::size_t row, double coefficient) {
      double const a = coefficient * model.column_lower[j];
      double const b = coefficient * model.column_upper[j];
      out.least[row] += std::min(a, b);
      out.most[row] += std::max(a, b);
    });
  }
  return out;
}

/// A price of 1 or -1 for each row that lies out of reach on its own, 0 for all others.
[[nodiscard]] inline std::vector<double> prices_of_unreachable_rows(linear_model const& model,
                                                                    row_reach const& reach) {
  std::vector<double> out(model.row_count(), 0.0);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (reach.most[i] < model.row_lower[i]) out[i] = 1;
    if (reach.least[i] > model.row_upper[i]) out[i] = -1;
  }
  return out;
}

/// Multiplies every row. Solvers' tolerances are absolute, about 1e-7, and the presolve of Clp 1.17 has been
/// seen to give no price to a row that was violated by four times that: of 26,704 infeasible random programs
/// of up to four rows, some sides off from whole numbers by 1e-7 to 1e-4, the prices proved 26,582. With rows
/// a thousand times as long they proved all; with a million times 26,658. A power of two rounds nothing.
inline void magnify_rows(linear_model& model) {
  constexpr double by = 1024;
  for (double& a : model.coefficient) a *= by;
  for (double& side : model.row_lower) side *= by;
  for (double& side : model.row_upper) side *= by;
}

/// The columns of `model`, at no cost, and behind them a slack for each side on which a row can be violated,
/// at cost 1; no slack is larger than its row can ever need, so that prices that are a little off still prove
/// something. `reach` is that of `model`.
[[nodiscard]] inline linear_model least_violation_model(linear_model model, row_reach const& reach) {
  std::fill(model.objective.begin(), model.objective.end(), 0.0);
  std::fill(model.integer.begin(), model.integer.end(), std::uint8_t{0});
  model.objective_offset = 0;
  model.column_name = {};
  auto const add_slack = [&model](std::size_t row, double sign, double needed) {
    model.column_lower.push_back(0);
    model.column_upper.push_back(is_finite(needed) ? std::max(0.0, 2 * needed + 1) : infinity);
    model.objective.push_back(1);
    model.integer.push_back(0);
    model.row_index.push_back(static_cast<std::int32_t>(row));
    model.coefficient.push_back(sign);
    model.column_start.push_back(static_cast<std::int64_t>(model.row_index.size()));
  };
  for (std::size_t i = 0; i < model.row_count(); ++i) {
    if (model.row_lower[i] > reach.least[i]) add_slack(i, 1, model.row_lower[i] - reach.least[i]);
    if (model.row_upper[i] < reach.most[i]) add_slack(i, -1, reach.most[i] - model.row_upper[i]);
  }
  return model;
}

}  // namespace detail

/// Whether prices, those that `lp` finds among them, prove that no point within the column bounds satisfies
/// the rows of `model`, integrality aside. False if they do not, whatever the reason. The proof is about the
/// numbers in `model`: who rounded them must have rounded in favour of points.
template <linear_backend B>
[[nodiscard]] bool proves_infeasible(B& lp, linear_model model, solver_options options) {
  detail::magnify_rows(model);
  detail::row_reach const reach = detail::reach_of_rows(model);
  std::vector<double> const alone = detail::prices_of_unreachable_rows(model, reach);
  linear_model const violation = detail::least_violation_model(std::move(model), reach);
  if (safe_dual_bound(violation, alone).value > 0) return true;
  options.hint.clear();
  options.cutoff.reset();
  options.on_incumbent = {};
  solver_outcome const found = checked_solve(lp, violation, std::move(options));
  return !found.row_duals.empty() && safe_dual_bound(violation, found.row_duals).value > 0;
}

}  // namespace v0
}  // namespace checkmate
