// SPDX-License-Identifier: Apache-2.0
//
// Operators that work number by number: ReLU, addition, dropout; and concatenation, which only copies.
#pragma once

#include <cstdint>

#include "../operation.hpp"
#include "../random.hpp"

namespace engine {

/// y = max(x, 0). Its gradient needs only the sign of y, so x may go.
[[nodiscard]] inline operation relu(shape const& from) {
  return {
      .name = "relu",
      .forward = [](call const& c) { c.out(0) = c.in(0).cwiseMax(0); },
      .outputs = {from},
      .backward =
          [](call const& c) { c.out(0) = (c.in(1).array() > 0).select(c.in(0).array(), scalar{0}).matrix(); },
      .backward_reads = {upstream, output(0)}};
}

/// y = a + b. The gradient of both is the gradient of y itself: no node, no copy.
[[nodiscard]] inline operation add(shape const& from) {
  return {.name = "add",
          .forward = [](call const& c) { c.out(0) = c.in(0) + c.in(1); },
          .outputs = {from},
          .backward = {}};
}

/// Zeroes each number with probability `rate` and scales up the rest (Srivastava et al., 2014). The mask is
/// a function of `key` and the step; it is drawn again by the backward kernel and by every recomputation.
[[nodiscard]] inline operation dropout(shape const& from, scalar rate, std::uint64_t key) {
  auto masked = [=](call const& c) {
    random_stream const draw(key, c.step);
    scalar const* x = c.in(0).data();
    scalar* y = c.out(0).data();
    for (index i = 0; i < from.size(); ++i) {
      bool const keep = draw.uniform(static_cast<std::uint64_t>(i)) >= rate;
      y[i] = keep ? x[i] / (1 - rate) : 0;
    }
  };
  return {.name = "dropout",
          .forward = masked,
          .outputs = {from},
          .backward = masked,
          .backward_reads = {upstream}};
}

/// The channels of a, then those of b.
[[nodiscard]] inline operation concatenate(shape const& a, shape const& b) {
  return {.name = "concatenate",
          .forward =
              [](call const& c) {
                view y = c.out(0);
                y.leftCols(c.in(0).cols()) = c.in(0);
                y.rightCols(c.in(1).cols()) = c.in(1);
              },
          .outputs = {a.with_channels(a.channels + b.channels)},
          .backward =
              [](call const& c) {
                c.out(0) = c.in(0).leftCols(c.out(0).cols());
                c.out(1) = c.in(0).rightCols(c.out(1).cols());
              },
          .backward_reads = {upstream}};
}

}  // namespace engine
