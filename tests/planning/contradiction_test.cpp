// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/cost/uniform.hpp>
#include <checkmate/graph/lower.hpp>
#include <checkmate/planning/contradiction.hpp>
#include <checkmate/solve.hpp>
#include <checkmate/strategies/checkpoint_all.hpp>
#include <checkmate/sweep.hpp>

#include "support/random_graphs.hpp"

namespace {

using checkmate::plan_options;
using checkmate::result;
using checkmate::schedule_space;

checkmate::schedule schedule_of(checkmate::dag const& d, std::vector<checkmate::node_id> const& sequence) {
  auto out = checkmate::schedule_from_sequence(d, sequence);
  auto const seen = checkmate::simulate(d, out, {.order = checkmate::execution_order::free});
  REQUIRE(seen.valid());
  out.time = seen.time;
  out.peak_memory = seen.peak_memory;
  return out;
}

/// Says of checkpoint_all's plan whatever it is told to say.
struct boaster {
  checkmate::time_bound bound;
  checkmate::stop_reason reason = checkmate::stop_reason::optimal;
  [[nodiscard]] result plan(checkmate::dag const& d, plan_options const& options) const {
    result out = checkmate::checkpoint_all{}.plan(d, options);
    out.bound = bound;
    out.proof = "boasting";
    out.termination.reason = reason;
    return out;
  }
};

}  // namespace

TEST_CASE("contradiction: which space a schedule is in") {
  std::vector<std::vector<int>> const edges = {{}, {}, {0, 1}, {0, 2}};
  auto const d = checkmate::lower(edges, checkmate::uniform_cost{});
  auto const in = [&d](std::vector<checkmate::node_id> const& sequence, schedule_space space) {
    return checkmate::is_in_space(d, schedule_of(d, sequence), space);
  };
  CHECK(in({0, 1, 2, 3}, schedule_space::stages));
  CHECK(in({0, 1, 2, 0, 3}, schedule_space::stages));
  // 1 before 0 in one stage: two passes.
  CHECK_FALSE(in({0, 1, 0, 2, 1, 0, 2, 3}, schedule_space::stages));
  CHECK(in({0, 1, 2, 1, 0, 2, 3}, schedule_space::fixed_order));
  CHECK_FALSE(in({1, 0, 2, 3}, schedule_space::fixed_order));
  CHECK(in({1, 0, 2, 3}, schedule_space::any_order));
}

TEST_CASE(
    "solve: a bound that the plan refutes, and an infeasible beside a plan, are failures that keep the "
    "plan") {
  auto const d = test::unit_training_chain(3);
  for (auto space : {schedule_space::stages, schedule_space::fixed_order, schedule_space::any_order}) {
    result const found = checkmate::solve(d, {}, boaster{{d.base_time() * 2, space}});
    CHECK(found.plan);
    CHECK(found.termination.reason == checkmate::stop_reason::failed);
    CHECK(found.termination.detail.find("boasting") != std::string::npos);
    CHECK(found.bound.time == d.base_time());
  }
  boaster const denier{{d.base_time(), schedule_space::any_order}, checkmate::stop_reason::infeasible};
  CHECK(checkmate::solve(d, {}, denier).termination.reason == checkmate::stop_reason::failed);
  boaster const honest{{d.base_time(), schedule_space::any_order}};
  CHECK(checkmate::solve(d, {}, honest).termination.reason == checkmate::stop_reason::optimal);
}
