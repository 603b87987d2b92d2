// SPDX-License-Identifier: Apache-2.0
//
// greedy: a fast constructive heuristic for graphs of any size.
#pragma once

#include <checkmate/planning/strategy.hpp>
#include <checkmate/planning/traits.hpp>
#include <checkmate/search/constructive.hpp>

namespace checkmate {
inline namespace v0 {

/// Shortens retained intervals until the budget is met: at the worst overflow, drops the value that relieves
/// most byte-steps per added time and recomputes it just before its next use; then erases what proved
/// superfluous. Deterministic; keeps the dag's order of first executions; heeds the stop token and time
/// limit.
struct greedy {
  static constexpr strategy_traits traits{"greedy", "Greedy", "this library"};

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    return detail::plan_within(d, options, traits.name, [&](deadline const& clock, result& out) {
      event_sequence sequence(d);
      detail::sequence_state state(d, options.budget);
      state.assign(sequence);
      detail::constructive steps(state, detail::constructive_options::for_size(d.size()));
      auto const stop = [&] { return clock.expired(); };
      if (steps.run(stop)) {
        steps.prune(stop);
        sequence = state.sequence();
      }
      accept_plan(d, options, sequence, out);
    });
  }
};

}  // namespace v0
}  // namespace checkmate
