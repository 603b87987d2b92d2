// SPDX-License-Identifier: Apache-2.0
//
// Graphs made to order, for tests, benchmarks and first experiments: no files needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/core/random.hpp>
#include <checkmate/core/types.hpp>
#include <checkmate/graph/dag.hpp>

namespace checkmate {
inline namespace v0 {

/// A graph of single-value nodes that carries its own costs: it is both the graph and the cost model of
/// `lower(g, g)`.
struct generated_graph {
  std::vector<std::vector<node_id>> args;  ///< by node, what it reads
  std::vector<double> times;               ///< by node
  std::vector<bytes> sizes;                ///< by node, bytes of its value

  [[nodiscard]] std::size_t node_count() const { return args.size(); }
  [[nodiscard]] std::span<node_id const> inputs(node_id v) const { return args[v]; }
  [[nodiscard]] double time(generated_graph const&, node_id v) const { return times[v]; }
  [[nodiscard]] bytes memory(generated_graph const&, node_id v) const { return sizes[v]; }
};

/// What `residual_training_graph` makes.
struct residual_options {
  std::size_t blocks = 16;  ///< residual blocks, >= 1
  std::size_t depth = 3;    ///< layers in a block, >= 1
  std::uint64_t seed = 0;   ///< of the times (0.5 .. 1.5) and sizes (512 .. 1535 bytes)
};

/// The training step of a network of residual blocks: `blocks` chains of `depth` layers, each chain's input
/// added to its output, then one backward node a forward node, which reads the gradient from above and its
/// layer's own input. Has 2 * blocks * (depth + 1) + 2 nodes: deepening it is how a planner's growth is
/// measured.
[[nodiscard]] inline generated_graph residual_training_graph(residual_options const& options) {
  if (options.blocks < 1 || options.depth < 1) {
    throw invalid_option("residual_training_graph: blocks and depth must be >= 1");
  }
  detail::random_source random(options.seed);
  generated_graph g;
  auto add = [&](std::vector<node_id> args, double weight) {
    detail::sort_unique(args);
    g.args.push_back(std::move(args));
    g.times.push_back(weight * (0.5 + random.uniform()));
    g.sizes.push_back(512 + static_cast<bytes>(random.below(1024)));
    return static_cast<node_id>(g.args.size() - 1);
  };

  node_id at = add({}, 1);  // the input
  for (std::size_t b = 0; b < options.blocks; ++b) {
    node_id const entry = at;
    for (std::size_t l = 0; l < options.depth; ++l) at = add({at}, 1);
    at = add({entry, at}, 0.1);  // the sum that closes the block
  }
  node_id gradient = add({at}, 0.1);  // the loss
  for (std::size_t b = options.blocks; b-- > 0;) {
    node_id const first = static_cast<node_id>(1 + b * (options.depth + 1));
    node_id const skip = add({gradient}, 0.1);  // the sum passes its gradient to both of its terms
    gradient = skip;
    for (std::size_t l = options.depth; l-- > 0;) {
      node_id const layer = first + static_cast<node_id>(l);
      std::vector<node_id> args = {gradient, layer - 1};
      if (l == 0 && skip != gradient) args.push_back(skip);
      gradient = add(std::move(args), 2);
    }
  }
  return g;
}

}  // namespace v0
}  // namespace checkmate
