// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/formulation/stages/model.hpp>

#include "support/random_graphs.hpp"

namespace {

using checkmate::node_id;
using checkmate::formulation::stage_model;

checkmate::event_sequence random_sequence(checkmate::dag const& d, int passes, std::uint64_t seed) {
  test::random_source random(seed);
  return checkmate::sequence_of(d, checkmate::least_recomputation(checkmate::stage_space(d, passes),
                                                                  [&](std::size_t, checkmate::value_index) {
                                                                    return random.chance(60);
                                                                  }));
}

}  // namespace

TEST_CASE(
    "stages model: the point of a schedule satisfies every row exactly when its peak is within budget") {
  int over = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    int const passes = static_cast<int>(seed % 3);
    auto const d = test::random_dag(seed, test::everything(2 + seed % 9));
    auto const sequence = random_sequence(d, passes, seed);
    auto const seen = checkmate::simulate(d, checkmate::schedule_from_sequence(d, sequence));
    REQUIRE(seen.valid());
    CAPTURE(seed);

    stage_model const fits(d, seen.peak_memory, {.passes = passes});
    auto const point = fits.point_of(sequence);
    REQUIRE(point);
    CHECK(checkmate::infeasibility(fits.model(), *point) == 0);
    CHECK(checkmate::objective_at(fits.model(), *point) == doctest::Approx(fits.time_units()(seen.time)));
    CHECK(checkmate::sequence_of(d, fits.runs_at(*point)) == sequence);

    stage_model const too_small(d, seen.peak_memory - 1, {.passes = passes});
    auto const outside = too_small.point_of(sequence);
    REQUIRE(outside);
    CHECK(checkmate::infeasibility(too_small.model(), *outside) > 1e-6);
    over += checkmate::infeasibility(too_small.model(), *outside) > 1e-6 ? 1 : 0;
  }
  CHECK(over == 600);
}

TEST_CASE(
    "stages model: what a run-once node made is held to its last reader, or to the end, without a column") {
  struct run_once_first {
    bool retains = false;
    [[nodiscard]] std::size_t node_count() const { return 5; }
    [[nodiscard]] std::vector<int> inputs(node_id v) const {
      return v == 1 || v == 3 ? std::vector<int>{0} : std::vector<int>{};
    }
    [[nodiscard]] bool is_run_once(node_id v) const { return v == 0; }
    [[nodiscard]] bool is_retained(node_id v, std::uint32_t) const { return v == 0 && retains; }
  };
  for (bool retains : {false, true}) {
    auto const d = checkmate::lower(run_once_first{retains}, checkmate::uniform_cost{});
    checkmate::stage_space const space(d);
    checkmate::formulation::stage_columns const columns(space);
    for (std::size_t s = 1; s <= 3; ++s) CHECK(columns.carried(s, checkmate::value_index{0}).is_one());
    CHECK(columns.carried(4, checkmate::value_index{0}).is_one() == retains);
    CHECK(columns.carried(5, checkmate::value_index{0}).is_one() == retains);
  }
}
