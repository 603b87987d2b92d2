// SPDX-License-Identifier: Apache-2.0
//
// A recorded training step made deeper: its network several times over, one after the other.
#pragma once

#include <cstddef>
#include <vector>

#include <checkmate/io/recorded_graph.hpp>

namespace field {

namespace cm = checkmate;

/// The step of `copies` >= 1 networks like that of `step`, stacked: what reads nothing in a network reads the
/// last forward value of the one below, and the first gradients of a network read the last gradient of the
/// one above. All forward passes come before all backward passes. Costs, run-once and retained stay; fixed
/// memory adds up.
inline cm::recorded_graph deepened(cm::recorded_graph const& step, std::size_t copies) {
  std::size_t const n = step.nodes.size();
  std::vector<std::vector<cm::node_id>> id(copies, std::vector<cm::node_id>(n));
  cm::recorded_graph out = step;
  out.nodes.clear();
  out.eager.reset();
  out.fixed = step.fixed * static_cast<cm::bytes>(copies);
  cm::value_ref last = {};  // of the network beside: its last forward value, then its last gradient
  auto const add = [&](std::size_t copy, bool backward, bool joins) {
    cm::value_ref end = last;
    bool first = true;
    for (cm::node_id v = 0; v < n; ++v) {
      cm::recorded_node node = step.nodes[v];
      if (node.backward != backward) continue;
      for (cm::value_ref& read : node.reads) read.node = id[copy][read.node];
      bool const starts = backward ? first : node.reads.empty();
      if (joins && starts) node.reads.push_back(last);
      first = false;
      id[copy][v] = static_cast<cm::node_id>(out.nodes.size());
      if (!node.outputs.empty()) end = {id[copy][v], 0};
      out.nodes.push_back(std::move(node));
    }
    last = end;
  };
  for (std::size_t c = 0; c < copies; ++c) add(c, false, c > 0);
  for (std::size_t c = copies; c-- > 0;) add(c, true, c + 1 < copies);
  return out;
}

}  // namespace field
