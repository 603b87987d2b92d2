// SPDX-License-Identifier: Apache-2.0
//
// The smallest conceivable budget.
#pragma once

#include <checkmate/graph/dag.hpp>
#include <checkmate/memory/footprint.hpp>

namespace checkmate {
inline namespace v0 {

/// A budget below which no schedule exists, and the node that says so.
struct budget_floor {
  bytes budget = 0;     ///< fixed memory included
  node_index node{};    ///< dag index of the node whose execution needs it
  bool at_end = false;  ///< it is not that node's alone: all retained values are there while it runs last
};

/// The smallest conceivable budget: no schedule, in any order of execution, has a smaller peak. It is the
/// largest of the working sets, and of what the end needs: all retained values together with some node's
/// working set (the node that runs last). Attaining it may be impossible; below it, `node` is the certificate
/// of infeasibility.
[[nodiscard]] inline budget_floor smallest_conceivable_budget(dag const& d) {
  bytes retained = 0;
  for (auto v : d.values()) retained += d.retained(v) ? d.memory(v) : 0;

  budget_floor floor;
  bytes at_end = 0;
  node_index last{};
  for (auto node : d.nodes()) {
    bytes const own = working_set(d, node);
    if (node == 0 || own > floor.budget) floor = {own, node};
    bytes shared = 0;  // retained values that the working set holds anyway
    for (value_index v : d.reads(node)) shared += d.retained(v) ? d.memory(v) : 0;
    for (auto v : d.outputs(node)) shared += d.retained(v) ? d.memory(v) : 0;
    bytes const together = own + (retained - shared);
    if (node == 0 || together < at_end) {
      at_end = together;
      last = node;
    }
  }
  if (at_end > floor.budget) floor = {at_end, last, true};
  floor.budget += d.fixed_memory();
  return floor;
}

}  // namespace v0
}  // namespace checkmate
