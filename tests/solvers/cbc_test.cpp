// SPDX-License-Identifier: Apache-2.0
//
// What is CBC's alone; what it shares with other backends is in conformance_test.cpp.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/formulation/paper.hpp>
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/zoo/zoo.hpp>

#include "solvers/conformance.hpp"
#include "solvers/models.hpp"
#include "support/random_graphs.hpp"
#include "support/throws.hpp"

using checkmate::cbc;
using checkmate::infinity;
using checkmate::invalid_option;
using checkmate::solve_limit;
using checkmate::solve_status;
using checkmate::solver_options;
using namespace std::chrono_literals;

namespace {

/// Four binaries and three continuous columns, and
/// `more` continuous ones that no row has and whose cost keeps them at 0.
checkmate::linear_model random_mixed(std::uint32_t seed, int more = 0) {
  test::dice roll(seed);
  checkmate::linear_model_builder b;
  for (int j = 0; j < 4; ++j) b.add_binary(roll(-20, 20));
  for (int j = 0; j < 3; ++j) b.add_column(roll(-3, 0), roll(1, 8), roll(-10, 10), false);
  for (int j = 0; j < more; ++j) b.add_column(0, 1, 1, false);
  for (int i = 0; i < 4; ++i) {
    std::vector<double> a;
    for (int j = 0; j < 7; ++j) a.push_back(roll(0, 2) != 0 ? roll(-6, 6) : 0);
    int const side = roll(-6, 8);
    test::add_row(b, roll(0, 1) != 0 ? side - 3 : -infinity, side, a);
  }
  return b.finish();
}

/// The optimum of a mixed model by trying all its binaries; nothing if there is no point.
std::optional<double> optimum_by_cases(checkmate::linear_model const& model) {
  std::optional<double> best;
  for (unsigned bits = 0; bits < 16; ++bits) {
    auto fixed = checkmate::relaxed(model);
    for (std::size_t j = 0; j < 4; ++j) fixed.column_lower[j] = fixed.column_upper[j] = (bits >> j) & 1u;
    auto const out = checkmate::clp{}.solve(fixed, {});
    if (out.has_values() && !(best && *best <= out.objective)) best = out.objective;
  }
  return best;
}

/// Two rows over two integer columns, the first row often a mere bound.
checkmate::linear_model random_two_by_two(std::uint32_t seed) {
  test::dice roll(seed);
  checkmate::linear_model_builder b;
  for (int j = 0; j < 2; ++j) b.add_column(0, roll(1, 3), roll(-2, 6), true);
  for (int i = 0; i < 2; ++i) {
    int const side = roll(0, 5);
    bool const from_below = roll(0, 1) != 0;
    std::vector<double> a;
    for (int j = 0; j < 2; ++j) a.push_back(roll(0, 4) < 3 ? roll(-1, 4) : 0);
    test::add_row(b, from_below ? side : -infinity, from_below ? infinity : side, a);
  }
  return b.finish();
}

/// The optimum over two integer columns by trying all points; infinity if there is none.
double optimum_by_points(checkmate::linear_model const& model) {
  double best = infinity;
  for (double x = model.column_lower[0]; x <= model.column_upper[0]; ++x) {
    for (double y = model.column_lower[1]; y <= model.column_upper[1]; ++y) {
      std::vector<double> const point = {x, y};
      if (checkmate::infeasibility(model, point) == 0)
        best = std::min(best, checkmate::objective_at(model, point));
    }
  }
  return best;
}

/// Solved as it stands, preprocessing off.
double optimum_as_it_stands(checkmate::linear_model const& model) {
  auto const out = cbc{}.solve(model, {.raw = {{"preprocess", "off"}}});
  CHECK((out.status == solve_status::optimal || out.status == solve_status::infeasible));
  return out.objective;
}

}  // namespace

TEST_CASE("cbc: a program of two rows and two columns is solved, where OsiClp's crunch would abort") {
  // Each of these ends the process with an OsiClpSolverInterface in the place of osi_clp.
  checkmate::linear_model_builder a, b, c;
  a.add_column(0, 2, 4, true);
  a.add_column(0, 3, 2, true);
  test::add_row(a, -infinity, 1, {-1, 0});
  test::add_row(a, 3, infinity, {4, 3});
  CHECK(optimum_as_it_stands(a.finish()) == 2);
  b.add_column(0, 1, 2, true);
  b.add_column(0, 2, 1, true);
  test::add_row(b, -infinity, 0, {0, 0});
  test::add_row(b, 3, infinity, {2, 2});
  CHECK(optimum_as_it_stands(b.finish()) == 2);
  c.add_column(0, 2, -1, true);
  c.add_column(0, 3, -2, true);
  test::add_row(c, 2, infinity, {0, 4});
  test::add_row(c, -infinity, 3, {2, 1});
  CHECK(optimum_as_it_stands(c.finish()) == -6);
}

