// SPDX-License-Identifier: Apache-2.0
//
// Problems for property tests: seeded random graphs of many shapes with costs of many kinds. A seed decides
// everything, on every platform.
//
// clang-format off
//   shape     sparse, dense, training step, parallel chains, wide fan, disconnected parts
//   sizes     unit, small, zero, 12 orders of magnitude
//   times     unit, small, zero, 12 orders of magnitude
//   features  several outputs and none, workspace, retained values, run-once nodes (some of which may pass
//             others), control edges, fixed memory
// clang-format on
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include <checkmate/core/types.hpp>
#include <checkmate/graph/forward.hpp>
#include <checkmate/graph/lower.hpp>

#include "support/random_graphs.hpp"

namespace test {

/// A graph and which of its nodes are the forward pass, as some strategies want to know.
struct problem {
  value_graph graph;
  checkmate::forward_mask forward;
  [[nodiscard]] checkmate::dag dag() const { return checkmate::lower(graph, graph.costs); }
};

namespace shapes {

using edges = std::vector<std::vector<checkmate::node_id>>;

inline edges random_edges(random_source& random, std::size_t n, int chance) {
  edges out(n);
  for (std::size_t j = 1; j < n; ++j) {
    for (checkmate::node_id i = 0; i < j; ++i) {
      if (random.chance(chance)) out[j].push_back(i);
    }
  }
  return out;
}

/// Forward nodes, most of which read the one before, and a backward node for each that reads what its
/// gradient needs; `skips` adds reads of older forward nodes.
inline edges training(random_source& random, std::size_t layers, bool skips) {
  edges out(2 * layers);
  for (std::size_t i = 1; i < layers; ++i) {
    out[i].push_back(static_cast<checkmate::node_id>(i - 1));
    if (skips && i > 1 && random.chance(30)) {
      out[i].push_back(static_cast<checkmate::node_id>(random.below(i - 1)));
    }
  }
  for (std::size_t b = 0; b < layers; ++b) {
    std::size_t const forward = layers - 1 - b;
    auto& reads = out[layers + b];
    if (random.chance(80) || b == 0) reads.push_back(static_cast<checkmate::node_id>(forward));
    if (forward > 0) reads.push_back(static_cast<checkmate::node_id>(forward - 1));
    if (b > 0) reads.push_back(static_cast<checkmate::node_id>(layers + b - 1));
  }
  return out;
}

/// Chains side by side, their nodes taking turns, that meet in the last node.
inline edges parallel_chains(random_source& random, std::size_t n) {
  std::size_t const chains = 2 + random.below(3);
  edges out(n);
  for (std::size_t j = chains; j + 1 < n; ++j) out[j].push_back(static_cast<checkmate::node_id>(j - chains));
  for (std::size_t j = n > chains + 1 ? n - 1 - chains : 0; j + 1 < n; ++j) {
    out[n - 1].push_back(static_cast<checkmate::node_id>(j));
  }
  return out;
}

/// One node that all others read, and a last one that reads all.
inline edges fan(std::size_t n) {
  edges out(n);
  for (std::size_t j = 1; j + 1 < n; ++j) {
    out[j].push_back(0);
    out[n - 1].push_back(static_cast<checkmate::node_id>(j));
  }
  return out;
}

/// Parts that have nothing to do with each other, their nodes interleaved.
inline edges disconnected(random_source& random, std::size_t n) {
  edges out = random_edges(random, n, 50);
  std::size_t const parts = 2 + random.below(2);
  for (std::size_t j = 0; j < n; ++j) {
    auto& reads = out[j];
    reads.erase(std::remove_if(reads.begin(), reads.end(), [&](auto i) { return i % parts != j % parts; }),
                reads.end());
  }
  return out;
}

inline edges any(random_source& random, std::size_t n, bool& two_passes) {
  std::uint64_t const shape = random.below(8);
  two_passes = shape == 2 || shape == 3;
  if (shape == 0) return random_edges(random, n, 25);
  if (shape == 1) return random_edges(random, n, 60);
  if (two_passes) return training(random, std::max<std::size_t>(1, n / 2), shape == 3);
  if (shape == 4) return parallel_chains(random, n);
  if (shape == 5) return fan(n);
  if (shape == 6) return disconnected(random, n);
  return random_edges(random, 1 + random.below(3), 50);
}

/// 10^-6 to 10^6, twelve orders of magnitude.
inline double wide(random_source& random) {
  double const part = static_cast<double>(random.below(1u << 30)) / static_cast<double>(1u << 30);
  return std::pow(10.0, 12 * part - 6);
}

/// How a problem's sizes or times are drawn.
enum class kind : std::uint8_t { unit, small, often_zero, wide, zero };

inline kind any_kind(random_source& random) {
  constexpr kind kinds[] = {kind::unit, kind::small, kind::small,      kind::small,
                            kind::wide, kind::wide,  kind::often_zero, kind::zero};
  std::uint64_t const at = random.below(random.chance(20) ? 8 : 7);
  return kinds[at];
}

inline double draw(random_source& random, kind how) {
  if (how == kind::zero || (how == kind::often_zero && random.chance(50))) return 0;
  if (how == kind::unit) return 1;
  if (how == kind::wide) return wide(random);
  return static_cast<double>(1 + random.below(9));
}

inline checkmate::bytes draw_bytes(random_source& random, kind how) {
  double const scale = how == kind::wide ? 1e6 : 1;
  return static_cast<checkmate::bytes>(draw(random, how) * scale);
}

}  // namespace shapes

/// Control edges in a quarter of the graphs, and run-once nodes that may pass others in a quarter.
inline void add_control(random_source& random, value_graph& g) {
  int const edges = random.chance(25) ? 15 : 0, free = random.chance(25) ? 50 : 0;
  g.passes.resize(g.node_count());
  g.behind.resize(g.node_count());
  for (checkmate::node_id v = 0; v < g.node_count(); ++v) {
    g.passes[v] = random.chance(free);
    for (checkmate::node_id u = 0; u < v; ++u) {
      if (random.chance(edges)) g.behind[v].push_back(u);
    }
  }
}

/// The problem of `seed`, of `least` to `most` nodes (few have less); ids are a topological order.
inline problem random_problem(std::uint64_t seed, std::size_t least, std::size_t most) {
  random_source random(seed * 0x9e3779b97f4a7c15U + 1);
  problem out;
  bool two_passes = false;
  shapes::edges const edges = shapes::any(random, least + random.below(most - least + 1), two_passes);
  std::size_t const n = edges.size();
  value_graph& g = out.graph;
  auto const sizes = shapes::any_kind(random), times = shapes::any_kind(random);
  auto const feature = [&random](int of_graphs, int of_nodes) {
    return random.chance(of_graphs) ? of_nodes : 0;
  };
  int const more = feature(30, 30), scratch = feature(30, 40), kept = feature(40, 20), once = feature(25, 20);
  g.outputs.assign(n, 1);
  std::vector<bool> is_read(n, false);
  for (auto const& reads : edges) {
    for (checkmate::node_id i : reads) is_read[i] = true;
  }
  for (std::size_t j = 0; j < n; ++j) {
    if (random.chance(more)) g.outputs[j] += 1 + static_cast<std::uint32_t>(random.below(2));
    if (!is_read[j] && random.chance(more / 3)) g.outputs[j] = 0;
    g.read.emplace_back();
    for (checkmate::node_id i : edges[j]) {
      auto const sure = static_cast<std::uint32_t>(random.below(g.outputs[i]));
      for (std::uint32_t k = 0; k < g.outputs[i]; ++k) {
        if (k == sure || random.chance(30)) g.read[j].push_back({i, k});
      }
    }
    g.keep.emplace_back();
    g.costs.memories.emplace_back();
    for (std::uint32_t k = 0; k < g.outputs[j]; ++k) {
      g.keep[j].push_back(random.chance(kept));
      g.costs.memories[j].push_back(shapes::draw_bytes(random, sizes));
    }
    g.once.push_back(random.chance(once));
    g.costs.times.push_back(shapes::draw(random, times));
    g.costs.workspaces.push_back(random.chance(scratch) ? shapes::draw_bytes(random, sizes) : 0);
    out.forward.push_back(two_passes ? j < n / 2 : j < 1 + n / 2);
  }
  if (random.chance(20)) g.costs.fixed = shapes::draw_bytes(random, sizes);
  add_control(random, g);
  return out;
}

/// The same problem where node v is called name[v].
inline problem relabelled(problem const& of, std::vector<checkmate::node_id> const& name) {
  problem out = of;
  value_graph const& from = of.graph;
  value_graph& to = out.graph;
  for (std::size_t v = 0; v < name.size(); ++v) {
    checkmate::node_id const w = name[v];
    to.read[w] = from.read[v];
    for (checkmate::value_ref& r : to.read[w]) r.node = name[r.node];
    to.outputs[w] = from.outputs[v];
    to.keep[w] = from.keep[v];
    to.once[w] = from.once[v];
    to.passes[w] = from.passes[v];
    to.behind[w] = from.behind[v];
    for (checkmate::node_id& u : to.behind[w]) u = name[u];
    to.costs.times[w] = from.costs.times[v];
    to.costs.memories[w] = from.costs.memories[v];
    to.costs.workspaces[w] = from.costs.workspaces[v];
    out.forward[w] = of.forward[v];
  }
  return out;
}

/// The same problem with its ids shuffled.
inline problem shuffled(problem const& of, std::uint64_t seed) {
  random_source random(seed + 77);
  std::vector<checkmate::node_id> name(of.graph.node_count());
  std::iota(name.begin(), name.end(), checkmate::node_id{0});
  for (std::size_t i = name.size(); i > 1; --i) std::swap(name[i - 1], name[random.below(i)]);
  return relabelled(of, name);
}

/// The same problem with all bytes times `of_bytes` and all times times `of_times`.
inline problem scaled(problem of, checkmate::bytes of_bytes, double of_times) {
  for (auto& sizes : of.graph.costs.memories) {
    for (checkmate::bytes& b : sizes) b *= of_bytes;
  }
  for (checkmate::bytes& b : of.graph.costs.workspaces) b *= of_bytes;
  for (double& t : of.graph.costs.times) t *= of_times;
  of.graph.costs.fixed *= of_bytes;
  return of;
}

}  // namespace test
