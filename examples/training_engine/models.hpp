// SPDX-License-Identifier: Apache-2.0
//
// Three networks that train on a small machine: a residual network, a U-Net and a 4-layer GPT.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

#include "data.hpp"
#include "network.hpp"
#include "ops/attention.hpp"
#include "ops/convolution.hpp"
#include "ops/dense.hpp"
#include "ops/elementwise.hpp"
#include "ops/loss.hpp"
#include "ops/normalization.hpp"
#include "ops/pooling.hpp"

namespace engine {

/// Layers: operators with the weights they bring along.
struct layers {
  network& net;

  [[nodiscard]] tensor conv(tensor const& x, index features, index size = 3, index stride = 1) const {
    index const fan_in = size * size * x.dims.channels;
    tensor const w = net.add_parameter({.batch = fan_in, .channels = features}, 0, spread(2, fan_in));
    return net.apply(convolution(x.dims, features, size, stride), {x, w});
  }
  [[nodiscard]] tensor dense(tensor const& x, index features) const {
    index const fan_in = x.dims.channels;
    tensor const w = net.add_parameter({.batch = fan_in, .channels = features}, 0, spread(1, fan_in));
    return net.apply(engine::dense(x.dims, features), {x, w, row(features, 0)});
  }
  [[nodiscard]] tensor batch_norm(tensor const& x) const {
    return net.apply(engine::batch_norm(x.dims), {x, row(x.dims.channels, 1), row(x.dims.channels, 0)});
  }
  [[nodiscard]] tensor layer_norm(tensor const& x) const {
    return net.apply(engine::layer_norm(x.dims), {x, row(x.dims.channels, 1), row(x.dims.channels, 0)});
  }
  [[nodiscard]] tensor relu(tensor const& x) const { return net.apply(engine::relu(x.dims), {x}); }
  [[nodiscard]] tensor add(tensor const& a, tensor const& b) const {
    return net.apply(engine::add(a.dims), {a, b});
  }
  [[nodiscard]] tensor concatenate(tensor const& a, tensor const& b) const {
    return net.apply(engine::concatenate(a.dims, b.dims), {a, b});
  }
  [[nodiscard]] tensor max_pool(tensor const& x) const { return net.apply(engine::max_pool(x.dims), {x}); }
  [[nodiscard]] tensor mean_pool(tensor const& x) const { return net.apply(engine::mean_pool(x.dims), {x}); }
  [[nodiscard]] tensor upsample(tensor const& x) const { return net.apply(engine::upsample(x.dims), {x}); }
  [[nodiscard]] tensor dropout(tensor const& x, scalar rate) const {
    return net.apply(engine::dropout(x.dims, rate, net.node_count()), {x});  // its own id is its key
  }
  [[nodiscard]] tensor attention(tensor const& qkv, index heads) const {
    return net.apply(engine::attention(qkv.dims, heads), {qkv});
  }
  [[nodiscard]] tensor embedding(tensor const& letters, index vocabulary, index width) const {
    tensor const table = net.add_parameter({.batch = vocabulary, .channels = width}, 0, 0.5F);
    tensor const positions = net.add_parameter({.batch = letters.dims.width, .channels = width}, 0, 0.5F);
    return net.apply(engine::embedding(letters.dims, width), {letters, table, positions});
  }
  void minimise_cross_entropy(tensor const& scores, tensor const& target) const {
    net.differentiate(net.apply(softmax_cross_entropy(scores.dims), {scores, target}));
  }

