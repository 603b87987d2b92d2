// SPDX-License-Identifier: Apache-2.0
//
// Shapes of networks, of any size and with random costs, and the random graphs made of them.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/random.hpp>

#include "networks.hpp"

namespace field {

/// Random costs and run-once nodes; with the default, none of them: every layer is of time 1 and 100 bytes.
struct costs {
  std::uint64_t seed = 0;
  double spread = 1;      ///< times and sizes lie between 1 / spread and spread times the layer's own, >= 1
  double run_once = 0;    ///< share of the layers that must not run twice
  double workspace = 0;   ///< share of the layers with a workspace of up to twice their value
  double statistics = 0;  ///< share of the layers with a second output for their gradient
  double weight = 0;      ///< share of the layers with a weight
  bool mixed_rules = false;  ///< gradients read inputs, output or both, at random; otherwise the shape says
};

/// Draws the layers of a shape and adds them to its network.
class shaper {
 public:
  explicit shaper(costs const& how) : how_(how), random_(how.seed) {}

  [[nodiscard]] cm::detail::random_source& random() { return random_; }
  [[nodiscard]] std::size_t between(std::size_t least, std::size_t most) {
    return least + random_.below(static_cast<std::uint32_t>(most - least + 1));
  }
  /// An input of the step: it runs once and gets no gradient.
  cm::node_id input(cm::bytes size) {
    return net.add({.time = 0, .size = size, .run_once = true, .rule = {.exists = false}});
  }
  /// A layer that computes (its gradient reads its inputs), of `time` and `size` before they are varied.
  cm::node_id compute(std::vector<cm::node_id> reads, double time = 1, double size = 100) {
    return add(std::move(reads), time, size, {.inputs = true, .output = false}, 2, true);
  }
  /// An elementwise layer whose gradient reads its output.
  cm::node_id activate(std::vector<cm::node_id> reads, double size = 100) {
    return add(std::move(reads), 0.2, size, {.inputs = false, .output = true}, 1, false);
  }
  /// A sum or a concatenation: the gradient needs nothing of the forward pass.
  cm::node_id join(std::vector<cm::node_id> reads, double size = 100) {
    return add(std::move(reads), 0.1, size, cm::gradients_only_rule, 1, false);
  }

  network net = {};

 private:
  double vary(double x) { return how_.spread > 1 ? x * std::pow(how_.spread, 2 * random_.uniform() - 1) : x; }
  cm::bytes share_of(cm::bytes size, double most) {
    return 1 + static_cast<cm::bytes>(most * random_.uniform() * static_cast<double>(size));
  }

  cm::node_id add(std::vector<cm::node_id> reads, double time, double size, cm::backward_rule rule,
                  double backward, bool weighty) {
    layer made{.reads = std::move(reads), .time = vary(time), .backward_time = backward, .rule = rule};
    std::sort(made.reads.begin(), made.reads.end());
    made.reads.erase(std::unique(made.reads.begin(), made.reads.end()), made.reads.end());
    made.size = std::max<cm::bytes>(1, static_cast<cm::bytes>(std::llround(vary(size))));
    if (random_.chance(how_.run_once)) made.run_once = true;
    if (random_.chance(how_.run_once / 4)) made.rule.run_once = true;
    if (weighty && random_.chance(how_.workspace)) made.workspace = share_of(made.size, 2);
    if (random_.chance(how_.statistics)) made.statistics = share_of(made.size, 0.25);
    if (weighty && random_.chance(how_.weight)) made.weight = share_of(made.size, 0.3);
    if (how_.mixed_rules) {
      std::uint32_t const kind = random_.below(4);
      made.rule.inputs = kind != 1;
      made.rule.output = kind == 1 || kind == 2;
    }
    return net.add(std::move(made));
  }

