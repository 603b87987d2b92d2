// SPDX-License-Identifier: Apache-2.0
#include <stop_token>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/solvers/coin/recheck.hpp>

#include "solvers/models.hpp"

namespace {

using namespace checkmate;

solver_outcome said(solve_status status, double objective, double bound) {
  solver_outcome out;
  out.status = status;
  if (objective < infinity) out.values = {objective, 0, 0};
  out.objective = objective;
  out.bound = bound;
  out.nodes = 10;
  out.iterations = 100;
  out.elapsed = 1;
  return out;
}

solver_outcome optimal_at(double objective) {
  return said(solve_status::optimal, objective, objective);
}
solver_outcome nothing() {
  return said(solve_status::infeasible, infinity, -infinity);
}

/// Three items: all that is asked of the model is the size of its costs.
linear_model model() {
  return test::knapsack(3, 1, 1);
}

/// A solver that gives `answers` one after the other and keeps what it was asked.
struct scripted {
  std::vector<solver_outcome> answers;
  std::vector<solver_options> asked = {};

  [[nodiscard]] solver_outcome recheck(solver_outcome const& first, solver_options const& options = {}) {
    auto const solve = [this](solver_options const& how) {
      asked.push_back(how);
      return answers.at(asked.size() - 1);
    };
    return detail::rechecked(solve, model(), options, first);
  }
};

}  // namespace

TEST_CASE("recheck: what agrees, is worse, or says nothing leaves the first answer, with the sums") {
  for (auto const& second :
       {optimal_at(5), optimal_at(6), optimal_at(5 - 1e-7), nothing(),
        said(solve_status::no_solution, infinity, -infinity), said(solve_status::failed, infinity, 7)}) {
    scripted solver{{second}};
    auto const got = solver.recheck(optimal_at(5));
    CHECK(got.status == solve_status::optimal);
    CHECK(got.objective == doctest::Approx(5));
    CHECK(got.bound == doctest::Approx(5));
    CHECK(got.nodes == 20);
    CHECK(got.iterations == 200);
    CHECK(got.elapsed == 2);
    CHECK(solver.asked.size() == 1);
  }
}

TEST_CASE("recheck: a better point replaces an optimum, any point an infeasible or a failed first") {
  for (auto const& first :
       {optimal_at(5), nothing(), said(solve_status::failed, infinity, -infinity), optimal_at(4.1)}) {
    scripted solver{{optimal_at(4)}};
    auto const got = solver.recheck(first);
    CHECK(got.status == solve_status::optimal);
    CHECK(got.objective == 4);
    CHECK(got.nodes == 20);
    CHECK_FALSE(got.detail.empty());
    CHECK(solver.asked.size() == 1);
  }
}

TEST_CASE("recheck: a point between the bound and the objective of an answer contradicts nothing") {
  scripted solver{{optimal_at(4.5)}};
  auto const got = solver.recheck(said(solve_status::optimal, 5, 4), {.absolute_gap = 1.0});
  CHECK(got.status == solve_status::optimal);
  CHECK(got.objective == 4.5);
  CHECK(got.values == std::vector<double>{4.5, 0, 0});
  CHECK(got.bound == 4);
  CHECK(got.detail.empty());
}

TEST_CASE("recheck: beyond the cutoff a point does not contradict infeasible") {
  scripted beyond{{optimal_at(5)}};
  CHECK(beyond.recheck(nothing(), {.cutoff = 4.0}).status == solve_status::infeasible);
  scripted within{{optimal_at(3)}};
  CHECK(within.recheck(nothing(), {.cutoff = 4.0}).objective == 3);
}

