// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/schedule/lifetimes.hpp>
#include <checkmate/schedule/no_recompute.hpp>
#include <checkmate/schedule/simulate.hpp>
#include <checkmate/search/perturbation.hpp>

#include "support/random_graphs.hpp"

namespace {

using namespace checkmate::detail;
using checkmate::dag;

/// A search on a random graph that has made some recomputations.
struct fixture {
  dag d;
  sequence_state state;
  annealer search;

  explicit fixture(std::uint32_t seed)
      : d(test::random_dag(seed, test::everything(20 + seed))),
        state(d, checkmate::no_recompute_schedule(d).peak_memory * 8 / 10),
        search(started(), seed, {}) {
    search.set_price(1);
    search.run(1, 2000);
  }

  sequence_state& started() {
    state.assign(checkmate::event_sequence(d));
    return state;
  }
};

}  // namespace

TEST_CASE("perturbation: leaves a valid sequence, and the search then keeps to what was decided") {
  std::size_t kept = 0, fixed = 0;
  for (std::uint32_t seed = 0; seed < 30; ++seed) {
    fixture f(seed);
    perturbation change(f.state, f.search);
    if (!change.apply(4)) continue;
    REQUIRE(checkmate::simulate(f.d, checkmate::schedule_from_sequence(f.d, f.state.sequence())).valid());
    f.search.run(0.5, 2000);
    REQUIRE(checkmate::simulate(f.d, checkmate::schedule_from_sequence(f.d, f.state.sequence())).valid());
    for (auto u : f.d.nodes()) {
      if (f.search.restricted.kept[u] != 0) {
        CHECK(f.state.runs(u).size() == 1);
        ++kept;
      }
      fixed += f.search.restricted.fixed[u];
    }
  }
  CHECK(kept > 10);
  CHECK(fixed > 10);
}

TEST_CASE("perturbation: approaching a guide only brings the plan nearer to it") {
  std::size_t nearer = 0;
  for (std::uint32_t seed = 0; seed < 30; ++seed) {
    fixture f(seed);
    std::vector<std::uint32_t> guide(f.d.size(), 1);  // nothing is recomputed
    std::size_t const before = f.state.extras().size();
    bool const changed = perturbation(f.state, f.search).approach(guide);
    CHECK(changed == (before > 0));
    CHECK(f.state.extras().size() <= before);
    nearer += f.state.extras().size() < before ? 1U : 0U;
  }
  CHECK(nearer > 10);
}
