// SPDX-License-Identifier: Apache-2.0
//
// Bytes in doubles that hold integers, exact up to 2^53. Graphs beyond that are planned in larger units,
// sizes rounded up and the budget down, which keeps every plan within budget.
#pragma once

#include <algorithm>
#include <vector>

#include <checkmate/graph/dag.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// The sizes of a dag as doubles that add up exactly.
struct exact_sizes {
  std::vector<double> value;      ///< by value
  std::vector<double> transient;  ///< by node: its outputs and workspace
  double fixed = 0;
  double unit = 1;  ///< bytes

  explicit exact_sizes(dag const& d) {
    // No more than 2^62, as lowering sees to it: all values, fixed memory and the largest workspace.
    bytes total = d.fixed_memory(), workspace = 0;
    for (auto v : d.values()) total += d.memory(v);
    for (auto u : d.nodes()) workspace = std::max(workspace, d.workspace(u));
    total += workspace;
    bytes step = 1;
    while (total / step > bytes{1} << 51) step *= 2;
    unit = static_cast<double>(step);
    auto in_units = [&](bytes b) { return static_cast<double>(b / step + (b % step != 0 ? 1 : 0)); };
    fixed = in_units(d.fixed_memory());
    for (auto v : d.values()) value.push_back(in_units(d.memory(v)));
    for (auto u : d.nodes()) {
      double sum = in_units(d.workspace(u));
      for (auto v : d.outputs(u)) sum += value[v];
      transient.push_back(sum);
    }
  }

  /// Units of moving memory that a budget in bytes leaves; may be negative.
  [[nodiscard]] double limit(bytes budget) const {
    bytes const step = static_cast<bytes>(unit);
    return static_cast<double>(budget / step) - fixed;
  }
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
