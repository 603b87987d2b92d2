// SPDX-License-Identifier: Apache-2.0
//
// The engine's own graph of a training step, forward and backward.
//
// This is all that checkmate sees: `network` has the members that its graph concept asks for (node_count,
// inputs, reads, output_count, is_retained, label). Nothing is converted, nothing is copied.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/types.hpp>

#include "operation.hpp"

namespace engine {

using checkmate::bytes;
using checkmate::node_id;
using checkmate::value_ref;

/// A weight: its shape and how it starts, and where its gradient appears.
struct parameter {
  shape dims;
  scalar mean = 0;       ///< of the initial values
  scalar deviation = 0;  ///< of the initial values
  std::optional<value_ref> gradient = {};
};

/// Nodes are added in the order in which they first run.
class network {
 public:
  struct node {
    std::string label;
    kernel run;
    std::vector<tensor> operands;
    std::vector<shape> outputs;
    std::vector<bool> retained;  // by output
    index scratch = 0;           // elements
    std::vector<value_ref> reads;
    std::vector<node_id> inputs;
  };

  // What checkmate asks of a graph.
  [[nodiscard]] std::size_t node_count() const { return nodes_.size(); }
  [[nodiscard]] std::vector<node_id> const& inputs(node_id v) const { return nodes_[v].inputs; }
  [[nodiscard]] std::vector<value_ref> const& reads(node_id v) const { return nodes_[v].reads; }
  [[nodiscard]] std::size_t output_count(node_id v) const { return nodes_[v].outputs.size(); }
  [[nodiscard]] bool is_retained(node_id v, std::uint32_t k) const { return nodes_[v].retained[k]; }
  [[nodiscard]] std::string const& label(node_id v) const { return nodes_[v].label; }

  // What the engine asks of it.
  [[nodiscard]] node const& operator[](node_id v) const { return nodes_[v]; }
  [[nodiscard]] std::vector<parameter> const& parameters() const { return parameters_; }
  [[nodiscard]] std::vector<shape> const& data() const { return data_; }
  [[nodiscard]] value_ref loss() const { return loss_; }

  /// A tensor that is handed in from outside at each step: pictures, letters, what they should become.
  tensor add_input(shape dims) {
    data_.push_back(dims);
    return {place::input, {}, data_.size() - 1, dims};
  }
  /// A weight that starts at random values of this mean and standard deviation.
  tensor add_parameter(shape dims, scalar mean, scalar deviation) {
    parameters_.push_back({dims, mean, deviation});
    return {place::parameter, {}, parameters_.size() - 1, dims};
  }
  /// Adds the forward node of `op` and remembers how its gradient is made; the answer is its result.
  tensor apply(operation op, std::vector<tensor> const& operands) {
    node_id const v = append(op.name, op.forward, operands, op.outputs, op.scratch);
    tensor const result = output_of(v, 0);
    tape_.push_back({std::move(op), operands, v});
    return result;
  }
  /// Adds the backward nodes: the gradient of `loss`, a single number, by every parameter.
  void differentiate(tensor const& loss) {
    loss_ = loss.value;
    nodes_[loss_.node].retained[loss_.output] = true;
    for (std::size_t i = tape_.size(); i-- > 0;) {
      tape_entry const& made = tape_[i];
      auto const found = gradients_.find({made.node, 0});
      if (found == gradients_.end() && made.node != loss_.node) continue;  // the loss does not depend on it
      std::optional<tensor> const upward =
          found == gradients_.end() ? std::nullopt : std::optional(found->second);
      if (made.op.backward) {
        append_backward(made, upward);
      } else {
        for (tensor const& x : made.operands) hand_back(x, *upward);
      }
    }
  }

 private:
  struct tape_entry {
    operation op;
    std::vector<tensor> operands;
    node_id node;
  };

  [[nodiscard]] tensor output_of(node_id v, std::size_t k) const {
    return {place::value, {v, static_cast<std::uint32_t>(k)}, 0, nodes_[v].outputs[k]};
  }

  node_id append(std::string const& name, kernel run, std::vector<tensor> operands,
                 std::vector<shape> outputs, index scratch) {
    node made{name, std::move(run), std::move(operands), std::move(outputs), {}, scratch, {}, {}};
    made.label += '.';
    made.label += std::to_string(nodes_.size());
    made.retained.resize(made.outputs.size());
    for (tensor const& x : made.operands) {
      if (x.where != place::value) continue;  // fixed memory is no business of the schedule
      made.reads.push_back(x.value);
      made.inputs.push_back(x.value.node);
    }
    nodes_.push_back(std::move(made));
    return static_cast<node_id>(nodes_.size() - 1);
  }

  void append_backward(tape_entry const& of, std::optional<tensor> const& upward) {
    std::vector<tensor> operands;
    for (backward_read const& read : of.op.backward_reads) {
      switch (read.what) {
        case backward_read::gradient_of_output:
          operands.push_back(upward.value());
          break;
        case backward_read::operand:
          operands.push_back(of.operands[read.k]);
          break;
        case backward_read::output:
          operands.push_back(output_of(of.node, read.k));
          break;
      }
    }
    std::vector<shape> outputs;
    for (tensor const& x : of.operands) outputs.push_back(x.where == place::input ? shape{} : x.dims);
    node_id const v = append("grad_" + of.op.name, of.op.backward, std::move(operands), std::move(outputs),
                             of.op.backward_scratch);
    for (std::size_t k = 0; k < of.operands.size(); ++k) hand_back(of.operands[k], output_of(v, k));
  }

  /// Hands the gradient of x to whoever needs it. Where x has several readers, their gradients are added.
  void hand_back(tensor const& x, tensor const& gradient) {
    if (x.where == place::input) return;
    if (x.where == place::parameter) {
      parameter& weight = parameters_[x.slot];
      if (weight.gradient) throw std::logic_error("a parameter has two readers");
      weight.gradient = gradient.value;
      nodes_[gradient.value.node].retained[gradient.value.output] = true;
      return;
    }
    auto const [known, first] = gradients_.try_emplace(x.value, gradient);
    if (first) return;
    kernel const add = [](call const& c) { c.out(0) = c.in(0) + c.in(1); };
    node_id const sum = append("grad_sum", add, {known->second, gradient}, {x.dims}, 0);
    known->second = output_of(sum, 0);
  }

  std::vector<node> nodes_;
  std::vector<parameter> parameters_;
  std::vector<shape> data_;
  std::vector<tape_entry> tape_;
  std::map<value_ref, tensor> gradients_;  // by forward value
  value_ref loss_;
};

}  // namespace engine
