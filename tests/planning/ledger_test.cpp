// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/cost/uniform.hpp>
#include <checkmate/graph/lower.hpp>
#include <checkmate/planning/ledger.hpp>
#include <checkmate/schedule/no_recompute.hpp>
#include <checkmate/solve.hpp>
#include <checkmate/strategies/checkpoint_all.hpp>
#include <checkmate/sweep.hpp>

#include "support/positions.hpp"
#include "support/random_graphs.hpp"

namespace {

using checkmate::plan_options;
using checkmate::result;
using checkmate::schedule_space;

checkmate::schedule schedule_of(checkmate::dag const& d, std::vector<std::size_t> const& sequence) {
  auto out = checkmate::schedule_from_sequence(d, test::events(d, sequence));
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

TEST_CASE("ledger: which space a schedule is in") {
  std::vector<std::vector<int>> const edges = {{}, {}, {0, 1}, {0, 2}};
  auto const d = checkmate::lower(edges, checkmate::uniform_cost{});
  auto const in = [&d](std::vector<std::size_t> const& sequence, schedule_space space) {
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

namespace {

/// A chain whose second node may run again, and the books of a run on it. `incomplete` never runs the third.
struct books {
  std::vector<std::vector<int>> const edges = {{}, {0}, {1}};
  checkmate::dag const d = checkmate::lower(edges, checkmate::uniform_cost{});
  checkmate::event_sequence const once = test::events(d, {0, 1, 2});
  checkmate::event_sequence const twice = test::events(d, {0, 1, 1, 2});
  checkmate::event_sequence const incomplete = test::events(d, {0, 1});
  plan_options options;
  result out = opened();
  checkmate::ledger book{d, options, out};

  result opened() const {
    result made = checkmate::empty_result(d, options, "test");
    checkmate::claim_base_time(d, made);
    return made;
  }
};

}  // namespace

TEST_CASE("ledger: the fastest plan stays, the first of equals, and only what is acceptable") {
  books b;
  using checkmate::action;
  checkmate::schedule const wrong{{{action::compute, 1}, {action::compute, 0}, {action::compute, 2}}};
  CHECK_FALSE(b.book.offer(wrong, "wrong"));
  CHECK_FALSE(b.book.offer(b.incomplete, "incomplete"));
  CHECK_FALSE(b.book.plan());
  CHECK(b.book.offer(b.twice, "slow") == 4.0);
  CHECK(b.out.strategy == "slow");
  CHECK(b.out.recomputations == 1);
  CHECK(b.book.offer(b.once, "fast") == 3.0);
  CHECK(b.book.offer(b.once, "later") == 3.0);
  CHECK(b.book.offer(b.twice, "worse") == 4.0);
  CHECK(b.out.strategy == "fast");
  CHECK(b.out.recomputations == 0);

  auto const nothing = [](plan_options const&, checkmate::simulation const&) { return false; };
  result out = b.opened();
  checkmate::ledger strict(b.d, b.options, out, nothing);
  CHECK_FALSE(strict.offer(b.once, "fits no arena"));
}

TEST_CASE("ledger: a refuted bound gives way to the sure one, by more than the margin alone") {
  books b;
  b.book.raise_surely({3.5, schedule_space::fixed_order}, "own");
  b.book.raise({5, schedule_space::fixed_order}, "solver");
  CHECK(b.out.proof == "solver");
  b.book.offer(b.twice, "plan");
  CHECK(b.book.refute(b.out.bound, "solver"));
  b.book.fall_back();
  CHECK(b.out.bound.time == 3.5);
  CHECK(b.out.proof == "own");
  CHECK(b.book.has_fault());
  CHECK_FALSE(b.book.refute({4 * (1 + 0.9e-7), schedule_space::fixed_order}, "rounding"));
  CHECK(b.book.refute({4 * (1 + 1.1e-7), schedule_space::fixed_order}, "more"));
  b.book.finish(checkmate::stop_limit::time);
  CHECK(b.out.termination.reason == checkmate::stop_reason::feasible);
  CHECK(b.out.termination.limit == checkmate::stop_limit::time);
  CHECK(b.out.termination.detail == "solver claims that no schedule takes less than 5, but one takes 4");
  b.book.fail_by_fault();
  CHECK(b.out.termination.reason == checkmate::stop_reason::failed);
}

TEST_CASE("ledger: refused without a plan stays refused, proven is optimal whatever went wrong") {
  books b;
  b.book.refuse(schedule_space::stages, "no room");
  b.book.finish(checkmate::stop_limit::time);
  CHECK(b.out.termination.reason == checkmate::stop_reason::infeasible);
  CHECK(b.out.termination.space == schedule_space::stages);
  b.book.offer(b.once, "plan");
  b.book.record_fault("first");
  b.book.record_fault("second");
  b.book.finish(checkmate::stop_limit::time);
  b.book.fail_by_fault();
  CHECK(b.out.termination.reason == checkmate::stop_reason::optimal);
  CHECK(b.out.termination.limit == checkmate::stop_limit::none);
  CHECK(b.out.termination.detail == "first");
}
