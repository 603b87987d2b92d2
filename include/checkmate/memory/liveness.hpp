// SPDX-License-Identifier: Apache-2.0
//
// How long values are needed, and what is in use because of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <checkmate/graph/dag.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// For each value the last node that reads it in the fixed order: its producer if none does, size() if it is
/// retained.
inline std::vector<node_id> last_needs(dag const& d) {
  std::vector<node_id> last(d.value_count());
  for (value_id v = 0; v < d.value_count(); ++v) {
    auto const readers = d.readers(v);
    last[v] = readers.empty() ? d.producer(v) : readers.back();
    if (d.retained(v)) last[v] = static_cast<node_id>(d.size());
  }
  return last;
}

/// Bytes at the first execution of each node when nothing is recomputed, workspace included, fixed memory
/// not.
inline std::vector<bytes> base_memory(dag const& d) {
  std::vector<node_id> const last = last_needs(d);
  std::vector<bytes> change(d.size() + 2, 0);
  for (value_id v = 0; v < d.value_count(); ++v) {
    change[d.producer(v)] += d.memory(v);
    change[std::min<std::size_t>(last[v], d.size()) + 1] -= d.memory(v);
  }
  std::vector<bytes> out(d.size());
  bytes now = 0;
  for (node_id t = 0; t < d.size(); ++t) {
    now += change[t];
    out[t] = now + d.workspace(t);
  }
  return out;
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
