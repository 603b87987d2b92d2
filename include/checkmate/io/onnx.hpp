// SPDX-License-Identifier: Apache-2.0
//
// ONNX models as graphs to plan (link checkmate::onnx):
//
//   onnx_network      the forward pass, as a graph that knows its arithmetic (counted_graph)
//   load_onnx         a training step of it: loss and backward nodes appended, times from a roofline
//
// What is done to the model on the way. Constants, and what follows from constants or shapes alone, are no
// nodes; those that operators read count as fixed memory, parameters twice (they have a gradient). Reshape,
// Flatten, Squeeze, Unsqueeze and Identity are views: they vanish, their readers read what they view; where
// their shape is computed they are nodes. Inputs of the model are fixed. Dropout and random operators run
// once. Weights are not needed: only their shapes. Shapes are worked out by the ONNX library, first in a
// child process (fork), as it may crash on hostile files.
//
// What backward nodes read is a table (io/onnx_operators.hpp). Control flow is refused.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <checkmate/core/checked.hpp>
#include <checkmate/core/error.hpp>
#include <checkmate/core/types.hpp>
#include <checkmate/cost/roofline.hpp>
#include <checkmate/io/onnx_gradient.hpp>
#include <checkmate/io/onnx_model.hpp>
#include <checkmate/io/onnx_operators.hpp>
#include <checkmate/io/recorded_graph.hpp>
#include <checkmate/zoo/training.hpp>

