// SPDX-License-Identifier: Apache-2.0
//
// Every strategy that takes solvers, with the solvers given, as planners: for the real ones, and for those
// that misbehave.
#pragma once

#include <string>
#include <vector>

#include <checkmate/checkmate.hpp>
#include <checkmate/strategies/lp_rounding.hpp>
#include <checkmate/strategies/optimal.hpp>
#include <checkmate/strategies/windowed.hpp>

#include "support/planners.hpp"

namespace test {

/// `Lp` gives duals, `Mip` solves integer models and gives duals of continuous ones.
template <checkmate::linear_backend Lp, checkmate::linear_backend Mip>
std::vector<planner> solver_planners(Lp const& lp, Mip const& mip) {
  using namespace checkmate;
  std::vector<planner> out;
  out.push_back(planner_of("optimal", optimal<Mip>(mip), true));
  out.push_back(
      planner_of("optimal, alone", optimal<Mip>(mip, {.use_greedy = false, .use_hint = false}), true));
  out.push_back(planner_of("optimal, a pass more", optimal<Mip>(mip, {.passes = 1}), true));
  out.push_back(planner_of("lp_rounding", lp_rounding<Lp>(lp)));
  out.push_back(planner_of("lp_rounding, fixed", lp_rounding<Lp>(lp, {.how = rounding::fixed})));
  out.push_back(planner_of("lp_rounding, randomised",
                           lp_rounding<Lp>(lp, {.how = rounding::randomised, .samples = 5})));
  out.push_back(planner_of("lp_rounding, windows", lp_rounding<Lp>(lp, {.windows = {2}})));
  out.push_back(planner_of("windowed", windowed<Lp, Mip>{lp, mip}, true));
  out.push_back(planner_of("automatic with a solver", automatic<Mip>(mip), true));
  return out;
}

}  // namespace test
