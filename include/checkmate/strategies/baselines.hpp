// SPDX-License-Identifier: Apache-2.0
//
// All baselines of Table 1 of the Checkmate paper (Jain et al., 2020), and rotor, in the order of that table.
#pragma once

#include <checkmate/strategies/baselines/checkpoint.hpp>
#include <checkmate/strategies/baselines/chen.hpp>
#include <checkmate/strategies/baselines/griewank.hpp>
#include <checkmate/strategies/rotor.hpp>

namespace checkmate {
inline namespace v0 {

/// Calls `visit` once with each baseline for a graph whose forward nodes are `forward` (by id; see
/// forward_nodes). Each has a card `traits`.
void visit_baselines(forward_mask const& forward, auto&& visit) {
  visit(checkpoint_all_held{forward});
  visit(checkpoint_last{});
  visit(griewank_log{forward});
  visit(chen_sqrt{forward});
  visit(chen_greedy{forward});
  visit(ap_sqrt{forward});
  visit(ap_greedy{forward});
  visit(linearized_sqrt{forward});
  visit(linearized_greedy{forward});
  visit(rotor{});
}

}  // namespace v0
}  // namespace checkmate
