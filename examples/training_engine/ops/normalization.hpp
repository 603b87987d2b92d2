// SPDX-License-Identifier: Apache-2.0
//
// Batch norm (Ioffe and Szegedy, 2015; with the statistics of the batch) and layer norm (Ba et al., 2016).
//
// Both keep mean and 1 / deviation as a second output, which the backward kernel reads.
#pragma once

#include <cmath>

#include "../operation.hpp"

namespace engine {

inline constexpr scalar norm_epsilon = 1e-5F;

/// Every channel to mean b and deviation g over all pixels. Operands: x, g, b (1 x channels).
[[nodiscard]] inline operation batch_norm(shape const& from) {
  auto const rows = static_cast<scalar>(from.rows());
  auto forward = [=](call const& c) {
    const_view const x = c.in(0), g = c.in(1), b = c.in(2);
    view y = c.out(0), statistics = c.out(1);
    auto mean = statistics.row(0), inverse = statistics.row(1);
    mean = x.colwise().sum() / rows;
    inverse.setZero();
    for (index i = 0; i < x.rows(); ++i) inverse.array() += (x.row(i) - mean).array().square();
    inverse = (inverse.array() / rows + norm_epsilon).rsqrt().matrix();
    for (index i = 0; i < x.rows(); ++i) {
      y.row(i) = ((x.row(i) - mean).array() * inverse.array() * g.row(0).array()).matrix() + b.row(0);
    }
  };
  auto backward = [=](call const& c) {
    const_view const dy = c.in(0), x = c.in(1), g = c.in(2), statistics = c.in(3);
    view dx = c.out(0), dg = c.out(1), db = c.out(2);
    auto const mean = statistics.row(0), inverse = statistics.row(1);
    auto const normal = [&](index i) { return (x.row(i) - mean).array() * inverse.array(); };
    db = dy.colwise().sum();
    dg.setZero();
    for (index i = 0; i < x.rows(); ++i) dg.array() += dy.row(i).array() * normal(i);
    for (index i = 0; i < x.rows(); ++i) {
      auto const centred =
          dy.row(i).array() - db.row(0).array() / rows - normal(i) * dg.row(0).array() / rows;
      dx.row(i) = (g.row(0).array() * inverse.array() * centred).matrix();
    }
  };
  return {.name = "batch_norm",
          .forward = forward,
          .outputs = {from, {.batch = 2, .channels = from.channels}},
          .backward = backward,
          .backward_reads = {upstream, operand(0), operand(1), output(1)}};
}

/// Every row to mean 0 and deviation 1, then times g plus b. Operands: x, g, b (1 x channels).
[[nodiscard]] inline operation layer_norm(shape const& from) {
  auto const channels = static_cast<scalar>(from.channels);
  auto forward = [=](call const& c) {
    const_view const x = c.in(0), g = c.in(1), b = c.in(2);
    view y = c.out(0), statistics = c.out(1);
    for (index i = 0; i < x.rows(); ++i) {
      scalar const mean = x.row(i).sum() / channels;
      scalar const variance = (x.row(i).array() - mean).square().sum() / channels;
      scalar const inverse = 1 / std::sqrt(variance + norm_epsilon);
      y.row(i) = ((x.row(i).array() - mean) * inverse * g.row(0).array()).matrix() + b.row(0);
      statistics(i, 0) = mean;
      statistics(i, 1) = inverse;
    }
  };
  auto backward = [=](call const& c) {
    const_view const dy = c.in(0), x = c.in(1), g = c.in(2), statistics = c.in(3);
    view dx = c.out(0), dg = c.out(1), db = c.out(2);
    dg.setZero();
    db = dy.colwise().sum();
    for (index i = 0; i < x.rows(); ++i) {
      scalar const inverse = statistics(i, 1);
      auto const normal = (x.row(i).array() - statistics(i, 0)) * inverse;
      auto const inner = dy.row(i).array() * g.row(0).array();
      scalar const along = (inner * normal).sum() / channels;
      dx.row(i) = ((inner - inner.sum() / channels - normal * along) * inverse).matrix();
      dg.row(0).array() += dy.row(i).array() * normal;
    }
  };
  return {.name = "layer_norm",
          .forward = forward,
          .outputs = {from, from.with_channels(2)},
          .backward = backward,
          .backward_reads = {upstream, operand(0), operand(1), output(1)}};
}

}  // namespace engine
