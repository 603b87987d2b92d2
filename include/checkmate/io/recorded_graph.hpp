// SPDX-License-Identifier: Apache-2.0
//
// A graph as a profiler or a file gives it: operators with measured costs, in memory as plain data.
//
// `recorded_graph` is a graph and its own cost model, so `lower(g, g)` and `solve(g, g, options)` work. This
// header knows nothing of JSON; `io/json.hpp` reads and writes it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <checkmate/graph/dag.hpp>

namespace checkmate {
inline namespace v0 {
/// One operator of a recorded graph.
struct recorded_node {
  std::string name = {};                     ///< for messages and drawings; may be empty
  std::string op = {};                       ///< kind of operator ("aten.relu.default"); empty if unknown
  double time = 0;                           ///< of one execution, in the graph's time unit, >= 0
  std::vector<bytes> outputs = {};           ///< bytes of each value that it produces, each >= 0
  std::vector<value_ref> reads = {};         ///< the values that it reads, each once
  std::vector<std::uint32_t> retained = {};  ///< outputs still held when the schedule ends, ascending
  bytes workspace = 0;                       ///< bytes needed only while it runs, >= 0
  bool backward = false;                     ///< belongs to the backward pass
  bool run_once = false;                     ///< must never be executed again
  bool ordered = true;                       ///< if run-once: never passes another such node
  std::vector<node_id> after = {};  ///< nodes that first run before it though it reads nothing of theirs
  friend bool operator==(recorded_node const&, recorded_node const&) = default;
};

/// What the framework itself measured for the step that the graph was recorded from.
struct eager_figures {
  double step_ms = 0;    ///< wall time of the step in milliseconds; 0 if not recorded
  bytes peak_bytes = 0;  ///< largest allocation seen
  bytes base_bytes = 0;  ///< allocated before the step began, included in peak_bytes
  friend bool operator==(eager_figures const&, eager_figures const&) = default;
};

/// A recorded graph; node ids are positions in `nodes`. Models `graph`, `value_graph` and `cost_model_for`
/// itself.
struct recorded_graph {
  std::string name = {};
  std::string source = {};       ///< where it comes from, for a person
  std::string time_unit = {};    ///< "us", "flop", ...; as in the file
  std::string memory_unit = {};  ///< "bytes" as a rule
  bytes fixed = 0;               ///< always resident: weights, inputs
  std::vector<recorded_node> nodes = {};
  std::optional<eager_figures> eager = {};
  friend bool operator==(recorded_graph const&, recorded_graph const&) = default;

  [[nodiscard]] std::size_t node_count() const noexcept { return nodes.size(); }
  /// The nodes that `v` reads, ascending, each once.
  [[nodiscard]] std::vector<node_id> inputs(node_id v) const {
    std::vector<node_id> from;
    for (value_ref read : nodes[v].reads) from.push_back(read.node);
    detail::sort_unique(from);
    return from;
  }
  [[nodiscard]] std::vector<value_ref> const& reads(node_id v) const { return nodes[v].reads; }
  [[nodiscard]] std::size_t output_count(node_id v) const { return nodes[v].outputs.size(); }
  [[nodiscard]] bool is_retained(node_id v, std::uint32_t k) const {
    auto const& kept = nodes[v].retained;
    return std::binary_search(kept.begin(), kept.end(), k);
  }
  [[nodiscard]] bool is_run_once(node_id v) const { return nodes[v].run_once; }
  [[nodiscard]] bool is_ordered(node_id v) const { return nodes[v].ordered; }
  [[nodiscard]] std::vector<node_id> const& after(node_id v) const { return nodes[v].after; }
  [[nodiscard]] std::string const& label(node_id v) const { return nodes[v].name; }
  /// Whether the file says that `v` belongs to the backward pass; makes this a `two_pass_graph`.
  [[nodiscard]] bool is_backward(node_id v) const { return nodes[v].backward; }

  /// The costs, for any graph with the same ids (as a rule, this one).
  [[nodiscard]] double time(auto const&, node_id v) const { return nodes[v].time; }
  [[nodiscard]] bytes memory(auto const&, node_id v, std::uint32_t k) const { return nodes[v].outputs[k]; }
  [[nodiscard]] bytes workspace(auto const&, node_id v) const { return nodes[v].workspace; }
  [[nodiscard]] bytes fixed_memory(auto const&) const { return fixed; }
};

}  // namespace v0
}  // namespace checkmate
