// SPDX-License-Identifier: Apache-2.0
//
// griewank_log: binomial checkpointing (search/binomial_checkpointing.hpp) as a baseline.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include <checkmate/search/binomial_checkpointing.hpp>
#include <checkmate/strategies/baselines/segments.hpp>

namespace checkmate {
inline namespace v0 {

/// Binomial checkpointing of chains; the best number of snapshots for the budget. What it minimises is the
/// number of recomputed steps, taken as equally dear.
struct griewank_log {
  static constexpr strategy_traits traits = detail::forward_card(
      "griewank_log", "Griewank log(n)", "Griewank and Walther 2000", extent::no, extent::partly);
  forward_mask forward = {};  ///< which nodes are the forward pass, by id
  int snapshots = 0;          ///< >= 0; 0: search for the best number

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    if (snapshots < 0) throw invalid_option("griewank_log: snapshots must be >= 0");
    auto const tries = [&](detail::forward_pass const& pass, detail::baseline_search& search) -> std::string {
      if (!detail::is_chain(d, pass)) return "the forward pass is not a chain, which this method needs";
      auto const stop = [&] { return search.expired(); };
      auto const steps = static_cast<std::uint32_t>(pass.size());
      auto const both_ties = [&](std::uint32_t count) {
        for (auto tie : {detail::advance_tie::shortest, detail::advance_tie::longest}) {
          search.consider(detail::revolve_runs(d, pass, count, tie, stop));
        }
      };
      if (snapshots > 0) {
        both_ties(std::min(steps, static_cast<std::uint32_t>(snapshots)));
        return {};
      }
      // Peaks need not fall with the number where steps are unlike: on short chains small numbers are all
      // tried.
      constexpr std::uint32_t short_chain = 128, few = 32;
      for (std::uint32_t c = 1; steps <= short_chain && c <= std::min(few, steps) && !stop(); ++c)
        both_ties(c);
      detail::search_snapshots(d, pass, snapshots_that_fit(d, pass, options.budget), stop,
                               [&](stage_runs const& runs) { return search.consider(runs); });
      return {};
    };
    return detail::plan_baseline(d, options, forward, traits.name, tries);
  }
};

}  // namespace v0
}  // namespace checkmate
