// SPDX-License-Identifier: Apache-2.0
//
// `lower(graph, costs)`: any conforming graph and cost model become a validated `dag`.
//
// Everything a caller can get wrong about a graph is found here, in time linear in the graph (a heap adds a
// logarithm where the ids are not already a topological order), and nothing recurses.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/core/text.hpp>
#include <checkmate/graph/concepts.hpp>
#include <checkmate/graph/cost_concepts.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/graph/explain.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// A graph read out of the caller's type, still in the caller's ids.
struct raw_graph {
  std::vector<std::uint32_t> output_count;    // by id
  std::vector<std::vector<value_ref>> reads;  // by id, sorted, unique
  std::vector<std::vector<node_id>> after;    // by id: control edges, sorted, unique, not to what is read
  std::vector<std::string> label;
};

inline std::string describe_raw(raw_graph const& raw, node_id id) {
  std::string text = "node " + std::to_string(id);
  if (id < raw.label.size() && !raw.label[id].empty()) text += " (" + raw.label[id] + ")";
  return text;
}

/// An id of any integer type as a node_id, or an error that names the node which names it: `relation` says
/// how, "reads" for instance.
node_id checked_id(raw_graph const& raw, node_id namer, std::string const& relation, auto id) {
  std::size_t const n = raw.output_count.size();
  if (!std::in_range<node_id>(id) || static_cast<node_id>(id) >= n) {
    throw invalid_graph(describe_raw(raw, namer) + " " + relation + " node " + std::to_string(id) +
                            ", but ids are 0.." + std::to_string(n - 1),
                        {namer});
  }
  auto const named = static_cast<node_id>(id);
  if (named == namer) throw invalid_graph(describe_raw(raw, namer) + " " + relation + " itself", {namer});
  return named;
}

/// Whether one of `reads`, which are sorted, is a value of `node`.
inline bool reads_of(std::vector<value_ref> const& reads, node_id node) {
  auto const at = std::lower_bound(reads.begin(), reads.end(), value_ref{node, 0});
  return at != reads.end() && at->node == node;
}

template <graph G>
std::size_t checked_node_count(G const& g) {
  auto const n = checkmate::node_count(g);
  if (std::cmp_less(n, 0)) throw invalid_graph("node_count is negative: " + std::to_string(n));
  if (std::cmp_equal(n, 0)) throw invalid_graph("the graph has no nodes");
  if (std::cmp_greater_equal(n, std::numeric_limits<node_id>::max())) {
    throw invalid_graph("node_count is " + std::to_string(n) + ", more than 32-bit ids can name");
  }
  return static_cast<std::size_t>(n);
}

/// The distinct ids that `id` lists as inputs, ascending: multiply(x, x) reads x once.
template <graph G>
std::vector<node_id> checked_inputs(G const& g, raw_graph const& raw, node_id id) {
  std::vector<node_id> from;
  for (auto input : checkmate::inputs(g, id)) from.push_back(checked_id(raw, id, "reads", input));
  sort_unique(from);
  return from;
}

/// The values that `id` reads where the graph names nodes only: every output of every input.
template <graph G>
std::vector<value_ref> reads_of_inputs(G const& g, raw_graph const& raw, node_id id) {
  std::vector<value_ref> found;
  for (node_id input : checked_inputs(g, raw, id)) {
    if (raw.output_count[input] == 0) {
      throw invalid_graph(
          describe_raw(raw, id) + " reads " + describe_raw(raw, input) + ", which produces no value",
          {id, input});
    }
    for (std::uint32_t k = 0; k < raw.output_count[input]; ++k) found.push_back({input, k});
  }
  return found;
}

/// The values that `id` reads where the graph names them, checked against its inputs.
template <value_graph G>
std::vector<value_ref> checked_reads(G const& g, raw_graph const& raw, node_id id) {
  std::vector<value_ref> found;
  for (auto&& item : checkmate::reads(g, id)) {
    auto const read = static_cast<value_ref>(item);
    node_id const from = checked_id(raw, id, "reads", read.node);
    if (read.output >= raw.output_count[from]) {
      throw invalid_graph(describe_raw(raw, id) + " reads output " + std::to_string(read.output) + " of " +
                              describe_raw(raw, from) + ", which has " +
                              std::to_string(raw.output_count[from]),
                          {id, from});
    }
    found.push_back(read);
  }
  sort_unique(found);

  std::vector<node_id> const listed = checked_inputs(g, raw, id);
  for (node_id input : listed) {
    if (!reads_of(found, input)) {
      throw invalid_graph(describe_raw(raw, id) + " lists " + describe_raw(raw, input) +
                              " among its inputs but reads none of its values",
                          {id, input});
    }
  }
  for (value_ref read : found) {
    if (!std::binary_search(listed.begin(), listed.end(), read.node)) {
      throw invalid_graph(describe_raw(raw, id) + " reads a value of " + describe_raw(raw, read.node) +
                              ", which is not among its inputs",
                          {id, read.node});
    }
  }
  return found;
}

