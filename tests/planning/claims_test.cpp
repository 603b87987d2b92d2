// SPDX-License-Identifier: Apache-2.0
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/planning/claims.hpp>
#include <checkmate/planning/result.hpp>
#include <checkmate/schedule/schedule.hpp>

namespace {

using checkmate::execution_order;
using checkmate::schedule_space;
using checkmate::stage_rule;
using checkmate::step_kinds;

std::vector<schedule_space> all_spaces() {
  std::vector<schedule_space> out;
  for (auto order : {execution_order::fixed, execution_order::free}) {
    for (auto between : {stage_rule::paper, stage_rule::any}) {
      for (auto steps : {step_kinds::recompute, step_kinds::move_and_pack})
        out.push_back({order, between, steps});
    }
  }
  return out;
}

template <class T>
std::string printed(T const& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

}  // namespace

TEST_CASE("claims: each named space contains those before it, and none of those after it") {
  std::vector<schedule_space> const nested = {schedule_space::stages, schedule_space::fixed_order,
                                              schedule_space::any_order};
  for (std::size_t i = 0; i < nested.size(); ++i) {
    for (std::size_t j = 0; j < nested.size(); ++j) CHECK(nested[i].contains(nested[j]) == (j <= i));
  }
}

TEST_CASE("claims: what is proven of recomputation alone is proven of no schedule that moves or packs") {
  schedule_space moving = schedule_space::fixed_order;
  moving.steps = step_kinds::move_and_pack;
  for (schedule_space const& proven : all_spaces()) {
    if (proven.steps == step_kinds::recompute) CHECK_FALSE(proven.contains(moving));
  }
  CHECK(moving.contains(schedule_space::fixed_order));
  CHECK_FALSE(moving.contains(schedule_space::any_order));
}

TEST_CASE("claims: containment is a partial order, whose equals are the same space under the same name") {
  for (schedule_space const& a : all_spaces()) {
    for (schedule_space const& b : all_spaces()) {
      CHECK((a.contains(b) && b.contains(a)) == (a == b));
      CHECK((printed(a) == printed(b)) == (a == b));
      for (schedule_space const& c : all_spaces()) {
        if (a.contains(b) && b.contains(c)) CHECK(a.contains(c));
      }
    }
  }
}

TEST_CASE("claims: spaces and enums print the words that files and programs use") {
  CHECK(printed(schedule_space::stages) == "stages");
  CHECK(printed(schedule_space::fixed_order) == "fixed_order");
  CHECK(printed(schedule_space{}) == "any_order");
  CHECK(printed(checkmate::stop_reason::no_solution) == "no_solution");
  CHECK(printed(checkmate::stop_reason::failed) == "failed");
  CHECK(printed(checkmate::stop_limit::cancelled) == "cancelled");
  CHECK(printed(checkmate::stop_limit::nodes) == "nodes");
  CHECK(printed(execution_order::free) == "free");
  CHECK(printed(checkmate::action::release) == "release");
}
