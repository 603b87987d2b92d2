// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/model/builder.hpp>
#include <checkmate/solvers/checked_solve.hpp>

namespace {

using checkmate::infinity;
using checkmate::linear_model;
using checkmate::solve_status;
using checkmate::solver_options;
using checkmate::solver_outcome;

/// Answers as it is told.
struct scripted {
  std::function<solver_outcome(solver_options const&)> answer;
  [[nodiscard]] checkmate::backend_capabilities capabilities() const {
    return {.name = "scripted", .integers = true, .hint = true};
  }
  [[nodiscard]] solver_outcome solve(linear_model const&, solver_options const& options) const {
    return answer(options);
  }
};

/// min x + y, x + y >= 1, both 0 or 1: the optimum is 1.
linear_model pick_one() {
  checkmate::linear_model_builder b;
  b.add_column(0, 1, 1, true);
  b.add_column(0, 1, 1, true);
  b.begin_row(1, infinity);
  b.add_term(0, 1);
  b.add_term(1, 1);
  return b.finish();
}

solver_outcome answer(solve_status status, std::vector<double> values, double bound) {
  solver_outcome out;
  out.status = status;
  out.values = std::move(values);
  out.bound = bound;
  return out;
}

solver_outcome checked(solver_outcome const& said, solver_options const& options = {}) {
  scripted backend{[&said](solver_options const&) { return said; }};
  return checkmate::checked_solve(backend, pick_one(), options);
}

}  // namespace

TEST_CASE("checked solve: an answer that holds passes as it is, with its objective recomputed") {
  auto const got = checked(answer(solve_status::optimal, {1, 0}, 1));
  CHECK(got.status == solve_status::optimal);
  CHECK(got.values == std::vector<double>{1, 0});
  CHECK(got.objective == 1);
  CHECK(got.bound == 1);
  CHECK(got.detail.empty());
}

TEST_CASE(
    "checked solve: points of the wrong size and points that are no numbers take everything with them") {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  using point = std::vector<double>;
  for (point const& values : {point{1}, point{1, 0, 0}, point{nan, 1}, point{infinity, 1}}) {
    auto const got = checked(answer(solve_status::optimal, values, 1));
    CHECK(got.status == solve_status::failed);
    CHECK(got.values.empty());
    CHECK(got.bound == -infinity);
    CHECK_FALSE(got.detail.empty());
  }
}

TEST_CASE("checked solve: a point that violates the model is a hint, and its bound is nothing") {
  using point = std::vector<double>;
  for (point const& values : {point{0, 0}, point{0.6, 0.4}, point{2, 0}}) {
    auto const got = checked(answer(solve_status::optimal, values, 1));
    CHECK(got.status == solve_status::failed);
    CHECK(got.values == values);
    CHECK(got.bound == -infinity);
  }
  CHECK(checked(answer(solve_status::optimal, {1 - 1e-6, 0}, 1)).status == solve_status::optimal);
}

TEST_CASE("checked solve: a bound above a feasible point goes, and so does one that is no number") {
  CHECK(checked(answer(solve_status::optimal, {1, 0}, 1.5)).status == solve_status::failed);
  CHECK(checked(answer(solve_status::optimal, {1, 0}, 1.5)).bound == -infinity);
  CHECK(checked(answer(solve_status::feasible, {1, 0}, infinity)).bound == -infinity);
  CHECK(checked(answer(solve_status::feasible, {1, 0}, std::numeric_limits<double>::quiet_NaN())).bound ==
        -infinity);
  CHECK(checked(answer(solve_status::no_solution, {}, 1.5), {.hint = {0, 1}}).bound == -infinity);
  // Without a point nothing speaks against it.
  CHECK(checked(answer(solve_status::no_solution, {}, 1.5)).bound == 1.5);
}

TEST_CASE("checked solve: infeasible is not believed beside a point, nor after a limit") {
  CHECK(checked(answer(solve_status::infeasible, {}, -infinity)).status == solve_status::infeasible);
  CHECK(checked(answer(solve_status::infeasible, {1, 0}, -infinity)).status == solve_status::failed);
  CHECK(checked(answer(solve_status::infeasible, {}, -infinity), {.hint = {0, 1}}).status ==
        solve_status::failed);
  auto cut_short = answer(solve_status::infeasible, {}, -infinity);
  cut_short.limit = checkmate::solve_limit::nodes;
  CHECK(checked(cut_short).status == solve_status::no_solution);
  auto const late =
      checked(answer(solve_status::infeasible, {}, -infinity), {.time_limit = checkmate::seconds(0)});
  CHECK(late.status == solve_status::no_solution);
  // With a cutoff it says that nothing is better, which the hint does not contradict.
  CHECK(checked(answer(solve_status::infeasible, {}, -infinity), {.cutoff = 1.001, .hint = {0, 1}}).status ==
        solve_status::infeasible);
}

TEST_CASE("checked solve: optimal without a point, and duals of the wrong size, are dropped") {
  CHECK(checked(answer(solve_status::optimal, {}, 1)).status == solve_status::failed);
  auto with_duals = answer(solve_status::optimal, {1, 0}, 1);
  with_duals.row_duals = {1, 2};
  CHECK(checked(with_duals).row_duals.empty());
  with_duals.row_duals = {1};
  CHECK(checked(with_duals).row_duals.size() == 1);
}

TEST_CASE("checked solve: what a backend throws is an answer; misuse, lack of memory and callbacks are not") {
  solver_options options;
  auto const solve = [&options](auto thrower) {
    scripted backend{[&thrower](solver_options const& given) -> solver_outcome {
      thrower(given);
      return {};
    }};
    return checkmate::checked_solve(backend, pick_one(), options);
  };
  auto const thrown = solve([](auto const&) { throw std::runtime_error("no license"); });
  CHECK(thrown.status == solve_status::failed);
  CHECK(thrown.detail.find("no license") != std::string::npos);
  CHECK(solve([](auto const&) { throw 42; }).status == solve_status::failed);
  CHECK_THROWS_AS((void)solve([](auto const&) { throw checkmate::invalid_option("no such thing"); }),
                  checkmate::invalid_option);
  CHECK_THROWS_AS((void)solve([](auto const&) { throw std::bad_alloc(); }), std::bad_alloc);
  struct enough {};
  options.on_log = [](std::string_view) { throw enough{}; };
  CHECK_THROWS_AS((void)solve([](solver_options const& given) { given.on_log("line"); }), enough);
  // Even where the backend swallows it.
  CHECK_THROWS_AS((void)solve([](solver_options const& given) {
                    try {
                      given.on_log("line");
                    } catch (...) {
                    }
                  }),
                  enough);
}
