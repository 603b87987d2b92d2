// SPDX-License-Identifier: Apache-2.0
//
// That plans stay as good as they were: the search with a fixed number of moves on real training steps,
// against the overheads that it had when they were recorded here. A search that does better is recorded anew.
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/json.hpp>

#include "support/data.hpp"

namespace {

struct recorded {
  std::string graph;
  /// The budget is F + fraction (P - F): F the smallest conceivable budget, P the no-recompute peak.
  double fraction;
  /// Mean over the seeds.
  double overhead;
};

/// Mean overhead of four searches from different seeds: one search's luck is some per cent.
double mean_overhead(checkmate::dag const& d, checkmate::bytes budget) {
  constexpr std::uint32_t seeds = 4;
  double sum = 0;
  for (std::uint32_t seed = 0; seed < seeds; ++seed) {
    checkmate::local_search const how{.moves = 150'000, .rounds = 1};
    checkmate::result const found = checkmate::solve(d, {.budget = budget, .seed = seed}, how);
    REQUIRE(found);
    sum += found.overhead();
  }
  return sum / seeds;
}

}  // namespace

TEST_CASE("quality: local_search on real training steps is no worse than it was") {
  std::vector<recorded> const table = {{"unet_b8", 0.25, 0.116797},
                                       {"unet_b8", 0.5, 0.0553137},
                                       {"resnet50_b64", 0.25, 0.14864},
                                       {"resnet50_b64", 0.5, 0.0587744},
                                       {"gpt2_small_b4_s1024", 0.25, 0.0581515},
                                       {"gpt2_small_b4_s1024", 0.5, 0.0341759}};
  for (recorded const& was : table) {
    CAPTURE(was.graph);
    CAPTURE(was.fraction);
    checkmate::recorded_graph const g =
        checkmate::load_graph(test::example_data("torch/" + was.graph + ".json.gz"));
    checkmate::dag const d = checkmate::lower(g, g);
    checkmate::bytes const floor = checkmate::smallest_conceivable_budget(d).budget;
    checkmate::bytes const peak = checkmate::no_recompute_schedule(d).peak_memory;
    auto const room = static_cast<double>(peak - floor);
    double const now = mean_overhead(d, floor + static_cast<checkmate::bytes>(was.fraction * room));
    CHECK(now <= 1.01 * was.overhead);
    if (now < 0.99 * was.overhead) {
      MESSAGE(was.graph, " at ", was.fraction, " now has an overhead of ", now, ", recorded is ",
              was.overhead);
    }
  }
}
