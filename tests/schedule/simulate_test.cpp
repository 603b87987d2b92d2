// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>

#include "support/positions.hpp"

using checkmate::action;
using checkmate::bytes;
using checkmate::node_id;
using checkmate::schedule;
using checkmate::simulate;
using checkmate::step;
using checkmate::violation_kind;

namespace {

step compute(node_id v) {
  return {action::compute, v, 0};
}
step release(node_id v, std::uint32_t k = 0) {
  return {action::release, v, k};
}

/// 0 makes two values, 1 reads the first, 2 reads 1 and is run-once, 3 reads the second of 0 and 2; 3 is
/// retained.
struct small_net {
  [[nodiscard]] std::size_t node_count() const { return 4; }
  [[nodiscard]] std::vector<node_id> inputs(node_id v) const {
    std::vector<std::vector<node_id>> const all = {{}, {0}, {1}, {0, 2}};
    return all[v];
  }
  [[nodiscard]] std::vector<checkmate::value_ref> reads(node_id v) const {
    std::vector<std::vector<checkmate::value_ref>> const all = {{}, {{0, 0}}, {{1, 0}}, {{0, 1}, {2, 0}}};
    return all[v];
  }
  [[nodiscard]] std::uint32_t output_count(node_id v) const { return v == 0 ? 2 : 1; }
  [[nodiscard]] bool is_retained(node_id v, std::uint32_t) const { return v == 3; }
  [[nodiscard]] bool is_run_once(node_id v) const { return v == 2; }
  [[nodiscard]] std::string label(node_id v) const { return std::string(1, static_cast<char>('a' + v)); }
};

checkmate::dag small_dag() {
  checkmate::table_cost costs;
  costs.times = {1, 2, 4, 8};
  costs.memories = {{10, 1}, {100}, {1000}, {10000}};
  costs.workspaces = {0, 5, 0, 0};
  costs.fixed = 100000;
  return checkmate::lower(small_net{}, costs);
}

checkmate::violation violation_of(std::vector<step> steps, checkmate::simulate_options const& options = {}) {
  auto const seen = simulate(small_dag(), schedule{std::move(steps)}, options);
  REQUIRE(seen.error);
  return *seen.error;
}

}  // namespace

TEST_CASE("simulate: memory after every step, peak with workspace and fixed memory") {
  schedule const s{
      {compute(0), compute(1), release(0, 0), compute(2), release(1), compute(3), release(0, 1), release(2)}};
  auto const seen = simulate(small_dag(), s);
  REQUIRE(seen.valid());
  CHECK(seen.resident == std::vector<bytes>{100011, 100111, 100101, 101101, 101001, 111001, 111000, 110000});
  CHECK(seen.peak_memory == 111001);
  CHECK(seen.peak_step == 5);
  CHECK(seen.time == 15);
  CHECK(seen.recomputations == 0);
}

TEST_CASE("simulate: workspace counts toward the peak and is gone after the step") {
  std::vector<std::vector<int>> const g = {{}, {0}};
  auto costs = checkmate::table_cost::of_nodes({1, 1}, {10, 10});
  costs.workspaces = {50, 0};
  auto const d = checkmate::lower(g, costs);
  auto const seen = simulate(d, checkmate::no_recompute_schedule(d));
  CHECK(seen.peak_memory == 60);
  CHECK(seen.peak_step == 0);
  CHECK(seen.resident[0] == 10);
}

TEST_CASE("simulate: a recomputed value that is still resident is not counted twice") {
  schedule const s{{compute(0), compute(0), compute(1), compute(1), compute(2), compute(3)}};
  auto const seen = simulate(small_dag(), s);
  REQUIRE(seen.valid());
  CHECK(seen.resident.back() == 111111);
  CHECK(seen.time == 18);
  CHECK(seen.recomputations == 2);
  CHECK(seen.recomputed_nodes == 2);
}

