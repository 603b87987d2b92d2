// SPDX-License-Identifier: Apache-2.0
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

// COIN's presolve and its cuts leak now and then (CoinUtils 2.11, Osi 0.108), which is not for us to mend.
// What they hand to us, models and solvers, comes from other libraries of COIN, whose blocks are not passed
// over.
extern "C" char const* __lsan_default_suppressions();
extern "C" char const* __lsan_default_suppressions() {
  return "leak:libCoinUtils.so\nleak:libOsi.so\nleak:libCgl.so\n";
}
