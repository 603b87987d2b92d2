// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/search/segment_reversal.hpp>
#include <checkmate/zoo/generators.hpp>

#include "support/random_graphs.hpp"
#include "support/random_problems.hpp"
#include "support/reference_simulator.hpp"

namespace {

using namespace checkmate;
using namespace checkmate::detail;

constexpr auto never = [] { return false; };

/// The least time of the sequences that a search makes within `budget`; infinity if there is none.
double best_reversal(dag const& d, bytes budget, std::size_t tries = 100) {
  double best = infinity;
  auto const offer = [&](event_sequence const& sequence) {
    simulation const seen = simulate(d, schedule_from_sequence(d, sequence), {.budget = budget});
    if (seen.valid()) best = std::min(best, seen.time);
    return seen.valid();
  };
  reversal_search(d, never, offer).run(tries);
  return best;
}

}  // namespace

TEST_CASE("reversal: the forward pass ends where most can be made again") {
  CHECK(forward_length(test::unit_training_chain(10)) == 10);
  auto const g = residual_training_graph({.blocks = 8});
  dag const d = lower(g, g);
  CHECK(forward_length(d) >= 8 * 4);
  CHECK(forward_length(d) <= 8 * 4 + 5);
}

TEST_CASE("reversal: cuts lie where little is alive across") {
  auto const g = residual_training_graph({.blocks = 6, .depth = 3});
  dag const d = lower(g, g);
  forward_cuts const pass(d);
  // Of a block of four nodes at least two are alive across every place but the one behind the sum.
  auto const candidates = pass.candidates();
  REQUIRE_FALSE(candidates.empty());
  for (std::size_t at = 4; at + 4 < pass.length(); at += 4) {
    node_index const p(at), next(at + 1);
    CHECK(pass.across(p) < pass.across(next));
    CHECK(std::binary_search(candidates.begin(), candidates.end(), p));
    CHECK_FALSE(std::binary_search(candidates.begin(), candidates.end(), next));
  }
}

TEST_CASE("reversal: every sequence is executable, of any graph") {
  int made = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    CAPTURE(seed);
    auto const p = test::random_problem(seed, 4, 30);
    dag const d = p.dag();
    bytes const low = smallest_conceivable_budget(d).budget;
    auto const offer = [&](event_sequence const& sequence) {
      schedule const s = schedule_from_sequence(d, sequence);
      auto const seen = test::replay(p.graph, s.steps);
      CHECK(seen.fault.empty());
      CHECK(seen.in_order);
      ++made;
      return seen.peak <= low + (no_recompute_schedule(d).peak_memory - low) / 2;
    };
    reversal_search(d, never, offer).run(40);
  }
  CHECK(made > 1000);
}

TEST_CASE(
    "reversal: a chain of unit steps is reversed with few more steps than binomial checkpointing needs") {
  constexpr std::size_t layers = 100;
  dag const d = test::unit_training_chain(layers);
  bytes const unit = no_recompute_schedule(d).peak_memory / static_cast<bytes>(layers);
  for (bytes room : {8, 12, 20, 40}) {
    CAPTURE(room);
    double const found = best_reversal(d, room * unit);
    REQUIRE(found < infinity);
    auto const slots = static_cast<std::uint64_t>(room - 2);
    double const optimum = static_cast<double>(revolve_steps(layers, slots));
    CHECK(found - d.base_time() <= 1.6 * optimum);
  }
}

TEST_CASE("reversal: residual networks fit a fraction of their memory for about one more forward pass") {
  auto const g = residual_training_graph({.blocks = 50});
  dag const d = lower(g, g);
  double forward = 0;
  for (node_index u; u < forward_length(d); ++u) forward += d.time(u);
  bytes const low = smallest_conceivable_budget(d).budget, peak = no_recompute_schedule(d).peak_memory;
  double const roomy = best_reversal(d, low + (peak - low) / 2),
               tight = best_reversal(d, low + (peak - low) / 5);
  CHECK(roomy - d.base_time() < forward);
  CHECK(tight - d.base_time() < 1.1 * forward);
  CHECK(roomy < tight);
}

TEST_CASE("reversal: makes no more sequences than it may, and none after a stop") {
  dag const d = test::unit_training_chain(60);
  int made = 0;
  auto const offer = [&](event_sequence const&) {
    ++made;
    return false;
  };
  reversal_search(d, never, offer).run(7);
  CHECK(made == 7);
  reversal_search(
      d, [] { return true; }, offer)
      .run(7);
  CHECK(made == 7);
}
