// SPDX-License-Identifier: Apache-2.0
//
// The cost seam: what executing a node takes and what its values weigh.
//
//   time(g, v)         time of one execution of v, any unit, finite and >= 0
//   memory(g, v)       bytes of the one value that v produces, or
//   memory(g, v, k)    bytes of its k-th value, where nodes have several
//   workspace(g, v)    optional: bytes that v needs only while it runs (0)
//   fixed_memory(g)    optional: bytes that are always resident, weights and inputs (0)
//
// All are const members of the cost model. `cost/table.hpp`, `functional.hpp`, `uniform.hpp` and
// `roofline.hpp` are ready-made models.
#pragma once

#include <concepts>

#include <checkmate/core/types.hpp>
#include <checkmate/graph/concepts.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

template <class C, class G>
concept has_time = requires(C const& c, G const& g, node_id v) {
  { c.time(g, v) } -> std::convertible_to<double>;
};
template <class C, class G>
concept has_memory_per_node = requires(C const& c, G const& g, node_id v) {
  { c.memory(g, v) } -> id_like;
};
template <class C, class G>
concept has_memory_per_value = requires(C const& c, G const& g, node_id v, std::uint32_t k) {
  { c.memory(g, v, k) } -> id_like;
};
template <class C, class G>
concept has_workspace = requires(C const& c, G const& g, node_id v) {
  { c.workspace(g, v) } -> id_like;
};
template <class C, class G>
concept has_fixed_memory = requires(C const& c, G const& g) {
  { c.fixed_memory(g) } -> id_like;
};
template <class C, class G>
concept names_pinned_memory = requires(C const& c, G const& g) {
  c.pinned_memory(g);
};

}  // namespace detail

/// A cost model for graphs of type G: `time`, and `memory` by node or by value.
template <class C, class G>
concept cost_model_for = graph<G> && detail::has_time<C, G> &&
    (detail::has_memory_per_node<C, G> || detail::has_memory_per_value<C, G>);

}  // namespace v0
}  // namespace checkmate
