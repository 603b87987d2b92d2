// SPDX-License-Identifier: Apache-2.0
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

// CoinUtils 2.11 leaks in the presolve of some infeasible programs; nothing of ours is on those blocks'
// stacks but the call of the solver.
extern "C" char const* __lsan_default_suppressions();
extern "C" char const* __lsan_default_suppressions() {
  return "leak:implied_free_action::presolve\n";
}
