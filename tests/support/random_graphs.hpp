// SPDX-License-Identifier: Apache-2.0
//
// Small graphs for tests: seeded random ones with everything the memory model knows (several outputs,
// workspace, retained values, run-once nodes, fixed memory), and an enumeration of all dags of a few nodes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include <checkmate/core/types.hpp>
#include <checkmate/cost/table.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/graph/lower.hpp>

namespace test {

/// A graph that names the values its nodes read; all the refinements of the graph seam are members.
struct value_graph {
  std::vector<std::vector<checkmate::value_ref>> read;  // by node
  std::vector<std::uint32_t> outputs;                   // by node
  std::vector<std::vector<bool>> keep;                  // by node and output
  std::vector<bool> once;                               // by node
  std::vector<bool> passes = {};  // by node: a run-once node that may pass others; empty = none
  std::vector<std::vector<checkmate::node_id>> behind = {};  // by node: control edges; empty = none
  checkmate::table_cost costs;

  [[nodiscard]] std::size_t node_count() const { return outputs.size(); }
  [[nodiscard]] std::vector<checkmate::node_id> inputs(checkmate::node_id v) const {
    std::vector<checkmate::node_id> from;
    for (checkmate::value_ref r : read[v]) from.push_back(r.node);
    return from;
  }
  [[nodiscard]] std::vector<checkmate::value_ref> const& reads(checkmate::node_id v) const { return read[v]; }
  [[nodiscard]] std::uint32_t output_count(checkmate::node_id v) const { return outputs[v]; }
  [[nodiscard]] bool is_retained(checkmate::node_id v, std::uint32_t k) const { return keep[v][k]; }
  [[nodiscard]] bool is_run_once(checkmate::node_id v) const { return once[v]; }
  [[nodiscard]] bool is_ordered(checkmate::node_id v) const { return passes.empty() || !passes[v]; }
  [[nodiscard]] std::vector<checkmate::node_id> after(checkmate::node_id v) const {
    return behind.empty() ? std::vector<checkmate::node_id>{} : behind[v];
  }
};

/// What `random_dag` may use; chances are in percent.
struct random_options {
  std::size_t nodes = 8;
  int edge_chance = 35;     ///< of each pair i < j
  int more_outputs = 0;     ///< of a second output, and then of a third
  int workspace = 0;        ///< of a workspace on a node
  int retained = 0;         ///< of a value being retained
  int run_once = 0;         ///< of a node being run-once
  std::uint64_t sizes = 9;  ///< bytes of a value are 1..sizes (0 now and then)
  std::uint64_t times = 9;  ///< times are 1..times (0 now and then)
  std::uint64_t fixed = 0;  ///< fixed memory is 0..fixed
};

/// The same seed and options give the same graph on every platform (no standard distribution is used).
class random_source {
 public:
  explicit random_source(std::uint64_t seed) : engine_(seed) {}
  /// 0 .. limit - 1.
  std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
  bool chance(int percent) { return below(100) < static_cast<std::uint64_t>(percent); }

 private:
  std::mt19937_64 engine_;
};

inline value_graph random_graph(std::uint64_t seed, random_options const& o) {
  random_source random(seed);
  value_graph g;
  for (std::size_t j = 0; j < o.nodes; ++j) {
    std::uint32_t outputs = 1;
    if (random.chance(o.more_outputs)) outputs += random.chance(o.more_outputs) ? 2U : 1U;
    g.outputs.push_back(outputs);
    g.read.emplace_back();
    for (checkmate::node_id i = 0; i < j; ++i) {
      if (!random.chance(i + 1 == j ? 2 * o.edge_chance : o.edge_chance)) continue;
      auto const sure = static_cast<std::uint32_t>(random.below(g.outputs[i]));
      for (std::uint32_t k = 0; k < g.outputs[i]; ++k) {
        if (k == sure || random.chance(30)) g.read[j].push_back({i, k});
      }
    }
    g.keep.emplace_back();
    std::vector<checkmate::bytes> sizes;
    for (std::uint32_t k = 0; k < outputs; ++k) {
      g.keep.back().push_back(random.chance(o.retained));
      sizes.push_back(random.chance(5) ? 0 : static_cast<checkmate::bytes>(1 + random.below(o.sizes)));
    }
    g.costs.memories.push_back(std::move(sizes));
    g.once.push_back(random.chance(o.run_once));
    g.costs.times.push_back(random.chance(5) ? 0 : static_cast<double>(1 + random.below(o.times)));
    g.costs.workspaces.push_back(
        random.chance(o.workspace) ? static_cast<checkmate::bytes>(1 + random.below(o.sizes)) : 0);
  }
  if (o.fixed > 0) g.costs.fixed = static_cast<checkmate::bytes>(random.below(o.fixed + 1));
  return g;
}

inline checkmate::dag random_dag(std::uint64_t seed, random_options const& o) {
  value_graph const g = random_graph(seed, o);
  return checkmate::lower(g, g.costs);
}

/// Everything at once: several outputs, workspace, retained values, run-once nodes, fixed memory.
inline random_options everything(std::size_t nodes) {
  return {.nodes = nodes,
          .edge_chance = 40,
          .more_outputs = 25,
          .workspace = 30,
          .retained = 15,
          .run_once = 15,
          .fixed = 5};
}

/// Calls visit(edges) for all 2^(n (n - 1) / 2) dags whose nodes 0..n-1 are in topological order; edges[j]
/// lists what node j reads.
template <class Visit>
void for_each_small_dag(std::size_t n, Visit visit) {
  std::uint64_t const count = std::uint64_t{1} << (n * (n - 1) / 2);
  for (std::uint64_t code = 0; code < count; ++code) {
    std::vector<std::vector<checkmate::node_id>> edges(n);
    std::uint64_t bits = code;
    for (std::size_t j = 1; j < n; ++j) {
      for (checkmate::node_id i = 0; i < j; ++i, bits >>= 1) {
        if ((bits & 1) != 0) edges[j].push_back(i);
      }
    }
    visit(edges, code);
  }
}

/// The same graph with random times and sizes of 1..limit.
inline checkmate::dag weighted_dag(std::vector<std::vector<checkmate::node_id>> const& edges,
                                   std::uint64_t seed, std::uint64_t limit = 9) {
  random_source random(seed);
  std::vector<double> times;
  std::vector<checkmate::bytes> sizes;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    times.push_back(static_cast<double>(1 + random.below(limit)));
    sizes.push_back(static_cast<checkmate::bytes>(1 + random.below(limit)));
  }
  return checkmate::lower(edges, checkmate::table_cost::of_nodes(std::move(times), sizes));
}

/// A chain of `layers` forward nodes and as many backward nodes with unit costs: backward i reads forward i,
/// forward i - 1 and the gradient before it.
inline checkmate::dag unit_training_chain(std::size_t layers) {
  std::vector<std::vector<checkmate::node_id>> edges(2 * layers);
  for (std::size_t i = 1; i < layers; ++i) edges[i] = {static_cast<checkmate::node_id>(i - 1)};
  for (std::size_t b = 0; b < layers; ++b) {
    std::size_t const at = layers + b, forward = layers - 1 - b;
    edges[at].push_back(static_cast<checkmate::node_id>(forward));
    if (forward > 0) edges[at].push_back(static_cast<checkmate::node_id>(forward - 1));
    if (b > 0) edges[at].push_back(static_cast<checkmate::node_id>(at - 1));
  }
  return checkmate::lower(edges,
                          checkmate::table_cost::of_nodes(std::vector<double>(edges.size(), 1.0),
                                                          std::vector<checkmate::bytes>(edges.size(), 1)));
}

}  // namespace test
