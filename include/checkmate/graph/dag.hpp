// SPDX-License-Identifier: Apache-2.0
//
// The internal graph that every algorithm of the library works on: dense, validated, immutable.
//
// Nodes are numbered in the order of their first execution (a topological order), values in the order of
// their producers; `id` and `index_of` translate to and from the caller's own ids. Adjacency is stored as
// compressed sparse rows, each row sorted and free of duplicates. `lower` (graph/lower.hpp) makes a dag.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <checkmate/core/index.hpp>
#include <checkmate/core/types.hpp>

namespace checkmate {
inline namespace v0 {

namespace detail {

/// Puts the list in ascending order, each element once.
template <class T>
void sort_unique(std::vector<T>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

/// Rows stored one after the other: row r is entries[start[r] .. start[r + 1]).
template <class Entry>
struct compressed_rows {
  std::vector<std::size_t> start = {0};
  std::vector<Entry> entries;

  [[nodiscard]] std::span<Entry const> row(std::size_t r) const {
    return {entries.data() + start[r], start[r + 1] - start[r]};
  }
  void close_row() { start.push_back(entries.size()); }
};

/// The rows turned into columns: row r of the answer lists, ascending, the rows that have r among their
/// entries.
template <class Row, class Entry>
compressed_rows<Row> transposed(compressed_rows<Entry> const& rows, std::size_t columns) {
  compressed_rows<Row> out;
  out.start.assign(columns + 1, 0);
  for (Entry e : rows.entries) ++out.start[std::size_t{e} + 1];
  for (std::size_t c = 0; c < columns; ++c) out.start[c + 1] += out.start[c];
  out.entries.resize(rows.entries.size());
  std::vector<std::size_t> next(out.start.begin(), out.start.end() - 1);
  for (std::size_t r = 0; r + 1 < rows.start.size(); ++r) {
    for (Entry e : rows.row(r)) out.entries[next[e]++] = static_cast<Row>(r);
  }
  return out;
}

struct dag_access;

}  // namespace detail

/// A validated dataflow graph with its costs. All node arguments and results are indices in the order of
/// first execution unless they are called an id.
class dag {
 public:
  /// Number of nodes.
  [[nodiscard]] std::size_t size() const noexcept { return time_.size(); }
  /// size(): a dag is a `graph` (graph/concepts.hpp) whose ids are the positions.
  [[nodiscard]] std::size_t node_count() const noexcept { return size(); }
  [[nodiscard]] friend std::vector<node_id> inputs(dag const& d, node_id position) {
    std::vector<node_id> out;
    for (node_index from : d.inputs(node_index(position)))
      out.push_back(static_cast<node_id>(std::size_t{from}));
    return out;
  }
  /// Number of values of all nodes together.
  [[nodiscard]] std::size_t value_count() const noexcept { return bytes_.size(); }

  /// All nodes, ascending: every node comes after those that it reads.
  [[nodiscard]] index_range<node_index> nodes() const { return {node_index{}, node_index(size())}; }
  /// All values, ascending.
  [[nodiscard]] index_range<value_index> values() const {
    return {value_index{}, value_index(value_count())};
  }
  /// The values that `node` produces, ascending.
  [[nodiscard]] index_range<value_index> outputs(node_index node) const {
    return {first_value_[node], first_value_[node + 1]};
  }

  /// Time of one execution of `node`, in the cost model's unit.
  [[nodiscard]] double time(node_index node) const { return time_[node]; }
  /// Bytes that `node` needs only while it runs.
  [[nodiscard]] bytes workspace(node_index node) const { return workspace_[node]; }
  /// Whether `node` must never be executed a second time.
  [[nodiscard]] bool run_once(node_index node) const { return run_once_[node] != 0; }
  /// Whether `node` is run-once and never passes another such node, in any order of execution.
  [[nodiscard]] bool ordered(node_index node) const { return ordered_[node] != 0; }

  /// The first of outputs(node), and how many there are.
  [[nodiscard]] value_index first_value(node_index node) const { return first_value_[node]; }
  [[nodiscard]] std::uint32_t output_count(node_index node) const {
    return static_cast<std::uint32_t>(outputs(node).size());
  }
  /// Its `k`-th output, which it must have.
  [[nodiscard]] value_index output(node_index node, std::uint32_t k) const {
    return value_index(first_value_[node] + k);
  }
  /// The values that `node` reads, ascending.
  [[nodiscard]] std::span<value_index const> reads(node_index node) const { return reads_.row(node); }
  /// The nodes whose values `node` reads, ascending.
  [[nodiscard]] std::span<node_index const> inputs(node_index node) const { return inputs_.row(node); }
  /// The nodes that read a value of `node`, ascending.
  [[nodiscard]] std::span<node_index const> users(node_index node) const { return users_.row(node); }

  /// The nodes whose first execution comes before that of `node` though it reads nothing of theirs,
  /// ascending: those that the graph's `after` names and, for an ordered node, the ordered node before it.
  /// All are below `node`.
  [[nodiscard]] std::span<node_index const> control_inputs(node_index node) const {
    return control_.row(node);
  }
  /// The nodes that have `node` among their control inputs, ascending.
  [[nodiscard]] std::span<node_index const> control_users(node_index node) const {
    return control_users_.row(node);
  }

  /// Bytes of `value`.
  [[nodiscard]] bytes memory(value_index value) const { return bytes_[value]; }
  /// The node that produces `value`.
  [[nodiscard]] node_index producer(value_index value) const { return producer_[value]; }
  /// Whether `value` must still be held when the schedule ends.
  [[nodiscard]] bool retained(value_index value) const { return retained_[value] != 0; }
  /// The nodes that read `value`, ascending.
  [[nodiscard]] std::span<node_index const> readers(value_index value) const { return readers_.row(value); }

  /// Bytes that are always resident.
  [[nodiscard]] bytes fixed_memory() const noexcept { return fixed_; }
  /// Time of executing every node once.
  [[nodiscard]] double base_time() const noexcept { return base_time_; }
  /// Number of (producer, reader) pairs of nodes.
  [[nodiscard]] std::size_t edge_count() const noexcept { return inputs_.entries.size(); }

  /// The caller's id of `node`.
  [[nodiscard]] node_id id(node_index node) const { return id_[node]; }
  /// The node with the caller's id `id`, which must be below size().
  [[nodiscard]] node_index index_of(node_id id) const { return index_[id]; }
  /// The caller's name of `value`.
  [[nodiscard]] value_ref ref(value_index value) const {
    node_index const p = producer_[value];
    return {id_[p], static_cast<std::uint32_t>(value - first_value_[p])};
  }
  /// The caller's label of `node`; empty where the graph has none.
  [[nodiscard]] std::string const& label(node_index node) const { return label_[node]; }
  /// "node 7 (conv1)": how messages name a node.
  [[nodiscard]] std::string describe(node_index node) const {
    std::string text = "node " + std::to_string(id_[node]);
    if (!label_[node].empty()) text += " (" + label_[node] + ")";
    return text;
  }

 private:
  friend struct detail::dag_access;

  std::vector<double> time_;
  std::vector<bytes> workspace_;
  std::vector<std::uint8_t> run_once_, ordered_;
  std::vector<value_index> first_value_ = {value_index{}};
  std::vector<bytes> bytes_;
  std::vector<node_index> producer_;
  std::vector<std::uint8_t> retained_;
  detail::compressed_rows<value_index> reads_;
  detail::compressed_rows<node_index> readers_, inputs_, users_, control_, control_users_;
  std::vector<node_id> id_;
  std::vector<node_index> index_;
  std::vector<std::string> label_;
  bytes fixed_ = 0;
  double base_time_ = 0;
};

}  // namespace v0
}  // namespace checkmate
