// SPDX-License-Identifier: Apache-2.0
//
// The graph seam: what a type must offer so that checkmate can plan it.
//
// A ladder, smallest requirement first:
//
//   1. `std::vector<std::vector<Id>>` (any nested range of integers) is a graph as it stands: element v lists
//      the nodes that node v reads.
//   2. Any other type offers two operations, each as a member or as a free function found by ADL:
//        node_count(g)    how many nodes; ids are 0 .. node_count - 1
//        inputs(g, v)     the ids of the nodes that v reads, a range of integers, in any order
//   3. Optional refinements, again as members or by ADL:
//        output_count(g, v)    values that v produces (1 where not offered; 0 is allowed)
//        reads(g, v)           the values that v reads, a range of value_ref; it must read something of
//                              every node in inputs(g, v), and of no other (not offered: all their outputs)
//        is_retained(g, v, k)  whether output k must still be held when the schedule ends (false)
//        is_run_once(g, v)     whether v must never be executed again (false): collectives, random or side
//                              effects
//        is_ordered(g, v)      whether the run-once node v keeps its place among the other run-once nodes
//                              (true): their first executions never pass each other, in any order of
//                              execution, as the other ranks of a collective wait for them; false frees a
//                              random operator, say. It says nothing of nodes that are not run-once
//        after(g, v)           control edges: the ids of the nodes whose first execution comes before that
//                              of v though v reads nothing of theirs (none)
//        label(g, v)           a name for messages and drawings, convertible to std::string
//
// `checkmate::inputs(g, v)` and its siblings call whichever form the type has.
#pragma once

#include <concepts>
#include <cstddef>
#include <ranges>
#include <string>
#include <type_traits>

#include <checkmate/core/types.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

template <class T, class... Others>
concept one_of = (std::same_as<T, Others> || ...);

/// Integers that can be ids; truth values and characters are not.
template <class T>
concept id_like = std::integral<std::remove_cvref_t<T>> &&
    !one_of<std::remove_cvref_t<T>, bool, char, wchar_t, char8_t, char16_t, char32_t>;

template <class R>
concept id_range = std::ranges::input_range<R> && id_like<std::ranges::range_reference_t<R>>;

template <class R>
concept value_range =
    std::ranges::input_range<R> && std::convertible_to<std::ranges::range_reference_t<R>, value_ref>;

template <class G>
concept nested_ids = std::ranges::random_access_range<G const> && std::ranges::sized_range<G const> &&
    id_range<std::ranges::range_reference_t<G const>>;

/// Nodes and outputs are asked for by the same type.
template <class>
using as_id = node_id;

// One operation on a graph, as a function object `fn` that calls the member or, found by ADL alone, the free
// function of that name; `Result` is the concept of what it returns. The deleted function stops ordinary
// lookup before it finds our own object.
//   offered   either is there
//   named     something of that name can be called, if not on a const graph, or not with such a result
//   heard     what is named is offered
// clang-format off
#define CHECKMATE_OPERATION(name, Result)                                                         \
  namespace name##_operation {                                                                    \
  void name() = delete;                                                                           \
  template <class G, class... At>                                                                 \
  concept member = requires(G const& g, At... at) { { g.name(at...) } -> Result; };               \
  template <class G, class... At>                                                                 \
  concept by_adl = requires(G const& g, At... at) { { name(g, at...) } -> Result; };              \
  template <class G, class... At>                                                                 \
  concept offered = member<G, At...> || by_adl<G, At...>;                                         \
  template <class G, class... At>                                                                 \
  concept named = requires(G& g, At... at) { g.name(at...); } ||                                  \
                  requires(G& g, At... at) { name(g, at...); };                                   \
  template <class G, class... At>                                                                 \
  concept heard = offered<G, At...> || !named<G, At...>;                                          \
  struct fn {                                                                                     \
    template <class G, id_like... At>                                                             \
    requires offered<G, as_id<At>...>                                                             \
    constexpr decltype(auto) operator()(G const& g, At... at) const {                             \
      if constexpr (member<G, as_id<At>...>) {                                                    \
        return g.name(static_cast<node_id>(at)...);                                               \
      } else {                                                                                    \
        return name(g, static_cast<node_id>(at)...);                                              \
      }                                                                                           \
    }                                                                                             \
  };                                                                                              \
  }
