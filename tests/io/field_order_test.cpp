// SPDX-License-Identifier: Apache-2.0
//
// Small graphs after public reports of people who plan memory (examples/data/field), planned by the default:
// in free order updates move to their gradients and messages do not pass each other; in-place operators as
// files without aliases have them.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/json.hpp>

#include "support/data.hpp"

namespace {

using namespace checkmate;

recorded_graph field(std::string const& name) {
  return load_graph(test::example_data("field/" + name + ".json"));
}

/// The run-once nodes of `g` in the order of their executions.
std::vector<node_id> messages_of(recorded_graph const& g, schedule const& plan) {
  std::vector<node_id> out;
  for (step const& s : plan) {
    if (s.what == action::compute && g.is_run_once(s.node)) out.push_back(s.node);
  }
  return out;
}

std::vector<node_id> messages_of(recorded_graph const& g) {
  std::vector<node_id> out;
  for (node_id v = 0; v < g.node_count(); ++v) {
    if (g.is_run_once(v)) out.push_back(v);
  }
  return out;
}

}  // namespace

TEST_CASE("field: in free order weight updates at the end of a step run where their gradients are") {
  recorded_graph const g = field("updates_40");
  auto const found = solve(g, g, {.budget = 510, .order = execution_order::free});
  REQUIRE(found);
  CHECK(found.recomputations == 0);
  CHECK(found.plan->peak_memory <= 510);
  CHECK(found.termination.reason == stop_reason::optimal);
}

TEST_CASE(
    "field: in free order sends and receives keep their order, and the same call gives the same schedule") {
  recorded_graph const g = field("pipeline_1f1b");
  dag const d = lower(g, g);
  bytes const peak = no_recompute_schedule(d).peak_memory;
  plan_options options{.budget = peak * 60 / 100, .order = execution_order::free};
  auto const found = solve(d, options);
  REQUIRE(found);
  CHECK(messages_of(g, *found.plan) == messages_of(g));
  for (int again = 0; again < 3; ++again) CHECK(solve(d, options).plan->steps == found.plan->steps);
}

TEST_CASE("field: messages that may pass each other do so where that saves time") {
  recorded_graph g = field("pipeline_1f1b");
  bytes const budget = no_recompute_schedule(lower(g, g)).peak_memory * 60 / 100;
  plan_options const options{.budget = budget, .order = execution_order::free};
  auto const ordered = solve(g, g, options);
  for (recorded_node& node : g.nodes) node.ordered = false;
  auto const loose = solve(g, g, options);
  REQUIRE(ordered);
  REQUIRE(loose);
  CHECK(loose.plan->time < ordered.plan->time);
  CHECK(messages_of(g, *loose.plan) != messages_of(g));
}

TEST_CASE("field: in-place operators take what the file says of them, two values where it says two") {
  recorded_graph const relu = field("relu_in_place_10");
  CHECK(no_recompute_schedule(lower(relu, relu)).peak_memory == 200);
  recorded_graph const unsafe = field("in_place_emulated_unsafe");
  auto const found = solve(unsafe, unsafe, {.budget = 200});
  REQUIRE(found);
  CHECK(found.plan->time == 5);
  CHECK(found.termination.reason == stop_reason::optimal);
}
