// SPDX-License-Identifier: Apache-2.0
//
// Training graphs: a forward graph, then a loss, then one backward node for every forward node that gets a
// gradient.
//
// Forward nodes keep their ids; the loss and the backward nodes follow, backward nodes in the reverse of the
// forward graph's topological order, so that ids are an order of execution. The backward node of v takes the
// gradients that the backward nodes of v's users hand back, and whatever of the forward pass its operator
// needs: a `backward_rule` says which, per node, an `exact_backward_rule` value by value. It produces one
// value.
//
// The graphs of the Checkmate paper (Jain et al., 2020; its published code) follow `paper_rule`: the backward
// node of v reads v's output, the outputs of v's users and the gradients of v's users, all of them where
// there are several (no add nodes).
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/cost/table.hpp>
#include <checkmate/graph/concepts.hpp>
#include <checkmate/graph/cost_concepts.hpp>
#include <checkmate/graph/lower.hpp>

namespace checkmate {
inline namespace v0 {

/// What the backward node of one forward node reads beside the gradients, and what it is like.
struct backward_rule {
  bool inputs = true;         ///< the values that the forward node read (convolution, matrix product)
  bool output = true;         ///< the values that the forward node produced (ReLU, softmax)
  bool user_outputs = false;  ///< the values that the forward node's users produced (the paper's graphs)
  bool exists = true;         ///< false: no gradient flows into or through the node
  bool run_once = false;      ///< the backward node must never be executed twice (a collective)
  bool retained = false;      ///< the backward node's value must be held at the end
};

/// The rule of the paper's graphs.
inline constexpr backward_rule paper_rule{.inputs = false, .output = true, .user_outputs = true};
/// The rule of an element-wise addition, a reshape or a concatenation: gradients alone.
inline constexpr backward_rule gradients_only_rule{.inputs = false, .output = false};

/// The same, value by value: for operators whose gradients read some inputs and not others, or flow into some
/// inputs and not others.
struct exact_backward_rule {
  std::vector<value_ref> reads = {};    ///< values of the forward graph or the loss, in any order
  std::vector<node_id> receivers = {};  ///< nodes that v reads and that get a gradient from it, in any order
  bool exists = false;                  ///< false: no gradient flows into or through the node
  bool run_once = false;                ///< as of backward_rule
  bool retained = false;                ///< as of backward_rule
};

/// How the gradients that reach one node from several users become one.
enum class gradient_fan_in : std::uint8_t {
  read_all,  ///< the backward node reads them all and adds them itself, as in the paper's graphs
  add_nodes  ///< a node of its own adds each further gradient as soon as it exists, as frameworks do
};

/// How a training graph is made.
struct training_options {
  std::vector<node_id> loss_inputs = {};  ///< what the loss reads; empty = every node that no other reads
  gradient_fan_in fan_in = gradient_fan_in::read_all;
};

/// What a node of a training graph is.
enum class training_role : std::uint8_t { forward, loss, add, backward };

namespace detail {
struct training_builder;
}

/// A forward graph with its loss and backward nodes. Satisfies `value_graph`.
class training_graph {
 public:
  [[nodiscard]] std::size_t node_count() const noexcept { return nodes_.size(); }
  [[nodiscard]] std::vector<node_id> const& inputs(node_id v) const { return nodes_[v].inputs; }
  [[nodiscard]] std::vector<value_ref> const& reads(node_id v) const { return nodes_[v].reads; }
  [[nodiscard]] std::size_t output_count(node_id v) const { return nodes_[v].retained.size(); }
  [[nodiscard]] bool is_retained(node_id v, std::uint32_t k) const { return nodes_[v].retained[k]; }
  [[nodiscard]] bool is_run_once(node_id v) const { return nodes_[v].run_once; }
  [[nodiscard]] bool is_ordered(node_id v) const { return nodes_[v].ordered; }
  [[nodiscard]] std::vector<node_id> const& after(node_id v) const { return nodes_[v].after; }
  [[nodiscard]] std::string const& label(node_id v) const { return nodes_[v].label; }

  [[nodiscard]] training_role role(node_id v) const { return nodes_[v].role; }
  /// Whether v belongs to the backward pass; the loss does not.
  [[nodiscard]] bool is_backward(node_id v) const {
    return role(v) == training_role::backward || role(v) == training_role::add;
  }
  /// The forward node whose gradient v produces or adds up; v itself for forward nodes and the loss.
  [[nodiscard]] node_id forward_of(node_id v) const { return nodes_[v].forward; }
  /// The backward node of forward node v; empty where no gradient reaches it.
  [[nodiscard]] std::optional<node_id> backward_of(node_id v) const { return backward_[v]; }
  /// The loss node; it is also the number of forward nodes.
  [[nodiscard]] node_id loss() const noexcept { return static_cast<node_id>(backward_.size()); }

 private:
  friend struct detail::training_builder;
  struct node {
    std::vector<node_id> inputs = {};
    std::vector<value_ref> reads = {};
    std::vector<bool> retained;  // by output
    std::string label;
    node_id forward = 0;
    training_role role = training_role::forward;
    bool run_once = false;
    bool ordered = true;
    std::vector<node_id> after = {};
  };
  std::vector<node> nodes_;
  std::vector<std::optional<node_id>> backward_;  // by forward node
};

/// A callable that gives the backward rule of each forward node, of either kind.
template <class P>
concept backward_policy = requires(P const& policy, node_id v) {
  requires std::convertible_to<decltype(policy(v)), backward_rule> ||
      std::convertible_to<decltype(policy(v)), exact_backward_rule>;
};

namespace detail {

/// Appends loss and backward nodes; `make_training_graph` is its only user.
struct training_builder {
  training_graph out;
  training_options const& options;
  std::vector<std::vector<node_id>> users;      // by forward node
  std::vector<std::vector<node_id>> gradients;  // by forward node: nodes whose sum is its gradient

  void copy_forward(graph auto const& g, raw_graph& raw) {
    std::size_t const n = raw.reads.size();
    users.resize(n);
    gradients.resize(n);
    out.backward_.resize(n);
    for (node_id v = 0; v < n; ++v) {
      std::vector<bool> retained(raw.output_count[v]);
      for (std::uint32_t k = 0; k < retained.size(); ++k) retained[k] = checkmate::is_retained(g, v, k);
      node_id const added = append(training_role::forward, v, std::move(raw.label[v]));
      training_graph::node& made = out.nodes_[added];
      made.retained = std::move(retained);
      made.run_once = checkmate::is_run_once(g, v);
      made.ordered = checkmate::is_ordered(g, v);
      made.after = std::move(raw.after[v]);
      made.reads = std::move(raw.reads[v]);
      close(added);
      for (node_id from : made.inputs) users[from].push_back(v);
    }
  }

  void append_loss() {
    auto const n = static_cast<node_id>(users.size());
    node_id const loss = append(training_role::loss, n, "loss");
    std::vector<node_id> from = options.loss_inputs;
    if (from.empty()) {
      for (node_id v = 0; v < n; ++v) {
        if (users[v].empty()) from.push_back(v);
      }
    }
    for (node_id v : from) {
      if (v >= n) {
        throw invalid_graph(
            "the loss reads node " + std::to_string(v) + ", but forward ids are 0.." + std::to_string(n - 1),
            {v});
      }
      list_outputs(out.nodes_[loss].reads, v);
      users[v].push_back(loss);
      gradients[v].push_back(loss);
    }
    close(loss);
  }

  void append_backward(node_id v, exact_backward_rule rule) {
    if (!rule.exists || gradients[v].empty()) return;
    std::string const& name = out.nodes_[v].label;
    node_id const made =
        append(training_role::backward, v, "grad_" + (name.empty() ? std::to_string(v) : name));
    training_graph::node& node = out.nodes_[made];
    node.run_once = rule.run_once;
    node.retained[0] = rule.retained;
    check(v, rule);
    node.reads = std::move(rule.reads);
    for (node_id gradient : gradients[v]) node.reads.push_back({gradient, 0});
    close(made);
    out.backward_[v] = made;
    sort_unique(rule.receivers);
    for (node_id to : rule.receivers) hand_back(to, made);
  }

  void append_backward(node_id v, backward_rule const& rule) {
    if (!rule.exists || gradients[v].empty()) return;
    exact_backward_rule exact{{}, out.nodes_[v].inputs, true, rule.run_once, rule.retained};
    if (rule.inputs) exact.reads = out.nodes_[v].reads;
    if (rule.output) list_outputs(exact.reads, v);
    if (rule.user_outputs) {
      for (node_id user : users[v]) list_outputs(exact.reads, user);
    }
    append_backward(v, std::move(exact));
  }

 private:
  node_id append(training_role role, node_id forward, std::string name) {
    out.nodes_.push_back({.retained = {false}, .label = std::move(name), .forward = forward, .role = role});
    return static_cast<node_id>(out.nodes_.size() - 1);
  }

  void list_outputs(std::vector<value_ref>& reads, node_id of) const {
    for (std::uint32_t k = 0; k < out.nodes_[of].retained.size(); ++k) reads.push_back({of, k});
  }

  /// Throws unless the rule of v reads values of the forward graph or the loss and hands gradients to inputs
  /// of v.
  void check(node_id v, exact_backward_rule const& rule) const {
    std::string const whose = "the backward rule of node " + std::to_string(v);
    for (value_ref read : rule.reads) {
      if (read.node <= users.size() && read.output < out.nodes_[read.node].retained.size()) continue;
      throw invalid_graph(whose + " reads output " + std::to_string(read.output) + " of node " +
                              std::to_string(read.node) + ", which the forward graph does not have",
                          {v});
    }
    std::vector<node_id> const& inputs = out.nodes_[v].inputs;
    for (node_id to : rule.receivers) {
      if (std::find(inputs.begin(), inputs.end(), to) != inputs.end()) continue;
      throw invalid_graph(
          whose + " hands a gradient to node " + std::to_string(to) + ", from which that node reads nothing",
          {v});
    }
  }

  void hand_back(node_id to, node_id gradient) {
    if (gradients[to].empty() || options.fan_in == gradient_fan_in::read_all) {
      gradients[to].push_back(gradient);
      return;
    }
    std::string const name = out.nodes_[to].label;
    node_id const sum =
        append(training_role::add, to, "add_grad_" + (name.empty() ? std::to_string(to) : name));
    out.nodes_[sum].reads = {{gradients[to].back(), 0}, {gradient, 0}};
    close(sum);
    gradients[to].back() = sum;
  }

  /// Sorts the reads, drops duplicates, and derives the inputs from them.
  void close(node_id v) {
    training_graph::node& made = out.nodes_[v];
    sort_unique(made.reads);
    for_each_producer(made.reads, [&](node_id from) { made.inputs.push_back(from); });
  }
};

}  // namespace detail

/// Appends loss and backward nodes to `forward`; `rule_of(v)` says what the backward node of v reads. Throws
/// invalid_graph as `lower` does, and where the loss or an exact rule names what the forward graph lacks.
template <graph G, backward_policy P>
[[nodiscard]] training_graph make_training_graph(G const& forward, P const& rule_of,
                                                 training_options const& options = {}) {
  detail::raw_graph raw = detail::read_graph(forward);
  std::vector<node_id> const order = detail::topological_order(raw);
  detail::training_builder builder{{}, options, {}, {}};
  builder.copy_forward(forward, raw);
  builder.append_loss();
  for (std::size_t i = order.size(); i-- > 0;) builder.append_backward(order[i], rule_of(order[i]));
  return std::move(builder.out);
}

/// The same with one rule for all nodes.
template <graph G>
[[nodiscard]] training_graph make_training_graph(G const& forward, backward_rule const& rule,
                                                 training_options const& options = {}) {
  return make_training_graph(
      forward, [&](node_id) { return rule; }, options);
}

namespace detail {

/// Bytes of each output of a forward node.
template <graph G, class C>
std::vector<bytes> forward_bytes(training_graph const& graph, G const& forward, C const& costs, node_id v) {
  std::vector<bytes> memory;
  for (std::uint32_t k = 0; k < graph.output_count(v); ++k) {
    if constexpr (has_memory_per_value<C, G>) {
      memory.push_back(checked_bytes(costs.memory(forward, v, k), "memory", graph.label(v)));
    } else {
      memory.push_back(checked_bytes(costs.memory(forward, v), "memory", graph.label(v)));
    }
  }
  return memory;
}

inline bytes gradient_bytes(std::vector<bytes> const& memory, std::string const& where) {
  bytes total = 0;
  for (bytes b : memory) {
    if (b > std::numeric_limits<bytes>::max() - total)
      throw invalid_cost("the outputs of " + where + " have more than 2^63 bytes");
    total += b;
  }
  return total;
}

}  // namespace detail

/// What loss and backward nodes cost, where only the forward pass is known.
struct training_costs_options {
  double backward_time = 2;  ///< time of a backward node over that of its forward node, >= 0
  double loss_time = 0;      ///< in the forward cost model's unit, >= 0
  bytes loss_bytes = 4;      ///< of the loss value, >= 0
  double add_time = 0;       ///< time of an add node, >= 0
};

/// Costs of a training graph from those of its forward graph: a gradient weighs as much as the outputs of its
/// forward node together, and a backward node takes `backward_time` times its forward node (the paper's
/// static model; 2 by default) and the same workspace.
template <graph G, cost_model_for<G> C>
[[nodiscard]] table_cost training_costs(training_graph const& graph, G const& forward, C const& costs,
                                        training_costs_options const& options = {}) {
  table_cost table;
  for (node_id v = 0; v < graph.node_count(); ++v) {
    training_role const role = graph.role(v);
    if (role == training_role::loss) {
      table.times.push_back(options.loss_time);
      table.memories.push_back({options.loss_bytes});
      table.workspaces.push_back(0);
      continue;
    }
    node_id const of = graph.forward_of(v);
    std::vector<bytes> memory = detail::forward_bytes(graph, forward, costs, of);
    bytes workspace = 0;
    if constexpr (detail::has_workspace<C, G>) workspace = static_cast<bytes>(costs.workspace(forward, of));
    double time = static_cast<double>(costs.time(forward, of));
    if (role != training_role::forward) {
      memory = {detail::gradient_bytes(memory, graph.label(of))};
      time = role == training_role::add ? options.add_time : time * options.backward_time;
    }
    table.times.push_back(time);
    table.memories.push_back(std::move(memory));
    table.workspaces.push_back(role == training_role::add ? 0 : workspace);
  }
  if constexpr (detail::has_fixed_memory<C, G>) table.fixed = static_cast<bytes>(costs.fixed_memory(forward));
  return table;
}

}  // namespace v0
}  // namespace checkmate