  costs how_;
  cm::detail::random_source random_;
};

/// `layers` layers, each of which reads the one before; from an input if `given`.
inline network chain(std::size_t layers, costs const& how = {}, bool given = false) {
  shaper make(how);
  std::vector<cm::node_id> at;
  if (given) at = {make.input(100)};
  for (std::size_t i = 0; i < layers; ++i) at = {make.compute(at)};
  return std::move(make.net);
}

/// Blocks of convolution, normalisation and activation, each block's input added to its output.
inline network residual(std::size_t layers, costs const& how = {}) {
  shaper make(how);
  cm::node_id at = make.input(100);
  while (make.net.node_count() < layers) {
    cm::node_id const entry = at;
    for (std::size_t depth = make.between(1, 3); depth > 0; --depth) {
      at = make.activate({make.compute({make.compute({at}, 2)}, 0.2)});
    }
    at = make.join({entry, at});
  }
  return std::move(make.net);
}

/// Blocks of attention and a gated feed-forward part, 20 layers each; the first reads nothing.
inline network transformer(std::size_t blocks, costs const& how = {}) {
  shaper make(how);
  std::vector<cm::node_id> stream;  // empty before the first sum
  auto const with_stream = [&](cm::node_id v) {
    std::vector<cm::node_id> both = stream;
    both.push_back(v);
    return both;
  };
  for (std::size_t b = 0; b < blocks; ++b) {
    cm::node_id const norm = make.compute(stream, 0.2);
    cm::node_id const q = make.compute({norm}), k = make.compute({norm}), v = make.compute({norm});
    cm::node_id const scores = make.join({make.compute({q, k}, 1, 300)}, 300);
    cm::node_id const weights = make.activate({make.activate({scores}, 300)}, 300);
    cm::node_id const context = make.compute({make.compute({weights, v})});
    stream = {make.join(with_stream(make.activate({context})))};
    cm::node_id const second = make.compute(stream, 0.2);
    cm::node_id const up = make.compute({second}, 3, 270), gate = make.compute({second}, 3, 270);
    cm::node_id const gated = make.compute({up, make.activate({gate}, 270)}, 0.2, 270);
    stream = {make.join(with_stream(make.activate({make.compute({gated}, 3)})))};
  }
  return std::move(make.net);
}

/// An encoder that halves its sizes level by level, a decoder that doubles them and reads the encoder again.
inline network unet(std::size_t layers, costs const& how = {}) {
  shaper make(how);
  std::size_t const levels = make.between(3, 6);
  std::size_t const per_level = std::max<std::size_t>(1, layers / (2 * levels));
  cm::node_id at = make.input(400);
  std::vector<cm::node_id> skips;
  double size = 800;
  auto const level = [&] {
    for (std::size_t i = 0; i < per_level; ++i) {
      at = i % 2 == 0 ? make.compute({at}, 1, size) : make.activate({at}, size);
    }
  };
  for (std::size_t l = 0; l < levels; ++l) {
    level();
    skips.push_back(at);
    at = make.compute({at}, 0.3, size /= 2);  // pooling
  }
  for (std::size_t l = levels; l-- > 0;) {
    at = make.compute({at}, 0.5, size *= 2);
    at = make.join({skips[l], at}, 2 * size);
    level();
  }
  return std::move(make.net);
}

/// Layers of `width` tensors, each of which reads all tensors of the layer before.
inline network dense(std::size_t layers, std::size_t width, costs const& how = {}) {
  shaper make(how);
  std::vector<cm::node_id> before;
  for (std::size_t l = 0; l < layers; ++l) {
    std::vector<cm::node_id> now;
    for (std::size_t i = 0; i < width; ++i) now.push_back(make.compute(before));
    before = std::move(now);
  }
  return std::move(make.net);
}

/// Blocks in which each layer reads a concatenation of all earlier ones of its block.
inline network concatenating(std::size_t layers, costs const& how = {}) {
  shaper make(how);
  cm::node_id at = make.input(100);
  while (make.net.node_count() < layers) {
    std::vector<cm::node_id> block = {at};
    for (std::size_t i = make.between(4, 12); i > 0; --i) {
      cm::node_id const all = make.join(block, 30 * static_cast<double>(block.size()));
      block.push_back(make.compute({make.activate({all}, 60)}, 1, 30));
    }
    at = make.compute({make.join(block, 30 * static_cast<double>(block.size()))});
  }
  return std::move(make.net);
}

/// Layers of random width; each node reads one to four of the three layers before, now and then a far one.
inline network layered(std::size_t nodes, costs const& how = {}) {
  shaper make(how);
  std::size_t const widest = make.between(2, 12);
  std::vector<cm::node_id> starts = {0};  // of the last layers, the oldest first
  while (make.net.node_count() < nodes) {
    auto const begin = static_cast<cm::node_id>(make.net.node_count());
    for (std::size_t width = make.between(1, widest); width > 0; --width) {
      std::vector<cm::node_id> reads;
      for (std::size_t k = begin > 0 ? make.between(1, 4) : 0; k > 0; --k) {
        cm::node_id const from = make.random().chance(0.03) ? 0 : starts.front();
        reads.push_back(static_cast<cm::node_id>(make.between(from, begin - 1)));
      }
      make.compute(std::move(reads));
    }
    starts.push_back(begin);
    if (starts.size() > 3) starts.erase(starts.begin());
  }
  return std::move(make.net);
}

/// A graph to plan under budgets of B = F + f (P - F).
struct subject {
  cm::recorded_graph graph = {};
  bool free_order = false;
};

/// Number `index` of the random graphs of `seed`: one of eight shapes, 300 to 5,000 nodes or little more or
/// less, evenly on a logarithmic scale; every fifth in free order.
inline subject random_graph(std::size_t index, std::uint64_t seed) {
  cm::detail::random_source random(1'000'000 * seed + index);
  static constexpr std::array names = {"chain", "residual", "transformer",   "unet",
                                       "dense", "layered",  "concatenating", "forward"};
  std::size_t const shape = index % names.size();
  // Over the graphs of each shape, a low-discrepancy sequence that starts where shape and seed say.
  double const place = 0.6180339887498949 * static_cast<double>(index / names.size()) +
                       cm::detail::random_source(8 * seed + shape).uniform();
  auto const nodes = static_cast<std::size_t>(300 * std::pow(5000.0 / 300, place - std::floor(place)));
  auto const pick = [&](auto const& from) {
    return from[random.below(static_cast<std::uint32_t>(from.size()))];
  };
  costs how{.seed = random.next()};
  how.spread = pick(std::array{1.0, 1.5, 3.0, 8.0});
  how.run_once = pick(std::array{0.0, 0.0, 0.01, 0.04});
  how.workspace = pick(std::array{0.0, 0.0, 0.2, 0.5});
  how.statistics = pick(std::array{0.0, 0.0, 0.1, 0.3});
  how.weight = pick(std::array{0.0, 0.3, 0.8});
  how.mixed_rules = random.chance(0.3);
  step_options step;
  step.updates = how.weight > 0 && random.chance(0.4);
  bool const adds = random.chance(0.4);
  if (adds) step.fan_in = cm::gradient_fan_in::add_nodes;
  // What a forward node becomes: itself, its gradient, sums of gradients, an update.
  double const per_layer = 2 + (step.updates ? 0.5 * how.weight : 0);
  auto const layers = static_cast<std::size_t>(static_cast<double>(nodes) / per_layer);

  std::string const name = names[shape];
  network net;
  if (name == "chain") net = chain(layers, how, random.chance(0.4));
  if (name == "residual") net = residual(layers, how);
  if (name == "transformer") net = transformer(std::max<std::size_t>(1, layers / 20), how);
  if (name == "unet") net = unet(layers, how);
  if (name == "dense") {
    step.fan_in = cm::gradient_fan_in::read_all;  // sums would outnumber all else
    std::size_t const width = 3 + random.below(14);
    net = dense(std::max<std::size_t>(2, layers / width), width, how);
  }
  if (name == "concatenating") net = concatenating(layers, how);
  if (name == "layered") net = layered(layers, how);
  bool const forward_only = name == "forward";
  if (forward_only) net = layered(nodes, how);

  subject out{forward_only ? forward_pass(net) : training_step(net, step), index % 5 == 3};
  out.graph.name = name + "_" + std::to_string(index);
  out.graph.time_unit = "unit";
  return out;
}

}  // namespace field
