// SPDX-License-Identifier: Apache-2.0
//
// uniform_cost: every node takes the same time and every value the same bytes.
#pragma once

#include <checkmate/graph/cost_concepts.hpp>

namespace checkmate {
inline namespace v0 {

/// Unit costs by default: the "unit chains" of the literature, and graphs whose costs are not known yet.
struct uniform_cost {
  double node_time = 1;
  bytes value_bytes = 1;

  [[nodiscard]] double time(graph auto const&, node_id) const { return node_time; }
  [[nodiscard]] bytes memory(graph auto const&, node_id, std::uint32_t) const { return value_bytes; }
};

}  // namespace v0
}  // namespace checkmate