/// The distinct ids that `id` must come after, ascending, without those that it reads.
template <control_graph G>
std::vector<node_id> checked_after(G const& g, raw_graph const& raw, node_id id) {
  std::vector<node_id> found;
  for (auto named : checkmate::after(g, id)) {
    node_id const first = checked_id(raw, id, "comes after", named);
    if (!reads_of(raw.reads[id], first)) found.push_back(first);
  }
  sort_unique(found);
  return found;
}

template <graph G>
raw_graph read_graph(G const& g) {
  std::size_t const n = checked_node_count(g);
  raw_graph raw;
  raw.output_count.reserve(n);
  raw.label.reserve(n);
  std::uint64_t values = 0;
  for (node_id id = 0; id < n; ++id) {
    raw.label.push_back(checkmate::label(g, id));
    auto const count = checkmate::output_count(g, id);
    if (!std::in_range<std::uint32_t>(count)) {
      throw invalid_graph(describe_raw(raw, id) + " has output_count " + std::to_string(count), {id});
    }
    raw.output_count.push_back(static_cast<std::uint32_t>(count));
    values += static_cast<std::uint64_t>(count);
    if (values >= std::numeric_limits<node_id>::max()) {
      throw invalid_graph("more values than 32-bit ids can name, counted up to " + describe_raw(raw, id),
                          {id});
    }
  }
  raw.reads.reserve(n);
  for (node_id id = 0; id < n; ++id) {
    if constexpr (value_graph<G>) {
      raw.reads.push_back(checked_reads(g, raw, id));
    } else {
      raw.reads.push_back(reads_of_inputs(g, raw, id));
    }
  }
  raw.after.resize(n);
  if constexpr (control_graph<G>) {
    for (node_id id = 0; id < n; ++id) raw.after[id] = checked_after(g, raw, id);
  }
  return raw;
}

/// The distinct producers among sorted reads, in order.
void for_each_producer(std::vector<value_ref> const& reads, auto visit) {
  for (std::size_t i = 0; i < reads.size(); ++i) {
    if (i == 0 || reads[i].node != reads[i - 1].node) visit(reads[i].node);
  }
}

/// The distinct nodes that `id` must come after: those that it reads, then those that control edges name.
void for_each_before(raw_graph const& raw, node_id id, auto visit) {
  for_each_producer(raw.reads[id], visit);
  for (node_id from : raw.after[id]) visit(from);
}

/// Throws with one cycle among the nodes that a topological sort could not place (`left[id]` != 0).
[[noreturn]] inline void throw_cycle(raw_graph const& raw, std::vector<std::uint32_t> const& left) {
  // Every unplaced node must come after an unplaced node; walking back along such edges must come round.
  auto at = static_cast<node_id>(
      std::find_if(left.begin(), left.end(), [](std::uint32_t k) { return k != 0; }) - left.begin());
  std::vector<std::size_t> seen_at(left.size(), 0);
  std::vector<node_id> walk;
  while (seen_at[at] == 0) {
    walk.push_back(at);
    seen_at[at] = walk.size();
    node_id before = at;
    for_each_before(raw, at, [&](node_id from) {
      if (before == at && left[from] != 0) before = from;
    });
    at = before;
  }
  std::vector<node_id> cycle(walk.begin() + static_cast<std::ptrdiff_t>(seen_at[at] - 1), walk.end());
  std::reverse(cycle.begin(), cycle.end());  // each node now comes after the one before it
  std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
  bool controlled = false;
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    auto const& after = raw.after[cycle[(i + 1) % cycle.size()]];
    controlled = controlled || std::binary_search(after.begin(), after.end(), cycle[i]);
  }
  std::string text = controlled ? "the graph has a cycle through control edges: " : "the graph has a cycle: ";
  std::size_t const shown = std::min<std::size_t>(cycle.size(), 12);
  for (std::size_t i = 0; i < shown; ++i) text += describe_raw(raw, cycle[i]) + " -> ";
  if (shown < cycle.size()) text += "... (" + std::to_string(cycle.size()) + " nodes) -> ";
  text += "node " + std::to_string(cycle.front());
  throw invalid_graph(text, cycle);
}

