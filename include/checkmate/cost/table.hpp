// SPDX-License-Identifier: Apache-2.0
//
// table_cost: costs listed by node id, as a profiler or a file gives them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/graph/cost_concepts.hpp>

namespace checkmate {
inline namespace v0 {

/// Times and bytes by node id. A table that is shorter than the graph is an invalid_cost, never a read past
/// its end; an empty `workspaces` means 0 everywhere.
struct table_cost {
  std::vector<double> times;                 ///< by node, any unit
  std::vector<std::vector<bytes>> memories;  ///< by node and output
  std::vector<bytes> workspaces = {};        ///< by node, or empty
  bytes fixed = 0;                           ///< always resident

  /// A table for nodes that produce one value each.
  [[nodiscard]] static table_cost of_nodes(std::vector<double> times, std::vector<bytes> const& memories) {
    table_cost out;
    out.times = std::move(times);
    for (bytes b : memories) out.memories.push_back({b});
    return out;
  }

  [[nodiscard]] double time(graph auto const&, node_id v) const { return at(times, v, "times"); }
  [[nodiscard]] bytes memory(graph auto const&, node_id v, std::uint32_t k) const {
    auto const& outputs = at(memories, v, "memories");
    if (k >= outputs.size()) {
      throw invalid_cost("table_cost: memories of node " + std::to_string(v) + " has " +
                         std::to_string(outputs.size()) + " entries, output " + std::to_string(k) +
                         " is asked for");
    }
    return outputs[k];
  }
  [[nodiscard]] bytes workspace(graph auto const&, node_id v) const {
    return workspaces.empty() ? 0 : at(workspaces, v, "workspaces");
  }
  [[nodiscard]] bytes fixed_memory(graph auto const&) const { return fixed; }

 private:
  template <class T>
  static T const& at(std::vector<T> const& table, node_id v, char const* name) {
    if (v >= table.size()) {
      throw invalid_cost(std::string("table_cost: ") + name + " has " + std::to_string(table.size()) +
                         " entries, node " + std::to_string(v) + " is asked for");
    }
    return table[v];
  }
};

}  // namespace v0
}  // namespace checkmate
