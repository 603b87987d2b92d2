// SPDX-License-Identifier: Apache-2.0
//
// roofline_cost: times from operation counts where no profile is at hand.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/graph/cost_concepts.hpp>

namespace checkmate {
inline namespace v0 {

/// A graph that knows the arithmetic of its nodes: `flops(v)` operations, and `output_bytes(v, k)` bytes of a
/// value.
template <class G>
concept counted_graph = graph<G> && requires(G const& g, node_id v, std::uint32_t k) {
  { g.flops(v) } -> std::convertible_to<double>;
  { g.output_bytes(v, k) } -> detail::id_like;
};

/// The roofline model (Williams, Waterman and Patterson, 2009): a node takes as long as its arithmetic or its
/// memory traffic, whichever is slower, plus a fixed launch time. Traffic is the bytes of the values it reads
/// and writes, and of what `constant_bytes(v)` says it reads beside them (weights), where the graph has that.
struct roofline_cost {
  double flops_per_second = 1e12;  ///< arithmetic throughput, > 0
  double bytes_per_second = 1e11;  ///< memory bandwidth, > 0
  double launch_seconds = 0;       ///< fixed cost of one execution, >= 0, finite

  /// Seconds of one execution of v.
  [[nodiscard]] double time(counted_graph auto const& g, node_id v) const {
    auto const is_throughput = [](double const& x) { return !detail::is_nan(x) && x > 0; };
    if (!is_throughput(flops_per_second) || !is_throughput(bytes_per_second) ||
        !detail::is_finite_amount(launch_seconds)) {
      throw invalid_cost("roofline_cost: throughputs must be > 0 and launch_seconds >= 0");
    }
    double traffic = written(g, v);
    for (auto from : checkmate::inputs(g, v)) traffic += read_from(g, v, static_cast<node_id>(from));
    if constexpr (requires { g.constant_bytes(v); }) traffic += static_cast<double>(g.constant_bytes(v));
    return launch_seconds +
           std::max(static_cast<double>(g.flops(v)) / flops_per_second, traffic / bytes_per_second);
  }
  [[nodiscard]] auto memory(counted_graph auto const& g, node_id v, std::uint32_t k) const {
    return g.output_bytes(v, k);
  }

 private:
  static double written(auto const& g, node_id v) {
    double sum = 0;
    auto const outputs = static_cast<std::uint32_t>(checkmate::output_count(g, v));
    for (std::uint32_t k = 0; k < outputs; ++k) sum += static_cast<double>(g.output_bytes(v, k));
    return sum;
  }
  /// Bytes that v reads of what `from` wrote.
  template <class G>
  static double read_from(G const& g, node_id v, node_id from) {
    if constexpr (value_graph<G>) {
      double sum = 0;
      for (auto&& item : checkmate::reads(g, v)) {
        auto const read = static_cast<value_ref>(item);
        if (read.node == from) sum += static_cast<double>(g.output_bytes(read.node, read.output));
      }
      return sum;
    } else {
      return written(g, from);
    }
  }
};

}  // namespace v0
}  // namespace checkmate
