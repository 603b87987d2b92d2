// SPDX-License-Identifier: Apache-2.0
//
// MobileNet v1 with width multiplier 1 (Howard et al., 2017), layer by layer as Keras builds it.
#pragma once

#include <string>

#include <checkmate/zoo/vgg.hpp>

namespace checkmate {
inline namespace v0 {
namespace zoo {
namespace detail {

inline tensor normalised(network& net, std::string const& name, tensor x) {
  x = net.batch_norm(name + "_bn", x);
  return net.activation(name + "_relu", x, "ReLU");
}

/// A depthwise 3x3 convolution, then a pointwise one.
inline tensor separable(network& net, int block, tensor x, std::int64_t filters, std::int64_t stride) {
  std::string const n = std::to_string(block);
  if (stride == 2) x = net.zero_pad("conv_pad_" + n, x, 0, 1);
  x = net.depthwise_conv2d(
      "conv_dw_" + n, x,
      {.stride = stride, .padding = stride == 2 ? padding::valid : padding::same, .bias = false});
  x = normalised(net, "conv_dw_" + n, x);
  x = net.conv2d("conv_pw_" + n, x, {.filters = filters, .kernel = 1, .bias = false});
  return normalised(net, "conv_pw_" + n, x);
}

}  // namespace detail

/// 224x224; 4,253,864 parameters.
[[nodiscard]] inline network mobilenet(network_options const& options = {}) {
  network net("mobilenet", detail::image(options, 224, 224), options);
  tensor x = net.zero_pad("conv1_pad", net.input(), 0, 1);
  x = net.conv2d("conv1", x, {.filters = 32, .stride = 2, .padding = padding::valid, .bias = false});
  x = detail::normalised(net, "conv1", x);

  struct block {
    std::int64_t filters, stride;
  };
  static constexpr block blocks[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                                     {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
  int number = 0;
  for (block const& b : blocks) x = detail::separable(net, ++number, x, b.filters, b.stride);

  std::int64_t const classes = detail::classes(options, 1000);
  x = net.global_average_pool("global_average_pooling2_d", x);
  x = net.reshape("reshape_1", x, {1, 1, x.shape.channels});
  x = net.dropout("dropout", x);
  x = net.conv2d("conv_preds", x, {.filters = classes, .kernel = 1});
  x = net.reshape("reshape_2", x, {1, 1, classes});
  net.activation("act_softmax", x);
  return net;
}

}  // namespace zoo
}  // namespace v0
}  // namespace checkmate
