// SPDX-License-Identifier: Apache-2.0
//
// Bytes in use over the executions of a sequence.
#pragma once

#include <cstddef>
#include <numeric>
#include <span>
#include <vector>

#include <checkmate/graph/dag.hpp>
#include <checkmate/memory/liveness.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Bytes in use while each execution of `sequence` runs, workspace included, fixed memory not.
[[nodiscard]] inline std::vector<bytes> bytes_in_use(dag const& d, std::span<node_id const> sequence) {
  std::vector<bytes> change(sequence.size() + 1, 0);
  for (memory_instance const& at : instances_of(d, sequence)) {
    change[at.birth] += at.size;
    change[at.death] -= at.size;
  }
  change.pop_back();
  std::partial_sum(change.begin(), change.end(), change.begin());
  return change;
}

/// The same where every node runs once, in the dag's order.
[[nodiscard]] inline std::vector<bytes> base_memory(dag const& d) {
  return bytes_in_use(d, std::vector<node_id>(d.nodes().begin(), d.nodes().end()));
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
