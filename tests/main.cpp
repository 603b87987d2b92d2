// SPDX-License-Identifier: Apache-2.0
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

// COIN's presolve and its cuts leak now and then (CoinUtils 2.11, Osi 0.108), and so does CBC 2.10.8 where a
// solve is stopped inside strong branching, which is not for us to mend. What they hand to us, models and
// solvers, comes from other libraries and functions of COIN, whose blocks are not passed over
// (tests/leaks/leak_test.cpp).
extern "C" char const* __lsan_default_suppressions();
extern "C" char const* __lsan_default_suppressions() {
  return "leak:libCoinUtils.so\nleak:libOsi.so\nleak:libCgl.so\n"
         "leak:CbcNode::chooseBranch\n";
}
