// SPDX-License-Identifier: Apache-2.0
//
// Unit chains: the linear networks of the checkpointing literature, every node of time 1 and 1 byte.
#pragma once

#include <string>

#include <checkmate/zoo/network.hpp>

namespace checkmate {
inline namespace v0 {
namespace zoo {

/// `length` layers f0 -> f1 -> ..., each 1 operation and 1 byte; `length` >= 1.
[[nodiscard]] inline network unit_chain(std::int64_t length) {
  if (length < 1) throw invalid_option("unit_chain: length must be >= 1");
  network net("chain" + std::to_string(length), {1, 1, 1}, {.batch = 1, .element_bytes = 1});
  tensor x = net.input();
  for (std::int64_t i = 0; i < length; ++i) {
    x = net.append(std::string("f").append(std::to_string(i)), "Unit", x, {1, 1, 1}, 1, 0,
                   network::reads_output);
  }
  return net;
}

/// The training step of a unit chain as in the paper's integrality gap study: every node, the loss and the
/// backward nodes too, takes time 1 and 1 byte; nothing is fixed; a backward node reads its layer's output
/// and the incoming gradient.
[[nodiscard]] inline training_step unit_chain_step(std::int64_t length) {
  training_step step = training_step_of(
      unit_chain(length),
      {.gradients = gradient_model::operators, .backward_time = 1, .loss_time = 1, .loss_bytes = 1});
  step.costs.fixed = 0;
  return step;
}

}  // namespace zoo
}  // namespace v0
}  // namespace checkmate