TEST_CASE(
    "cbc: probing that refutes all that is left ends the search, where Clp's primal simplex would abort") {
  auto const d = test::random_dag(133, {.nodes = 13});
  auto const least = checkmate::smallest_conceivable_budget(d).budget;
  auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
  checkmate::formulation::paper const paper(
      d, least + static_cast<checkmate::bytes>(0.6 * static_cast<double>(peak - least)));
  auto const exact = test::solved(cbc{}, paper.model(), {});
  REQUIRE(exact.status == solve_status::optimal);
  auto const near = test::solved(cbc{}, paper.model(), {.relative_gap = 0.02});
  CHECK(near.status == solve_status::optimal);
  CHECK(near.objective >= exact.objective - 1e-9);
  CHECK(near.bound <= exact.objective + 1e-6);
}

TEST_CASE("cbc: random programs of two rows and two columns have the optimum found by trying all points") {
  int none = 0;
  for (std::uint32_t seed = 0; seed < 600; ++seed) {
    CAPTURE(seed);
    auto const model = random_two_by_two(seed);
    double const best = optimum_by_points(model);
    CHECK(optimum_as_it_stands(model) == best);
    CHECK(cbc{}.solve(model, {}).objective == best);
    CHECK(cbc{.reentrant = true}.solve(model, {}).objective == best);
    none += best == infinity ? 1 : 0;
  }
  CHECK(none > 30);
  CHECK(none < 300);
}

TEST_CASE("cbc: mixed models have the optimum found by trying all binaries") {
  int feasible = 0;
  for (bool reentrant : {false, true}) {
    for (std::uint32_t seed = 0; seed < 150; ++seed) {
      CAPTURE(seed);
      CAPTURE(reentrant);
      auto const model = random_mixed(seed);
      auto const truth = optimum_by_cases(model);
      auto const out = test::solved(cbc{reentrant}, model);
      CHECK(out.status == (truth ? solve_status::optimal : solve_status::infeasible));
      if (!truth) continue;
      ++feasible;
      CHECK(out.objective == doctest::Approx(*truth).epsilon(1e-6));
    }
  }
  CHECK(feasible > 50);
}

TEST_CASE("cbc: an optimum that preprocessing loses is found by the recheck") {
  // With 200 columns more a model is too large for a recheck, but where preprocessing settles it.
  for (int more : {0, 200}) {
    for (std::uint32_t seed : {58U, 1524U}) {
      CAPTURE(more);
      CAPTURE(seed);
      auto const model = random_mixed(seed, more);
      double const best = optimum_by_cases(model).value();
      for (std::optional<double> gap : {std::optional<double>(), std::optional<double>(0.0)}) {
        auto const out = test::solved(cbc{}, model, {.relative_gap = gap, .raw = {{"tunePreProcess", "6"}}});
        CHECK(out.status == solve_status::optimal);
        CHECK(out.objective == doctest::Approx(best).epsilon(1e-6));
        CHECK(out.bound <= best + 1e-6);
      }
      // The caller's own word on preprocessing prevents the recheck.
      solver_options const once{.raw = {{"preprocess", "sos"}, {"tunePreProcess", "6"}}};
      CHECK(cbc{}.solve(model, once).objective >
            best + 1);  // as seen with 2.10.8; else this needs a new model
    }
  }
}

TEST_CASE("cbc: a recheck is for small programs and for those that preprocessing settles") {
  using checkmate::detail::is_worth_rechecking;
  checkmate::solver_outcome quick;
  quick.status = solve_status::optimal;
  auto const small = random_mixed(0), large = random_mixed(0, 200);
  CHECK(is_worth_rechecking(small, {}, quick, false));
  CHECK_FALSE(is_worth_rechecking(large, {}, quick, false));
  CHECK(is_worth_rechecking(large, {}, quick, true));
  CHECK_FALSE(is_worth_rechecking(large, {.raw = {{"preprocess", "on"}}}, quick, true));
  checkmate::solver_outcome slow = quick;
  slow.iterations = 1001;
  CHECK_FALSE(is_worth_rechecking(small, {}, slow, false));
  checkmate::solver_outcome none;
  none.status = solve_status::infeasible;
  CHECK(is_worth_rechecking(large, {}, none, true));
  CHECK_FALSE(is_worth_rechecking(large, {.cutoff = 3.0}, none, true));
  CHECK(is_worth_rechecking(small, {.cutoff = 3.0}, none, false));
  none.status = solve_status::no_solution;
  CHECK_FALSE(is_worth_rechecking(small, {}, none, true));
}

