// SPDX-License-Identifier: Apache-2.0
//
// Solvers without memory, each call in a child, as what is not ours may end the process.
#include <cmath>
#include <initializer_list>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/clp.hpp>
#include <checkmate/strategies/lp_rounding.hpp>
#include <checkmate/strategies/optimal.hpp>

#include "allocation/failing_child.hpp"
#include "support/random_graphs.hpp"

namespace {

using namespace checkmate;
using test::ending;

/// Plans; true if the plan is right, or there is none and nobody claims that there can be none.
template <class Strategy>
bool plans_well(dag const& d, bytes budget, Strategy const& how) {
  result const found = solve(d, {.budget = budget}, how);
  if (!found.plan) return found.termination.reason != stop_reason::infeasible;
  simulation const seen = simulate(d, *found.plan, {.budget = budget});
  return seen.valid() && std::abs(seen.time - found.plan->time) < 1e-9 &&
         found.bound.time <= found.plan->time * (1 + 1e-9);
}

/// `allowed` are the ways in which planning may end where memory runs out.
template <class Strategy>
void check_every_failure(Strategy const& how, std::initializer_list<ending> allowed) {
  dag const d = test::unit_training_chain(6);
  test::check_failures_in_children([&] { return plans_well(d, 6, how); }, 12, allowed, 50);
}

}  // namespace

TEST_CASE("allocation failure: Clp ends in std::bad_alloc, wherever") {
  check_every_failure(lp_rounding{clp{}}, {ending::whole, ending::bad_alloc});
}

TEST_CASE("allocation failure: CBC without its driver ends in std::bad_alloc, or an assertion of its own") {
  check_every_failure(optimal{cbc{.reentrant = true}},
                      {ending::whole, ending::bad_alloc, ending::terminated});
}

TEST_CASE("allocation failure: CBC's driver may end the process, but gives no wrong answer") {
  check_every_failure(optimal{cbc{}},
                      {ending::whole, ending::bad_alloc, ending::terminated, ending::crashed});
}
