// SPDX-License-Identifier: Apache-2.0
//
// GLPK without memory. It asks malloc, so what is limited is the address space, of a child.
#include <cmath>
#include <cstddef>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/solvers/glpk.hpp>
#include <checkmate/strategies/optimal.hpp>

#include "allocation/in_child.hpp"
#include "support/limits.hpp"
#include "support/random_graphs.hpp"

#ifndef CHECKMATE_TEST_WITHOUT_LIMITS
namespace {

using namespace checkmate;
using test::ending;

/// Leaves this process so much address space beyond what it has.
void leave(std::size_t more) {
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  statm >> pages;
  statm.close();
  rlim_t const most = pages * 4096 + more;
  rlimit const limit = {most, most};
  setrlimit(RLIMIT_AS, &limit);
}

}  // namespace

TEST_CASE("allocation failure: GLPK") {
  dag const d = test::unit_training_chain(10);
  bytes const budget = 7;
  int refused = 0, planned = 0;
  for (std::size_t more = 0; more < std::size_t{8} << 20; more += std::size_t{160} << 10) {
    CAPTURE(more);
    ending const found = test::ending_in_child([&] {
      leave(more);
      result const got =
          solve(d, {.budget = budget, .time_limit = seconds(2)}, optimal{glpk{}, {.use_greedy = false}});
      if (got.termination.reason == stop_reason::failed) throw error(got.termination.detail);  // GLPK gave up
      return got.termination.reason != stop_reason::infeasible &&
             (!got.plan || simulate(d, *got.plan, {.budget = budget}).valid());
    });
    CAPTURE(static_cast<int>(found));
    CHECK((found == ending::whole || found == ending::bad_alloc || found == ending::error));
    if (found == ending::whole) ++planned;
    if (found == ending::bad_alloc || found == ending::error) ++refused;
  }
  CHECK(planned > 0);
  CHECK(refused > 0);
}
#endif
