// SPDX-License-Identifier: Apache-2.0
//
// Bytes in use over the executions of a sequence.
#pragma once

#include <cstddef>
#include <vector>

#include <checkmate/graph/dag.hpp>
#include <checkmate/memory/footprint.hpp>
#include <checkmate/memory/liveness.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Bytes in use while each execution of `sequence` runs, workspace included, fixed memory not.
[[nodiscard]] inline std::vector<bytes> bytes_in_use(dag const& d, event_sequence const& sequence) {
  backward_liveness live(d);
  bytes held = 0;  // before the execution at hand
  for (value_index v : values_at_end(d)) held += d.memory(v);
  std::vector<bytes> out(sequence.size());
  for (std::size_t i = sequence.size(); i-- > 0;) {
    live.step_back(
        sequence[i].node, [&](value_index v, bool needed) { held -= needed ? d.memory(v) : 0; },
        [&](value_index v, bool last) { held += last ? d.memory(v) : 0; });
    out[i] = held + new_bytes(d, sequence[i].node);
  }
  return out;
}

/// The same where every node runs once, in the dag's order.
[[nodiscard]] inline std::vector<bytes> base_memory(dag const& d) {
  return bytes_in_use(d, event_sequence(d));
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
