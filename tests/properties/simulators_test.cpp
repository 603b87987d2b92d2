// SPDX-License-Identifier: Apache-2.0
//
// The two simulators against each other, on schedules that nobody meant to be right: random ones and the same
// with steps lost, doubled, moved or renamed.
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>

#include "support/random_problems.hpp"
#include "support/random_schedules.hpp"
#include "support/reference_simulator.hpp"
#include "support/verdicts.hpp"

namespace {

/// One small thing wrong, or not.
void damage(std::vector<checkmate::step>& steps, std::size_t nodes, test::random_source& random) {
  std::size_t const at = random.below(steps.size()), to = random.below(steps.size());
  auto const here = steps.begin() + static_cast<std::ptrdiff_t>(at);
  switch (random.below(6)) {
    case 0:
      if (steps.size() > 1) steps.erase(here);
      break;
    case 1:
      steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(to), checkmate::step(*here));
      break;
    case 2:
      std::swap(steps[at], steps[to]);
      break;
    case 3:
      steps[at].node = static_cast<checkmate::node_id>(random.below(nodes + 1));
      break;
    case 4:
      steps[at].output = static_cast<std::uint32_t>(random.below(3));
      if (steps[at].what == checkmate::action::compute) steps[at].output = 0;
      break;
    default:
      break;
  }
}

}  // namespace

TEST_CASE("two simulators: the same verdict, peak and time on right and wrong schedules, in both orders") {
  std::size_t right = 0, wrong = 0, ordered = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    CAPTURE(seed);
    test::problem const p = test::shuffled(test::random_problem(seed, 2, 8), seed);
    checkmate::dag const d = p.dag();
    test::random_source random(seed);
    auto const sequence = test::random_sequence(d, seed, 30).make();
    auto steps = checkmate::schedule_from_sequence(d, sequence).steps;
    for (int k = static_cast<int>(random.below(3)); k > 0; --k) damage(steps, d.size(), random);
    checkmate::schedule s;
    s.steps = steps;
    auto const first = checkmate::simulate(d, s, {.order = checkmate::execution_order::free});
    auto const fixed = checkmate::simulate(d, s);
    auto const second = test::replay(p.graph, steps);
    CHECK(first.valid() == second.fault.empty());
    if (!first.valid()) {
      ++wrong;
      CHECK_FALSE(fixed.valid());
      continue;
    }
    ++right;
    ordered += second.in_order ? 1 : 0;
    CHECK(fixed.valid() == second.in_order);
    CHECK(first.peak_memory == second.peak);
    CHECK(first.time == doctest::Approx(static_cast<double>(second.time)).epsilon(1e-12));
    CHECK(first.executions == second.executions);
    CHECK(first.recomputed_nodes == second.repeated);
    // One byte less than the peak is too little for one and for the other.
    if (second.peak == 0) continue;
    CHECK(checkmate::simulate(d, s, {.budget = second.peak, .order = checkmate::execution_order::free})
              .valid());
    CHECK_FALSE(
        checkmate::simulate(d, s, {.budget = second.peak - 1, .order = checkmate::execution_order::free})
            .valid());
  }
  CHECK(right > 1000);
  CHECK(wrong > 300);
  CHECK(ordered < right);
}
