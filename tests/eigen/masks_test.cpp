// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/eigen/masks.hpp>

#include "support/positions.hpp"
#include "support/random_graphs.hpp"

namespace {

using checkmate::mask_matrix;

mask_matrix random_mask(Eigen::Index rows, Eigen::Index columns, std::uint64_t seed) {
  test::random_source random(seed);
  mask_matrix out(rows, columns);
  for (Eigen::Index t = 0; t < rows; ++t) {
    for (Eigen::Index i = 0; i < columns; ++i) out(t, i) = random.chance(50);
  }
  return out;
}

std::string refusal(checkmate::dag const& d, checkmate::stage_masks const& m) {
  try {
    static_cast<void>(checkmate::schedule_from_masks(d, m));
  } catch (checkmate::invalid_model const& e) {
    return e.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("masks: the no-recompute schedule is the identity and what is still to be read") {
  auto const d = test::unit_training_chain(2);  // 0 -> 1, 2 reads 1 0, 3 reads 2 0
  auto const m = checkmate::masks_of_schedule(d, checkmate::no_recompute_schedule(d));
  REQUIRE(m);
  for (Eigen::Index t = 0; t < 4; ++t) {
    for (Eigen::Index i = 0; i < 4; ++i) CHECK(m->R(t, i) == (t == i));
  }
  mask_matrix expected(4, 4);
  expected << false, false, false, false,  //
      true, false, false, false,           //
      true, true, false, false,            //
      true, false, true, false;
  CHECK((m->S == expected).all());
}

TEST_CASE("masks: schedule to masks and back is the same schedule, steps and all") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    auto const d = test::random_dag(seed, test::everything(2 + seed % 8));
    auto const n = static_cast<Eigen::Index>(d.size());
    auto const m =
        checkmate::least_recomputation(d, random_mask(n, static_cast<Eigen::Index>(d.value_count()), seed));
    auto const plan = checkmate::schedule_from_masks(d, m);
    REQUIRE_MESSAGE(checkmate::simulate(d, plan).valid(), "seed " << seed);
    auto const again = checkmate::masks_of_schedule(d, plan);
    REQUIRE(again);
    CHECK((again->R == m.R).all());
    CHECK((again->S == m.S).all());
    CHECK(checkmate::schedule_from_masks(d, *again).steps == plan.steps);
  }
}

TEST_CASE("masks: a schedule outside the paper's stages has none") {
  auto const d = test::unit_training_chain(2);
  auto const sequence = test::events(d, {0, 1, 1, 0, 2, 3});  // 1 again, then 0: descending
  CHECK_FALSE(checkmate::masks_of_schedule(d, checkmate::schedule_from_sequence(d, sequence)));
}

TEST_CASE("masks: what is no schedule is refused with stage and node") {
  auto const d = test::unit_training_chain(2);
  auto const good = *checkmate::masks_of_schedule(d, checkmate::no_recompute_schedule(d));
  auto m = good;
  m.R(2, 2) = false;
  CHECK(refusal(d, m) == "stage 2: node 2 does not run in its own stage");
  m = good;
  m.R(1, 3) = true;
  CHECK(refusal(d, m) == "stage 1: node 3 runs before its own stage");
  m = good;
  m.S(3, 0) = false;
  CHECK(refusal(d, m) == "stage 3: node 3 reads a value of node 0, which is neither kept nor computed");
  m = good;
  m.S(2, 0) = false;
  m.R(2, 0) = true;
  m.S(3, 1) = true;
  m.S(2, 1) = false;
  m.R(2, 1) = true;
  CHECK(refusal(d, m) == "accepted");
  m.R(2, 1) = false;
  CHECK(refusal(d, m) == "stage 2: node 2 reads a value of node 1, which is neither kept nor computed");
  m = good;
  m.S(0, 0) = true;
  CHECK(refusal(d, m) ==
        "stage 0: a value of node 0 is kept that the stage before neither kept nor computed");
  m = good;
  m.R.resize(3, 3);
  CHECK(refusal(d, m) == "R must be 4 x 4 and S 4 x 4");
}

TEST_CASE("masks: least recomputation never needs more than the masks it started from") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    auto const d = test::random_dag(seed, test::everything(6));
    auto const n = static_cast<Eigen::Index>(d.size());
    auto const m =
        checkmate::least_recomputation(d, random_mask(n, static_cast<Eigen::Index>(d.value_count()), seed));
    auto const again = checkmate::least_recomputation(d, m.S);
    CHECK((again.R == m.R).all());
  }
}
