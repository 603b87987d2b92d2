// SPDX-License-Identifier: Apache-2.0
//
// The footprint of an execution: what a node holds while it runs, what of that is new, and what is needed
// when everything has run. Fixed memory is never part of it. And all sizes as doubles.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <checkmate/graph/dag.hpp>

namespace checkmate {
inline namespace v0 {

/// Bytes of all values that `node` produces.
[[nodiscard]] inline bytes output_bytes(dag const& d, node_index node) {
  bytes sum = 0;
  for (auto v : d.outputs(node)) sum += d.memory(v);
  return sum;
}

/// Bytes that are resident at least whenever `node` runs: the values it reads and produces, and its
/// workspace.
[[nodiscard]] inline bytes working_set(dag const& d, node_index node) {
  bytes sum = d.workspace(node) + output_bytes(d, node);
  for (value_index v : d.reads(node)) sum += d.memory(v);
  return sum;
}

namespace detail {

/// Bytes that running `node` takes beyond what is resident: its workspace, and its outputs but for those that
/// are resident already, which resident(value) tells.
[[nodiscard]] bytes new_bytes(dag const& d, node_index node, auto&& resident) {
  bytes sum = d.workspace(node);
  for (auto v : d.outputs(node)) sum += resident(v) ? 0 : d.memory(v);
  return sum;
}
/// The same where none of the outputs is resident.
[[nodiscard]] inline bytes new_bytes(dag const& d, node_index node) {
  return d.workspace(node) + output_bytes(d, node);
}

/// Whether the end of a schedule needs `v`, as a node needs what it reads.
[[nodiscard]] inline bool needed_at_end(dag const& d, value_index v) {
  return d.retained(v);
}

/// The values that the end of a schedule needs, ascending.
[[nodiscard]] inline std::vector<value_index> values_at_end(dag const& d) {
  std::vector<value_index> out;
  for (auto v : d.values()) {
    if (needed_at_end(d, v)) out.push_back(v);
  }
  return out;
}

/// How many need `v`: its readers, and the end.
[[nodiscard]] inline std::size_t use_count(dag const& d, value_index v) {
  return d.readers(v).size() + (needed_at_end(d, v) ? 1 : 0);
}

/// The sizes of a dag as doubles that hold integers and add up exactly, up to 2^53. Graphs beyond that are
/// planned in larger units, sizes rounded up and the budget down, which keeps every plan within budget.
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
