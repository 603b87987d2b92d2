// SPDX-License-Identifier: Apache-2.0
//
// The strategies that the reproduction compares, by name.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkmate/checkmate.hpp>
#include <checkmate/planning/any_strategy.hpp>
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/clp.hpp>
#include <checkmate/strategies/baselines.hpp>
#include <checkmate/strategies/lp_rounding.hpp>

namespace paper {

/// Where a strategy comes from.
enum class family { baseline, rounding, ours, exact };

/// A strategy with its card.
struct planner {
  checkmate::any_strategy how;
  checkmate::strategy_traits card = how.traits;
  family of = family::baseline;
  std::optional<double> seconds = {};  ///< wall clock of one run; unset: until it is done

  [[nodiscard]] checkmate::result plan(checkmate::dag const& d, checkmate::plan_options options) const {
    if (seconds) options.time_limit = checkmate::seconds(*seconds);
    return checkmate::solve(d, options, how);
  }
};

/// Wall clock of one run of those that could go on for long.
struct planner_limits {
  double rounding = 90, with_cbc = 20, exact = 10;
};

/// Up to this many nodes the relaxation over the paper's stages is rounded, too: the next larger network has
/// 222,321 columns there.
inline constexpr std::size_t largest_for_stages = 200;

/// What "searched" stands for: the best of thresholds and random roundings at several allowances, of windowed
/// relaxations and, where that is solved in seconds, of the one over stages.
inline checkmate::lp_rounding_options searched_rounding(std::size_t nodes) {
  bool const small = nodes < 100;
  checkmate::lp_rounding_options how{.how = checkmate::rounding::both, .samples = small ? 400 : 200};
  how.allowance_search = 8;
  how.stages = small;
  how.windows = small ? std::vector<std::size_t>{8, 10, 16} : std::vector<std::size_t>{12, 20};
  return how;
}

/// All of them, for networks whose forward nodes are `forward`.
inline std::vector<planner> planners(checkmate::forward_mask const& forward, planner_limits const& limits) {
  auto card = [](std::string_view name, std::string_view title, std::string_view by, bool backend) {
    checkmate::strategy_traits made{name, title, by};
    made.needs_backend = backend;
    return made;
  };
  std::vector<planner> all;
  auto const add = [&all](family of, std::optional<double> seconds, checkmate::any_strategy how) {
    all.push_back({.how = std::move(how), .of = of, .seconds = seconds});
  };
  add(family::baseline, {}, checkmate::checkpoint_all{});
  checkmate::visit_baselines(forward, [&](auto const& how) { add(family::baseline, {}, how); });
  add(family::rounding, limits.rounding,
      {checkmate::lp_rounding{checkmate::clp{}, {.how = checkmate::rounding::fixed}},
       card("rounding_paper", "Two-phase rounding, as published", "Jain et al. 2020", true)});
  add(family::rounding, limits.rounding,
      {checkmate::lp_rounding{checkmate::clp{}, searched_rounding(forward.size())},
       card("rounding", "Two-phase rounding, searched", "Jain et al. 2020; this library", true)});
  add(family::ours, {},
      {checkmate::automatic{}, card("default", "checkmate, no solver", "this library", false)});
  add(family::ours, limits.with_cbc,
      {checkmate::automatic{checkmate::cbc{}},
       card("default_cbc", "checkmate with CBC", "this library", true)});
  add(family::exact, limits.exact,
      {checkmate::optimal{checkmate::cbc{}},
       card("optimal", "Integer program (CBC)", "Jain et al. 2020", true)});
  return all;
}

/// The one called `name`, which must be there.
inline planner const& find(std::vector<planner> const& all, std::string_view name) {
  return *std::find_if(all.begin(), all.end(), [&](planner const& p) { return p.card.name == name; });
}

}  // namespace paper
