// SPDX-License-Identifier: Apache-2.0
//
// Linear models for the tests of the backends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include <checkmate/model/builder.hpp>
#include <checkmate/model/linear_model.hpp>

namespace test {

using checkmate::infinity;

/// A whole number between low and high; the same on every platform.
class dice {
 public:
  explicit dice(std::uint32_t seed) : engine_(seed) {}
  int operator()(int low, int high) {
    return low + static_cast<int>(engine_() % static_cast<std::uint32_t>(high - low + 1));
  }

 private:
  std::mt19937 engine_;
};

/// Adds low <= coefficients . x <= high; coefficient j belongs to column j.
inline void add_row(checkmate::linear_model_builder& b, double low, double high,
                    std::vector<double> const& a) {
  b.begin_row(low, high);
  for (std::size_t j = 0; j < a.size(); ++j) {
    if (a[j] != 0) b.add_term(static_cast<checkmate::linear_model_builder::column>(j), a[j]);
  }
}

/// Three items, capacity 5: the best are the first two, -7; the relaxation reaches -7.5 less the offset.
inline checkmate::linear_model three_items(double offset = 0) {
  checkmate::linear_model_builder b;
  for (double cost : {-3.0, -4.0, -5.0}) b.add_binary(cost);
  add_row(b, -infinity, 5, {2, 3, 4});
  b.set_objective_offset(offset);
  return b.finish();
}

/// max x + 2y, x + y <= 4, x + 3y <= 6, 0 <= x <= 3: at (3, 1), value -5. Columns may be integers or not.
inline checkmate::linear_model small_polygon(bool integers, double offset = 0) {
  checkmate::linear_model_builder b;
  b.add_column(0, 3, -1, integers);
  b.add_column(0, 4, -2, integers);
  add_row(b, -infinity, 4, {1, 1});
  add_row(b, -infinity, 6, {1, 3});
  b.set_objective_offset(offset);
  return b.finish();
}

/// Contradicts itself only across two rows, so that bounds alone do not show it.
inline checkmate::linear_model contradiction(bool integers) {
  checkmate::linear_model_builder b;
  b.add_column(0, 5, 1, integers);
  b.add_column(0, 5, 1, integers);
  add_row(b, 4, infinity, {1, 1});
  add_row(b, -infinity, 3, {1, 1});
  return b.finish();
}

/// A line along which the objective falls for ever.
inline checkmate::linear_model runaway(bool integers) {
  checkmate::linear_model_builder b;
  b.add_column(0, infinity, -1, integers);
  b.add_column(0, infinity, 0, integers);
  add_row(b, -infinity, 2, {1, -1});
  return b.finish();
}

/// A multi-dimensional knapsack, the classic hard small model: n binaries, m rows.
inline checkmate::linear_model knapsack(int n, int m, std::uint32_t seed) {
  dice roll(seed);
  checkmate::linear_model_builder b;
  for (int j = 0; j < n; ++j) b.add_binary(-roll(10, 99));
  for (int i = 0; i < m; ++i) {
    std::vector<double> weight;
    double sum = 0;
    for (int j = 0; j < n; ++j) sum += weight.emplace_back(roll(5, 99));
    add_row(b, -infinity, static_cast<double>(static_cast<int>(sum / 2)), weight);
  }
  return b.finish();
}

/// Up to 10 integer columns, up to 6 rows of every sense, costs of very different sizes; about one in four is
/// feasible. Binary if asked for.
inline checkmate::linear_model random_integers(std::uint32_t seed, bool binary) {
  dice roll(seed);
  checkmate::linear_model_builder b;
  int const n = roll(3, 10);
  double const units[] = {1e-5, 1, 1e9};
  double const unit = units[roll(0, 2)];
  for (int j = 0; j < n; ++j) {
    int const low = binary ? 0 : roll(-1, 1);
    double const cost = roll(-20, 20) + (roll(0, 1) != 0 ? 0.37 : 0.0);
    b.add_column(low, binary ? 1 : low + roll(1, 3), unit * cost, true);
  }
  b.set_objective_offset(unit * roll(-100, 100));
  int const rows = roll(1, 6);
  for (int i = 0; i < rows; ++i) {
    double const side = binary ? roll(-3, 5) : roll(-10, 10);
    int const sense = roll(0, 4);
    std::vector<double> a;
    for (int j = 0; j < n; ++j) a.push_back(roll(0, 1) != 0 ? roll(-5, 5) : 0);
    add_row(b, sense == 1 ? -infinity : side,
            sense == 0   ? side
            : sense == 1 ? side
            : sense == 2 ? side + 3
                         : infinity,
            a);
  }
  return b.finish();
}

/// A continuous model that has a feasible point by construction; bounds on all columns.
inline checkmate::linear_model random_continuous(std::uint32_t seed, int n, int rows) {
  dice roll(seed);
  checkmate::linear_model_builder b;
  std::vector<double> point;
  for (int j = 0; j < n; ++j) {
    point.push_back(roll(-4, 4));
    b.add_column(point.back() - roll(0, 5), point.back() + roll(0, 5), roll(-20, 20), false);
  }
  for (int i = 0; i < rows; ++i) {
    std::vector<double> a;
    double activity = 0;
    for (int j = 0; j < n; ++j) {
      a.push_back(roll(0, 2) != 0 ? roll(-9, 9) : 0);
      activity += a.back() * point[static_cast<std::size_t>(j)];
    }
    int const sense = roll(0, 3);
    add_row(b, sense == 1 ? -infinity : activity - (sense == 0 ? 0 : roll(0, 6)),
            sense == 2 ? infinity : activity + (sense == 0 ? 0 : roll(0, 6)), a);
  }
  return b.finish();
}

}  // namespace test
