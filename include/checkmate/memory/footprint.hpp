// SPDX-License-Identifier: Apache-2.0
//
// The footprint of an execution: what a node holds while it runs, what of that is new, and what is needed
// when everything has run. Fixed memory is never part of it.
#pragma once

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
template <class Resident>
[[nodiscard]] bytes new_bytes(dag const& d, node_index node, Resident&& resident) {
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

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
