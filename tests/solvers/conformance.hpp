// SPDX-License-Identifier: Apache-2.0
//
// What every backend must do, one function per promise; conformance_test.cpp runs them for each backend of
// the library, and a new backend has only to be added there.
#pragma once

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/core/error.hpp>
#include <checkmate/model/builder.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/exhaustive.hpp>
#include <checkmate/solvers/support.hpp>

#include "solvers/models.hpp"
#include "support/captured_output.hpp"

namespace test {

using checkmate::solve_limit;
using checkmate::solve_status;
using checkmate::solver_options;
using checkmate::solver_outcome;
using namespace std::chrono_literals;

/// What a subject can be asked beyond its capabilities.
struct subject_traits {
  bool infinite_bounds = true;  ///< takes columns without bounds
};

/// The invariants of any outcome.
inline void check_outcome(checkmate::linear_model const& model, solver_outcome const& out) {
  bool const expects_values = out.status == solve_status::optimal || out.status == solve_status::feasible;
  CHECK(out.has_values() == (expects_values && model.column_count() > 0));
  CHECK_FALSE(std::isnan(out.bound));
  CHECK_FALSE(std::isnan(out.objective));
  CHECK(out.elapsed >= 0);
  CHECK(std::abs(out.bound) != doctest::Approx(1e50));
  if (!expects_values) {
    CHECK(out.objective == infinity);
    return;
  }
  CHECK(checkmate::infeasibility(model, out.values) <= checkmate::feasibility_tolerance);
  CHECK(out.objective == checkmate::objective_at(model, out.values));
  CHECK(out.bound <= out.objective);
  for (std::size_t j = 0; j < model.column_count(); ++j) {
    if (model.integer[j] != 0) CHECK(out.values[j] == std::nearbyint(out.values[j]));
  }
}

/// Solves and checks the invariants.
template <class Backend>
solver_outcome solved(Backend backend, checkmate::linear_model const& model,
                      solver_options const& options = {}) {
  solver_outcome const out = backend.solve(model, options);
  check_outcome(model, out);
  return out;
}

template <class Backend>
void finds_the_optimum(Backend backend, bool integers) {
  auto const polygon = solved(backend, small_polygon(integers, 10));
  CHECK(polygon.status == solve_status::optimal);
  CHECK(polygon.limit == solve_limit::none);
  CHECK(polygon.objective == doctest::Approx(5));
  CHECK(polygon.bound == doctest::Approx(5));
  CHECK(polygon.values == std::vector<double>{3, 1});
  if (integers) {
    auto const items = solved(backend, three_items(-0.25));
    CHECK(items.status == solve_status::optimal);
    CHECK(items.objective == -7.25);
    CHECK(items.values == std::vector<double>{1, 1, 0});
  }
}

template <class Backend>
void says_infeasible(Backend backend, bool integers) {
  auto const out = solved(backend, contradiction(integers));
  CHECK(out.status == solve_status::infeasible);
  CHECK(out.limit == solve_limit::none);
  CHECK(out.bound == -infinity);
  if (!integers) return;
  checkmate::linear_model_builder parity;  // no whole numbers add up, though fractions would
  parity.add_column(0, 9, 1, true);
  parity.add_column(0, 9, 1, true);
  add_row(parity, 7, 7, {2, 4});
  CHECK(solved(backend, parity.finish()).status == solve_status::infeasible);
}

template <class Backend>
void says_unbounded(Backend backend, bool integers, subject_traits traits) {
  if (!traits.infinite_bounds) {
    CHECK_THROWS_AS(static_cast<void>(backend.solve(runaway(integers), {})), checkmate::invalid_model);
    return;
  }
  auto const out = solved(backend, runaway(integers));
  CHECK(out.status == solve_status::unbounded);
  CHECK(out.bound == -infinity);
  if (!integers) return;
  checkmate::linear_model_builder b;  // unbounded only as long as fractions are allowed
  b.add_column(0, infinity, -1, true);
  b.add_column(0, infinity, 0, true);
  b.add_column(0, 1, 0, true);
  add_row(b, 0, 0, {1, -1, 0});
  add_row(b, 0.25, 0.75, {0, 0, 1});
  CHECK(solved(backend, b.finish()).status == solve_status::infeasible);
}

template <class Backend>
void handles_models_without_rows_or_columns(Backend backend, bool integers) {
  checkmate::linear_model nothing;
  nothing.objective_offset = 3;
  auto const empty = solved(backend, nothing);
  CHECK(empty.status == solve_status::optimal);
  CHECK(empty.objective == 3);
  CHECK(empty.bound == 3);

  checkmate::linear_model_builder no_rows;
  no_rows.add_column(-2, 5, 1, integers);
  no_rows.add_column(-2, 5, -1, integers);
  no_rows.add_column(-infinity, infinity, 0, integers);
  auto const corner = solved(backend, no_rows.finish());
  CHECK(corner.status == solve_status::optimal);
  CHECK(corner.values == std::vector<double>{-2, 5, 0});

  checkmate::linear_model_builder endless;
  endless.add_column(-infinity, 0, 1, integers);
  CHECK(solved(backend, endless.finish()).status == solve_status::unbounded);

  checkmate::linear_model_builder no_columns;
  no_columns.begin_row(-1, 1);
  CHECK(solved(backend, no_columns.finish()).status == solve_status::optimal);
  no_columns.begin_row(1, 2);
  CHECK(solved(backend, no_columns.finish()).status == solve_status::infeasible);

  checkmate::linear_model_builder crossed;
  crossed.add_column(2, 1, 0, integers);
  crossed.begin_row(0, 1);
  crossed.add_term(0, 1);
  CHECK(solved(backend, crossed.finish()).status == solve_status::infeasible);
}

template <class Backend>
void handles_every_kind_of_row(Backend backend, bool integers) {
  checkmate::linear_model_builder b;
  for (int j = 0; j < 4; ++j) b.add_column(-3, 6, j + 1, integers);
  add_row(b, 2, 2, {1, 1, 0, 0});                 // equality
  add_row(b, -4, 9, {0, 1, 1, 0});                // range
  add_row(b, -infinity, infinity, {1, 1, 1, 1});  // free
  add_row(b, 1, infinity, {0, 0, 1, 1});          // at least
  add_row(b, -infinity, 4, {-1, 0, 0, 1});        // at most
  add_row(b, 0, 0, {});                           // empty
  auto const out = solved(backend, b.finish());
  CHECK(out.status == solve_status::optimal);
  // x = (5, -3): x1 as small as it gets; then x2 + x3 >= 1 at 3 x2 + 4 x3, so x3 = -3, x2 = 4.
  CHECK(out.objective == doctest::Approx(5 - 6 + 12 - 12));
}

template <class Backend>
void is_silent_and_leaves_signals_alone(Backend backend, bool integers) {
  struct sigaction mine = {};
  struct sigaction before = {};
  mine.sa_handler = SIG_IGN;
  sigaction(SIGINT, &mine, &before);
  std::string const text = captured_output([&] {
    solver_options limited;
    limited.time_limit = 0.2s;
    static_cast<void>(backend.solve(small_polygon(integers), {}));
    static_cast<void>(backend.solve(contradiction(integers), {}));
    static_cast<void>(backend.solve(small_polygon(integers), limited));
    if (integers) static_cast<void>(backend.solve(knapsack(60, 12, 5), limited));
    limited.on_log = [](std::string_view) {};
    if (integers) static_cast<void>(backend.solve(knapsack(60, 12, 5), limited));
    if (backend.capabilities().hint) {
      solver_options hinted;
      hinted.hint = {0, 0};
      static_cast<void>(backend.solve(small_polygon(integers), hinted));
      hinted.hint = {7, 0.5};
      static_cast<void>(backend.solve(small_polygon(integers), hinted));
    }
  });
  struct sigaction after = {};
  sigaction(SIGINT, &before, &after);
  CHECK(text == "");
  bool const untouched = after.sa_handler == SIG_IGN;
  CHECK(untouched);
}

template <class Backend>
void refuses_what_it_cannot_honour(Backend backend, bool integers) {
  auto const model = small_polygon(integers);
  auto refused = [&](solver_options const& options) {
    CHECK_THROWS_AS(static_cast<void>(backend.solve(model, options)), checkmate::invalid_option);
  };
  refused({.time_limit = -1s});
  refused({.relative_gap = std::nan("")});
  refused({.absolute_gap = -1.0});
  refused({.threads = 0});
  refused({.node_limit = -1});
  refused({.cutoff = std::nan("")});
  refused({.hint = {1, 1, 1}});
  refused({.raw = {{"noSuchOption", "1"}}});
  if (!backend.capabilities().hint) refused({.hint = {1, 1}});
  if (!backend.capabilities().threads) refused({.threads = 2});

  auto broken = model;
  broken.row_index.back() = 99;
  CHECK_THROWS_AS(static_cast<void>(backend.solve(broken, {})), checkmate::invalid_model);
  broken = model;
  broken.column_upper.pop_back();
  CHECK_THROWS_AS(static_cast<void>(backend.solve(broken, {})), checkmate::invalid_model);
  broken = model;
  broken.objective[0] = infinity;
  CHECK_THROWS_AS(static_cast<void>(backend.solve(broken, {})), checkmate::invalid_model);
}

template <class Backend>
void stops_when_told(Backend backend, bool integers) {
  auto const model = integers ? knapsack(50, 10, 1) : random_continuous(1, 40, 30);
  std::stop_source source;
  source.request_stop();
  auto const stopped = solved(backend, model, {.stop = source.get_token()});
  CHECK(stopped.limit == solve_limit::stopped);
  CHECK((stopped.status == solve_status::no_solution || stopped.status == solve_status::feasible));

  auto const late = solved(backend, model, {.time_limit = 0s});
  CHECK(late.limit == solve_limit::time);
  CHECK((late.status == solve_status::no_solution || late.status == solve_status::feasible));
}

template <class Backend>
void passes_on_what_callbacks_throw(Backend backend, bool integers) {
  auto const model = integers ? knapsack(40, 8, 2) : random_continuous(2, 40, 30);
  struct mine : std::runtime_error {
    using std::runtime_error::runtime_error;
  };
  solver_options options;
  options.on_incumbent = [](checkmate::incumbent_event const&) { throw mine("incumbent"); };
  CHECK_THROWS_WITH_AS(static_cast<void>(backend.solve(model, options)), "incumbent", mine);
  // and the backend can be used again
  CHECK(solved(backend, small_polygon(integers)).objective == doctest::Approx(-5));
}

template <class Backend>
void reports_progress_that_is_true(Backend backend, bool integers) {
  auto const model = integers ? knapsack(24, 5, 3) : random_continuous(3, 30, 20);
  solver_options options;
  std::vector<checkmate::incumbent_event> seen;
  options.on_incumbent = [&](checkmate::incumbent_event const& event) {
    if (event.values != nullptr) {
      CHECK(checkmate::objective_at(model, *event.values) == doctest::Approx(event.objective));
    } else {  // a better bound alone brings no point
      bool const same_objective = event.objective == (seen.empty() ? infinity : seen.back().objective);
      CHECK((same_objective || !backend.capabilities().incumbent_values));
    }
    seen.push_back(event);
  };
  auto const out = solved(backend, model, options);
  REQUIRE(out.status == solve_status::optimal);
  REQUIRE_FALSE(seen.empty());
  double last = infinity;
  for (auto const& event : seen) {
    CHECK(event.objective <= last);
    CHECK(event.objective >= out.objective - 1e-6);
    CHECK(event.bound <= out.objective + 1e-6);
    last = event.objective;
  }
}

template <class Backend>
void repeats_itself(Backend backend, bool integers) {
  for (std::uint32_t seed = 0; seed < 3; ++seed) {
    auto const model = integers ? knapsack(22, 5, seed) : random_continuous(seed, 30, 20);
    auto const first = solved(backend, model, {.seed = 7});
    auto const second = solved(backend, model, {.seed = 7});
    CHECK(first.values == second.values);
    CHECK(first.nodes == second.nodes);
    CHECK(first.iterations == second.iterations);
    CHECK(first.bound == second.bound);
  }
}

template <class Backend>
void keeps_limits_of_integer_search(Backend backend) {
  auto const model = knapsack(26, 5, 4);
  auto const best = solved(backend, model);
  REQUIRE(best.status == solve_status::optimal);

  auto const loose = solved(backend, model, {.relative_gap = 0.3});
  CHECK(loose.status == solve_status::optimal);
  CHECK(loose.objective - loose.bound <= 0.3 * std::abs(loose.objective) + 1e-9);
  CHECK(loose.bound <= best.objective + 1e-6);
  auto const absolute = solved(backend, model, {.absolute_gap = 500.0});
  CHECK(absolute.status == solve_status::optimal);
  CHECK(absolute.objective - absolute.bound <= 500 + 1e-9);

  auto const few = solved(backend, knapsack(90, 20, 4), {.node_limit = 3});
  CHECK(few.limit == solve_limit::nodes);
  CHECK(few.nodes <= 4);

  auto const reachable = solved(backend, model, {.cutoff = best.objective});
  CHECK(reachable.status == solve_status::optimal);
  CHECK(reachable.objective == doctest::Approx(best.objective));
  auto const too_good = solved(backend, model, {.cutoff = best.objective - 1});
  CHECK(too_good.status == solve_status::infeasible);
  CHECK(too_good.bound <= best.objective);
}

template <class Backend>
void treats_a_hint_as_a_hint(Backend backend) {
  auto const model = knapsack(26, 5, 6);
  auto const best = solved(backend, model);
  solver_options options;
  options.hint = best.values;
  CHECK(solved(backend, model, options).objective == best.objective);
  options.time_limit = 0s;  // a feasible hint is an answer
  auto const kept = solved(backend, model, options);
  CHECK(kept.status == solve_status::feasible);
  CHECK(kept.values == best.values);

  options.time_limit.reset();
  options.hint.assign(model.column_count(), 1);  // violates every row
  CHECK(solved(backend, model, options).objective == best.objective);
  options.hint.assign(model.column_count(), 0.5);
  CHECK(solved(backend, model, options).objective == best.objective);
  options.hint.assign(model.column_count(), std::nan(""));
  CHECK(solved(backend, model, options).objective == best.objective);
}

/// Wrong optima, wrong claims of infeasibility, wrong bounds: against an enumeration that shares no code.
template <class Backend>
void agrees_with_enumeration(Backend backend, bool binary, std::uint32_t models,
                             solver_options const& options = {}) {
  int feasible = 0;
  for (std::uint32_t seed = 0; seed < models; ++seed) {
    CAPTURE(seed);
    auto const model = random_integers(seed, binary);
    auto const truth = checkmate::exhaustive{}.solve(model, {});
    auto const out = solved(backend, model, options);
    double const tolerance = 1e-9 * std::max(1.0, std::abs(truth.objective));
    CHECK(out.status == truth.status);
    if (!truth.has_values()) continue;
    ++feasible;
    CHECK(out.bound <= truth.objective + tolerance);
    if (!options.relative_gap) CHECK(out.objective == doctest::Approx(truth.objective).epsilon(1e-9));
  }
  CHECK(feasible > static_cast<int>(models) / 10);
}

/// Continuous optima certify themselves: the bound comes from duals by weak duality.
template <class Backend>
void certifies_continuous_optima(Backend backend) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    auto const model = random_continuous(seed, 12, 9);
    auto const out = solved(backend, model);
    CHECK(out.status == solve_status::optimal);
    CHECK(out.bound == doctest::Approx(out.objective).epsilon(1e-6));
  }
}

