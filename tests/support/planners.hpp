// SPDX-License-Identifier: Apache-2.0
//
// Every strategy of the core under one type, so that tests can say "for every strategy". Their limits are set
// for small graphs: moves and states, never a clock.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/checkmate.hpp>
#include <checkmate/graph/forward.hpp>
#include <checkmate/planning/any_strategy.hpp>
#include <checkmate/strategies/baselines.hpp>
#include <checkmate/strategies/least_peak_order.hpp>

namespace test {

/// A strategy with a name. `options.order` is set by the planner.
struct planner {
  using call = std::function<checkmate::result(checkmate::dag const&, checkmate::plan_options const&,
                                               checkmate::forward_mask const&)>;
  std::string name;
  call plan;
  bool free_order = false;  ///< plans with order = free
  bool heeds_hint = false;  ///< never worse than a hint that fits
  bool frees_early = true;  ///< frees every value after its last read
  /// Plans within the gap of the best of this space, or does not call its plan optimal.
  std::optional<checkmate::schedule_space> exact = {};
  /// Takes the cheapest that fits of schedules that do not depend on the budget, so that at the peak of its
  /// own plan it finds that plan again. Not so: greedy and local_search, whose every step depends on where
  /// the budget overflows; rotor, which counts with more memory than its plan needs and may refuse the plan's
  /// true peak; lp_rounding and windowed, which round the points of another program; and what anneals in free
  /// order from one of these.
  bool same_at_own_peak = false;
};

/// A strategy that does not ask which nodes are the forward pass.
inline planner planner_of(std::string name, checkmate::any_strategy how, bool heeds_hint = false,
                          bool free_order = false) {
  auto plan = [how, free_order](checkmate::dag const& d, checkmate::plan_options options,
                                checkmate::forward_mask const&) {
    if (free_order) options.order = checkmate::execution_order::free;
    return how.plan(d, options);
  };
  return {std::move(name), std::move(plan), free_order, heeds_hint, true};
}

inline planner exact_in(checkmate::schedule_space space, planner how) {
  how.exact = space;
  return how;
}

inline planner same_at_own_peak(planner how) {
  how.same_at_own_peak = true;
  return how;
}

/// Those that take well under a millisecond on a small graph.
inline std::vector<planner> quick_planners() {
  using namespace checkmate;
  std::vector<planner> out;
  out.push_back(same_at_own_peak(planner_of("checkpoint_all", checkpoint_all{})));
  out.push_back(planner_of("greedy", greedy{}));
  out.push_back(planner_of("local_search", local_search{.moves = 400, .rounds = 1}, true));
  out.push_back(exact_in(schedule_space::fixed_order,
                         planner_of("state_search", state_search{.max_states = 2000}, true)));
  out.push_back(planner_of("greedy, free", greedy{}, false, true));
  out.push_back(planner_of("local_search, free", local_search{.moves = 400, .rounds = 1}, true, true));
  out.push_back(
      same_at_own_peak(planner_of("least_peak_order, free", least_peak_order{.moves = 60}, false, true)));
  visit_baselines({}, [&](auto const& listed) {
    std::string const name(listed.traits.name);
    auto plan = [name](dag const& d, plan_options const& options, forward_mask const& forward) {
      result found;
      visit_baselines(forward, [&](auto const& how) {
        if (how.traits.name == name) found = how.plan(d, options);
      });
      return found;
    };
    // The paper's "checkpoint all" is defined by what it holds on to.
    planner one{name, plan, false, false, name != checkpoint_all_held::traits.name};
    one.same_at_own_peak = name != rotor::traits.name;
    out.push_back(std::move(one));
  });
  return out;
}

/// The default of `solve`, which takes some ten milliseconds.
inline std::vector<planner> default_planners() {
  using namespace checkmate;
  std::vector<planner> out;
  out.push_back(exact_in(schedule_space::fixed_order, planner_of("automatic", automatic{}, true)));
  out.push_back(planner_of("automatic, free", automatic{}, true, true));
  return out;
}

}  // namespace test
