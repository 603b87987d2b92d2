// SPDX-License-Identifier: Apache-2.0
//
// What the classical baselines know of a training graph: its forward nodes in order, and for every backward
// stage how deep in the forward pass it works.
//
// Those methods were made for a forward pass that is mirrored by a backward pass. Position p is the p-th
// forward node in the dag's order; a backward node works at the lowest position that it reads, one that reads
// no forward value at that of the backward node before it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/graph/forward.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// The forward pass of a dag.
struct forward_pass {
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  std::vector<node_index> nodes;        // by position
  std::vector<std::uint32_t> position;  // by node; none for backward nodes
  std::vector<std::uint32_t> works_at;  // by node: position a backward node works at, none before the first

  [[nodiscard]] bool is_forward(node_index node) const { return position[node] != none; }
  [[nodiscard]] std::size_t size() const noexcept { return nodes.size(); }
};

/// Whether `node` is given rather than computed: an input or a parameter, which reads nothing and runs once.
/// Its value is there whenever it is needed, so that it is no step of a pass.
[[nodiscard]] inline bool is_given(dag const& d, node_index node) {
  return d.run_once(node) && d.inputs(node).empty();
}

/// Whether `node` reads `before`, or nothing where there is no such node, and beyond that only what is given.
[[nodiscard]] inline bool follows(dag const& d, node_index node, std::optional<node_index> before) {
  bool reads = !before;
  for (node_index from : d.inputs(node)) {
    if (is_given(d, from)) continue;
    if (!before || from != *before) return false;
    reads = true;
  }
  return reads;
}

/// The forward pass that the mask names, without what is given. Throws invalid_option where the mask has
/// another size than the graph.
inline forward_pass make_forward_pass(dag const& d, forward_mask const& forward) {
  if (forward.size() != d.size()) {
    throw invalid_option("the mask of forward nodes has " + std::to_string(forward.size()) +
                         " entries, the graph " + std::to_string(d.size()) + " nodes");
  }
  forward_pass out;
  out.position.assign(d.size(), forward_pass::none);
  out.works_at.assign(d.size(), forward_pass::none);
  std::uint32_t last = forward_pass::none;
  for (auto node : d.nodes()) {
    if (is_given(d, node)) continue;
    if (forward[d.id(node)]) {
      out.position[node] = static_cast<std::uint32_t>(out.nodes.size());
      out.nodes.push_back(node);
      continue;
    }
    std::uint32_t lowest = forward_pass::none;
    for (node_index from : d.inputs(node)) lowest = std::min(lowest, out.position[from]);
    if (lowest != forward_pass::none) last = lowest;
    out.works_at[node] = last;
  }
  return out;
}

/// Whether the forward nodes are a chain: each reads exactly the one before it, and perhaps what is given.
inline bool is_chain(dag const& d, forward_pass const& pass) {
  for (std::size_t p = 0; p < pass.size(); ++p) {
    if (!follows(d, pass.nodes[p], p > 0 ? std::optional(pass.nodes[p - 1]) : std::nullopt)) return false;
  }
  return pass.size() > 0;
}

/// The articulation points of the forward graph, taken as undirected, between a source in front of every
/// node that reads nothing and a sink behind every node that no forward node reads; ascending. The first and
/// the last node of the pass are none, as in the published code of Jain et al. (2020). Depth-first search
/// after Hopcroft and Tarjan (1973), without recursion.
class articulation_search {
 public:
  articulation_search(dag const& d, forward_pass const& pass) : size_(pass.size()) {
    neighbours_.resize(size_ + 2);
    std::size_t const source = size_, sink = size_ + 1;
    for (std::size_t p = 0; p < size_; ++p) {
      bool first = true;
      for (node_index from : d.inputs(pass.nodes[p])) {
        if (!pass.is_forward(from)) continue;
        connect(pass.position[from], p);
        first = false;
      }
      bool last = true;
      for (node_index user : d.users(pass.nodes[p])) last &= !pass.is_forward(user);
      if (first) connect(source, p);
      if (last) connect(sink, p);
    }
  }

  /// Positions, ascending.
  [[nodiscard]] std::vector<std::uint32_t> find() {
    order_.assign(size_ + 2, 0);
    low_.assign(size_ + 2, 0);
    std::vector<std::uint8_t> cut(size_ + 2, 0);
    struct frame {
      std::size_t at, parent, next;
    };
    std::vector<frame> walk = {{size_, size_, 0}};
    order_[size_] = low_[size_] = ++clock_;
    while (!walk.empty()) {
      frame& top = walk.back();
      if (top.next < neighbours_[top.at].size()) {
        std::size_t const to = neighbours_[top.at][top.next++];
        if (order_[to] == 0) {
          order_[to] = low_[to] = ++clock_;
          walk.push_back({to, top.at, 0});
        } else if (to != top.parent) {
          low_[top.at] = std::min(low_[top.at], order_[to]);
        }
        continue;
      }
      frame const done = top;
      walk.pop_back();
      if (walk.empty()) break;
      low_[done.parent] = std::min(low_[done.parent], low_[done.at]);
      if (low_[done.at] >= order_[done.parent]) cut[done.parent] = 1;
    }
    std::vector<std::uint32_t> found;
    for (std::size_t p = 1; p + 1 < size_; ++p) {
      if (cut[p] != 0) found.push_back(static_cast<std::uint32_t>(p));
    }
    return found;
  }

 private:
  void connect(std::size_t a, std::size_t b) {
    neighbours_[a].push_back(b);
    neighbours_[b].push_back(a);
  }

  std::size_t size_;
  std::vector<std::vector<std::size_t>> neighbours_;
  std::vector<std::size_t> order_, low_;  // 0: not visited
  std::size_t clock_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
