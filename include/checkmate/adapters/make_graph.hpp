// SPDX-License-Identifier: Apache-2.0
//
// make_graph: a graph out of a list of nodes and a function that tells a node's inputs, for representations
// that have pointers (or names, or handles) where checkmate has ids.
//
//   auto g = checkmate::make_graph(block.operations, &operation::operands);
//   auto found = checkmate::solve(g, checkmate::handle_cost(&operation::seconds, &operation::bytes), {...});
//   for (auto const& step : *found.plan) run(g.handle(step.node));
//
// The graph is a snapshot: it keeps the handles and the edges, and asks nothing again. A node's id is its
// position in the list, which need not be sorted.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/core/types.hpp>
#include <checkmate/graph/concepts.hpp>
#include <checkmate/graph/dag.hpp>

namespace checkmate {
inline namespace v0 {

/// Where the edges of somebody else's graph lead. There is no convention, so adapters ask.
enum class edge_meaning : std::uint8_t {
  to_reader,  ///< from the producer of a value to a node that reads it: dataflow, def to use
  to_input    ///< from a node to one that it reads: dependencies, use to def, operands
};

/// What is known of nodes beyond their inputs. What is unset has the default of the graph concept.
template <class Handle>
struct handle_options {
  /// For messages and drawings.
  std::function<std::string(Handle const&)> label = {};
  /// How many values it produces; 1.
  std::function<std::uint32_t(Handle const&)> output_count = {};
  /// Whether the output is held at the end; no.
  std::function<bool(Handle const&, std::uint32_t)> is_retained = {};
  /// Whether it must never run again; no.
  std::function<bool(Handle const&)> is_run_once = {};
  /// Of a run-once node: whether it passes no other; yes.
  std::function<bool(Handle const&)> is_ordered = {};
  /// The nodes that first run before it; none.
  std::function<std::vector<Handle>(Handle const&)> after = {};
  /// Drops inputs that are not in the list (weights, arguments: always resident).
  bool ignore_unknown_inputs = false;
};

namespace detail {

template <class T>
concept hashable = std::equality_comparable<T> && requires(T const& x) {
  { std::hash<T>{}(x) } -> std::convertible_to<std::size_t>;
};

template <class T>
concept smart_pointer = !std::is_pointer_v<T> && requires(T const& x) {
  *x;
  requires std::is_pointer_v<decltype(x.get())>;
};

template <class T>
concept reference_holder = requires(T const& x) {
  requires std::is_lvalue_reference_v<decltype(x.get())>;
};

/// What stands for an element of a list of nodes: a pointer, or a value that can be hashed, as it is; for a
/// smart pointer the pointer that it holds; for any other object in the list its address.
template <class Element>
[[nodiscard]] auto handle_of(Element&& element) {
  using T = std::remove_cvref_t<Element>;
  if constexpr (std::is_pointer_v<T>) {
    return element;
  } else if constexpr (smart_pointer<T>) {
    return element.get();
  } else if constexpr (reference_holder<T>) {
    return std::addressof(element.get());
  } else if constexpr (hashable<T>) {
    return T(std::forward<Element>(element));
  } else {
    static_assert(
        std::is_lvalue_reference_v<Element>,
        "checkmate::make_graph: a node that is made on the fly must be a pointer or have std::hash");
    return std::addressof(element);
  }
}

/// The ids of handles: positions in the order of adding.
template <class Handle>
class handle_index {
 public:
  /// How handles are looked up: pointers to const and to non-const are the same.
  using key = std::conditional_t<std::is_pointer_v<Handle>, std::remove_pointer_t<Handle> const*, Handle>;

  void add(Handle const& handle) {
    if constexpr (std::is_pointer_v<Handle>) {
      if (handle == nullptr) {
        throw invalid_graph("position " + std::to_string(handles_.size()) +
                            " of the nodes is a null pointer");
      }
    }
    auto const id = static_cast<node_id>(handles_.size());
    auto const [at, added] = ids_.emplace(handle, id);
    if (!added) {
      throw invalid_graph("positions " + std::to_string(at->second) + " and " + std::to_string(id) +
                              " of the nodes are the same node",
                          {at->second, id});
    }
    handles_.push_back(handle);
  }
  /// The id, or nothing if the handle is not a node.
  [[nodiscard]] node_id const* find(key const& handle) const {
    auto const at = ids_.find(handle);
    return at == ids_.end() ? nullptr : &at->second;
  }
  [[nodiscard]] std::vector<Handle> const& handles() const noexcept { return handles_; }

 private:
  std::vector<Handle> handles_;
  std::unordered_map<key, node_id> ids_;
};

template <class Handle>
struct handle_graph_builder;

}  // namespace detail

/// A graph whose nodes are somebody else's: ids for checkmate, handles for their owner. Models `graph` and
/// `value_graph`.
template <class Handle>
class handle_graph {
 public:
  using handle_type = Handle;

  /// The owner's handle of the node with this id, which must be below node_count().
  [[nodiscard]] Handle const& handle(node_id id) const { return index_.handles()[id]; }
  /// The id of a node; throws invalid_graph for what is not one.
  [[nodiscard]] node_id id(Handle const& handle) const {
    if (auto const* found = index_.find(handle)) return *found;
    throw invalid_graph("the handle is not a node of this graph");
  }

  [[nodiscard]] std::size_t node_count() const noexcept { return index_.handles().size(); }
  [[nodiscard]] std::span<node_id const> inputs(node_id v) const { return inputs_.row(v); }
  [[nodiscard]] std::span<value_ref const> reads(node_id v) const { return reads_[v]; }
  [[nodiscard]] std::uint32_t output_count(node_id v) const { return output_count_[v]; }
  [[nodiscard]] bool is_retained(node_id v, std::uint32_t k) const {
    return !retained_.empty() && retained_[v][k];
  }
  [[nodiscard]] bool is_run_once(node_id v) const { return !run_once_.empty() && run_once_[v]; }
  [[nodiscard]] bool is_ordered(node_id v) const { return ordered_.empty() || ordered_[v]; }
  [[nodiscard]] std::span<node_id const> after(node_id v) const {
    return after_.entries.empty() ? std::span<node_id const>() : after_.row(v);
  }
  [[nodiscard]] std::string label(node_id v) const { return label_.empty() ? std::string() : label_[v]; }

 private:
  friend struct detail::handle_graph_builder<Handle>;

  detail::handle_index<Handle> index_;
  detail::compressed_rows<node_id> inputs_;
  std::vector<std::vector<value_ref>> reads_;
  std::vector<std::uint32_t> output_count_;
  std::vector<std::vector<bool>> retained_;  // empty if nothing is
  std::vector<bool> run_once_;               // empty if nothing is
  std::vector<bool> ordered_;                // empty if everything is
  detail::compressed_rows<node_id> after_;   // empty if there are no control edges
  std::vector<std::string> label_;           // empty if there are none
};

namespace detail {

/// Makes a handle_graph: first all nodes with what is known of each, then what each reads.
template <class Handle>
struct handle_graph_builder {
  handle_options<Handle> const& options;
  handle_graph<Handle> g = {};

  handle_graph_builder(handle_index<Handle> index, handle_options<Handle> const& known) : options(known) {
    g.index_ = std::move(index);
    g.reads_.resize(g.node_count());
    for (Handle const& h : g.index_.handles()) {
      g.output_count_.push_back(options.output_count ? options.output_count(h) : 1U);
      if (options.label) g.label_.push_back(options.label(h));
      if (options.is_run_once) g.run_once_.push_back(options.is_run_once(h));
      if (options.is_ordered) g.ordered_.push_back(options.is_ordered(h));
      if (options.is_retained) {
        auto& row = g.retained_.emplace_back();
        for (std::uint32_t k = 0; k < g.output_count_.back(); ++k) row.push_back(options.is_retained(h, k));
      }
    }
    if (options.after) add_control();
  }

  /// Notes that `reader` reads every value of `from`.
  void add_read(node_id reader, node_id from) {
    if (g.output_count_[from] == 0) {
      throw invalid_graph(describe(reader) + " reads " + describe(from) + ", which produces no value",
                          {reader, from});
    }
    for (std::uint32_t k = 0; k < g.output_count_[from]; ++k) g.reads_[reader].push_back({from, k});
  }
  /// Notes that `reader` reads one value.
  void add_read(node_id reader, value_ref value) { g.reads_[reader].push_back(value); }
  /// Notes the edge from `tail` to `head`.
  void add_edge(node_id tail, node_id head, edge_meaning meaning) {
    meaning == edge_meaning::to_reader ? add_read(head, tail) : add_read(tail, head);
  }

  /// The node that `reader` names as an input; null if it is none and that is allowed.
  node_id const* producer(node_id reader, typename handle_index<Handle>::key const& input) const {
    if constexpr (std::is_pointer_v<Handle>) {
      if (input == nullptr) throw invalid_graph(describe(reader) + " has a null input", {reader});
    }
    auto const* from = g.index_.find(input);
    if (from == nullptr && !options.ignore_unknown_inputs) {
      throw invalid_graph(
          describe(reader) +
              " reads something that is not among the nodes; if it is always resident (a weight, an "
              "argument), set ignore_unknown_inputs and count its bytes as fixed memory",
          {reader});
    }
    return from;
  }

  /// The graph, once all reads are noted: derives the inputs from them.
  handle_graph<Handle> take() && {
    for (auto& reads : g.reads_) {
      sort_unique(reads);
      for (std::size_t i = 0; i < reads.size(); ++i) {
        if (i == 0 || reads[i].node != reads[i - 1].node) g.inputs_.entries.push_back(reads[i].node);
      }
      g.inputs_.close_row();
    }
    return std::move(g);
  }

 private:
  /// Control edges, which name nodes of the list and nothing else.
  void add_control() {
    for (node_id v = 0; v < g.node_count(); ++v) {
      for (Handle const& first : options.after(g.handle(v))) {
        auto const* id = g.index_.find(first);
        if (id == nullptr) {
          throw invalid_graph(describe(v) + " comes after something that is not among the nodes", {v});
        }
        g.after_.entries.push_back(*id);
      }
      g.after_.close_row();
    }
  }

  std::string describe(node_id v) const {
    std::string const name = g.label(v);
    return "node " + std::to_string(v) + (name.empty() ? "" : " (" + name + ")");
  }
};

/// Input elements that say which output they mean: (handle, output).
template <class T>
concept handle_and_output = requires(T const& x) {
  x.first;
  requires id_like<decltype(x.second)>;
};

template <class Nodes>
using handle_for = decltype(handle_of(*std::begin(std::declval<Nodes&>())));

}  // namespace detail

/// The graph of `nodes`, a range that can be walked twice. `inputs_of(handle)` (a callable or a pointer to a
/// member) is a range of what the node reads: elements that name nodes as `nodes` does and stand for all
/// their values, or pairs (node, output) for one value each. Elements are pointers, smart pointers, objects
/// (their address is the handle), or anything with std::hash, names for instance. Throws invalid_graph for a
/// null, a node listed twice, an input that is not among the nodes. Linear in the graph.
template <class Nodes, class InputsOf, class Handle = detail::handle_for<Nodes const>>
[[nodiscard]] handle_graph<Handle> make_graph(
    Nodes const& nodes, InputsOf&& inputs_of,
    handle_options<std::type_identity_t<Handle>> const& options = {}) {
  static_assert(std::invocable<InputsOf&, Handle const&>,
                "checkmate::make_graph: inputs_of must be callable with a node's handle (see handle_graph)");
  detail::handle_index<Handle> index;
  for (auto&& node : nodes) index.add(detail::handle_of(node));
  detail::handle_graph_builder<Handle> made(std::move(index), options);
  for (node_id v = 0; v < made.g.node_count(); ++v) {
    auto&& from = std::invoke(inputs_of, made.g.handle(v));
    for (auto&& input : from) {
      if constexpr (detail::handle_and_output<std::remove_cvref_t<decltype(input)>>) {
        auto const* id = made.producer(v, detail::handle_of(input.first));
        if (id != nullptr) made.add_read(v, value_ref{*id, static_cast<std::uint32_t>(input.second)});
      } else {
        auto const* id = made.producer(v, detail::handle_of(input));
        if (id != nullptr) made.add_read(v, *id);
      }
    }
  }
  return std::move(made).take();
}

/// A cost model for handle_graphs from callables (or pointers to members) on handles: time_of(handle), and
/// memory_of(handle) or memory_of(handle, output).
template <class Time, class Memory>
class handle_cost {
 public:
  handle_cost(Time time_of, Memory memory_of, bytes fixed = 0)
      : time_(std::move(time_of)), memory_(std::move(memory_of)), fixed_(fixed) {}

  template <class Handle>
  requires std::invocable<Time const&, Handle const&>
  [[nodiscard]] double time(handle_graph<Handle> const& g, node_id v) const {
    return static_cast<double>(std::invoke(time_, g.handle(v)));
  }
  template <class Handle>
  requires std::invocable<Memory const&, Handle const&>
  [[nodiscard]] auto memory(handle_graph<Handle> const& g, node_id v) const {
    return std::invoke(memory_, g.handle(v));
  }
  template <class Handle>
  requires std::invocable<Memory const&, Handle const&, std::uint32_t>
  [[nodiscard]] auto memory(handle_graph<Handle> const& g, node_id v, std::uint32_t k) const {
    return std::invoke(memory_, g.handle(v), k);
  }
  [[nodiscard]] bytes fixed_memory(auto const&) const { return fixed_; }

 private:
  Time time_;
  Memory memory_;
  bytes fixed_;
};

}  // namespace v0
}  // namespace checkmate
