// SPDX-License-Identifier: Apache-2.0
//
// VGG16 and VGG19 (Simonyan and Zisserman, 2014), and their encoder for segmentation networks.
#pragma once

#include <array>
#include <string>
#include <vector>

#include <checkmate/zoo/network.hpp>

namespace checkmate {
inline namespace v0 {
namespace zoo {
namespace detail {

/// The input of an image network: `own` where the options leave a size open.
[[nodiscard]] inline shape image(network_options const& options, std::int64_t own_height,
                                 std::int64_t own_width) {
  return {options.height > 0 ? options.height : own_height, options.width > 0 ? options.width : own_width, 3};
}

[[nodiscard]] inline std::int64_t classes(network_options const& options, std::int64_t own) {
  return options.classes > 0 ? options.classes : own;
}

/// Blocks of 3x3 convolutions, a pooling after each; returns the output of every block.
inline std::vector<tensor> vgg_encoder(network& net, std::vector<int> const& convolutions) {
  static constexpr std::array<std::int64_t, 5> filters = {64, 128, 256, 512, 512};
  std::vector<tensor> pooled;
  tensor x = net.input();
  for (std::size_t b = 0; b < convolutions.size(); ++b) {
    std::string const block = "block" + std::to_string(b + 1);
    for (int c = 1; c <= convolutions[b]; ++c) {
      x = net.conv2d(block + "_conv" + std::to_string(c), x, {.filters = filters[b]});
    }
    x = net.max_pool(block + "_pool", x);
    pooled.push_back(x);
  }
  return pooled;
}

inline network vgg(std::string name, std::vector<int> const& convolutions, network_options const& options) {
  network net(std::move(name), image(options, 224, 224), options);
  tensor x = vgg_encoder(net, convolutions).back();
  x = net.flatten("flatten", x);
  x = net.dense("fc1", x, 4096);
  x = net.dense("fc2", x, 4096);
  net.dense("predictions", x, classes(options, 1000));
  return net;
}

}  // namespace detail

/// 224x224; 138,357,544 parameters.
[[nodiscard]] inline network vgg16(network_options const& options = {}) {
  return detail::vgg("vgg16", {2, 2, 3, 3, 3}, options);
}

/// 224x224; 143,667,240 parameters.
[[nodiscard]] inline network vgg19(network_options const& options = {}) {
  return detail::vgg("vgg19", {2, 2, 4, 4, 4}, options);
}

}  // namespace zoo
}  // namespace v0
}  // namespace checkmate
