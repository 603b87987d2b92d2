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
#include <utility>

#include <checkmate/core/types.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Integers that can be ids; `bool` is not one.
template <class T>
concept id_like = std::integral<std::remove_cvref_t<T>> && !std::same_as<std::remove_cvref_t<T>, bool>;

template <class R>
concept id_range = std::ranges::input_range<R> && id_like<std::ranges::range_reference_t<R>>;

template <class R>
concept value_range =
    std::ranges::input_range<R> && std::convertible_to<std::ranges::range_reference_t<R>, value_ref>;

template <class G>
concept nested_ids = std::ranges::random_access_range<G const> && std::ranges::sized_range<G const> &&
    id_range<std::ranges::range_reference_t<G const>>;

// One namespace an operation: the deleted function stops ordinary lookup before it finds our own function
// object, so that an unqualified call inside is found by ADL alone.
namespace node_count_cpo {
void node_count() = delete;
template <class G>
concept member = requires(G const& g) {
  { g.node_count() } -> id_like;
};
template <class G>
concept adl = requires(G const& g) {
  { node_count(g) } -> id_like;
};
struct fn {
  template <class G>
  requires member<G> || adl<G> || nested_ids<G>
  constexpr auto operator()(G const& g) const {
    if constexpr (member<G>) {
      return g.node_count();
    } else if constexpr (adl<G>) {
      return node_count(g);
    } else {
      return static_cast<std::size_t>(std::ranges::size(g));
    }
  }
};
}  // namespace node_count_cpo

namespace inputs_cpo {
void inputs() = delete;
template <class G>
concept member = requires(G const& g, node_id v) {
  { g.inputs(v) } -> id_range;
};
template <class G>
concept adl = requires(G const& g, node_id v) {
  { inputs(g, v) } -> id_range;
};
struct fn {
  template <class G>
  requires member<G> || adl<G> || nested_ids<G>
  constexpr decltype(auto) operator()(G const& g, node_id v) const {
    if constexpr (member<G>) {
      return g.inputs(v);
    } else if constexpr (adl<G>) {
      return inputs(g, v);
    } else {
      return *(std::ranges::begin(g) + static_cast<std::ranges::range_difference_t<G const>>(v));
    }
  }
};
}  // namespace inputs_cpo

namespace output_count_cpo {
void output_count() = delete;
template <class G>
concept member = requires(G const& g, node_id v) {
  { g.output_count(v) } -> id_like;
};
template <class G>
concept adl = requires(G const& g, node_id v) {
  { output_count(g, v) } -> id_like;
};
struct fn {
  template <class G>
  constexpr auto operator()(G const& g, node_id v) const {
    if constexpr (member<G>) {
      return g.output_count(v);
    } else if constexpr (adl<G>) {
      return output_count(g, v);
    } else {
      return std::size_t{1};
    }
  }
};
}  // namespace output_count_cpo

namespace reads_cpo {
void reads() = delete;
template <class G>
concept member = requires(G const& g, node_id v) {
  { g.reads(v) } -> value_range;
};
template <class G>
concept adl = requires(G const& g, node_id v) {
  { reads(g, v) } -> value_range;
};
struct fn {
  template <class G>
  requires member<G> || adl<G>
  constexpr decltype(auto) operator()(G const& g, node_id v) const {
    if constexpr (member<G>) {
      return g.reads(v);
    } else {
      return reads(g, v);
    }
  }
};
}  // namespace reads_cpo

namespace is_retained_cpo {
void is_retained() = delete;
template <class G>
concept member = requires(G const& g, node_id v, std::uint32_t k) {
  { g.is_retained(v, k) } -> std::same_as<bool>;
};
template <class G>
concept adl = requires(G const& g, node_id v, std::uint32_t k) {
  { is_retained(g, v, k) } -> std::same_as<bool>;
};
struct fn {
  template <class G>
  constexpr bool operator()(G const& g, node_id v, std::uint32_t k) const {
    if constexpr (member<G>) {
      return g.is_retained(v, k);
    } else if constexpr (adl<G>) {
      return is_retained(g, v, k);
    } else {
      return false;
    }
  }
};
}  // namespace is_retained_cpo

namespace is_run_once_cpo {
void is_run_once() = delete;
template <class G>
concept member = requires(G const& g, node_id v) {
  { g.is_run_once(v) } -> std::same_as<bool>;
};
template <class G>
concept adl = requires(G const& g, node_id v) {
  { is_run_once(g, v) } -> std::same_as<bool>;
};
struct fn {
  template <class G>
  constexpr bool operator()(G const& g, node_id v) const {
    if constexpr (member<G>) {
      return g.is_run_once(v);
    } else if constexpr (adl<G>) {
      return is_run_once(g, v);
    } else {
      return false;
    }
  }
};
}  // namespace is_run_once_cpo

namespace is_ordered_cpo {
void is_ordered() = delete;
template <class G>
concept member = requires(G const& g, node_id v) {
  { g.is_ordered(v) } -> std::same_as<bool>;
};
template <class G>
concept adl = requires(G const& g, node_id v) {
  { is_ordered(g, v) } -> std::same_as<bool>;
};
struct fn {
  template <class G>
  constexpr bool operator()(G const& g, node_id v) const {
    if constexpr (member<G>) {
      return g.is_ordered(v);
    } else if constexpr (adl<G>) {
      return is_ordered(g, v);
    } else {
      return true;
    }
  }
};
}  // namespace is_ordered_cpo

namespace after_cpo {
void after() = delete;
template <class G>
concept member = requires(G const& g, node_id v) {
  { g.after(v) } -> id_range;
};
template <class G>
concept adl = requires(G const& g, node_id v) {
  { after(g, v) } -> id_range;
};
struct fn {
  template <class G>
  requires member<G> || adl<G>
  constexpr decltype(auto) operator()(G const& g, node_id v) const {
    if constexpr (member<G>) {
      return g.after(v);
    } else {
      return after(g, v);
    }
  }
};
}  // namespace after_cpo

namespace label_cpo {
void label() = delete;
template <class G>
concept member = requires(G const& g, node_id v) {
  { g.label(v) } -> std::convertible_to<std::string>;
};
template <class G>
concept adl = requires(G const& g, node_id v) {
  { label(g, v) } -> std::convertible_to<std::string>;
};
struct fn {
  /// The empty string where the graph has no labels.
  template <class G>
  std::string operator()(G const& g, node_id v) const {
    if constexpr (member<G>) {
      return std::string(g.label(v));
    } else if constexpr (adl<G>) {
      return std::string(label(g, v));
    } else {
      return {};
    }
  }
};
}  // namespace label_cpo

}  // namespace detail

inline namespace customization {
inline constexpr detail::node_count_cpo::fn node_count{};
inline constexpr detail::inputs_cpo::fn inputs{};
inline constexpr detail::output_count_cpo::fn output_count{};
inline constexpr detail::reads_cpo::fn reads{};
inline constexpr detail::is_retained_cpo::fn is_retained{};
inline constexpr detail::is_run_once_cpo::fn is_run_once{};
inline constexpr detail::is_ordered_cpo::fn is_ordered{};
inline constexpr detail::after_cpo::fn after{};
inline constexpr detail::label_cpo::fn label{};
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
