// SPDX-License-Identifier: Apache-2.0
//
// Networks written layer by layer, and the recorded graph of one training step (or of one forward pass) of
// them: what the shapes of this benchmark are made with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/io/recorded_graph.hpp>
#include <checkmate/zoo/training.hpp>

namespace field {

namespace cm = checkmate;

/// One forward operator and what its gradient is like.
struct layer {
  std::vector<cm::node_id> reads = {};  ///< earlier layers
  double time = 1;
  cm::bytes size = 1;        ///< of its value, and of the gradient that reaches it
  cm::bytes statistics = 0;  ///< of a second output that only its own gradient reads (a mask, say); 0: none
  cm::bytes workspace = 0;   ///< its gradient needs as much
  cm::bytes weight = 0;      ///< bytes of its weight's gradient; 0: it has none
  bool run_once = false;
  double backward_time = 2;  ///< of its gradient, over `time`
  cm::backward_rule rule = {.inputs = true, .output = false};
};

/// A forward pass; layers are in an order of execution.
struct network {
  std::vector<layer> layers = {};

  cm::node_id add(layer made) {
    layers.push_back(std::move(made));
    return static_cast<cm::node_id>(layers.size() - 1);
  }
  [[nodiscard]] std::size_t node_count() const { return layers.size(); }
  [[nodiscard]] std::span<cm::node_id const> inputs(cm::node_id v) const { return layers[v].reads; }
  [[nodiscard]] bool is_run_once(cm::node_id v) const { return layers[v].run_once; }
};

/// What becomes of the weights' gradients, and how gradients of one value are added up.
struct step_options {
  bool updates = false;  ///< a weight update per weight, after the backward pass; otherwise they are retained
  cm::gradient_fan_in fan_in = cm::gradient_fan_in::read_all;
  double loss_time = 0.1;
  cm::bytes loss_bytes = 4;
};

inline cm::recorded_node forward_node(layer const& made, std::string name) {
  cm::recorded_node node{.name = std::move(name), .time = made.time, .outputs = {made.size}};
  if (made.statistics > 0) node.outputs.push_back(made.statistics);
  for (cm::node_id from : made.reads) node.reads.push_back({from, 0});
  node.workspace = made.workspace;
  node.run_once = made.run_once;
  return node;
}

/// The forward pass alone.
inline cm::recorded_graph forward_pass(network const& net) {
  cm::recorded_graph out;
  for (layer const& made : net.layers)
    out.nodes.push_back(forward_node(made, "f" + std::to_string(out.nodes.size())));
  return out;
}

/// The gradient (or the sum of gradients) that `v` of `step` is.
inline cm::recorded_node backward_node(cm::training_graph const& step, cm::node_id v, layer const& of,
                                       step_options const& options) {
  bool const adds = step.role(v) == cm::training_role::add;
  cm::recorded_node node{.name = step.label(v), .outputs = {of.size}, .reads = step.reads(v)};
  node.backward = true;
  node.run_once = step.is_run_once(v);
  node.time = adds ? 0.1 * of.time : of.backward_time * of.time;
  if (adds) return node;
  node.workspace = of.workspace;
  if (of.statistics > 0) node.reads.push_back({step.forward_of(v), 1});
  if (of.weight > 0) {
    node.outputs.push_back(of.weight);
    if (!options.updates) node.retained = {1};
  }
  return node;
}

/// One training step: the forward pass, the loss, the gradients, and the weight updates where asked for.
inline cm::recorded_graph training_step(network const& net, step_options const& options = {}) {
  auto const rule = [&](cm::node_id v) { return net.layers[v].rule; };
  cm::training_graph const step =
      cm::make_training_graph(net, rule, {.loss_inputs = {}, .fan_in = options.fan_in});
  cm::recorded_graph out;
  std::vector<cm::node_id> weighted;  // gradients that a weight update waits for
  for (cm::node_id v = 0; v < step.node_count(); ++v) {
    if (step.role(v) == cm::training_role::forward) {
      out.nodes.push_back(forward_node(net.layers[v], "f" + std::to_string(v)));
    } else if (step.role(v) == cm::training_role::loss) {
      out.nodes.push_back({.name = "loss",
                           .time = options.loss_time,
                           .outputs = {options.loss_bytes},
                           .reads = step.reads(v)});
    } else {
      out.nodes.push_back(backward_node(step, v, net.layers[step.forward_of(v)], options));
      if (options.updates && out.nodes.back().outputs.size() > 1) weighted.push_back(v);
    }
  }
  for (cm::node_id v : weighted) {
    cm::recorded_node update{
        .name = "update_" + out.nodes[v].name, .time = 0.2, .outputs = {0}, .reads = {{v, 1}}};
    update.backward = update.run_once = true;
    out.nodes.push_back(std::move(update));
  }
  return out;
}

}  // namespace field
