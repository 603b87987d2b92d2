// SPDX-License-Identifier: Apache-2.0
//
// The strategies that the reproduction compares, by name.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <checkmate/checkmate.hpp>
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/strategies/baselines.hpp>

namespace paper {

/// A strategy behind one type, with its card.
struct planner {
  checkmate::strategy_traits card;
  bool proves = false;  ///< it works against the time limit and proves bounds
  std::function<checkmate::result(checkmate::dag const&, checkmate::plan_options const&)> run;

  [[nodiscard]] checkmate::result plan(checkmate::dag const& d, checkmate::plan_options const& o) const {
    return run(d, o);
  }
};

/// All of them, for networks whose forward nodes are `forward`.
inline std::vector<planner> planners(checkmate::forward_mask const& forward) {
  using checkmate::extent;
  std::vector<planner> all;
  checkmate::visit_baselines(forward, [&](auto const& how) {
    all.push_back({how.traits, false, [how](auto const& d, auto const& o) { return how.plan(d, o); }});
  });
  all.push_back({{"default", "checkmate, no solver", "this library"},
                 false,
                 [](auto const& d, auto const& o) { return checkmate::solve(d, o); }});
  checkmate::strategy_traits exact{"optimal", "Checkmate ILP (CBC)", "Jain et al. 2020"};
  exact.needs_backend = true;
  all.push_back({exact, true, [](auto const& d, auto const& o) {
                   return checkmate::optimal<checkmate::cbc>{}.plan(d, o);
                 }});
  return all;
}

}  // namespace paper