// clang-format on

CHECKMATE_OPERATION(node_count, id_like)
CHECKMATE_OPERATION(inputs, id_range)
CHECKMATE_OPERATION(output_count, id_like)
CHECKMATE_OPERATION(reads, value_range)
CHECKMATE_OPERATION(is_retained, std::same_as<bool>)
CHECKMATE_OPERATION(is_run_once, std::same_as<bool>)
CHECKMATE_OPERATION(is_ordered, std::same_as<bool>)
CHECKMATE_OPERATION(after, id_range)
CHECKMATE_OPERATION(label, std::convertible_to<std::string>)
#undef CHECKMATE_OPERATION

/// What a range of ranges of ids, say std::vector<std::vector<int>>, means as a graph.
struct nested_node_count {
  template <nested_ids G>
  constexpr std::size_t operator()(G const& g) const {
    return static_cast<std::size_t>(std::ranges::size(g));
  }
};
struct nested_inputs {
  template <nested_ids G, id_like Id>
  constexpr decltype(auto) operator()(G const& g, Id v) const {
    return *(std::ranges::begin(g) + static_cast<std::ranges::range_difference_t<G const>>(v));
  }
};
template <auto Value>
struct constant {
  constexpr auto operator()(auto const&...) const { return Value; }
};

/// The operation where the graph offers it, else what stands in for it.
template <class Operation, class Instead>
struct operation_or {
  template <class G, id_like... At>
  requires std::invocable<Operation, G const&, At...> || std::invocable<Instead, G const&, At...>
  constexpr decltype(auto) operator()(G const& g, At... at) const {
    if constexpr (std::invocable<Operation, G const&, At...>) {
      return Operation{}(g, at...);
    } else {
      return Instead{}(g, at...);
    }
  }
};
struct label_or_empty {
  template <class G>
  std::string operator()(G const& g, node_id v) const {
    if constexpr (label_operation::offered<G, node_id>) {
      return std::string(label_operation::fn{}(g, v));
    } else {
      return {};
    }
  }
};

}  // namespace detail

inline namespace customization {
inline constexpr detail::operation_or<detail::node_count_operation::fn, detail::nested_node_count>
    node_count{};
inline constexpr detail::operation_or<detail::inputs_operation::fn, detail::nested_inputs> inputs{};
inline constexpr detail::operation_or<detail::output_count_operation::fn, detail::constant<std::size_t{1}>>
    output_count{};
inline constexpr detail::reads_operation::fn reads{};
inline constexpr detail::operation_or<detail::is_retained_operation::fn, detail::constant<false>>
    is_retained{};
inline constexpr detail::operation_or<detail::is_run_once_operation::fn, detail::constant<false>>
    is_run_once{};
inline constexpr detail::operation_or<detail::is_ordered_operation::fn, detail::constant<true>> is_ordered{};
inline constexpr detail::after_operation::fn after{};
/// The empty string where the graph has no labels.
inline constexpr detail::label_or_empty label{};
}  // namespace customization

/// A dataflow graph: `node_count(g)` and `inputs(g, v)`; see the ladder at the head of this file.
template <class G>
concept graph = requires(G const& g, node_id v) {
  { checkmate::node_count(g) } -> detail::id_like;
  { checkmate::inputs(g, v) } -> detail::id_range;
};

/// A graph whose nodes name the values they read, not only the nodes.
template <class G>
concept value_graph = graph<G> && requires(G const& g, node_id v) {
  { checkmate::reads(g, v) } -> detail::value_range;
};

/// A graph with control edges: `after(g, v)`.
template <class G>
concept control_graph = graph<G> && requires(G const& g, node_id v) {
  { checkmate::after(g, v) } -> detail::id_range;
};

}  // namespace v0
}  // namespace checkmate
