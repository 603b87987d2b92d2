// SPDX-License-Identifier: Apache-2.0
//
// Softmax and cross-entropy in one: the loss of digits, pixels and letters alike.
#pragma once

#include <cmath>

#include "../operation.hpp"

namespace engine {

/// The mean over the rows of -log(softmax(row)[target]). Operands: scores, targets (one class a row). The
/// second output is the probabilities, from which the gradient follows.
[[nodiscard]] inline operation softmax_cross_entropy(shape const& scores) {
  auto forward = [](call const& c) {
    const_view const x = c.in(0), target = c.in(1);
    view p = c.out(1);
    double loss = 0;
    for (index r = 0; r < x.rows(); ++r) {
      scalar const top = x.row(r).maxCoeff();
      p.row(r) = (x.row(r).array() - top).exp().matrix();
      scalar const sum = p.row(r).sum();
      p.row(r) /= sum;
      auto const wanted = static_cast<index>(target(r, 0));
      loss += std::log(sum) - (x(r, wanted) - top);
    }
    c.out(0)(0, 0) = static_cast<scalar>(loss / static_cast<double>(x.rows()));
  };
  auto backward = [](call const& c) {
    const_view const p = c.in(0), target = c.in(1);
    view dx = c.out(0);
    auto const scale = 1 / static_cast<scalar>(p.rows());
    dx = scale * p;
    for (index r = 0; r < p.rows(); ++r) dx(r, static_cast<index>(target(r, 0))) -= scale;
  };
  return {.name = "softmax_cross_entropy",
          .forward = forward,
          .outputs = {{.batch = 1}, scores},
          .backward = backward,
          .backward_reads = {output(1), operand(1)}};
}

}  // namespace engine
