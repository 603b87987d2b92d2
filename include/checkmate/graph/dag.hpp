// SPDX-License-Identifier: Apache-2.0
//
// The internal graph that every algorithm of the library works on: dense, validated, immutable.
//
// Nodes are numbered in the order of their first execution (a topological order), values in the order of
// their producers; `id` and `index_of` translate to and from the caller's own ids. Adjacency is stored as
// compressed sparse rows, each row sorted and free of duplicates. `lower` (graph/lower.hpp) makes a dag.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/types.hpp>

namespace checkmate {
inline namespace v0 {

namespace detail {

/// Rows of ids stored one after the other: row r is entries[start[r] .. start[r + 1]).
struct compressed_rows {
  std::vector<std::size_t> start = {0};
  std::vector<std::uint32_t> entries;

  [[nodiscard]] std::span<std::uint32_t const> row(std::size_t r) const {
    return {entries.data() + start[r], start[r + 1] - start[r]};
  }
  void close_row() { start.push_back(entries.size()); }
};

/// The rows turned into columns: row r of the answer lists, ascending, the rows that have r among their
/// entries.
inline compressed_rows transposed(compressed_rows const& rows, std::size_t columns) {
  compressed_rows out;
  out.start.assign(columns + 1, 0);
  for (std::uint32_t e : rows.entries) ++out.start[e + 1];
  for (std::size_t c = 0; c < columns; ++c) out.start[c + 1] += out.start[c];
  out.entries.resize(rows.entries.size());
  std::vector<std::size_t> next(out.start.begin(), out.start.end() - 1);
  for (std::size_t r = 0; r + 1 < rows.start.size(); ++r) {
    for (std::uint32_t e : rows.row(r)) out.entries[next[e]++] = static_cast<std::uint32_t>(r);
  }
  return out;
}

struct dag_access;

/// The ids from `from` to `to` - 1, ascending: a view of two integers.
class consecutive_ids {
 public:
  class iterator {
   public:
    using value_type = std::uint32_t;
    using difference_type = std::ptrdiff_t;

    constexpr iterator() = default;
    constexpr explicit iterator(std::uint32_t id) : id_(id) {}
    constexpr std::uint32_t operator*() const { return id_; }
    constexpr iterator& operator++() { return ++id_, *this; }
    constexpr iterator operator++(int) { return iterator(id_++); }
    friend constexpr bool operator==(iterator, iterator) = default;

   private:
    std::uint32_t id_ = 0;
  };

  constexpr consecutive_ids(std::size_t from, std::size_t to)
      : from_(static_cast<std::uint32_t>(from)), to_(static_cast<std::uint32_t>(to)) {}
  [[nodiscard]] constexpr iterator begin() const { return iterator(from_); }
  [[nodiscard]] constexpr iterator end() const { return iterator(to_); }
  [[nodiscard]] constexpr std::size_t size() const { return to_ - from_; }

 private:
  std::uint32_t from_, to_;
};

}  // namespace detail

/// A validated dataflow graph with its costs. All node arguments and results are indices in the order of
/// first execution unless they are called an id.
class dag {
 public:
  /// Number of nodes.
  [[nodiscard]] std::size_t size() const noexcept { return time_.size(); }
  /// size(): a dag is a `graph` (graph/concepts.hpp) of its own indices.
  [[nodiscard]] std::size_t node_count() const noexcept { return size(); }
  /// Number of values of all nodes together.
  [[nodiscard]] std::size_t value_count() const noexcept { return bytes_.size(); }

  /// All nodes, ascending: every node comes after those that it reads.
  [[nodiscard]] detail::consecutive_ids nodes() const { return {0, size()}; }
  /// All values, ascending.
  [[nodiscard]] detail::consecutive_ids values() const { return {0, value_count()}; }
  /// The values that `node` produces, ascending.
  [[nodiscard]] detail::consecutive_ids outputs(node_id node) const {
    return {first_value_[node], first_value_[node + 1]};
  }

  /// Time of one execution of `node`, in the cost model's unit.
  [[nodiscard]] double time(node_id node) const { return time_[node]; }
  /// Bytes that `node` needs only while it runs.
  [[nodiscard]] bytes workspace(node_id node) const { return workspace_[node]; }
  /// Whether `node` must never be executed a second time.
  [[nodiscard]] bool run_once(node_id node) const { return run_once_[node] != 0; }
  /// Whether `node` is run-once and never passes another such node, in any order of execution.
  [[nodiscard]] bool ordered(node_id node) const { return ordered_[node] != 0; }

  /// The first of outputs(node), and how many there are.
  [[nodiscard]] value_id first_value(node_id node) const { return first_value_[node]; }
  [[nodiscard]] std::uint32_t output_count(node_id node) const {
    return first_value_[node + 1] - first_value_[node];
  }
  /// The values that `node` reads, ascending.
  [[nodiscard]] std::span<value_id const> reads(node_id node) const { return reads_.row(node); }
  /// The nodes whose values `node` reads, ascending.
  [[nodiscard]] std::span<node_id const> inputs(node_id node) const { return inputs_.row(node); }
  /// The nodes that read a value of `node`, ascending.
  [[nodiscard]] std::span<node_id const> users(node_id node) const { return users_.row(node); }

  /// The nodes whose first execution comes before that of `node` though it reads nothing of theirs,
  /// ascending: those that the graph's `after` names and, for an ordered node, the ordered node before it.
  /// All are below `node`.
  [[nodiscard]] std::span<node_id const> control_inputs(node_id node) const { return control_.row(node); }
  /// The nodes that have `node` among their control inputs, ascending.
  [[nodiscard]] std::span<node_id const> control_users(node_id node) const {
    return control_users_.row(node);
  }

  /// Bytes of `value`.
  [[nodiscard]] bytes memory(value_id value) const { return bytes_[value]; }
  /// The node that produces `value`.
  [[nodiscard]] node_id producer(value_id value) const { return producer_[value]; }
  /// Whether `value` must still be held when the schedule ends.
  [[nodiscard]] bool retained(value_id value) const { return retained_[value] != 0; }
  /// The nodes that read `value`, ascending.
  [[nodiscard]] std::span<node_id const> readers(value_id value) const { return readers_.row(value); }

  /// Bytes that are always resident.
  [[nodiscard]] bytes fixed_memory() const noexcept { return fixed_; }
  /// Time of executing every node once.
  [[nodiscard]] double base_time() const noexcept { return base_time_; }
  /// Number of (producer, reader) pairs of nodes.
  [[nodiscard]] std::size_t edge_count() const noexcept { return inputs_.entries.size(); }

  /// The caller's id of `node`.
  [[nodiscard]] node_id id(node_id node) const { return id_[node]; }
  /// The node with the caller's id `id`, which must be below size().
  [[nodiscard]] node_id index_of(node_id id) const { return index_[id]; }
  /// The caller's name of `value`.
  [[nodiscard]] value_ref ref(value_id value) const {
    node_id const p = producer_[value];
    return {id_[p], value - first_value_[p]};
  }
  /// The caller's label of `node`; empty where the graph has none.
  [[nodiscard]] std::string const& label(node_id node) const { return label_[node]; }
  /// "node 7 (conv1)": how messages name a node.
  [[nodiscard]] std::string describe(node_id node) const {
    std::string text = "node " + std::to_string(id_[node]);
    if (!label_[node].empty()) text += " (" + label_[node] + ")";
    return text;
  }

 private:
  friend struct detail::dag_access;

  std::vector<double> time_;
  std::vector<bytes> workspace_;
  std::vector<std::uint8_t> run_once_, ordered_;
  std::vector<value_id> first_value_ = {0};
  std::vector<bytes> bytes_;
  std::vector<node_id> producer_;
  std::vector<std::uint8_t> retained_;
  detail::compressed_rows reads_, readers_, inputs_, users_, control_, control_users_;
  std::vector<node_id> id_, index_;
  std::vector<std::string> label_;
  bytes fixed_ = 0;
  double base_time_ = 0;
};

}  // namespace v0
}  // namespace checkmate
