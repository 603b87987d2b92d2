// SPDX-License-Identifier: Apache-2.0
//
// from_boost_graph: any directed Boost.Graph (adjacency_list, compressed_sparse_row_graph, ...) as a graph to
// plan, and property maps as its costs (link checkmate::boost_graph, or have Boost's headers at hand).
//
//   auto g = checkmate::from_boost_graph(graph);
//   auto costs = checkmate::property_map_cost(get(&op::seconds, graph), get(&op::bytes, graph));
//   auto found = checkmate::solve(g, costs, {.budget = budget});
//   for (auto const& step : *found.plan) run(graph[g.handle(step.node)]);
#pragma once

#if !__has_include(<boost/graph/graph_traits.hpp>)
#error "link checkmate::boost_graph: Boost.Graph's headers are missing (Debian: libboost-graph-dev)"
#endif

#include <type_traits>
#include <utility>

#include <boost/graph/graph_traits.hpp>
#include <boost/property_map/property_map.hpp>

#include <checkmate/adapters/make_graph.hpp>

namespace checkmate {
inline namespace v0 {

/// The vertices and edges of `g`, a snapshot; handles are its vertex descriptors. Ids follow the order of
/// vertices(g), so with vecS and in a compressed_sparse_row_graph they are the descriptors. `edges` says
/// where an edge leads: by default from a producer to a reader. Parallel edges count once. Throws
/// invalid_graph.
template <class BoostGraph>
[[nodiscard]] auto from_boost_graph(
    BoostGraph const& g, edge_meaning edges = edge_meaning::to_reader,
    handle_options<typename boost::graph_traits<BoostGraph>::vertex_descriptor> const& options = {}) {
  using traits = boost::graph_traits<BoostGraph>;
  using vertex = typename traits::vertex_descriptor;
  using category = typename traits::traversal_category;
  static_assert(std::is_convertible_v<typename traits::directed_category, boost::directed_tag>,
                "checkmate::from_boost_graph: an undirected graph does not say who reads whom");
  static_assert(std::is_convertible_v<category, boost::vertex_list_graph_tag> &&
                    std::is_convertible_v<category, boost::incidence_graph_tag>,
                "checkmate::from_boost_graph: the graph must offer vertices(g) and out_edges(v, g)");
  detail::handle_index<vertex> index;
  for (auto [v, last] = vertices(g); v != last; ++v) index.add(*v);
  detail::handle_graph_builder<vertex> made(std::move(index), options);
  for (node_id v = 0; v < made.g.node_count(); ++v) {
    for (auto [e, last] = out_edges(made.g.handle(v), g); e != last; ++e) {
      made.add_edge(v, made.g.id(target(*e, g)), edges);
    }
  }
  return std::move(made).take();
}

namespace detail {

/// What a property map holds for `v`; a plain pointer is a property map too.
template <class Map, class Vertex>
[[nodiscard]] auto property_of(Map const& map, Vertex const& v) {
  if constexpr (std::is_pointer_v<Map>) {
    return map[v];
  } else {
    using boost::get;
    return get(map, v);
  }
}

}  // namespace detail

/// A cost model from two readable property maps of vertices: times, and bytes (integers) of a vertex's value.
template <class TimeMap, class MemoryMap>
[[nodiscard]] auto property_map_cost(TimeMap times, MemoryMap memories, bytes fixed = 0) {
  return handle_cost([times](auto const& v) { return detail::property_of(times, v); },
                     [memories](auto const& v) { return detail::property_of(memories, v); }, fixed);
}

}  // namespace v0
}  // namespace checkmate