/// Ids in a topological order: of all that are ready, the smallest id first; so ids that already are in such
/// an order keep it (A. B. Kahn, 1962, with a heap).
inline std::vector<node_id> topological_order(raw_graph const& raw) {
  std::size_t const n = raw.reads.size();
  std::vector<std::uint32_t> waiting(n, 0);
  compressed_rows<node_id> inputs;  // and control edges
  for (node_id id = 0; id < n; ++id) {
    for_each_before(raw, id, [&](node_id from) {
      inputs.entries.push_back(from);
      ++waiting[id];
    });
    inputs.close_row();
  }
  compressed_rows<node_id> const users = transposed<node_id>(inputs, n);

  std::priority_queue<node_id, std::vector<node_id>, std::greater<>> ready;
  for (node_id id = 0; id < n; ++id) {
    if (waiting[id] == 0) ready.push(id);
  }
  std::vector<node_id> order;
  order.reserve(n);
  while (!ready.empty()) {
    node_id const id = ready.top();
    ready.pop();
    order.push_back(id);
    for (node_id user : users.row(id)) {
      if (--waiting[user] == 0) ready.push(user);
    }
  }
  if (order.size() != n) throw_cycle(raw, waiting);
  return order;
}

/// An amount of memory as given by a cost model; anything but 0 .. 2^63-1 is refused.
bytes checked_bytes(auto amount, char const* what, std::string const& where) {
  if (std::cmp_less(amount, 0)) {
    throw invalid_cost(std::string(what) + " of " + where + " is negative: " + std::to_string(amount));
  }
  if (!std::in_range<bytes>(amount)) {
    throw invalid_cost(std::string(what) + " of " + where +
                       " does not fit 63 bits: " + std::to_string(amount));
  }
  return static_cast<bytes>(amount);
}

template <class C, graph G>
bytes value_bytes(C const& costs, G const& g, raw_graph const& raw, value_ref value) {
  std::string const where = describe_raw(raw, value.node);
  if constexpr (has_memory_per_value<C, G>) {
    return checked_bytes(costs.memory(g, value.node, value.output), "memory", where);
  } else {
    if (raw.output_count[value.node] != 1) {
      throw invalid_cost(where + " has " + std::to_string(raw.output_count[value.node]) +
                         " outputs, so the cost model must offer memory(graph, node, output)");
    }
    return checked_bytes(costs.memory(g, value.node), "memory", where);
  }
}

struct dag_access {
  static void add_times(dag& d, double const& time, std::string const& where) {
    if (!is_finite(time) || time < 0) {
      throw invalid_cost("time of " + where + " must be finite and >= 0, it is " + text_of(time));
    }
    d.time_.push_back(time);
    d.base_time_ += time;
    if (!is_finite(d.base_time_))
      throw invalid_cost("the times add up to more than a double holds, at " + where);
  }

  /// Refuses sizes whose sum could overflow anywhere in the library: all values at once, fixed memory and
  /// the largest workspace together must fit 62 bits.
  static void check_total(dag const& d) {
    constexpr bytes limit = std::numeric_limits<bytes>::max() / 2;
    bytes workspace = 0;
    for (bytes w : d.workspace_) workspace = std::max(workspace, w);
    bytes total = d.fixed_;
    auto add = [&](bytes amount, std::string const& where) {
      if (amount > limit - total) throw invalid_cost("the bytes add up to more than 2^62, at " + where);
      total += amount;
    };
    if (d.fixed_ > limit) throw invalid_cost("fixed memory is more than 2^62 bytes");
    add(workspace, "the largest workspace");
    for (auto v : d.values()) add(d.bytes_[v], "memory of " + d.describe(d.producer_[v]));
  }

