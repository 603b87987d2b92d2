// SPDX-License-Identifier: Apache-2.0
//
// The fully connected layer; on pictures, a convolution of size 1.
#pragma once

#include "../operation.hpp"

namespace engine {

/// y = x w + b, row by row. Operands: x, w (channels x features), b (1 x features).
[[nodiscard]] inline operation dense(shape const& from, index features) {
  auto forward = [](call const& c) {
    view y = c.out(0);
    y.noalias() = c.in(0) * c.in(1);
    y.rowwise() += c.in(2).row(0);
  };
  auto backward = [](call const& c) {
    const_view const dy = c.in(0), x = c.in(1), w = c.in(2);
    if (c.wants(0)) c.out(0).noalias() = dy * w.transpose();
    c.out(1).noalias() = x.transpose() * dy;
    c.out(2) = dy.colwise().sum();
  };
  return {.name = "dense",
          .forward = forward,
          .outputs = {from.with_channels(features)},
          .backward = backward,
          .backward_reads = {upstream, operand(0), operand(1)}};
}

}  // namespace engine