 private:
  /// The deviation that keeps the size of activations the same from layer to layer (He et al., 2015).
  static scalar spread(scalar gain, index fan_in) { return std::sqrt(gain / static_cast<scalar>(fan_in)); }
  [[nodiscard]] tensor row(index channels, scalar value) const {
    return net.add_parameter({.batch = 1, .channels = channels}, value, 0);
  }
};

/// A network and what it learns from: fill(step, x, target) makes the batch of one step.
struct task {
  network net;
  scalar rate;  ///< of learning
  std::function<void(std::uint64_t, view, view)> fill;
};

/// Which digit is it? A residual network (He et al., 2016) of 13 convolutions.
[[nodiscard]] inline task resnet() {
  shape const pictures{.batch = 32, .height = 12, .width = 12, .channels = 1};
  network net;
  layers const with{net};
  tensor const x = net.add_input(pictures), target = net.add_input({.batch = pictures.batch});

  tensor h = with.relu(with.batch_norm(with.conv(x, 8)));
  for (index width : {8, 16, 32}) {
    for (int block = 0; block < 2; ++block) {
      bool const narrows = width != h.dims.channels;
      index const stride = narrows ? 2 : 1;
      tensor r = with.relu(with.batch_norm(with.conv(h, width, 3, stride)));
      r = with.batch_norm(with.conv(r, width));
      tensor const skip = narrows ? with.batch_norm(with.conv(h, width, 1, stride)) : h;
      h = with.relu(with.add(r, skip));
    }
  }
  with.minimise_cross_entropy(with.dense(with.dropout(with.mean_pool(h), 0.1F), 10), target);
  auto fill = [=](std::uint64_t step, view to, view wanted) { draw_digits(pictures, step, to, wanted); };
  return {std::move(net), 3e-3F, fill};
}

/// Which pixels belong to the digit? A U-Net (Ronneberger et al., 2015) of three resolutions.
[[nodiscard]] inline task unet() {
  shape const pictures{.batch = 8, .height = 24, .width = 24, .channels = 1};
  network net;
  layers const with{net};
  tensor const x = net.add_input(pictures), target = net.add_input(pictures);

  auto const twice = [&](tensor h, index width) {
    for (int i = 0; i < 2; ++i) h = with.relu(with.batch_norm(with.conv(h, width)));
    return h;
  };
  tensor const fine = twice(x, 8);
  tensor const middle = twice(with.max_pool(fine), 16);
  tensor h = twice(with.max_pool(middle), 32);
  h = twice(with.concatenate(with.upsample(h), middle), 16);
  h = twice(with.concatenate(with.upsample(h), fine), 8);
  with.minimise_cross_entropy(with.dense(h, 2), target);
  auto fill = [=](std::uint64_t step, view to, view wanted) { hide_digits(pictures, step, to, wanted); };
  return {std::move(net), 3e-3F, fill};
}

/// Which letter comes next? A GPT (Radford et al., 2019) of 4 layers with 4 heads each.
[[nodiscard]] inline task gpt() {
  constexpr index width = 32, heads = 4;
  shape const texts{.batch = 8, .height = 1, .width = 64, .channels = 1};
  auto const vocabulary = static_cast<index>(alphabet().size());
  network net;
  layers const with{net};
  tensor const x = net.add_input(texts), target = net.add_input(texts);

  tensor h = with.embedding(x, vocabulary, width);
  for (int layer = 0; layer < 4; ++layer) {
    tensor const seen = with.attention(with.dense(with.layer_norm(h), 3 * width), heads);
    h = with.add(h, with.dropout(with.dense(seen, width), 0.05F));
    tensor const thought = with.relu(with.dense(with.layer_norm(h), 4 * width));
    h = with.add(h, with.dropout(with.dense(thought, width), 0.05F));
  }
  with.minimise_cross_entropy(with.dense(with.layer_norm(h), vocabulary), target);
  auto fill = [=](std::uint64_t step, view to, view wanted) { quote_story(texts, step, to, wanted); };
  return {std::move(net), 3e-3F, fill};
}

/// The task of that name.
[[nodiscard]] inline task make_task(std::string const& name) {
  if (name == "resnet") return resnet();
  if (name == "unet") return unet();
  if (name == "gpt") return gpt();
  throw std::invalid_argument("no network is called " + name + "; there are resnet, unet and gpt");
}

}  // namespace engine
