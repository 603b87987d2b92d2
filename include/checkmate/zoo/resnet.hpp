// SPDX-License-Identifier: Apache-2.0
//
// ResNet50 v1 (He et al., 2015), layer by layer as Keras builds it.
#pragma once

#include <string>

#include <checkmate/zoo/vgg.hpp>

namespace checkmate {
inline namespace v0 {
namespace zoo {
namespace detail {

/// Three convolutions beside a shortcut; the first block of a stage (`widen`) has a convolution in the
/// shortcut too. The order of the layers is that of Keras, by depth.
inline tensor residual(network& net, std::string const& name, tensor const& in, std::int64_t filters,
                       std::int64_t stride, bool widen) {
  tensor x = net.conv2d(name + "_1_conv", in, {.filters = filters, .kernel = 1, .stride = stride});
  x = net.batch_norm(name + "_1_bn", x);
  x = net.activation(name + "_1_relu", x);
  x = net.conv2d(name + "_2_conv", x, {.filters = filters});
  x = net.batch_norm(name + "_2_bn", x);
  x = net.activation(name + "_2_relu", x);
  tensor shortcut = in;
  if (widen)
    shortcut = net.conv2d(name + "_0_conv", in, {.filters = 4 * filters, .kernel = 1, .stride = stride});
  x = net.conv2d(name + "_3_conv", x, {.filters = 4 * filters, .kernel = 1});
  if (widen) shortcut = net.batch_norm(name + "_0_bn", shortcut);
  x = net.batch_norm(name + "_3_bn", x);
  x = net.add(name + "_add", shortcut, x);
  return net.activation(name + "_out", x);
}

}  // namespace detail

/// 224x224; 25,636,712 parameters.
[[nodiscard]] inline network resnet50(network_options const& options = {}) {
  network net("resnet50", detail::image(options, 224, 224), options);
  tensor x = net.zero_pad("conv1_pad", net.input(), 3, 3);
  x = net.conv2d("conv1_conv", x, {.filters = 64, .kernel = 7, .stride = 2, .padding = padding::valid});
  x = net.batch_norm("conv1_bn", x);
  x = net.activation("conv1_relu", x);
  x = net.zero_pad("pool1_pad", x, 1, 1);
  x = net.max_pool("pool1_pool", x, 3, 2);

  struct stage {
    std::int64_t filters, stride;
    int blocks;
  };
  static constexpr stage stages[] = {{64, 1, 3}, {128, 2, 4}, {256, 2, 6}, {512, 2, 3}};
  int number = 2;
  for (stage const& s : stages) {
    for (int b = 1; b <= s.blocks; ++b) {
      std::string const name = "conv" + std::to_string(number) + "_block" + std::to_string(b);
      x = detail::residual(net, name, x, s.filters, b == 1 ? s.stride : 1, b == 1);
    }
    ++number;
  }
  x = net.global_average_pool("avg_pool", x);
  net.dense("probs", x, detail::classes(options, 1000));
  return net;
}

}  // namespace zoo
}  // namespace v0
}  // namespace checkmate
