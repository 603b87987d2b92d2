// SPDX-License-Identifier: Apache-2.0
//
// faulty: a backend that does what another does, and then one thing wrong. What strategies make of it shows
// what they take on trust.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>

namespace test {

/// What a faulty backend does wrong.
enum class fault : std::uint8_t {
  none,
  wrong_point,       ///< a point that is none of the model's, called optimal, with its objective as the bound
  noise_1e5,         ///< every entry of the point off by up to 1e-5
  noise_02,          ///< by up to 0.2
  noise_04,          ///< by up to 0.4
  not_a_number,      ///< a NaN among the values
  short_values,      ///< one entry too few
  long_values,       ///< one too many
  no_values,         ///< optimal, without a point
  says_infeasible,   ///< infeasible, whatever the model
  infeasible_point,  ///< infeasible, and here is a point
  high_bound,        ///< a bound 3 % above the objective
  huge_bound,        ///< a bound of a million times the objective
  nan_bound,         ///< a bound that is no number
  endless_bound,     ///< a bound of infinity
  short_duals,       ///< one row dual too few
  wild_duals,        ///< row duals that have nothing to do with the model, some of them NaN
  throws,            ///< a std::runtime_error
  throws_int,        ///< something that is no std::exception
  never_returns,     ///< until the time limit or a stop
  late               ///< a fifth of a second after the time limit
};

inline constexpr fault all_faults[] = {
    fault::none,       fault::wrong_point,     fault::noise_1e5,        fault::noise_02,
    fault::noise_04,   fault::not_a_number,    fault::short_values,     fault::long_values,
    fault::no_values,  fault::says_infeasible, fault::infeasible_point, fault::high_bound,
    fault::huge_bound, fault::nan_bound,       fault::endless_bound,    fault::short_duals,
    fault::wild_duals, fault::throws,          fault::throws_int,       fault::never_returns,
    fault::late};

/// `real`, with a fault. Counts how often it was asked, copies included.
template <checkmate::linear_backend B>
struct faulty {
  B real = {};
  fault what = fault::none;
  std::shared_ptr<int> calls = std::make_shared<int>(0);

  [[nodiscard]] checkmate::backend_capabilities capabilities() const {
    checkmate::backend_capabilities can = real.capabilities();
    can.name = "faulty";
    return can;
  }

  [[nodiscard]] checkmate::solver_outcome solve(checkmate::linear_model const& model,
                                                checkmate::solver_options const& options) {
    ++*calls;
    auto const began = std::chrono::steady_clock::now();
    auto const past = [&](double after) {
      auto const elapsed = checkmate::seconds(std::chrono::steady_clock::now() - began).count();
      return options.time_limit && elapsed > options.time_limit->count() + after;
    };
    if (what == fault::throws) throw std::runtime_error("license expired");
    if (what == fault::throws_int) throw 42;
    if (what == fault::never_returns) {
      while (!past(0) && !options.stop.stop_requested()) pause();
      checkmate::solver_outcome none;
      none.status = checkmate::solve_status::no_solution;
      none.limit = past(0) ? checkmate::solve_limit::time : checkmate::solve_limit::stopped;
      return none;
    }
    checkmate::solver_outcome got = real.solve(model, options);
    while (what == fault::late && options.time_limit && !past(0.2) && !options.stop.stop_requested()) pause();
    distort(model, got);
    return got;
  }

 private:
  static void pause() { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }

  static void shake(std::vector<double>& x, double by) {
    for (std::size_t j = 0; j < x.size(); ++j) {
      x[j] += by * (static_cast<double>((j * 7919 + 13) % 101) / 50 - 1);
    }
  }

  void distort(checkmate::linear_model const& model, checkmate::solver_outcome& got) const {
    using checkmate::infinity;
    double const nan = std::numeric_limits<double>::quiet_NaN();
    double const base = std::isfinite(got.objective) ? got.objective : std::max(1.0, got.bound);
    switch (what) {
      case fault::wrong_point:
        got.status = checkmate::solve_status::optimal;
        got.values.resize(model.column_count());
        for (std::size_t j = 0; j < got.values.size(); ++j) got.values[j] = static_cast<double>(j % 3 == 0);
        if (checkmate::infeasibility(model, got.values) < 0.1 && !got.values.empty()) got.values[0] += 2;
        got.objective = got.bound = checkmate::objective_at(model, got.values);
        break;
      case fault::noise_1e5:
        shake(got.values, 1e-5);
        break;
      case fault::noise_02:
        shake(got.values, 0.2);
        break;
      case fault::noise_04:
        shake(got.values, 0.4);
        break;
      case fault::not_a_number:
        if (!got.values.empty()) got.values[got.values.size() / 2] = nan;
        break;
      case fault::short_values:
        if (!got.values.empty()) got.values.pop_back();
        break;
      case fault::long_values:
        if (!got.values.empty()) got.values.push_back(1);
        break;
      case fault::no_values:
        got.values.clear();
        got.status = checkmate::solve_status::optimal;
        break;
      case fault::says_infeasible:
        got = {};
        got.status = checkmate::solve_status::infeasible;
        break;
      case fault::infeasible_point:
        got.status = checkmate::solve_status::infeasible;
        break;
      case fault::high_bound:
        got.bound = base + 0.03 * std::abs(base);
        break;
      case fault::huge_bound:
        got.bound = base + 1e6 * std::max(1.0, std::abs(base));
        break;
      case fault::nan_bound:
        got.bound = nan;
        break;
      case fault::endless_bound:
        got.bound = infinity;
        break;
      case fault::short_duals:
        if (!got.row_duals.empty()) got.row_duals.pop_back();
        break;
      case fault::wild_duals:
        for (std::size_t i = 0; i < got.row_duals.size(); ++i) {
          got.row_duals[i] = i % 5 == 0 ? nan : 1e3 * std::sin(static_cast<double>(i));
        }
        break;
      default:
        break;
    }
  }
};

}  // namespace test
