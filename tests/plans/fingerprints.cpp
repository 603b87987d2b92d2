// SPDX-License-Identifier: Apache-2.0
//
// A line per plan: problem, budget, strategy, and a fingerprint of its steps and claims. Strategies are
// limited by moves and states, never by a clock, so that two builds print the same lines exactly if they plan
// the same.
//
//   plan_fingerprints [PROBLEMS]      random problems (2,000; with a solver a tenth of them), the torch
//   graphs
//
// Comparing the lines of two commits: tests/plans/compare.sh COMMIT.
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/json.hpp>
#include <checkmate/solvers/cbc.hpp>

#include "support/data.hpp"
#include "support/planners.hpp"
#include "support/properties.hpp"
#include "support/random_problems.hpp"
#include "support/solver_planners.hpp"

namespace {

namespace cm = checkmate;

std::uint64_t fingerprint(cm::schedule const& s) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  auto const mix = [&hash](std::uint64_t word) { hash = (hash ^ word) * 0x100000001b3U; };
  for (cm::step const& at : s) {
    mix(at.what == cm::action::compute ? 0 : 1);
    mix(at.node);
    mix(at.output);
  }
  return hash;
}

void print(std::string const& problem, cm::bytes budget, std::string const& strategy,
           cm::result const& found) {
  std::printf("%s at %" PRId64 ", %s: ", problem.c_str(), budget, strategy.c_str());
  if (found.plan) {
    std::printf("steps %016" PRIx64 " time %.17g peak %" PRId64, fingerprint(*found.plan), found.plan->time,
                found.plan->peak_memory);
  } else {
    std::printf("no plan");
  }
  std::printf(", reason %d limit %d bound %.17g (%s)\n", static_cast<int>(found.termination.reason),
              static_cast<int>(found.termination.limit), found.bound.time, found.proof.c_str());
}

void plan_all(std::string const& name, cm::dag const& d, cm::forward_mask const& forward, cm::bytes budget,
              std::vector<test::planner> const& planners) {
  for (test::planner const& how : planners) {
    print(name, budget, how.name, how.plan(d, {.budget = budget}, forward));
  }
}

void random_problems(std::uint64_t count) {
  auto const quick = test::quick_planners();
  auto const solving = test::solver_planners(cm::cbc{}, cm::cbc{});
  for (std::uint64_t seed = 0; seed < count; ++seed) {
    test::problem const p = test::shuffled(test::random_problem(seed, 2, seed % 50 == 0 ? 30 : 12), seed);
    cm::dag const d = p.dag();
    cm::bytes const budget = test::properties::some_budget(d, seed);
    std::string const name = "random " + std::to_string(seed);
    plan_all(name, d, p.forward, budget, quick);
    if (seed % 10 == 0) plan_all(name, d, p.forward, budget, solving);
  }
}

void torch_graphs() {
  std::vector<test::planner> planners;
  planners.push_back(test::planner_of("greedy", cm::greedy{}));
  planners.push_back(test::planner_of("local_search", cm::local_search{.moves = 300'000, .rounds = 1}));
  planners.push_back(
      test::planner_of("local_search, free", cm::local_search{.moves = 100'000, .rounds = 1}, false, true));
  planners.push_back(test::planner_of("state_search", cm::state_search{.max_states = 20'000}));
  for (auto const& file : test::graph_files(test::example_data("torch"))) {
    cm::recorded_graph const g = cm::load_graph(file);
    cm::dag const d = cm::lower(g, g);
    cm::bytes const floor = cm::smallest_conceivable_budget(d).budget;
    cm::bytes const all = cm::no_recompute_schedule(d).peak_memory;
    for (int tenth : {2, 4, 6, 8}) {
      plan_all(file.stem().stem().string(), d, {}, floor + (all - floor) / 10 * tenth, planners);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  random_problems(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2000);
  torch_graphs();
}
