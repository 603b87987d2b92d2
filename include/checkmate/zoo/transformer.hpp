// SPDX-License-Identifier: Apache-2.0
//
// A GPT-style decoder (Radford et al., 2019): pre-normalised blocks of attention and a two-layer perceptron.
#pragma once

#include <algorithm>
#include <string>

#include <checkmate/zoo/network.hpp>

namespace checkmate {
inline namespace v0 {
namespace zoo {

/// Sizes of a decoder; the defaults are GPT-2 small (124,439,808 parameters).
struct gpt_sizes {
  int blocks = 12;
  std::int64_t heads = 12;          ///< divides `width`
  std::int64_t width = 768;         ///< features of a token
  std::int64_t tokens = 1024;       ///< length of a sequence, and of the position table
  std::int64_t vocabulary = 50257;  ///< the output layer shares the embedding's weights
};

namespace detail {

/// Attention scores and their weighted sum, each as one matrix product over all heads.
inline tensor attention(network& net, std::string const& name, tensor x, gpt_sizes const& s) {
  tensor const qkv = net.dense(name + "_qkv", x, 3 * s.width);
  shape const square{s.heads, s.tokens, s.tokens};
  double const products = static_cast<double>(s.tokens) * static_cast<double>(s.tokens * s.width);
  tensor scores = net.append({.name = name + "_scores",
                              .op = "MatMul",
                              .shape = square,
                              .flops = products,
                              .backward = network::reads_inputs},
                             {qkv});
  scores = net.activation(name + "_softmax", scores, "Softmax");
  x = net.append({.name = name + "_values",
                  .op = "MatMul",
                  .shape = {1, s.tokens, s.width},
                  .flops = products,
                  .backward = network::reads_inputs},
                 {scores, qkv});
  return net.dense(name + "_proj", x, s.width);
}

inline tensor decoder_block(network& net, std::string const& name, tensor const& in, gpt_sizes const& s) {
  tensor x = net.layer_norm(name + "_ln1", in);
  x = attention(net, name + "_attn", x, s);
  tensor const middle = net.add(name + "_add1", in, x);
  x = net.layer_norm(name + "_ln2", middle);
  x = net.dense(name + "_fc", x, 4 * s.width);
  x = net.append(name + "_gelu", "GELU", x, x.shape, 1, 0);
  x = net.dense(name + "_out", x, s.width);
  return net.add(name + "_add2", middle, x);
}

}  // namespace detail

/// A decoder of any size; `options.width`, where given, is the number of tokens. The embedding adds token and
/// position vectors; the last layer gives scores for the next token.
[[nodiscard]] inline network gpt(gpt_sizes sizes = {}, network_options const& options = {}) {
  if (sizes.heads < 1 || sizes.width % sizes.heads != 0) throw invalid_option("gpt: heads must divide width");
  for (std::int64_t size : {sizes.width, sizes.tokens, sizes.vocabulary, options.width}) {
    if (size > std::int64_t{1} << 30) throw invalid_option("gpt: sizes must be at most 2^30");
  }
  std::int64_t const positions = sizes.tokens;
  if (options.width > 0) sizes.tokens = options.width;
  network net("gpt", {1, sizes.tokens, 1}, options);
  shape const hidden{1, sizes.tokens, sizes.width};
  std::int64_t const table = (sizes.vocabulary + std::max(positions, sizes.tokens)) * sizes.width;
  tensor x = net.append("embedding", "Embedding", net.input(), hidden, 1, table, gradients_only_rule);
  for (int b = 0; b < sizes.blocks; ++b)
    x = detail::decoder_block(net, std::string("h").append(std::to_string(b)), x, sizes);
  x = net.layer_norm("ln_f", x);
  shape const logits{1, sizes.tokens, sizes.vocabulary};
  x = net.append("logits", "Dense", x, logits, sizes.width, 0);
  net.activation("softmax", x, "Softmax");
  return net;
}

}  // namespace zoo
}  // namespace v0
}  // namespace checkmate
