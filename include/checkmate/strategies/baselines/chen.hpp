// SPDX-License-Identifier: Apache-2.0
//
// Chen et al., "Training Deep Nets with Sublinear Memory Cost" (2016): chain checkpointing, and its two
// generalisations to other graphs by Jain et al. (2020, section 6.1): articulation points (a node whose
// removal disconnects the undirected forward graph) and linearisation (every forward node, in topological
// order, as if they were a chain). See baselines/segments.hpp for what they share.
#pragma once

#include <checkmate/strategies/baselines/segments.hpp>

namespace checkmate {
inline namespace v0 {

/// Keeps every sqrt(n)-th forward node of a chain. One schedule, whatever the budget.
struct chen_sqrt {
  static constexpr strategy_traits traits =
      detail::forward_card("chen_sqrt", "Chen sqrt(n)", "Chen et al. 2016", extent::no, extent::no);
  forward_mask forward = {};  ///< which nodes are the forward pass, by id

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    return detail::plan_sqrt(d, options, forward, detail::candidate_kind::chain, traits.name);
  }
};

/// Keeps a forward node of a chain every b bytes; the best of `tries` values of b.
struct chen_greedy {
  static constexpr strategy_traits traits =
      detail::forward_card("chen_greedy", "Chen greedy", "Chen et al. 2016", extent::no, extent::partly);
  forward_mask forward = {};  ///< which nodes are the forward pass, by id
  int tries = 64;             ///< values of b, >= 1

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    return detail::plan_greedy(d, options, forward, detail::candidate_kind::chain, tries, traits.name);
  }
};

/// chen_sqrt with the articulation points of any forward graph for its nodes.
struct ap_sqrt {
  static constexpr strategy_traits traits = detail::forward_card(
      "ap_sqrt", "AP sqrt(n)", "Chen et al. 2016; Jain et al. 2020", extent::partly, extent::no);
  forward_mask forward = {};  ///< which nodes are the forward pass, by id

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    return detail::plan_sqrt(d, options, forward, detail::candidate_kind::articulation_points, traits.name);
  }
};

/// chen_greedy with the articulation points of any forward graph for its nodes.
struct ap_greedy {
  static constexpr strategy_traits traits = detail::forward_card(
      "ap_greedy", "AP greedy", "Chen et al. 2016; Jain et al. 2020", extent::partly, extent::partly);
  forward_mask forward = {};  ///< which nodes are the forward pass, by id
  int tries = 64;             ///< values of b, >= 1

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    return detail::plan_greedy(d, options, forward, detail::candidate_kind::articulation_points, tries,
                               traits.name);
  }
};

/// chen_sqrt on any forward graph, its topological order taken for a chain.
struct linearized_sqrt {
  static constexpr strategy_traits traits = detail::forward_card(
      "linearized_sqrt", "Linearized sqrt(n)", "Chen et al. 2016; Jain et al. 2020", extent::yes, extent::no);
  forward_mask forward = {};  ///< which nodes are the forward pass, by id

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    return detail::plan_sqrt(d, options, forward, detail::candidate_kind::all, traits.name);
  }
};

/// chen_greedy on any forward graph, its topological order taken for a chain.
struct linearized_greedy {
  static constexpr strategy_traits traits =
      detail::forward_card("linearized_greedy", "Linearized greedy", "Chen et al. 2016; Jain et al. 2020",
                           extent::yes, extent::partly);
  forward_mask forward = {};  ///< which nodes are the forward pass, by id
  int tries = 64;             ///< values of b, >= 1

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    return detail::plan_greedy(d, options, forward, detail::candidate_kind::all, tries, traits.name);
  }
};

}  // namespace v0
}  // namespace checkmate