  template <graph G, class C>
  static dag make(G const& g, C const& costs) {
    raw_graph raw = read_graph(g);
    dag d;
    d.id_ = topological_order(raw);
    std::size_t const n = d.id_.size();
    d.index_.resize(n);
    for (node_index i{}; i < node_index(n); ++i) d.index_[d.id_[i]] = i;
    if constexpr (has_fixed_memory<C, G>) {
      d.fixed_ = checked_bytes(costs.fixed_memory(g), "fixed memory", "the graph");
    }
    for (node_index i{}; i < node_index(n); ++i) {
      node_id const id = d.id_[i];
      std::string const where = describe_raw(raw, id);
      add_times(d, static_cast<double>(costs.time(g, id)), where);
      bytes workspace = 0;
      if constexpr (has_workspace<C, G>)
        workspace = checked_bytes(costs.workspace(g, id), "workspace", where);
      d.workspace_.push_back(workspace);
      d.run_once_.push_back(checkmate::is_run_once(g, id) ? 1 : 0);
      d.ordered_.push_back(d.run_once(i) && checkmate::is_ordered(g, id) ? 1 : 0);
      for (std::uint32_t k = 0; k < raw.output_count[id]; ++k) {
        d.bytes_.push_back(value_bytes(costs, g, raw, {id, k}));
        d.producer_.push_back(i);
        d.retained_.push_back(checkmate::is_retained(g, id, k) ? 1 : 0);
      }
      d.first_value_.push_back(static_cast<value_index>(d.bytes_.size()));
    }
    for (node_id id : d.id_) d.label_.push_back(std::move(raw.label[id]));
    check_total(d);
    connect(d, raw);
    control(d, raw);
    return d;
  }

 private:
  /// Appends `row` as a set, and empties it.
  template <class Index>
  static void add_row(compressed_rows<Index>& rows, std::vector<Index>& row) {
    sort_unique(row);
    rows.entries.insert(rows.entries.end(), row.begin(), row.end());
    rows.close_row();
    row.clear();
  }

  static void connect(dag& d, raw_graph const& raw) {
    std::vector<value_index> reads;
    std::vector<node_index> producers;
    for (node_id id : d.id_) {
      for (value_ref read : raw.reads[id]) {
        node_index const from = d.index_[read.node];
        reads.push_back(d.output(from, read.output));
        producers.push_back(from);
      }
      add_row(d.reads_, reads);
      add_row(d.inputs_, producers);
    }
    d.readers_ = transposed<node_index>(d.reads_, d.value_count());
    d.users_ = transposed<node_index>(d.inputs_, d.size());
  }

  /// Control edges, and one between each two ordered run-once nodes that follow each other: the others
  /// follow.
  static void control(dag& d, raw_graph const& raw) {
    std::vector<node_index> row;
    constexpr auto none = std::numeric_limits<node_index>::max();
    node_index last = none;  // of the ordered nodes so far
    for (auto node : d.nodes()) {
      for (node_id from : raw.after[d.id_[node]]) row.push_back(d.index_[from]);
      if (d.ordered(node)) {
        auto const inputs = d.inputs(node);
        if (last != none && !std::binary_search(inputs.begin(), inputs.end(), last)) row.push_back(last);
        last = node;
      }
      add_row(d.control_, row);
    }
    d.control_users_ = transposed<node_index>(d.control_, d.size());
  }
};

}  // namespace detail

/// Validates `g` and `costs` and returns the dag that all planning works on. Nodes are first executed in the
/// order of their ids where that is a topological order, control edges included, otherwise smallest ready id
/// first. Ordered run-once nodes keep that order among each other wherever first executions may move. Throws
/// invalid_graph (cycle, self-loop, unknown id, no nodes) or invalid_cost (negative, not finite, too many
/// bytes), naming the node.
template <graph G, cost_model_for<G> C>
[[nodiscard]] dag lower(G const& g, C const& costs) {
  detail::explain_refinements<G>();
  detail::explain_cost_refinements<C, G>();
  return detail::dag_access::make(g, costs);
}

/// A dag is a graph of its indices, but not all that it knows has the form that a graph says it in.
dag lower(dag const&, auto const&) = delete;

/// Never runs: says what `g` or `costs` lack.
template <class G, class C>
requires(!(graph<G> && cost_model_for<C, G>)) dag lower(G const&, C const&) {
  detail::explain_problem<G, C>();
  return {};
}

}  // namespace v0
}  // namespace checkmate