TEST_CASE("recheck: it is short, starts from the point at hand, and is silent") {
  solver_options options{.time_limit = seconds(10), .hint = {1, 1, 1}};
  options.on_log = [](std::string_view) {};
  options.on_incumbent = [](incumbent_event const&) {};
  scripted solver{{optimal_at(5), optimal_at(5)}};
  (void)solver.recheck(optimal_at(5), options);
  (void)solver.recheck(nothing(), options);
  for (auto const& asked : solver.asked) {
    CHECK(asked.time_limit == seconds(3));  // a third of the nine that are left
    CHECK(asked.node_limit == 1000);
    CHECK_FALSE(asked.on_log);
    CHECK_FALSE(asked.on_incumbent);
  }
  CHECK(solver.asked[0].hint == std::vector<double>{5, 0, 0});
  CHECK(solver.asked[1].hint == options.hint);

  scripted unlimited{{optimal_at(5), optimal_at(5)}};
  (void)unlimited.recheck(optimal_at(5));
  (void)unlimited.recheck(optimal_at(5), {.time_limit = seconds(100), .node_limit = 50});
  CHECK(unlimited.asked[0].time_limit == seconds(11));  // a second more than ten times the first solve's
  CHECK(unlimited.asked[0].node_limit == 1000);
  CHECK(unlimited.asked[1].time_limit == seconds(11));
  CHECK(unlimited.asked[1].node_limit == 40);
}

TEST_CASE("recheck: what refutes but was cut short is solved to the end, with all that is left") {
  scripted solver{{said(solve_status::feasible, 4, 2), optimal_at(3)}};
  auto const got = solver.recheck(optimal_at(5), {.time_limit = seconds(10), .node_limit = 5000});
  CHECK(got.objective == 3);
  CHECK(got.nodes == 30);
  CHECK(got.elapsed == 3);
  REQUIRE(solver.asked.size() == 2);
  CHECK(solver.asked[1].time_limit == seconds(8));
  CHECK(solver.asked[1].node_limit == 4980);
  CHECK(solver.asked[1].hint == std::vector<double>{4, 0, 0});

  scripted unlimited{{said(solve_status::feasible, 4, 2), optimal_at(3)}};
  CHECK(unlimited.recheck(optimal_at(5)).objective == 3);
  CHECK_FALSE(unlimited.asked[1].time_limit);
  CHECK_FALSE(unlimited.asked[1].node_limit);
}

TEST_CASE("recheck: nothing that was found on the way is lost") {
  scripted worse{{said(solve_status::feasible, 4, 2), said(solve_status::feasible, 4.5, 2)}};
  CHECK(worse.recheck(optimal_at(5)).objective == 4);
  scripted lost{{said(solve_status::feasible, 4, 2), said(solve_status::failed, infinity, -infinity)}};
  auto const got = lost.recheck(optimal_at(5));
  CHECK(got.objective == 4);
  CHECK(got.status == solve_status::feasible);
  CHECK(got.limit == solve_limit::other);
  CHECK(got.nodes == 30);
}

TEST_CASE("recheck: none where a limit leaves nothing, and no end to it where that happens on the way") {
  std::stop_source stop;
  stop.request_stop();
  scripted never;
  for (auto const& options : {solver_options{.time_limit = seconds(1)}, solver_options{.node_limit = 10},
                              solver_options{.stop = stop.get_token()}}) {
    CHECK(never.recheck(optimal_at(5), options).objective == 5);
  }
  CHECK(never.asked.empty());

  scripted timed{{said(solve_status::feasible, 4, 2)}};
  auto const late = timed.recheck(optimal_at(5), {.time_limit = seconds(2)});
  CHECK(late.status == solve_status::feasible);
  CHECK(late.objective == 4);
  CHECK(late.limit == solve_limit::time);
  scripted counted{{said(solve_status::feasible, 4, 2)}};
  CHECK(counted.recheck(optimal_at(5), {.node_limit = 20}).limit == solve_limit::nodes);

  std::stop_source later;
  auto const stopped_on_the_way = [&](solver_options const&) {
    later.request_stop();
    return said(solve_status::feasible, 4, 2);
  };
  auto const stopped =
      detail::rechecked(stopped_on_the_way, model(), {.stop = later.get_token()}, optimal_at(5));
  CHECK(stopped.objective == 4);
  CHECK(stopped.limit == solve_limit::stopped);
}
