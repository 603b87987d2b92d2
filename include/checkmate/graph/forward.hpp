// SPDX-License-Identifier: Apache-2.0
//
// Which nodes of a training graph are its forward pass. A dag does not say; the graph it was made from may.
#pragma once

#include <concepts>
#include <cstddef>
#include <vector>

#include <checkmate/graph/concepts.hpp>

namespace checkmate {
inline namespace v0 {

/// For each node, by the caller's id, whether it belongs to the forward pass (the loss does).
using forward_mask = std::vector<bool>;

/// A graph that tells forward from backward nodes: `g.is_backward(v)`.
template <class G>
concept two_pass_graph = graph<G> && requires(G const& g, node_id v) {
  { g.is_backward(v) } -> std::same_as<bool>;
};

/// The forward nodes of `g`: all that are not backward.
template <two_pass_graph G>
[[nodiscard]] forward_mask forward_nodes(G const& g) {
  auto const n = static_cast<std::size_t>(checkmate::node_count(g));
  forward_mask forward(n);
  for (std::size_t v = 0; v < n; ++v) forward[v] = !g.is_backward(static_cast<node_id>(v));
  return forward;
}

}  // namespace v0
}  // namespace checkmate
