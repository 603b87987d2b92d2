// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/memory/floor.hpp>
#include <checkmate/schedule/lifetimes.hpp>
#include <checkmate/schedule/no_recompute.hpp>
#include <checkmate/schedule/simulate.hpp>
#include <checkmate/search/replica_exchange.hpp>

#include "support/brute_force.hpp"
#include "support/random_graphs.hpp"

namespace {

using namespace checkmate::detail;
using checkmate::bytes;
using checkmate::dag;

bytes half_budget(dag const& d) {
  bytes const least = checkmate::smallest_conceivable_budget(d).budget;
  return (least + checkmate::no_recompute_schedule(d).peak_memory) / 2;
}

replica_exchange started(dag const& d, bytes budget, std::uint64_t seed) {
  sequence_state start(d, budget);
  start.assign(checkmate::sequence_of(d, checkmate::no_recompute_schedule(d)));
  return {start, d.base_time() * 0.01, seed, {}};
}

auto always = [] { return true; };

}  // namespace

TEST_CASE("replica exchange: meets the optimum of small graphs, within budget") {
  std::size_t compared = 0;
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    dag const d = test::random_dag(seed, test::everything(8));
    bytes const budget = half_budget(d);
    double const least = test::cheapest_fixed_order(d, budget);
    if (!(least > d.base_time()) || least == test::no_schedule) continue;
    replica_exchange search = started(d, budget, seed);
    for (int sweeps = 0; sweeps < 20; ++sweeps) search.sweep(always);
    REQUIRE(search.best().best_time() < std::numeric_limits<double>::infinity());
    auto const plan = checkmate::schedule_from_sequence(d, search.best().best());
    CHECK(checkmate::simulate(d, plan, {.budget = budget}).valid());
    CHECK(search.best().best_time() == doctest::Approx(least).epsilon(1e-9));
    ++compared;
  }
  CHECK(compared > 5);
}

TEST_CASE("replica exchange: the best that any replica met is not lost when replicas change places") {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    CAPTURE(seed);
    dag const d = test::random_dag(seed, test::everything(40));
    replica_exchange search = started(d, half_budget(d), seed);
    double least = std::numeric_limits<double>::infinity();
    for (int sweeps = 0; sweeps < 8; ++sweeps) {
      search.sweep(always);
      CHECK(search.best().best_time() <= least);
      least = search.best().best_time();
    }
  }
}

TEST_CASE("replica exchange: the same seed meets the same plan") {
  dag const d = test::random_dag(3, test::everything(40));
  std::vector<checkmate::event_sequence> met;
  for (int k = 0; k < 2; ++k) {
    replica_exchange search = started(d, half_budget(d), 7);
    for (int sweeps = 0; sweeps < 4; ++sweeps) search.sweep(always);
    met.push_back(search.best().best());
  }
  CHECK_FALSE(met[0].empty());
  CHECK(met[0] == met[1]);
}

TEST_CASE("replica exchange: asks before each replica's moves, and ends when told") {
  dag const d = test::random_dag(3, test::everything(20));
  replica_exchange search = started(d, half_budget(d), 1);
  std::size_t asked = 0;
  CHECK_FALSE(search.sweep([&] { return ++asked < 3; }));
  CHECK(asked == 3);
  asked = 0;
  CHECK(search.sweep([&] { return ++asked > 0; }));
  CHECK(asked == replica_exchange::replicas);
}