template <class Backend>
void solves_from_two_threads(Backend backend, bool integers) {
  std::vector<double> sums(2, 0);
  auto work = [&](std::size_t me) {
    Backend own = backend;
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
      auto const model = integers ? knapsack(16, 4, seed) : random_continuous(seed, 20, 15);
      sums[me] += own.solve(model, {}).objective;
    }
  };
  {
    std::jthread const other(work, 1);
    work(0);
  }
  CHECK(sums[0] == sums[1]);
}

/// All promises, for models with integers or without, as the backend can.
template <class Backend>
void conforms(Backend backend, bool integers, subject_traits traits = {}) {
  CHECK_FALSE(backend.capabilities().name.empty());
  SUBCASE("finds the optimum") {
    finds_the_optimum(backend, integers);
  }
  SUBCASE("says infeasible") {
    says_infeasible(backend, integers);
  }
  SUBCASE("says unbounded") {
    says_unbounded(backend, integers, traits);
  }
  SUBCASE("handles models without rows or columns") {
    handles_models_without_rows_or_columns(backend, integers);
  }
  SUBCASE("handles every kind of row") {
    handles_every_kind_of_row(backend, integers);
  }
  SUBCASE("is silent and leaves signals alone") {
    is_silent_and_leaves_signals_alone(backend, integers);
  }
  SUBCASE("refuses what it cannot honour") {
    refuses_what_it_cannot_honour(backend, integers);
  }
  SUBCASE("stops when told") {
    stops_when_told(backend, integers);
  }
  SUBCASE("passes on what callbacks throw") {
    passes_on_what_callbacks_throw(backend, integers);
  }
  SUBCASE("reports progress that is true") {
    reports_progress_that_is_true(backend, integers);
  }
  SUBCASE("repeats itself") {
    repeats_itself(backend, integers);
  }
  SUBCASE("solves from two threads") {
    solves_from_two_threads(backend, integers);
  }
  if (integers) {
    SUBCASE("keeps limits of integer search") {
      keeps_limits_of_integer_search(backend);
    }
    SUBCASE("agrees with enumeration on binaries") {
      agrees_with_enumeration(backend, true, 400);
    }
    SUBCASE("agrees with enumeration on integers") {
      agrees_with_enumeration(backend, false, 400);
    }
    SUBCASE("agrees with enumeration within a gap") {
      agrees_with_enumeration(backend, true, 300, {.relative_gap = 0.1});
    }
    SUBCASE("agrees with enumeration when seeded") {
      agrees_with_enumeration(backend, false, 200, {.seed = 3});
    }
    if (backend.capabilities().hint) {
      SUBCASE("treats a hint as a hint") {
        treats_a_hint_as_a_hint(backend);
      }
    }
  } else {
    SUBCASE("certifies continuous optima") {
      certifies_continuous_optima(backend);
    }
  }
}

}  // namespace test