TEST_CASE("cbc: that preprocessing called a model infeasible, or left no integers, is noticed") {
  auto const settled = [](checkmate::linear_model const& model) {
    solver_options const options;
    checkmate::detail::cbc_run run(false, model, options);
    (void)run();
    return run.settled_by_preprocessing();
  };
  CHECK_FALSE(settled(test::knapsack(30, 4, 1)));
  checkmate::linear_model_builder b;  // 2 x + 2 y = 1, which the relaxation has a point of
  b.add_binary(1);
  b.add_binary(1);
  test::add_row(b, 1, 1, {2, 2});
  CHECK(settled(b.finish()));
}

TEST_CASE("cbc: an optimum that preprocessing loses with integers left is found by the recheck") {
  auto const model = random_mixed(1524);
  double const best = optimum_by_cases(model).value();
  CHECK(cbc{}.solve(model, {}).objective == doctest::Approx(best).epsilon(1e-6));
  auto const once = cbc{}.solve(model, {.raw = {{"preprocess", "sos"}}});
  CHECK(once.objective > best + 1);  // as seen with 2.10.8; else this needs a new model
}

TEST_CASE("cbc: preprocessing does not merge columns, which loses optima") {
  // The caller's own word on preprocessing prevents the recheck.
  solver_options const once{.raw = {{"preprocess", "sos"}}};
  solver_options merging = once;
  merging.raw.emplace_back("tunePreProcess", "6");
  auto const model = random_mixed(58);
  double const best = optimum_by_cases(model).value();
  CHECK(cbc{}.solve(model, once).objective == doctest::Approx(best).epsilon(1e-6));
  CHECK(cbc{}.solve(model, merging).objective >
        best + 1);  // as seen with 2.10.8; else this needs a new model
}

TEST_CASE("cbc: raw options pass by their full names, all else is refused by name") {
  auto const model = test::knapsack(20, 4, 1);
  auto const plain = cbc{}.solve(model, {});
  auto const tuned =
      cbc{}.solve(model, {.raw = {{"preprocess", "off"}, {"strongBranching", "3"}, {"gomoryCuts", "off"}}});
  CHECK(tuned.objective == plain.objective);

  auto refusal = [&](std::string const& name, std::string const& value) {
    return test::message_of<invalid_option>([&] {
      static_cast<void>(cbc{}.solve(model, {.raw = {{name, value}}}));
    });
  };
  CHECK(refusal("noSuchOption", "1").find("noSuchOption") != std::string::npos);
  CHECK(refusal("strongB", "3").find("unknown") != std::string::npos);          // abbreviations are not names
  CHECK(refusal("import", "/etc/passwd").find("import") != std::string::npos);  // actions are not options
  CHECK(refusal("solve", "").find("solve") != std::string::npos);
  CHECK(refusal("strongBranching", "lots").find("lots") != std::string::npos);
  CHECK(refusal("strongBranching", "2.5").find("2.5") != std::string::npos);
  CHECK(refusal("preprocess", "sideways").find("sideways") != std::string::npos);
  CHECK(refusal("seconds", "5").find("solver_options") != std::string::npos);
  CHECK_THROWS_AS(static_cast<void>(cbc{true}.solve(model, {.raw = {{"preprocess", "off"}}})),
                  invalid_option);
  auto const relaxed = checkmate::relaxed(model);
  CHECK_THROWS_AS(static_cast<void>(cbc{}.solve(relaxed, {.raw = {{"noSuchOption", "1"}}})), invalid_option);
}

TEST_CASE("cbc: small differences between costs are not lost to absolute tolerances") {
  for (double unit : {1e-9, 1e-6, 1.0, 1e6, 1e12}) {
    CAPTURE(unit);
    checkmate::linear_model_builder b;
    for (int j = 0; j < 20; ++j) b.add_binary(unit * (1 + 1e-6 * ((j * 7) % 20)));
    test::add_row(b, 5, infinity, std::vector<double>(20, 1.0));
    auto const model = b.finish();
    double const best = unit * (5 + 1e-6 * (0 + 1 + 2 + 3 + 4));
    for (bool reentrant : {false, true}) {
      CHECK(cbc{reentrant}.solve(model, {}).objective == doctest::Approx(best).epsilon(1e-12));
    }
  }
}

TEST_CASE("cbc: whenever it is stopped, what it has is feasible and its bound holds") {
  auto const model = test::knapsack(40, 10, 11);
  double const best = cbc{}.solve(model, {}).objective;
  for (bool reentrant : {false, true}) {
    for (int milliseconds : {1, 3, 6, 10, 20, 35, 60, 90}) {
      CAPTURE(milliseconds);
      auto const limited = test::solved(cbc{reentrant}, model, {.time_limit = milliseconds * 1ms});
      CHECK(limited.bound <= best + 1e-6);
      CHECK(limited.objective >= best);

      std::stop_source source;
      std::jthread const stopper([&] {
        std::this_thread::sleep_for(milliseconds * 1ms);
        source.request_stop();
      });
      auto const stopped = test::solved(cbc{reentrant}, model, {.stop = source.get_token()});
      CHECK(stopped.bound <= best + 1e-6);
      CHECK(stopped.objective >= best);
    }
  }
}

