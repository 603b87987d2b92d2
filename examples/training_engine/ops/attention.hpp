// SPDX-License-Identifier: Apache-2.0
//
// Causal self-attention with several heads (Vaswani et al., 2017), and the embedding of letters.
#pragma once

#include <cmath>
#include <stdexcept>

#include "../operation.hpp"

namespace engine {

/// y = softmax(q k' / sqrt(d)) v, head by head, a letter seeing only itself and those before it. The operand
/// has the columns q, k, v side by side; the second output is the probabilities, which the gradient needs.
[[nodiscard]] inline operation attention(shape const& from, index heads) {
  if (from.channels % (3 * heads) != 0) throw std::invalid_argument("heads do not divide the channels");
  index const length = from.width, width = from.channels / 3, d = width / heads;
  auto const scale = 1 / std::sqrt(static_cast<scalar>(d));
  auto for_each_head = [=](auto visit) {  // visit(first row, first column, first row of the probabilities)
    for (index n = 0; n < from.batch; ++n) {
      for (index h = 0; h < heads; ++h) visit(n * length, h * d, (n * heads + h) * length);
    }
  };
  auto forward = [=](call const& c) {
    const_view const x = c.in(0);
    view y = c.out(0), probabilities = c.out(1);
    for_each_head([&](index row, index column, index first) {
      auto const q = x.block(row, column, length, d), k = x.block(row, width + column, length, d),
                 v = x.block(row, 2 * width + column, length, d);
      auto p = probabilities.middleRows(first, length);
      p.noalias() = scale * q * k.transpose();
      for (index t = 0; t < length; ++t) {
        auto seen = p.row(t).head(t + 1).array();
        seen = (seen - seen.maxCoeff()).exp();
        seen /= seen.sum();
        p.row(t).tail(length - t - 1).setZero();
      }
      y.block(row, column, length, d).noalias() = p * v;
    });
  };
  auto backward = [=](call const& c) {
    const_view const dy = c.in(0), x = c.in(1), probabilities = c.in(2);
    view dx = c.out(0), ds = c.scratch(length, length);
    for_each_head([&](index row, index column, index first) {
      auto const q = x.block(row, column, length, d), k = x.block(row, width + column, length, d),
                 v = x.block(row, 2 * width + column, length, d);
      auto const p = probabilities.middleRows(first, length);
      auto const dz = dy.block(row, column, length, d);
      ds.noalias() = dz * v.transpose();
      for (index t = 0; t < length; ++t) {
        scalar const mean = ds.row(t).dot(p.row(t));
        ds.row(t) = (p.row(t).array() * (ds.row(t).array() - mean)).matrix();
      }
      dx.block(row, column, length, d).noalias() = scale * ds * k;
      dx.block(row, width + column, length, d).noalias() = scale * ds.transpose() * q;
      dx.block(row, 2 * width + column, length, d).noalias() = p.transpose() * dz;
    });
  };
  return {.name = "attention",
          .forward = forward,
          .outputs = {from.with_channels(width), {from.batch, heads, length, length}},
          .backward = backward,
          .backward_reads = {upstream, operand(0), output(1)},
          .backward_scratch = length * length};
}

/// Row r becomes the row of `table` that letter r names, plus the row of `positions` for its place in the
/// text. Operands: letters (numbers of table rows), table, positions.
[[nodiscard]] inline operation embedding(shape const& letters, index width) {
  index const length = letters.width;
  auto forward = [=](call const& c) {
    view y = c.out(0);
    for (index r = 0; r < y.rows(); ++r) {
      y.row(r) = c.in(1).row(static_cast<index>(c.in(0)(r, 0))) + c.in(2).row(r % length);
    }
  };
  auto backward = [=](call const& c) {
    const_view const dy = c.in(0), which = c.in(1);
    view table = c.out(1), positions = c.out(2);
    table.setZero();
    positions.setZero();
    for (index r = 0; r < dy.rows(); ++r) {
      table.row(static_cast<index>(which(r, 0))) += dy.row(r);
      positions.row(r % length) += dy.row(r);
    }
  };
  return {.name = "embedding",
          .forward = forward,
          .outputs = {letters.with_channels(width)},
          .backward = backward,
          .backward_reads = {upstream, operand(0)}};
}

}  // namespace engine
