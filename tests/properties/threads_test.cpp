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

#include "support/planners.hpp"
#include "support/properties.hpp"
#include "support/random_problems.hpp"
#include "support/solver_planners.hpp"

namespace {

using checkmate::dag;
using checkmate::plan_options;
using checkmate::result;
using test::planner;

constexpr std::size_t threads = 8;

struct task {
  dag const* d;
  plan_options options;
  checkmate::forward_mask const* forward;
  planner const* how;
  [[nodiscard]] result run() const { return how->plan(*d, options, *forward); }
};

/// Runs all tasks on eight threads, each of which begins elsewhere, and compares with what one thread found.
/// Nothing is shared but dags, planners and options, which are only read.
void check_tasks(std::vector<task> const& tasks) {
  std::vector<result> alone;
  for (task const& t : tasks) alone.push_back(t.run());
  std::vector<std::vector<result>> found(threads, std::vector<result>(tasks.size()));
  std::vector<std::thread> running;
  for (std::size_t k = 0; k < threads; ++k) {
    running.emplace_back([&, k] {
      for (std::size_t i = 0; i < tasks.size(); ++i) {
        std::size_t const at = (i + k * tasks.size() / threads) % tasks.size();
        found[k][at] = tasks[at].run();
      }
    });
  }
  for (std::thread& t : running) t.join();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    CAPTURE(tasks[i].how->name);
    for (std::size_t k = 0; k < threads; ++k) {
      CHECK(test::properties::difference(*tasks[i].d, alone[i], *tasks[i].d, found[k][i]) == "");
    }
  }
}

struct problems {
  std::vector<test::problem> all;
  std::vector<dag> dags;
  std::vector<task> tasks;

  problems(std::vector<planner> const& planners, std::size_t count, std::size_t least, std::size_t most) {
    for (std::uint64_t seed = 0; all.size() < count; ++seed) {
      test::problem p = test::shuffled(test::random_problem(seed + 300, least, most), seed);
      dag d = p.dag();
      if (checkmate::smallest_conceivable_budget(d).budget >=
          checkmate::no_recompute_schedule(d).peak_memory) {
        continue;
      }
      all.push_back(std::move(p));
      dags.push_back(std::move(d));
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      checkmate::bytes const low = checkmate::smallest_conceivable_budget(dags[i]).budget;
      checkmate::bytes const peak = checkmate::no_recompute_schedule(dags[i]).peak_memory;
      for (planner const& how : planners) {
        tasks.push_back({&dags[i], {.budget = low + (peak - low) / 2}, &all[i].forward, &how});
      }
    }
  }
};

}  // namespace

TEST_CASE("eight threads: strategies without solvers give the answers of one thread") {
  auto planners = test::quick_planners();
  for (planner& how : test::default_planners()) planners.push_back(std::move(how));
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
