// SPDX-License-Identifier: Apache-2.0
//
// What a type lacks to be a graph, a cost model, a strategy or a handler, said by the compiler in one
// sentence. The entry points fall back to these where their concepts refuse an argument, since what compilers
// say of a concept is hard to read for those who meet it first.
#pragma once

#include <cstdint>

#include <checkmate/core/types.hpp>
#include <checkmate/graph/concepts.hpp>
#include <checkmate/graph/cost_concepts.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Stops the compilation with what `G` lacks to be a graph.
template <class G>
constexpr void explain_graph() {
  constexpr bool counts = requires(G const& g) {
    checkmate::node_count(g);
  };
  constexpr bool counts_unless_const = requires(G & g) {
    g.node_count();
  };
  constexpr bool lists = requires(G const& g, node_id v) {
    checkmate::inputs(g, v);
  };
  constexpr bool lists_unless_const = requires(G & g, node_id v) {
    g.inputs(v);
  };
  constexpr bool lists_something = requires(G const& g, node_id v) {
    g.inputs(v);
  };
  static_assert(counts || counts_unless_const,
                "checkmate: this graph type has no node_count(graph) that returns an integer: write a const "
                "member, or a "
                "free function in the namespace of the type");
  static_assert(counts || !counts_unless_const,
                "checkmate: node_count() of this graph type must be const and return an integer");
  static_assert(
      lists || lists_unless_const,
      "checkmate: this graph type has no inputs(graph, node) that returns a range of integers: write a const "
      "member, or a free function in the namespace of the type");
  static_assert(lists || !lists_something,
                "checkmate: inputs(node) of this graph type must return a range of node ids (integers)");
  static_assert(lists || lists_something || !lists_unless_const,
                "checkmate: inputs(node) of this graph type must be const");
}

/// Stops the compilation where `G` says something under the name of a refinement that would not be heard.
template <class G>
constexpr void explain_refinements() {
  static_assert(output_count_operation::heard<G, node_id>,
                "checkmate: output_count(node) of this graph type must be const and return an integer");
  static_assert(reads_operation::heard<G, node_id>,
                "checkmate: reads(node) of this graph type must be const and return a range of value_ref");
  static_assert(
      is_retained_operation::heard<G, node_id, node_id> &&
          (is_retained_operation::offered<G, node_id, node_id> || !is_retained_operation::named<G, node_id>),
      "checkmate: is_retained(node, output) of this graph type must be const and return bool");
  static_assert(is_run_once_operation::heard<G, node_id>,
                "checkmate: is_run_once(node) of this graph type must be const and return bool");
  static_assert(is_ordered_operation::heard<G, node_id>,
                "checkmate: is_ordered(node) of this graph type must be const and return bool");
  static_assert(after_operation::heard<G, node_id>,
                "checkmate: after(node) of this graph type must be const and return a range of node ids");
  static_assert(label_operation::heard<G, node_id>,
                "checkmate: label(node) of this graph type must be const and convert to std::string");
}

/// The same of a cost model.
template <class C, class G>
constexpr void explain_cost_refinements() {
  constexpr bool scratch = requires(C & c, G const& g, node_id v) {
    c.workspace(g, v);
  };
  constexpr bool fixed = requires(C & c, G const& g) {
    c.fixed_memory(g);
  };
  static_assert(has_workspace<C, G> || !scratch,
                "checkmate: workspace(graph, node) of this cost model must be const and return an integer, a "
                "number of bytes");
  static_assert(has_fixed_memory<C, G> || !fixed,
                "checkmate: fixed_memory(graph) of this cost model must be const and return an integer, a "
                "number of bytes");
  static_assert(!names_pinned_memory<C, G>,
                "checkmate: pinned_memory(graph) of this cost model is called fixed_memory(graph) by now");
}

/// Stops the compilation with what `C` lacks to be a cost model for `G`.
template <class C, class G>
constexpr void explain_costs() {
  constexpr bool timed = has_time<C, G>;
  constexpr bool timed_unless_const = requires(C & c, G const& g, node_id v) {
    c.time(g, v);
  };
  constexpr bool sized = has_memory_per_node<C, G> || has_memory_per_value<C, G>;
  constexpr bool sized_somehow = requires(C & c, G const& g, node_id v) {
    c.memory(g, v);
  }
  || requires(C & c, G const& g, node_id v, std::uint32_t k) {
    c.memory(g, v, k);
  };
  static_assert(timed || timed_unless_const, "checkmate: this cost model has no time(graph, node)");
  static_assert(timed || !timed_unless_const,
                "checkmate: time(graph, node) of this cost model must be const and return a number");
  static_assert(sized || sized_somehow,
                "checkmate: this cost model has no memory(graph, node), nor memory(graph, node, output)");
  static_assert(sized || !sized_somehow,
                "checkmate: memory(graph, node) of this cost model must be const and return an integer, a "
                "number of bytes");
}

/// Stops the compilation with what keeps `G` and `C` from being planned.
template <class G, class C>
constexpr void explain_problem() {
  if constexpr (!graph<G>) {
    explain_graph<G>();
  } else {
    explain_costs<C, G>();
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
