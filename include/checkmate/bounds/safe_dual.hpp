// SPDX-License-Identifier: Apache-2.0
//
// A lower bound on a linear program that no rounding error can spoil, from any vector of row prices.
//
// For every y, and every x with lo <= A x <= up inside the column box,
//
//   c x = y (A x) + (c - y A) x >= sum_i min(y_i lo_i, y_i up_i) + sum_j min over the box of (c - y A)_j x_j,
//
// so the right side is a lower bound whatever y is (weak duality with a box; Neumaier and Shcherbina 2004).
// Nothing a solver says is trusted: y is only a guess, and each sum is computed together with a bound on its
// own rounding error (Higham, Accuracy and Stability, ch. 3-4).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/model/linear_model.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// A sum of products with an upper bound on the rounding error that it may have picked up. Terms are added
/// one after the other, under -ffast-math too: the bound counts the partial sums.
class tracked_sum {
 public:
  void add(double term) { add_rounded(term, 0); }
  /// Adds a * b, whose product is rounded once.
  void add_product(double a, double b) {
    double const term = as_stored(a * b);
    add_rounded(term, std::abs(term) * unit + tiny);
  }
  /// Adds a number that is known to within `error`.
  void add_rounded(double term, double error) {
    sum_ = as_stored(sum_ + term);
    error_ += error + std::abs(sum_) * unit;
  }
  /// The exact sum lies in [low(), high()]. The error itself is a sum of up to 2^31 rounded terms: 2^-20 of
  /// it covers that.
  [[nodiscard]] double low() const { return std::nextafter(sum_ - error_ * inflate, -infinity); }
  [[nodiscard]] double high() const { return std::nextafter(sum_ + error_ * inflate, infinity); }

 private:
  static constexpr double unit =
      std::numeric_limits<double>::epsilon();                         // twice the rounding of one operation
  static constexpr double tiny = std::numeric_limits<double>::min();  // products that underflow
  static constexpr double inflate = 1 + 1.0 / (1 << 20);
  double sum_ = 0;
  double error_ = 0;
};

/// A number known to lie in [low, high].
struct enclosure {
  double low = 0;
  double high = 0;
};

/// What is smallest of d * x over d in `cost` and x in [lower, upper], rounded down.
inline double least_product(enclosure cost, double lower, double upper) {
  double least = infinity;
  for (double d : {cost.low, cost.high}) {
    for (double x : {lower, upper}) {
      double const product = d == 0 || x == 0 ? 0.0 : d * x;
      least = std::min(least, is_finite(product) ? std::nextafter(product, -infinity) : product);
    }
  }
  return least;
}

}  // namespace detail

/// A proven lower bound on a linear model's relaxation, with what each column adds to it.
struct proven_dual {
  double value = -infinity;                     ///< no point of the relaxation has a smaller objective
  std::vector<detail::enclosure> reduced_cost;  ///< (c - y A)_j, enclosed; one entry per column
};

/// The bound that the row prices `y` (one per row, any numbers) prove for `model` with its integrality
/// dropped. A price that points at an infinite row bound counts as 0. -infinity where a column without a
/// bound is pushed that way. Throws invalid_model if `y` has the wrong length.
[[nodiscard]] inline proven_dual safe_dual_bound(linear_model const& model, std::span<double const> y) {
  if (y.size() != model.row_count()) throw invalid_model("safe_dual_bound: one price per row is needed");
  std::vector<double> price(y.begin(), y.end());
  detail::tracked_sum total;
  total.add(model.objective_offset);
  for (std::size_t i = 0; i < price.size(); ++i) {
    double const side = price[i] > 0 ? model.row_lower[i] : model.row_upper[i];
    if (!detail::is_finite(price[i]) || !detail::is_finite(side)) price[i] = 0;
    if (price[i] != 0) total.add_product(price[i], side);
  }
  proven_dual out;
  out.reduced_cost.resize(model.column_count());
  for (std::size_t j = 0; j < model.column_count(); ++j) {
    detail::tracked_sum d;
    d.add(model.objective[j]);
    model.for_column(j, [&](std::size_t row, double a) {
      if (price[row] != 0) d.add_product(-price[row], a);
    });
    out.reduced_cost[j] = {d.low(), d.high()};
    total.add(detail::least_product(out.reduced_cost[j], model.column_lower[j], model.column_upper[j]));
  }
  double const value = total.low();
  out.value = detail::is_finite(value) ? value : -infinity;
  return out;
}

/// Narrows the integer columns of `model` that reduced costs decide: one that would push the objective past
/// `cutoff` at the other end of a unit step is fixed. Every integer point whose objective is below `cutoff`
/// remains. Returns the number of columns fixed.
inline std::size_t fix_by_reduced_cost(linear_model& model, proven_dual const& bound, double cutoff) {
  std::size_t fixed = 0;
  if (!detail::is_finite(bound.value) || !detail::is_finite(cutoff)) return fixed;
  double const room = std::nextafter(cutoff - bound.value, infinity);
  for (std::size_t j = 0; j < model.column_count(); ++j) {
    if (model.integer[j] == 0 || model.column_upper[j] - model.column_lower[j] != 1) continue;
    if (bound.reduced_cost[j].low > room) {
      model.column_upper[j] = model.column_lower[j];
      ++fixed;
    } else if (-bound.reduced_cost[j].high > room) {
      model.column_lower[j] = model.column_upper[j];
      ++fixed;
    }
  }
  return fixed;
}

}  // namespace v0
}  // namespace checkmate