TEST_CASE("cbc: a time limit that falls into preprocessing costs neither the program nor the start") {
  auto const step = checkmate::zoo::unit_chain_step(8);
  auto const d = checkmate::lower(step.graph, step.costs);
  checkmate::formulation::paper const paper(d, 5);
  auto const start = cbc{}.solve(paper.model(), {.relative_gap = 0.5});
  REQUIRE(start.has_values());
  for (int milliseconds = 1; milliseconds <= 40; ++milliseconds) {
    CAPTURE(milliseconds);
    auto const out =
        test::solved(cbc{}, paper.model(), {.time_limit = milliseconds * 1ms, .hint = start.values});
    CHECK(out.objective <= start.objective + 1e-9);
    CHECK(out.bound <= 22 + 1e-6);  // the optimum
  }
}

TEST_CASE("cbc: with a cutoff no bound lies above the optimum, wherever the search ends") {
  for (std::uint32_t seed = 0; seed < 4; ++seed) {
    auto const model = test::knapsack(18, 4, seed);
    double const best = cbc{}.solve(model, {}).objective;
    for (double beyond : {-5.0, -0.5, 0.0, 0.5}) {
      for (bool reentrant : {false, true}) {
        for (std::int64_t nodes : {0, 1, 10, 1000}) {
          CAPTURE(seed);
          CAPTURE(beyond);
          CAPTURE(nodes);
          solver_options how;
          how.cutoff = best + beyond;
          how.node_limit = nodes;
          auto const out = cbc{reentrant}.solve(model, how);
          CHECK(out.bound <= best + 1e-6);
          if (out.status == solve_status::infeasible) CHECK(beyond < 0);
        }
      }
    }
  }
}

TEST_CASE("cbc: a stop ends a long search with its incumbent") {
  for (bool reentrant : {false, true}) {
    std::stop_source source;
    solver_options options{.time_limit = 60s, .stop = source.get_token()};
    options.on_incumbent = [&](checkmate::incumbent_event const& event) {
      if (event.objective < infinity) source.request_stop();
    };
    auto const out = test::solved(cbc{reentrant}, test::knapsack(250, 40, 1), options);
    CHECK(out.status == solve_status::feasible);
    CHECK(out.limit == solve_limit::stopped);
    CHECK(out.bound > -infinity);
  }
}

TEST_CASE("cbc: a solve that waits for another's turn still keeps its limits") {
  std::stop_source source;
  std::jthread const busy([&] {
    static_cast<void>(
        cbc{}.solve(test::knapsack(250, 40, 1), {.time_limit = 60s, .stop = source.get_token()}));
  });
  std::this_thread::sleep_for(50ms);
  auto const waited = cbc{}.solve(test::knapsack(250, 40, 2), {.time_limit = 100ms});
  CHECK(waited.limit == solve_limit::time);
  CHECK(cbc{true}.solve(test::knapsack(20, 4, 2), {}).status == solve_status::optimal);
  source.request_stop();
}

TEST_CASE("cbc: several threads find the same optimum, where the library has threads") {
  auto const model = test::knapsack(20, 4, 3);
  double const best = cbc{}.solve(model, {}).objective;
  if (cbc{}.capabilities().threads) {
    CHECK(test::solved(cbc{}, model, {.threads = 2}).objective == best);
  } else {
    CHECK_THROWS_AS(static_cast<void>(cbc{}.solve(model, {.threads = 2})), invalid_option);
  }
  CHECK_THROWS_AS(static_cast<void>(cbc{true}.solve(model, {.threads = 2})), invalid_option);
}

TEST_CASE("cbc: log lines arrive whole, and only if asked for") {
  std::vector<std::string> lines;
  solver_options options;
  options.on_log = [&](std::string_view line) { lines.emplace_back(line); };
  static_cast<void>(cbc{}.solve(test::knapsack(20, 4, 3), options));
  CHECK(lines.size() > 3);
  for (auto const& line : lines) CHECK(line.find('\n') == std::string::npos);
}

TEST_CASE("cbc: what on_log throws comes out after the solve") {
  solver_options options;
  options.on_log = [](std::string_view) { throw 42; };
  CHECK_THROWS_AS(static_cast<void>(cbc{}.solve(test::knapsack(20, 4, 3), options)), int);
}
