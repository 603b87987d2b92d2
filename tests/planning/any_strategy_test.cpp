// SPDX-License-Identifier: Apache-2.0
#include <type_traits>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/planning/any_strategy.hpp>
#include <checkmate/strategies/baselines.hpp>

#include "support/random_graphs.hpp"

using checkmate::any_strategy;

static_assert(checkmate::strategy<any_strategy> && checkmate::described_strategy<any_strategy>);
static_assert(!std::is_convertible_v<int, any_strategy>);

TEST_CASE("any_strategy: plans as the strategy that it holds, under its card or another") {
  auto const d = test::unit_training_chain(5);
  checkmate::plan_options const options{.budget = 8};
  any_strategy const held = checkmate::greedy{};
  CHECK(held);
  CHECK(held.traits.name == "greedy");
  CHECK(held.plan(d, options).plan->steps == checkmate::greedy{}.plan(d, options).plan->steps);
  any_strategy const copy = held;
  CHECK(checkmate::solve(d, options, copy).strategy == "greedy");
  any_strategy const renamed(checkmate::local_search{.moves = 10}, {"short", "A short search", "this test"});
  CHECK(renamed.traits.name == "short");
  CHECK(renamed.plan(d, options).strategy == "local_search");
}

TEST_CASE("any_strategy: every strategy says under its own name what it found") {
  auto const d = test::unit_training_chain(4);
  checkmate::visit_baselines(checkmate::forward_mask(d.size(), true), [&](any_strategy const& how) {
    CHECK(how.plan(d, {}).strategy == how.traits.name);
  });
}

TEST_CASE("any_strategy: an empty one is false and refuses to plan") {
  any_strategy const empty;
  CHECK_FALSE(empty);
  CHECK_THROWS_AS((void)empty.plan(test::unit_training_chain(3), {}), checkmate::invalid_option);
}
