// SPDX-License-Identifier: Apache-2.0
//
// functional_cost: two lambdas are a cost model.
#pragma once

#include <concepts>
#include <utility>

#include <checkmate/graph/cost_concepts.hpp>

namespace checkmate {
inline namespace v0 {

/// A cost model from callables: time_of(v) -> time, and memory_of(v) -> bytes or memory_of(v, k) -> bytes.
template <class Time, class Memory>
class functional_cost {
 public:
  functional_cost(Time time_of, Memory memory_of)
      : time_(std::move(time_of)), memory_(std::move(memory_of)) {}

  [[nodiscard]] double time(graph auto const&, node_id v) const { return static_cast<double>(time_(v)); }
  template <graph G>
  requires std::invocable<Memory const&, node_id>
  [[nodiscard]] auto memory(G const&, node_id v) const { return memory_(v); }
  template <graph G>
  requires std::invocable<Memory const&, node_id, std::uint32_t>
  [[nodiscard]] auto memory(G const&, node_id v, std::uint32_t k) const { return memory_(v, k); }

 private:
  Time time_;
  Memory memory_;
};

}  // namespace v0
}  // namespace checkmate
