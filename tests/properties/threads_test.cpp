// SPDX-License-Identifier: Apache-2.0
//
// Planning from eight threads at once, with every strategy, gives the answers that planning one after the
// other gives. A test program of its own, so that it can run under ThreadSanitizer alone.
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/clp.hpp>

#include "support/eight_threads.hpp"
#include "support/planners.hpp"
#include "support/properties.hpp"
#include "support/random_problems.hpp"
#include "support/solver_planners.hpp"

namespace {

using checkmate::dag;
using checkmate::plan_options;
using checkmate::result;
using test::eight_threads::check_tasks;
using test::eight_threads::problems;
using test::eight_threads::threads;

}  // namespace

TEST_CASE("eight threads: strategies without solvers give the answers of one thread") {
  auto planners = test::quick_planners();
  for (test::planner& how : test::default_planners()) planners.push_back(std::move(how));
  planners.push_back(test::planner_of("local_search, long", checkmate::local_search{.moves = 4000}));
  check_tasks(problems(planners, 4, 8, 20).tasks);
}

TEST_CASE("eight threads: strategies with solvers give the answers of one thread, CBC's driver included") {
  auto const planners = test::solver_planners(checkmate::clp{}, checkmate::cbc{});
  check_tasks(problems(planners, 3, 4, 7).tasks);
}

TEST_CASE("eight threads: CBC without its driver gives the answers of one thread") {
  auto const planners = test::solver_planners(checkmate::clp{}, checkmate::cbc{.reentrant = true});
  check_tasks(problems(planners, 3, 4, 7).tasks);
}

TEST_CASE("eight threads: a search over several threads of its own is as good as it is alone") {
  test::problem const p = test::random_problem(302, 16, 20);
  dag const d = p.dag();
  checkmate::bytes const low = checkmate::smallest_conceivable_budget(d).budget;
  checkmate::bytes const peak = checkmate::no_recompute_schedule(d).peak_memory;
  plan_options const options{.budget = low + (peak - low) / 2, .threads = 4};
  checkmate::local_search const how{.moves = 2000, .rounds = 1};
  result const alone = how.plan(d, options);
  std::vector<result> found(threads);
  std::vector<std::thread> running;
  for (std::size_t k = 0; k < threads; ++k) running.emplace_back([&, k] { found[k] = how.plan(d, options); });
  for (std::thread& t : running) t.join();
  for (result const& one : found) CHECK(test::properties::difference(d, alone, d, one) == "");
}
