// SPDX-License-Identifier: Apache-2.0
//
// The zoo: the networks of the Checkmate paper (Jain et al., 2020), unit chains and a transformer, built by
// name. The headers in zoo/ are also the example of how to describe a network of one's own.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include <checkmate/core/error.hpp>
#include <checkmate/zoo/chain.hpp>
#include <checkmate/zoo/mobilenet.hpp>
#include <checkmate/zoo/network.hpp>
#include <checkmate/zoo/resnet.hpp>
#include <checkmate/zoo/segmentation.hpp>
#include <checkmate/zoo/transformer.hpp>
#include <checkmate/zoo/vgg.hpp>

namespace checkmate {
inline namespace v0 {
namespace zoo {

/// A network that `make_network` knows.
struct network_entry {
  std::string_view name;
  std::string_view about;
  network (*make)(network_options const&);
};

/// All networks that have a name: the paper's seven, and GPT-2 small.
[[nodiscard]] inline std::array<network_entry, 8> const& networks() {
  static constexpr std::array<network_entry, 8> all = {{
      {"vgg16", "VGG16, 224x224", &vgg16},
      {"vgg19", "VGG19, 224x224", &vgg19},
      {"mobilenet", "MobileNet v1, 224x224", &mobilenet},
      {"resnet50", "ResNet50 v1, 224x224", &resnet50},
      {"unet", "U-Net with a VGG16 encoder, 416x608", &unet},
      {"fcn8", "FCN8 with a VGG16 encoder, 416x608", &fcn8},
      {"segnet", "SegNet, 416x608", &segnet},
      {"gpt2", "GPT-2 small, 1024 tokens", +[](network_options const& o) { return gpt({}, o); }},
  }};
  return all;
}

/// The network called `name` in `networks()`; throws invalid_option, with the names there are, if none is.
[[nodiscard]] inline network make_network(std::string_view name, network_options const& options = {}) {
  std::string known;
  for (network_entry const& entry : networks()) {
    if (entry.name == name) return entry.make(options);
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  throw invalid_option("no network is called \"" + std::string(name) + "\"; there are " + known);
}

}  // namespace zoo
}  // namespace v0
}  // namespace checkmate
