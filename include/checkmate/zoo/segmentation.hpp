// SPDX-License-Identifier: Apache-2.0
//
// Segmentation networks at 416x608 with 19 classes: U-Net with a VGG16 encoder (after Ronneberger et al.,
// 2015), FCN8 (Long et al., 2015) and SegNet (after Badrinarayanan et al., 2015), as the package
// image-segmentation-keras builds them, which the paper used.
#pragma once

#include <array>
#include <string>
#include <vector>

#include <checkmate/zoo/vgg.hpp>

namespace checkmate {
inline namespace v0 {
namespace zoo {
namespace detail {

/// "conv2_d", "conv2_d_1", "conv2_d_2", ...: how Keras numbers layers without a name.
inline std::string numbered(std::string const& base, int n) {
  return n == 0 ? base : base + "_" + std::to_string(n);
}

/// Zero padding, a 3x3 convolution and batch normalisation.
inline tensor padded_block(network& net, int number, tensor x, std::int64_t filters) {
  x = net.zero_pad(numbered("zero_padding2_d", number), x, 1, 1);
  x = net.conv2d(numbered("conv2_d", number), x, {.filters = filters, .padding = padding::valid});
  return net.batch_norm(numbered("batch_normalization", number), x);
}

/// Scores for every pixel, as one long row of class probabilities.
inline void pixel_classes(network& net, tensor x, int activation) {
  x = net.reshape("reshape", x, {1, x.shape.height * x.shape.width, x.shape.channels});
  net.activation(numbered("activation", activation), x);
}

/// Enlarges `x` and adds it to the scores of `finer`. The order of the layers is that of Keras, by depth.
inline tensor fcn_merge(network& net, tensor x, tensor const& finer, int number, std::int64_t classes) {
  x = net.conv2d_transpose(numbered("conv2_dtranspose", number), x,
                           {.filters = classes, .kernel = 4, .stride = 2, .bias = false});
  bool const crops_twice_first = number == 0;
  x = net.crop(numbered("cropping2_d", 2 * number), x, x.shape.height, finer.shape.width);
  auto const crop_rows = [&] {
    x = net.crop(numbered("cropping2_d", 2 * number + 1), x, finer.shape.height, finer.shape.width);
  };
  if (crops_twice_first) crop_rows();
  tensor const scores = net.conv2d(numbered("conv2_d", 3 + number), finer, {.filters = classes, .kernel = 1});
  if (!crops_twice_first) crop_rows();
  return net.add(numbered("add", number), x, scores);
}

}  // namespace detail

/// U-Net, 416x608; 12,332,755 parameters.
[[nodiscard]] inline network unet(network_options const& options = {}) {
  network net("unet", detail::image(options, 416, 608), options);
  std::vector<tensor> const encoded = detail::vgg_encoder(net, {2, 2, 3, 3});
  static constexpr std::array<std::int64_t, 4> filters = {512, 256, 128, 64};
  tensor x = encoded[3];
  for (int i = 0; i < 4; ++i) {
    auto const level = static_cast<std::size_t>(i);
    x = detail::padded_block(net, i, x, filters[level]);
    if (i == 3) break;
    x = net.up_sample(detail::numbered("up_sampling2_d", i), x);
    x = net.concatenate(detail::numbered("concatenate", i), x, encoded[2 - level]);
  }
  x = net.conv2d("conv2_d_4", x, {.filters = detail::classes(options, 19)});
  detail::pixel_classes(net, x, 0);
  return net;
}

/// FCN8, 416x608; 134,456,985 parameters.
[[nodiscard]] inline network fcn8(network_options const& options = {}) {
  network net("fcn8", detail::image(options, 416, 608), options);
  std::int64_t const classes = detail::classes(options, 19);
  std::vector<tensor> const encoded = detail::vgg_encoder(net, {2, 2, 3, 3, 3});
  tensor x = net.conv2d("conv2_d", encoded[4], {.filters = 4096, .kernel = 7});
  x = net.dropout("dropout", x);
  x = net.conv2d("conv2_d_1", x, {.filters = 4096, .kernel = 1});
  x = net.dropout("dropout_1", x);
  x = net.conv2d("conv2_d_2", x, {.filters = classes, .kernel = 1});
  x = detail::fcn_merge(net, x, encoded[3], 0, classes);
  x = detail::fcn_merge(net, x, encoded[2], 1, classes);
  x = net.conv2d_transpose("conv2_dtranspose_2", x,
                           {.filters = classes, .kernel = 16, .stride = 8, .bias = false});
  detail::pixel_classes(net, x, 0);
  return net;
}

/// SegNet, 416x608; 3,707,411 parameters. The encoder's fifth level is built by the package but not used by
/// the network; layer numbers skip it (no ..._4).
[[nodiscard]] inline network segnet(network_options const& options = {}) {
  network net("segnet", detail::image(options, 416, 608), options);
  static constexpr std::array<std::int64_t, 4> down = {64, 128, 256, 256};
  static constexpr std::array<std::int64_t, 4> up = {512, 256, 128, 64};
  tensor x = net.input();
  for (int i = 0; i < 4; ++i) {
    x = detail::padded_block(net, i, x, down[static_cast<std::size_t>(i)]);
    x = net.activation(detail::numbered("activation", i), x);
    x = net.max_pool(detail::numbered("max_pooling2_d", i), x);
  }
  for (int i = 0; i < 4; ++i) {
    if (i > 0) x = net.up_sample(detail::numbered("up_sampling2_d", i - 1), x);
    x = detail::padded_block(net, 5 + i, x, up[static_cast<std::size_t>(i)]);
  }
  x = net.conv2d("conv2_d_9", x, {.filters = detail::classes(options, 19)});
  detail::pixel_classes(net, x, 5);
  return net;
}

}  // namespace zoo
}  // namespace v0
}  // namespace checkmate
