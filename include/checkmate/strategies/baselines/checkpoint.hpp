// SPDX-License-Identifier: Apache-2.0
//
// The two ends of checkpointing: keep every forward value for the whole step, or keep one node between
// stages.
#pragma once

#include <cstddef>
#include <vector>

#include <checkmate/planning/traits.hpp>
#include <checkmate/strategies/baselines/segments.hpp>

namespace checkmate {
inline namespace v0 {

/// "Checkpoint all" as the Checkmate paper measures it (Jain et al. 2020, Table 1): nothing is recomputed and
/// every forward value but the loss is held until the last node runs, needed or not. `checkpoint_all` frees
/// values after their last use and needs less.
struct checkpoint_all_held {
  static constexpr strategy_traits traits = detail::forward_card(
      "checkpoint_all_held", "Checkpoint all (held)", "Jain et al. 2020", extent::yes, extent::no);
  forward_mask forward = {};  ///< which nodes are the forward pass, by id

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    auto const body = [&](detail::forward_pass const& pass, detail::baseline_search& search) -> std::string {
      search.consider(held_schedule(d, pass));
      return {};
    };
    return detail::plan_baseline(d, options, forward, traits.name, body);
  }

 private:
  static schedule held_schedule(dag const& d, detail::forward_pass const& pass) {
    schedule const early = schedule_from_sequence(d, event_sequence(d));
    node_id const last = d.id(static_cast<node_index>(d.size() - 1));
    schedule out;
    std::vector<step> waiting;
    bool ends = false;
    for (step const& now : early) {
      if (now == step{action::compute, last, 0}) {
        ends = true;
        out.steps.insert(out.steps.end(), waiting.begin(), waiting.end());
      }
      std::uint32_t const p = pass.position[d.index_of(now.node)];
      bool const held =
          !ends && now.what == action::release && p != detail::forward_pass::none && p + 1 < pass.size();
      (held ? waiting : out.steps).push_back(now);
    }
    return out;
  }
};

/// Keeps only the latest node from one stage to the next and recomputes everything else: the least memory,
/// and a time that grows with the square of a chain's length, worse on other graphs.
struct checkpoint_last {
  static constexpr strategy_traits traits{"checkpoint_last", "Checkpoint last", "Jain et al. 2020 (code)",
                                          extent::yes,       extent::no,        extent::no};

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    auto const body = [&](deadline const& clock, result& out) {
      detail::baseline_search search(d, options, clock, out);
      stage_space const space(d);
      search.consider(least_recomputation(
          space, [&](std::size_t stage, value_index v) { return d.producer(v) + std::size_t{1} == stage; },
          [&] { return search.expired(); }));
      search.finish();
    };
    return detail::plan_within(d, options, traits.name, body);
  }
};

}  // namespace v0
}  // namespace checkmate
