// SPDX-License-Identifier: Apache-2.0
//
// from_graph_traits: graphs that are described by a traits class in the manner of llvm::GraphTraits, without
// LLVM.
//
//   using traits = llvm::GraphTraits<my::graph*>;
//   auto g = checkmate::from_graph_traits<traits>(graph, checkmate::edge_meaning::to_reader);
//
// Of the traits: NodeRef, child_begin(NodeRef), child_end(NodeRef), and either nodes_begin(G) with
// nodes_end(G) or, where only what the entry reaches is a graph, getEntryNode(G).
#pragma once

#include <concepts>
#include <utility>

#include <checkmate/adapters/make_graph.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

template <class Traits>
concept has_children = requires(typename Traits::NodeRef node) {
  { *Traits::child_begin(node) } -> std::convertible_to<typename Traits::NodeRef>;
  { Traits::child_begin(node) != Traits::child_end(node) } -> std::convertible_to<bool>;
};

template <class Traits, class G>
concept lists_nodes = requires(G const& g) {
  { *Traits::nodes_begin(g) } -> std::convertible_to<typename Traits::NodeRef>;
  { Traits::nodes_begin(g) != Traits::nodes_end(g) } -> std::convertible_to<bool>;
};

template <class Traits, class G>
concept has_entry = requires(G const& g) {
  { Traits::getEntryNode(g) } -> std::convertible_to<typename Traits::NodeRef>;
};

/// Everything that the entry reaches, nearest first, without recursion.
template <class Traits>
[[nodiscard]] handle_index<typename Traits::NodeRef> reached_from(typename Traits::NodeRef entry) {
  handle_index<typename Traits::NodeRef> index;
  index.add(entry);
  for (std::size_t next = 0; next < index.handles().size(); ++next) {
    typename Traits::NodeRef const node = index.handles()[next];
    for (auto child = Traits::child_begin(node); child != Traits::child_end(node); ++child) {
      typename Traits::NodeRef const found = *child;
      if (index.find(found) == nullptr) index.add(found);
    }
  }
  return index;
}

}  // namespace detail

/// The graph that `Traits` describes, a snapshot. Ids follow the order of nodes_begin .. nodes_end, or,
/// without those, breadth-first order from the entry node. `children` says what a child is to its parent.
/// Throws invalid_graph.
template <class Traits, class G>
[[nodiscard]] handle_graph<typename Traits::NodeRef> from_graph_traits(
    G const& g, edge_meaning children, handle_options<typename Traits::NodeRef> const& options = {}) {
  static_assert(
      detail::has_children<Traits>,
      "checkmate::from_graph_traits: the traits need NodeRef, child_begin(NodeRef), child_end(NodeRef)");
  static_assert(
      detail::lists_nodes<Traits, G> || detail::has_entry<Traits, G>,
      "checkmate::from_graph_traits: the traits need nodes_begin(G) and nodes_end(G), or getEntryNode(G)");
  using node_ref = typename Traits::NodeRef;
  detail::handle_index<node_ref> index;
  if constexpr (detail::lists_nodes<Traits, G>) {
    for (auto node = Traits::nodes_begin(g); node != Traits::nodes_end(g); ++node) index.add(*node);
  } else {
    index = detail::reached_from<Traits>(Traits::getEntryNode(g));
  }
  detail::handle_graph_builder<node_ref> made(std::move(index), options);
  for (node_id v = 0; v < made.g.node_count(); ++v) {
    node_ref const node = made.g.handle(v);
    for (auto child = Traits::child_begin(node); child != Traits::child_end(node); ++child) {
      auto const* other = made.producer(v, *child);
      if (other != nullptr) made.add_edge(v, *other, children);
    }
  }
  return std::move(made).take();
}

}  // namespace v0
}  // namespace checkmate