TEST_CASE("simulate: each violation is found, with its step and its culprit") {
  CHECK(violation_of({compute(9)}).kind == violation_kind::unknown_node);
  CHECK(violation_of({compute(0), release(0, 2)}).kind == violation_kind::unknown_output);
  CHECK(violation_of({compute(0), compute(2)}).kind == violation_kind::absent_input);
  CHECK(violation_of({compute(0), release(1)}).kind == violation_kind::absent_release);
  CHECK(violation_of({compute(0), compute(1)}).kind == violation_kind::never_executed);
  CHECK(violation_of({compute(0), compute(1), compute(2), compute(2)}).kind ==
        violation_kind::run_once_repeated);
  CHECK(violation_of({compute(0), compute(1), compute(2), compute(3), release(3)}).kind ==
        violation_kind::not_retained);

  auto const v = violation_of({compute(0), release(0, 0), compute(1)});
  CHECK(v.kind == violation_kind::absent_input);
  CHECK(v.step == 2);
  CHECK(v.value == checkmate::value_ref{0, 0});
  CHECK(v.message == "step 2: node 1 (b) reads output 0 of node 0 (a), which is not resident");
}

TEST_CASE("simulate: the budget holds to the byte") {
  schedule const s{{compute(0), compute(1), release(0, 0), compute(2), release(1), compute(3)}};
  CHECK(simulate(small_dag(), s, {.budget = 111001}).valid());
  auto const seen = simulate(small_dag(), s, {.budget = 111000});
  REQUIRE(seen.error);
  CHECK(seen.error->kind == violation_kind::over_budget);
  CHECK(seen.error->step == 5);
  CHECK(seen.error->message == "step 5: node 3 (d) needs 111001 bytes resident, the budget is 111000");
}

TEST_CASE("simulate: first executions keep the fixed order unless the order is free") {
  std::vector<std::vector<int>> const g = {{}, {}, {0, 1}};
  auto const d = checkmate::lower(g, checkmate::uniform_cost{});
  schedule const s{{compute(1), compute(0), compute(2)}};
  CHECK(simulate(d, s).error->kind == violation_kind::out_of_order);
  CHECK(simulate(d, s, {.order = checkmate::execution_order::free}).valid());
}

TEST_CASE("simulate: an empty schedule executes nothing and says so") {
  CHECK(simulate(small_dag(), schedule{}).error->kind == violation_kind::never_executed);
}

TEST_CASE(
    "simulate: in free order control edges and the order of run-once nodes still hold, naming both nodes") {
  // 1 comes after 0 by a control edge; 2 and 3 are run-once, 4 too, but it may pass others.
  struct unconnected {
    [[nodiscard]] std::size_t node_count() const { return 5; }
    [[nodiscard]] std::vector<node_id> inputs(node_id) const { return {}; }
    [[nodiscard]] std::vector<node_id> after(node_id v) const {
      return v == 1 ? std::vector<node_id>{0} : std::vector<node_id>{};
    }
    [[nodiscard]] bool is_run_once(node_id v) const { return v >= 2; }
    [[nodiscard]] bool is_ordered(node_id v) const { return v != 4; }
  };
  checkmate::dag const d = checkmate::lower(unconnected{}, checkmate::uniform_cost{});
  auto const seen = [&](std::vector<std::size_t> const& order) {
    return simulate(d, checkmate::schedule_from_sequence(d, test::events(d, order)),
                    {.order = checkmate::execution_order::free});
  };
  CHECK(seen({4, 2, 0, 3, 1}).valid());
  CHECK(seen({2, 0, 1, 0, 3, 4}).valid());  // a later execution of 0 is no first one
  auto const early = seen({2, 1, 0, 3, 4});
  REQUIRE(early.error);
  CHECK(early.error->kind == violation_kind::too_early);
  CHECK(early.error->value.node == 1);
  CHECK(early.error->message ==
        "step 2: node 1 is first executed before node 0, which must come first: a control edge says so");
  auto const passing = seen({0, 1, 3, 2, 4});
  REQUIRE(passing.error);
  CHECK(passing.error->kind == violation_kind::too_early);
  CHECK(passing.error->message ==
        "step 4: node 3 is first executed before node 2, which must come first: run-once nodes keep their "
        "order");
}
