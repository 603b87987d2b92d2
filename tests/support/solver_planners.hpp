// SPDX-License-Identifier: Apache-2.0
//
// Every strategy that takes solvers, with the solvers given, as planners: for the real ones, and for those
// that misbehave.
#pragma once

#include <string>
#include <utility>
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
  auto const in_stages = [&](std::string name, optimal_options const& how) {
    planner one = planner_of(std::move(name), optimal<Mip>(mip, how), true);
    out.push_back(exact_in(schedule_space::stages, std::move(one)));
  };
  in_stages("optimal", {});
  in_stages("optimal, alone", {.use_greedy = false, .use_hint = false});
  in_stages("optimal, a pass more", {.passes = 1});
  out.push_back(planner_of("lp_rounding", lp_rounding<Lp>(lp)));
  out.push_back(planner_of("lp_rounding, fixed", lp_rounding<Lp>(lp, {.how = rounding::fixed})));
  out.push_back(planner_of("lp_rounding, randomised",
                           lp_rounding<Lp>(lp, {.how = rounding::randomised, .samples = 5})));
  out.push_back(planner_of("lp_rounding, windows", lp_rounding<Lp>(lp, {.windows = {2}})));
  out.push_back(planner_of("windowed", windowed<Lp, Mip>{lp, mip}, true));
  out.push_back(exact_in(schedule_space::fixed_order,
                         planner_of("automatic with a solver", automatic<Mip>(mip), true)));
  return out;
}

}  // namespace test
