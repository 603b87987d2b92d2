// SPDX-License-Identifier: Apache-2.0
//
// network: a forward graph described layer by layer, with shapes, arithmetic and parameters worked out.
//
// Every member that adds a layer takes its name and the tensors it reads, and returns the tensor it makes. A
// `network` is a graph (graph/concepts.hpp) and its own cost model: time is FLOPs, a multiply-add counting as
// one; memory is bytes of the output; fixed are the input, the parameters and their gradients.
//
// The arithmetic counts are those of the static model in the published code of Checkmate (Jain et al., 2020):
// convolutions and matrix products by their multiply-adds without the bias; normalisation 4 per element; an
// activation or an upsampling 1, an addition 1 per operand; copies, pooling and reshapes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/checked.hpp>
#include <checkmate/core/error.hpp>
#include <checkmate/core/types.hpp>
#include <checkmate/cost/table.hpp>
#include <checkmate/zoo/training.hpp>

namespace checkmate {
inline namespace v0 {
namespace zoo {

/// Size of one example's tensor; sequences use height 1, width = tokens.
struct shape {
  std::int64_t height = 1;
  std::int64_t width = 1;
  std::int64_t channels = 1;
  /// Throws invalid_cost where 63 bits do not hold them.
  [[nodiscard]] std::int64_t elements() const {
    auto const what = "the number of elements of a tensor";
    return checkmate::detail::checked_multiply(checkmate::detail::checked_multiply(height, width, what),
                                               channels, what);
  }
  friend bool operator==(shape const&, shape const&) = default;
};

/// What every network of the zoo can be built for; 0 = the network's own size.
struct network_options {
  std::int64_t batch = 1;          ///< examples, >= 1
  std::int64_t element_bytes = 4;  ///< bytes of a number: 4 for float32, 2 for half precision
  std::int64_t height = 0;         ///< of the input image
  std::int64_t width = 0;          ///< of the input image; tokens of a transformer
  std::int64_t classes = 0;        ///< of the classifier
};

/// A layer's output, or the network's input, which no layer makes.
struct tensor {
  std::optional<node_id> layer;
  zoo::shape shape;
};

/// One layer, per example.
struct layer {
  std::string name;
  std::string op;  ///< layer type, as Keras names it
  std::vector<node_id> inputs = {};
  zoo::shape shape = {};        ///< of the output
  double flops = 0;             ///< a multiply-add is one
  std::int64_t parameters = 0;  ///< numbers, trained or not
  backward_rule backward = {};  ///< what its backward operator reads where layers follow their operators
};

/// How far a window reaches over the edge.
enum class padding : std::uint8_t { same, valid };

/// A convolution's parameters.
struct kernel_window {
  std::int64_t filters = 0;  ///< output channels; ignored by depthwise convolutions
  std::int64_t kernel = 3;   ///< window height and width
  std::int64_t stride = 1;
  zoo::padding padding = padding::same;
  bool bias = true;
};

/// A forward graph under construction.
class network {
 public:
  network(std::string name, zoo::shape input, network_options const& options)
      : name_(std::move(name)), input_(input), options_(options) {
    if (options.batch < 1) throw invalid_option(name_ + ": batch must be >= 1");
    if (options.element_bytes < 1) throw invalid_option(name_ + ": element_bytes must be >= 1");
    if (input.height < 1 || input.width < 1 || input.channels < 1)
      throw invalid_option(name_ + ": input sizes must be >= 1");
    // Sums of a few sizes below this do not overflow.
    constexpr std::int64_t most = std::int64_t{1} << 40;
    for (std::int64_t size : {options.batch, options.element_bytes, options.height, options.width,
                              options.classes, input.height, input.width, input.channels}) {
      if (size > most)
        throw invalid_option(name_ + ": sizes must be at most 2^40, one is " + std::to_string(size));
    }
  }

  // As a graph.
  [[nodiscard]] std::size_t node_count() const noexcept { return layers_.size(); }
  [[nodiscard]] std::vector<node_id> const& inputs(node_id v) const { return layers_[v].inputs; }
  [[nodiscard]] std::string const& label(node_id v) const { return layers_[v].name; }
  /// Operations of layer v for the whole batch.
  [[nodiscard]] double flops(node_id v) const {
    return layers_[v].flops * static_cast<double>(options_.batch);
  }
  /// Bytes of layer v's output for the whole batch.
  [[nodiscard]] bytes output_bytes(node_id v, std::uint32_t = 0) const {
    return bytes_of(layers_[v].shape, options_.batch);
  }

  // As its own cost model.
  [[nodiscard]] double time(network const&, node_id v) const { return flops(v); }
  [[nodiscard]] bytes memory(network const&, node_id v) const { return output_bytes(v); }
  /// Bytes of the input, of the parameters and of their gradients.
  [[nodiscard]] bytes fixed_memory(network const&) const {
    auto const what = [this] {
      return name_ + ": the size of the parameters, their gradients and the input";
    };
    return checkmate::detail::checked_add(
        input_bytes(), checkmate::detail::checked_multiply(2, parameter_bytes(), what), what);
  }

  // As itself.
  [[nodiscard]] std::string const& name() const noexcept { return name_; }
  [[nodiscard]] network_options const& options() const noexcept { return options_; }
  [[nodiscard]] std::span<zoo::layer const> layers() const noexcept { return layers_; }
  [[nodiscard]] tensor input() const { return {std::nullopt, input_}; }
  [[nodiscard]] bytes input_bytes() const { return bytes_of(input_, options_.batch); }
  /// Numbers in all layers together, trained or not.
  [[nodiscard]] std::int64_t parameters() const {
    std::int64_t sum = 0;
    auto const what = [this] { return name_ + ": the number of parameters"; };
    for (zoo::layer const& l : layers_) sum = checkmate::detail::checked_add(sum, l.parameters, what);
    return sum;
  }
  [[nodiscard]] bytes parameter_bytes() const {
    return checkmate::detail::checked_multiply(parameters(), options_.element_bytes,
                                               [this] { return name_ + ": the size of the parameters"; });
  }

  /// Any layer: `made` with its inputs filled in from `from`.
  tensor append(zoo::layer made, std::initializer_list<tensor> from) {
    for (tensor const& t : from) {
      if (t.layer) made.inputs.push_back(*t.layer);
    }
    layers_.push_back(std::move(made));
    return {static_cast<node_id>(layers_.size() - 1), layers_.back().shape};
  }

  /// Any layer that reads `x` alone, with `flops_each` operations for each number of its output.
  tensor append(std::string name, std::string op, tensor const& x, zoo::shape const& out,
                std::int64_t flops_each, std::int64_t parameters, backward_rule const& rule = reads_inputs) {
    return append({.name = std::move(name),
                   .op = std::move(op),
                   .shape = out,
                   .flops = static_cast<double>(out.elements()) * static_cast<double>(flops_each),
                   .parameters = parameters,
                   .backward = rule},
                  {x});
  }

  // Layers with weights.
  tensor conv2d(std::string name, tensor const& x, kernel_window const& w) {
    zoo::shape const out = slide(name, x.shape, w, w.filters);
    std::int64_t const taps = w.kernel * w.kernel * x.shape.channels;
    return append(std::move(name), "Conv2D", x, out, taps, (taps + (w.bias ? 1 : 0)) * w.filters);
  }
  tensor depthwise_conv2d(std::string name, tensor const& x, kernel_window const& w) {
    zoo::shape const out = slide(name, x.shape, w, x.shape.channels);
    std::int64_t const taps = w.kernel * w.kernel;
    return append(std::move(name), "DepthwiseConv2D", x, out, taps, (taps + (w.bias ? 1 : 0)) * out.channels);
  }
  /// The static model of the paper's code counts output elements times input channels here, without the
  /// window; kept so that the graphs are the paper's.
  tensor conv2d_transpose(std::string name, tensor const& x, kernel_window const& w) {
    zoo::shape const out{(x.shape.height - 1) * w.stride + w.kernel,
                         (x.shape.width - 1) * w.stride + w.kernel, w.filters};
    std::int64_t const taps = w.kernel * w.kernel * x.shape.channels;
    return append(std::move(name), "Conv2DTranspose", x, out, x.shape.channels,
                  (taps + (w.bias ? 1 : 0)) * w.filters);
  }
  /// A matrix product along the channels, at every position.
  tensor dense(std::string name, tensor const& x, std::int64_t units, bool bias = true) {
    zoo::shape const out{x.shape.height, x.shape.width, units};
    return append(std::move(name), "Dense", x, out, x.shape.channels,
                  (x.shape.channels + (bias ? 1 : 0)) * units);
  }
  /// Four numbers per channel: scale, shift, running mean and variance.
  tensor batch_norm(std::string name, tensor const& x) {
    return append(std::move(name), "BatchNormalization", x, x.shape, 4, 4 * x.shape.channels);
  }
  /// Two numbers per channel: scale and shift.
  tensor layer_norm(std::string name, tensor const& x) {
    return append(std::move(name), "LayerNormalization", x, x.shape, 4, 2 * x.shape.channels);
  }

  // Layers without weights.
  /// `op` is the layer type: "Activation", "ReLU", ...
  tensor activation(std::string name, tensor const& x, std::string op = "Activation") {
    return append(std::move(name), std::move(op), x, x.shape, 1, 0, reads_output);
  }
  tensor dropout(std::string name, tensor const& x) {
    return append(std::move(name), "Dropout", x, x.shape, 0, 0, reads_output);
  }
  tensor max_pool(std::string name, tensor const& x, std::int64_t kernel = 2, std::int64_t stride = 2) {
    kernel_window const w{.kernel = kernel, .stride = stride, .padding = padding::valid};
    zoo::shape const out = slide(name, x.shape, w, x.shape.channels);
    return reshaped(std::move(name), "MaxPooling2D", x, out, {.inputs = true, .output = true});
  }
  tensor global_average_pool(std::string name, tensor const& x) {
    return reshaped(std::move(name), "GlobalAveragePooling2D", x, {1, 1, x.shape.channels});
  }
  /// Rows and columns of zeros: `before` at top and left, `after` at bottom and right.
  tensor zero_pad(std::string name, tensor const& x, std::int64_t before, std::int64_t after) {
    zoo::shape const out{x.shape.height + before + after, x.shape.width + before + after, x.shape.channels};
    return reshaped(std::move(name), "ZeroPadding2D", x, out);
  }
  tensor crop(std::string name, tensor const& x, std::int64_t height, std::int64_t width) {
    if (height > x.shape.height || width > x.shape.width)
      throw invalid_graph(name_ + ": " + name + " crops to more than there is");
    return reshaped(std::move(name), "Cropping2D", x, {height, width, x.shape.channels});
  }
  tensor flatten(std::string name, tensor const& x) {
    return reshaped(std::move(name), "Flatten", x, {1, 1, x.shape.elements()});
  }
  tensor reshape(std::string name, tensor const& x, zoo::shape const& out) {
    if (out.elements() != x.shape.elements())
      throw invalid_graph(name_ + ": " + name + " reshapes to another number of elements");
    return reshaped(std::move(name), "Reshape", x, out);
  }
  tensor up_sample(std::string name, tensor const& x, std::int64_t factor = 2) {
    zoo::shape const out{x.shape.height * factor, x.shape.width * factor, x.shape.channels};
    return append(std::move(name), "UpSampling2D", x, out, 1, 0, gradients_only_rule);
  }
  tensor add(std::string name, tensor const& a, tensor const& b) {
    if (a.shape != b.shape) throw invalid_graph(name_ + ": " + name + " adds tensors of different shapes");
    return append({.name = std::move(name),
                   .op = "Add",
                   .shape = a.shape,
                   .flops = 2 * static_cast<double>(a.shape.elements()),
                   .backward = gradients_only_rule},
                  {a, b});
  }
  /// Along the channels.
  tensor concatenate(std::string name, tensor const& a, tensor const& b) {
    if (a.shape.height != b.shape.height || a.shape.width != b.shape.width)
      throw invalid_graph(name_ + ": " + name + " joins tensors of different height or width");
    zoo::shape const out{a.shape.height, a.shape.width, a.shape.channels + b.shape.channels};
    return append(
        {.name = std::move(name), .op = "Concatenate", .shape = out, .backward = gradients_only_rule},
        {a, b});
  }

  static constexpr backward_rule reads_inputs{.inputs = true, .output = false};
  static constexpr backward_rule reads_output{.inputs = false, .output = true};

 private:
  /// batch * elements * element_bytes; refuses what 63 bits do not hold.
  [[nodiscard]] bytes bytes_of(zoo::shape const& s, std::int64_t batch) const {
    bytes const one = checkmate::detail::checked_multiply(
        s.elements(), options_.element_bytes, [this] { return name_ + ": the size of a tensor"; });
    if (one > 0 && batch > std::numeric_limits<bytes>::max() / one)
      throw invalid_cost(name_ + ": batch " + std::to_string(batch) +
                         " makes tensors of more than 2^63 bytes");
    return one * batch;
  }

  [[nodiscard]] zoo::shape slide(std::string const& name, zoo::shape const& in, kernel_window const& w,
                                 std::int64_t channels) const {
    auto const along = [&](std::int64_t size) {
      return w.padding == padding::same ? (size + w.stride - 1) / w.stride : (size - w.kernel) / w.stride + 1;
    };
    if (w.padding == padding::valid && (in.height < w.kernel || in.width < w.kernel))
      throw invalid_graph(name_ + ": the input of " + name + " is smaller than its window");
    return {along(in.height), along(in.width), channels};
  }

  tensor reshaped(std::string name, std::string op, tensor const& x, zoo::shape const& out,
                  backward_rule const& rule = gradients_only_rule) {
    return append({.name = std::move(name), .op = std::move(op), .shape = out, .backward = rule}, {x});
  }

  std::string name_;
  zoo::shape input_;
  network_options options_;
  std::vector<zoo::layer> layers_;
};

/// What the backward nodes of a network read.
enum class gradient_model : std::uint8_t {
  paper,     ///< every backward node as in the paper's graphs (`paper_rule`)
  operators  ///< what each layer's operator needs: convolutions their inputs, ReLU its output, ...
};

/// How a network becomes a training step.
struct training_step_options {
  gradient_model gradients = gradient_model::paper;
  gradient_fan_in fan_in = gradient_fan_in::read_all;
  double backward_time = 2;              ///< FLOPs of a backward node over those of its layer, >= 0
  double loss_time = 0;                  ///< FLOPs of the loss, >= 0
  std::optional<bytes> loss_bytes = {};  ///< unset: one number an example
};

/// A training graph and its costs, ready for `lower` and `solve`.
struct training_step {
  training_graph graph;
  table_cost costs;
};

/// One training step of `net`: forward, loss, backward. With the default options it is the paper's graph.
[[nodiscard]] inline training_step training_step_of(network const& net,
                                                    training_step_options const& options = {}) {
  auto const rule = [&](node_id v) {
    return options.gradients == gradient_model::paper ? paper_rule : net.layers()[v].backward;
  };
  training_graph graph = make_training_graph(net, rule, {.loss_inputs = {}, .fan_in = options.fan_in});
  table_cost costs = training_costs(
      graph, net, net,
      {.backward_time = options.backward_time,
       .loss_time = options.loss_time,
       .loss_bytes = options.loss_bytes
                         ? *options.loss_bytes
                         : checkmate::detail::checked_multiply(
                               net.options().batch, net.options().element_bytes, "the size of the loss")});
  return {std::move(graph), std::move(costs)};
}

}  // namespace zoo
}  // namespace v0
}  // namespace checkmate