namespace checkmate {
inline namespace v0 {

namespace detail {
class onnx_reader;
}

/// The forward pass of an ONNX model. A value_graph, and a counted_graph for roofline_cost.
class onnx_network {
 public:
  /// Reads `file`. Throws invalid_file where it is no ONNX model, leaves sizes open, or contradicts itself.
  explicit onnx_network(std::string const& file, onnx_sizes const& sizes = {});

  // As a graph.
  [[nodiscard]] std::size_t node_count() const noexcept { return nodes_.size(); }
  [[nodiscard]] std::vector<node_id> const& inputs(node_id v) const { return nodes_[v].from; }
  [[nodiscard]] std::vector<value_ref> const& reads(node_id v) const { return nodes_[v].reads; }
  [[nodiscard]] std::size_t output_count(node_id v) const { return nodes_[v].outputs.size(); }
  [[nodiscard]] std::string const& label(node_id v) const { return nodes_[v].name; }
  [[nodiscard]] bool is_run_once(node_id v) const { return nodes_[v].random; }

  // As a counted graph.
  /// Operations of one execution; a multiply-add is two.
  [[nodiscard]] double flops(node_id v) const { return nodes_[v].flops; }
  [[nodiscard]] bytes output_bytes(node_id v, std::uint32_t k) const { return nodes_[v].outputs[k]; }
  /// Bytes of the weights and other constants that v reads.
  [[nodiscard]] bytes constant_bytes(node_id v) const { return nodes_[v].constants; }

  // As itself.
  /// "Conv", "Relu", ...
  [[nodiscard]] std::string const& op(node_id v) const { return nodes_[v].op; }
  /// What the backward node of v reads; it exists only where a gradient flows to a parameter.
  [[nodiscard]] exact_backward_rule const& rule(node_id v) const { return nodes_[v].rule; }
  /// Bytes of the gradient of what v produces; only numbers with a fraction have one.
  [[nodiscard]] bytes gradient_bytes(node_id v) const { return nodes_[v].gradient; }
  /// Nodes that produce the model's outputs, where a gradient flows from them; the loss reads these.
  [[nodiscard]] std::vector<node_id> const& outputs() const noexcept { return outputs_; }
  [[nodiscard]] bytes parameter_bytes() const noexcept { return parameters_; }
  [[nodiscard]] bytes input_bytes() const noexcept { return inputs_; }
  /// Bytes of constants that get no gradient: integers and single numbers.
  [[nodiscard]] bytes other_constant_bytes() const noexcept { return constants_; }
  /// Nodes that are guessed at, as "name (operator)". Those whose operator is not of the common set count as
  /// one operation per element, and their backward nodes read all that they read and produce. Those with a
  /// shape that nobody knows have that of their first input, as far as nothing is known of it.
  [[nodiscard]] std::vector<std::string> const& unknown() const noexcept { return unknown_; }
  /// Where the file comes from, for a person.
  [[nodiscard]] std::string const& origin() const noexcept { return origin_; }

 private:
  friend class detail::onnx_reader;
  struct node {
    std::string name, op;
    std::vector<value_ref> reads;
    std::vector<node_id> from;
    std::vector<bytes> outputs;
    double flops = 0;
    bytes constants = 0;
    bytes gradient = 0;
    exact_backward_rule rule;
    bool random = false;
  };
  std::vector<node> nodes_;
  std::vector<node_id> outputs_;
  std::vector<std::string> unknown_;
  std::string origin_;
  bytes parameters_ = 0;
  bytes inputs_ = 0;
  bytes constants_ = 0;
};

/// How a model becomes a training step.
struct onnx_options {
  onnx_sizes sizes = {};
  /// The device. By default the data-sheet peaks of an NVIDIA A100 in float32, 19.5 TFLOP/s and 1555 GB/s,
  /// and 5 us a kernel: plans differ little between devices of one kind, but measure before you trust times.
  roofline_cost device = {.flops_per_second = 19.5e12, .bytes_per_second = 1555e9, .launch_seconds = 5e-6};
  double backward_time = 2;  ///< time of a backward node over that of its forward node, >= 0
};

namespace detail {

/// Fills an onnx_network from a model.
class onnx_reader {
 public:
  onnx_reader(onnx_network& out, onnx_model const& model) : out_(out), model_(model) {}

  void operator()() {
    for (auto const& tensor : model_.graph().initializer()) constant_.insert(tensor.name());
    for (auto const& input : model_.graph().input()) {
      if (constant_.count(input.name()) != 0) continue;
      given_.insert(input.name());
      out_.inputs_ = checked_add(out_.inputs_, model_.value(input.name()).size(input.name()),
                                 "the size of the inputs of " + model_.file());
    }
    std::size_t place = 0;
    for (auto const& node : model_.graph().node()) read(node, place++);
    if (out_.nodes_.empty()) model_.fail("all of it is constant");
    find_outputs();
    for (auto const& guessed : model_.unknown()) unknown_.insert(guessed);
    out_.unknown_.assign(unknown_.begin(), unknown_.end());
    describe();
  }

 private:
  void read(pb::NodeProto const& node, std::size_t place) {
    if (is_constant(node)) {
      for (auto const& output : node.output()) constant_.insert(output);
    } else if (is_view(node)) {
      view_[node.output(0)] = viewed(node.input(0));
    } else {
      append(node, place);
    }
  }

  /// Whether a node's outputs are known before anything runs.
  [[nodiscard]] bool is_constant(pb::NodeProto const& node) const {
    bool const own = onnx_model::is_own_domain(node);
    if (own && is_among(node.op_type(), "Constant Shape Size")) return true;
    onnx_operator const* const known = own ? find_onnx_operator(node.op_type()) : nullptr;
    if (known != nullptr && known->random) return false;
    bool any = false;
    for (auto const& input : node.input()) {
      if (input.empty()) continue;
      if (constant_.count(viewed(input)) == 0) return false;
      any = true;
    }
    return any;
  }

  /// Whether a node hands on its first input's memory, under a shape that is known before anything runs.
  [[nodiscard]] bool is_view(pb::NodeProto const& node) const {
    if (!is_onnx_view(node.op_type()) || !onnx_model::is_own_domain(node) || node.input_size() == 0)
      return false;
    return std::none_of(node.input().begin() + 1, node.input().end(),
                        [&](auto const& input) { return producer_.count(viewed(input)) != 0; });
  }

  [[nodiscard]] std::string viewed(std::string const& name) const {
    auto const at = view_.find(name);
    return at == view_.end() ? name : at->second;
  }

  void append(pb::NodeProto const& node, std::size_t place) {
    onnx_network::node made;
    made.name = onnx_model::label(node, place);
    made.op = node.op_type();
    onnx_operator const* const known =
        onnx_model::is_own_domain(node) ? find_onnx_operator(node.op_type()) : nullptr;
    if (known == nullptr) unknown_.insert(made.name + " (" + made.op + ")");
    onnx_operator const what = known == nullptr ? onnx_operator{} : *known;
    std::vector<operand> operands;
    for (auto const& input : node.input()) operands.push_back(take_input(input, made));
    sort_unique(made.reads);
    for_each_producer(made.reads, [&](node_id from) { made.from.push_back(from); });
    made.random = what.random;
    made.flops = what.factor * units(node, what.by, made.name);
    std::vector<std::optional<value_ref>> const outputs = append_outputs(node, made);
    if (made.outputs.empty()) return;
    if (made.gradient > 0) {
      made.rule = rule(known == nullptr ? what.gradients : gradients(node, what), operands, outputs);
    }
    out_.nodes_.push_back(std::move(made));
  }

  /// An input of a node.
  struct operand {
    std::optional<value_ref> from = {};  // empty: not computed
    bool wants_gradient = false;
  };

  operand take_input(std::string const& given_name, onnx_network::node& made) {
    if (given_name.empty()) return {};
    std::string const name = viewed(given_name);
    onnx_value const& value = model_.value(name);
    if (auto const from = producer_.find(name); from != producer_.end()) {
      made.reads.push_back(from->second);
      return {from->second, value.floating() && out_.nodes_[from->second.node].rule.exists};
    }
    if (constant_.count(name) == 0) {
      if (given_.count(name) == 0)
        model_.fail("node " + made.name + " reads '" + name + "', which nothing produces");
      return {};
    }
    bytes const size = value.size(name);
    auto const what = [&] { return "the size of the constants of " + model_.file(); };
    made.constants = checked_add(made.constants, size, what);
    bool const parameter = value.floating() && value.elements() > 1;
    if (counted_.insert(name).second) {
      bytes& sum = parameter ? out_.parameters_ : out_.constants_;
      sum = checked_add(sum, size, what);
    }
    return {std::nullopt, parameter};
  }

  /// Notes what a node produces; gives the values by their places, empty where the model leaves one out.
  std::vector<std::optional<value_ref>> append_outputs(pb::NodeProto const& node, onnx_network::node& made) {
    auto const id = static_cast<node_id>(out_.nodes_.size());
    std::vector<std::optional<value_ref>> places;
    auto const append_value = [&](bytes size) {
      places.push_back(value_ref{id, static_cast<std::uint32_t>(made.outputs.size())});
      made.outputs.push_back(size);
    };
    for (auto const& output : node.output()) {
      if (output.empty()) {
        places.push_back(std::nullopt);
        continue;
      }
      onnx_value const& value = model_.value(output);
      bytes const size = value.size(output);
      append_value(size);
      producer_[output] = *places.back();
      if (value.floating()) made.gradient = checked_add(made.gradient, size, "the gradient of " + made.name);
    }
    bool const lacks_mask = places.size() < 2 || !places[1];
    if (made.op == "Dropout" && onnx_model::is_own_domain(node) && !made.outputs.empty() && lacks_mask) {
      places.resize(1);
      append_value(model_.value(node.output(0)).count(node.output(0)));  // a byte per element
    }
    return places;
  }

  /// What the table says of a node's gradients, its attributes heeded.
  static std::string_view gradients(pb::NodeProto const& node, onnx_operator const& what) {
    for (auto const& exception : onnx_gradient_exceptions) {
      if (!is_among(node.op_type(), exception.names)) continue;
      auto const* const found = find_attribute(node, exception.attribute);
      if (found == nullptr) continue;
      bool const fits = exception.value == "*" || found->s() == exception.value ||
                        (exception.value == "<0" && found->f() < 0);
      if (fits) return exception.gradients;
    }
    return what.gradients;
  }

  /// What a backward node reads, and where its gradients go.
  static exact_backward_rule rule(std::string_view gradients, std::vector<operand> const& operands,
                                  std::vector<std::optional<value_ref>> const& outputs) {
    exact_backward_rule out;
    auto const has_output = [&](std::size_t k) { return k < outputs.size() && outputs[k]; };
    auto const read_input = [&](std::size_t i) {
      if (i < operands.size() && operands[i].from) out.reads.push_back(*operands[i].from);
    };
    auto const read_output = [&](std::size_t k) {
      if (has_output(k)) out.reads.push_back(*outputs[k]);
    };
    for (std::size_t i = 0; i < operands.size(); ++i) {
      auto const clause = find_onnx_clause(gradients, i);
      if (!clause || !operands[i].wants_gradient || (clause->computed_only && !operands[i].from)) continue;
      out.exists = true;
      if (operands[i].from) out.receivers.push_back(operands[i].from->node);
      for_each_onnx_read(clause->reads, i, operands.size(), outputs.size(), has_output, read_input,
                         read_output);
    }
    sort_unique(out.reads);
    sort_unique(out.receivers);
    return out;
  }

  [[nodiscard]] onnx_value const& input(pb::NodeProto const& node, int place, std::string const& name) const {
    if (place >= node.input_size()) model_.fail("node " + name + " lacks input " + std::to_string(place));
    return model_.value(node.input(place));
  }

  /// How many units a node has of what its operator's operations are counted by.
  [[nodiscard]] double units(pb::NodeProto const& node, onnx_arithmetic counted_by,
                             std::string const& name) const {
    auto const elements = [&](int place) { return input(node, place, name).elements(); };
    double produced = 0;
    for (auto const& output : node.output()) {
      if (!output.empty()) produced = std::max(produced, model_.value(output).elements());
    }
    switch (counted_by) {
      case onnx_arithmetic::per_output:
        return produced;
      case onnx_arithmetic::per_input:
        return node.input_size() > 0 ? elements(0) : produced;
      case onnx_arithmetic::window: {
        double kernel = 1;
        if (auto const* shape = find_attribute(node, "kernel_shape")) {
          for (std::int64_t k : shape->ints()) kernel *= static_cast<double>(k);
        }
        return produced * kernel;
      }
      case onnx_arithmetic::convolution:
        return produced * taps(input(node, 1, name));
      case onnx_arithmetic::transposed_convolution:
        return elements(0) * taps(input(node, 1, name));
      case onnx_arithmetic::contraction:
        return produced * inner_length(node, name);
      case onnx_arithmetic::index_space:
        if (auto const found = model_.einsum(node)) return found->products;
        model_.fail("the equation of node " + name + " does not fit what it reads");
      case onnx_arithmetic::recurrent: {
        auto const& shape = input(node, 0, name).shape;
        double const rows =
            shape.empty() || shape.back() == 0 ? 0 : elements(0) / static_cast<double>(shape.back());
        return rows * (elements(1) + elements(2));
      }
    }
    return 0;
  }

  /// Multiplications for one element: all of a weight's dimensions but the first.
  static double taps(onnx_value const& weight) {
    double product = 1;
    for (std::size_t d = 1; d < weight.shape.size(); ++d) product *= static_cast<double>(weight.shape[d]);
    return product;
  }

  /// How many products make one element; refuses factors that do not fit, as under a batch that the model
  /// does not allow.
  [[nodiscard]] double inner_length(pb::NodeProto const& node, std::string const& name) const {
    auto const& a = input(node, 0, name).shape;
    auto const& b = input(node, 1, name).shape;
    auto flag = [&](char const* which) {
      auto const* found = find_attribute(node, which);
      return found != nullptr && found->i() != 0;
    };
    bool const gemm = node.op_type() == "Gemm";
    if (a.empty() || b.empty() || (gemm && (a.size() != 2 || b.size() != 2))) {
      model_.fail("node " + name + " multiplies what are no matrices");
    }
    std::int64_t const left = gemm && flag("transA") ? a[0] : a.back();
    std::int64_t const right = gemm && flag("transB") ? b[1] : b.size() == 1 ? b[0] : b[b.size() - 2];
    if (left != right) {
      model_.fail("node " + name + " sums over " + std::to_string(left) + " products of one factor and " +
                  std::to_string(right) + " of the other; does the model allow this batch?");
    }
    return static_cast<double>(left);
  }

  void find_outputs() {
    for (auto const& output : model_.graph().output()) {
      auto const from = producer_.find(viewed(output.name()));
      if (from == producer_.end() || !out_.nodes_[from->second.node].rule.exists) continue;
      if (!model_.value(output.name()).floating()) continue;
      out_.outputs_.push_back(from->second.node);
    }
    sort_unique(out_.outputs_);
  }

  void describe() {
    out_.origin_ = "ONNX model";
    if (!model_.proto().producer_name().empty()) {
      out_.origin_ += " by " + model_.proto().producer_name();
      if (!model_.proto().producer_version().empty()) out_.origin_ += " " + model_.proto().producer_version();
    }
    for (auto const& set : model_.proto().opset_import()) {
      if (set.domain().empty()) out_.origin_ += ", operators of version " + std::to_string(set.version());
    }
  }

  onnx_network& out_;
  onnx_model const& model_;
  std::unordered_set<std::string> constant_, given_, counted_;
  std::unordered_map<std::string, std::string> view_;
  std::unordered_map<std::string, value_ref> producer_;
  std::set<std::string> unknown_;
};

}  // namespace detail

inline onnx_network::onnx_network(std::string const& file, onnx_sizes const& sizes) {
  detail::onnx_model const model(file, sizes);
  detail::onnx_reader(*this, model)();
}

/// A training step of `network`: its forward nodes, a loss that reads its outputs, a backward node wherever a
/// gradient flows to a parameter. Times in microseconds by the roofline model; a gradient weighs what the
/// forward values with a fraction weigh; fixed are inputs, constants, and parameters with their gradients.
/// Throws invalid_graph where no gradient flows at all.
[[nodiscard]] inline recorded_graph onnx_training_step(onnx_network const& network,
                                                       onnx_options const& options = {}) {
  if (network.outputs().empty()) {
    throw invalid_graph("the model has no output through which a gradient flows to a parameter");
  }
  auto const rule_of = [&](node_id v) -> exact_backward_rule const& { return network.rule(v); };
  training_graph const graph = make_training_graph(network, rule_of, {.loss_inputs = network.outputs()});
  table_cost const costs =
      training_costs(graph, network, options.device,
                     {.backward_time = options.backward_time, .loss_time = options.device.launch_seconds});
  recorded_graph out;
  std::ostringstream source;
  source << network.origin() << "; times by a roofline of " << options.device.flops_per_second / 1e12
         << " TFLOP/s, " << options.device.bytes_per_second / 1e9 << " GB/s and "
         << options.device.launch_seconds * 1e6 << " us a kernel, not measured";
  out.source = source.str();
  out.time_unit = "us";
  out.memory_unit = "bytes";
  auto const fixed = [] { return "the size of inputs, parameters and their gradients"; };
  out.fixed = detail::checked_multiply(2, network.parameter_bytes(), fixed);
  out.fixed = detail::checked_add(out.fixed, network.input_bytes(), fixed);
  out.fixed = detail::checked_add(out.fixed, network.other_constant_bytes(), fixed);
  for (node_id v = 0; v < graph.node_count(); ++v) {
    recorded_node made;
    made.name = graph.label(v);
    made.op = v == graph.loss() ? "Loss" : network.op(graph.forward_of(v));
    made.backward = graph.is_backward(v);
    made.time = costs.times[v] * 1e6;
    made.outputs = costs.memories[v];
    if (made.backward) made.outputs = {network.gradient_bytes(graph.forward_of(v))};
    made.reads = graph.reads(v);
    made.run_once = graph.is_run_once(v);
    out.nodes.push_back(std::move(made));
  }
  return out;
}

/// Reads `file` and makes a training step of it; the graph has the file's name. See `onnx_network` for what
/// it throws and `onnx_network::unknown` for what it had to guess.
[[nodiscard]] inline recorded_graph load_onnx(std::string const& file, onnx_options const& options = {}) {
  recorded_graph out = onnx_training_step(onnx_network(file, options.sizes), options);
  out.name = std::filesystem::path(file).stem().string();
  return out;
}

}  // namespace v0
}  // namespace checkmate
