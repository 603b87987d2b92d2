// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/formulation/windows/model.hpp>
#include <checkmate/formulation/windows/point.hpp>
#include <checkmate/zoo/zoo.hpp>

#include "support/random_graphs.hpp"
#include "support/random_schedules.hpp"

namespace {

/// Random cuts and groups.
checkmate::window_layout random_layout(checkmate::dag const& d, std::mt19937_64& random) {
  checkmate::window_layout layout;
  std::uint64_t const one_in = 1 + random() % 6;
  for (auto t : d.nodes()) {
    if (random() % one_in == 0) layout.cuts.push_back(t);
  }
  auto const windows = static_cast<std::uint32_t>(layout.cuts.size() + 1);
  for (std::uint32_t a = 0; a < windows; ++a) {
    for (std::uint32_t b = a + 2; b <= windows; ++b) {
      if (random() % 4 == 0) layout.groups.push_back({a, b});
    }
  }
  return layout;
}

/// Violation of every row by the point of a schedule, at the smallest budget that the schedule fits.
void check_schedule(checkmate::dag const& d, checkmate::event_sequence const& sequence,
                    std::mt19937_64& random) {
  auto const made = checkmate::schedule_from_sequence(d, sequence);
  auto const seen = checkmate::simulate(d, made);
  REQUIRE(seen.valid());
  // Peaks count fixed memory even where nothing else is resident.
  checkmate::window_limits const limits{
      .reruns_below = checkmate::infinity,
      .free_below = static_cast<checkmate::bytes>(random() % 2 * (random() % 5))};
  checkmate::window_model const model(d, seen.peak_memory, random_layout(d, random), limits);
  auto const rows = model.candidate_rows();
  auto const program = model.make(rows);
  auto const point = checkmate::point_of_sequence(d, model, sequence);
  CHECK(checkmate::infeasibility(program, point) < 1e-12);
  double const extra = checkmate::objective_at(program, point) * model.unit();
  CHECK(extra <= (seen.time - d.base_time()) * (1 + 1e-9) + 1e-9);
}

}  // namespace

TEST_CASE("windowed relaxation: every schedule that fits is a feasible point, whatever the layout") {
  std::mt19937_64 random(7);
  for (std::uint64_t seed = 0; seed < 40000; ++seed) {
    auto const d = test::random_dag(seed, test::everything(3 + seed % 12));
    auto const sequence = test::random_sequence(d, seed, random() % 70).make();
    CAPTURE(seed);
    check_schedule(d, sequence, random);
  }
}

TEST_CASE("windowed relaxation: a cut's row counts what the simulator counts there, to the byte") {
  int workspaces = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    auto const d = test::random_dag(seed, test::everything(3 + seed % 12));
    auto const all = checkmate::no_recompute_schedule(d);
    auto const seen = checkmate::simulate(d, all);
    auto const peak = d.index_of(all.steps[seen.peak_step].node);
    if (seen.peak_memory - d.fixed_memory() < 2) continue;
    checkmate::event_sequence const order(d);
    auto const fits = [&](checkmate::bytes budget) {
      checkmate::window_model const model(d, budget, {{peak}, {}});
      auto const x = checkmate::point_of_sequence(d, model, order);
      auto const row = model.memory_terms({checkmate::memory_row_kind::cut, 1, {}, {}});
      double sum = 0;
      for (auto const& [j, coefficient] : row.terms) sum += coefficient * x[static_cast<std::size_t>(j)];
      return sum <= row.upper;
    };
    CHECK(fits(seen.peak_memory));
    CHECK_FALSE(fits(seen.peak_memory - 1));
    if (d.workspace(peak) > 0) ++workspaces;
  }
  CHECK(workspaces > 100);
}

TEST_CASE("windowed relaxation: a node that runs again in a window runs again in every group that holds it") {
  std::mt19937_64 random(3);
  int tried = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    CAPTURE(seed);
    auto const d = test::random_dag(seed, test::everything(6 + seed % 9));
    auto const sequence = test::random_sequence(d, seed, 30 + random() % 40).make();
    auto const seen = checkmate::simulate(d, checkmate::schedule_from_sequence(d, sequence));
    checkmate::window_model const model(d, seen.peak_memory, random_layout(d, random));
    auto const program = model.make({});
    auto const point = checkmate::point_of_sequence(d, model, sequence);
    for (std::size_t g = 0; g < model.layout().groups.size(); ++g) {
      for (auto u : d.nodes()) {
        auto const column = model.group_rerun(u, g).column;
        if (column < 0 || point[static_cast<std::size_t>(column)] < 0.5) continue;
        auto denied = point;
        denied[static_cast<std::size_t>(column)] = 0;
        CHECK(checkmate::infeasibility(program, denied) > 0.5);
        ++tried;
      }
    }
  }
  CHECK(tried > 300);
}

TEST_CASE("windowed relaxation: the greedy's schedules of real networks are feasible points") {
  std::mt19937_64 random(11);
  for (char const* name : {"vgg16", "unet", "mobilenet"}) {
    CAPTURE(name);
    auto const step = checkmate::zoo::training_step_of(checkmate::zoo::make_network(name));
    auto const d = checkmate::lower(step.graph, step.costs);
    auto const floor = checkmate::smallest_conceivable_budget(d).budget;
    auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
    for (int part = 2; part <= 6; ++part) {
      auto const found = checkmate::greedy{}.plan(d, {.budget = floor + (peak - floor) * part / 8});
      if (found) check_schedule(d, checkmate::sequence_of(d, *found.plan), random);
    }
  }
}
