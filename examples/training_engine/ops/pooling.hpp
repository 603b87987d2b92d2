// SPDX-License-Identifier: Apache-2.0
//
// Operators that change the resolution of pictures: max-pool, mean over all pixels, upsampling.
#pragma once

#include <stdexcept>

#include "../operation.hpp"

namespace engine {

/// Calls visit(pixel of the half-sized picture, its 0 .. 3rd pixel in the picture) for a whole batch.
template <class Visit>
void for_each_quarter(shape const& half, Visit visit) {
  for (index p = 0; p < half.rows(); ++p) {
    index const x = p % half.width, line = p / half.width;  // lines of all pictures, one below the other
    for (index k = 0; k < 4; ++k) visit(p, k, (2 * line + k / 2) * 2 * half.width + 2 * x + k % 2);
  }
}

/// The largest of each 2 x 2 pixels, by channel; the second output says which of the four it was.
[[nodiscard]] inline operation max_pool(shape const& from) {
  if (from.height % 2 != 0 || from.width % 2 != 0) throw std::invalid_argument("max-pool needs even sides");
  shape const to{from.batch, from.height / 2, from.width / 2, from.channels};
  auto forward = [=](call const& c) {
    const_view const x = c.in(0);
    view y = c.out(0), which = c.out(1);
    for_each_quarter(to, [&](index p, index k, index q) {
      for (index j = 0; j < to.channels; ++j) {
        if (k > 0 && !(x(q, j) > y(p, j))) continue;
        y(p, j) = x(q, j);
        which(p, j) = static_cast<scalar>(k);
      }
    });
  };
  auto backward = [=](call const& c) {
    const_view const dy = c.in(0), which = c.in(1);
    view dx = c.out(0);
    for_each_quarter(to, [&](index p, index k, index q) {
      auto const chosen = which.row(p).array() == static_cast<scalar>(k);
      dx.row(q) = chosen.select(dy.row(p).array(), scalar{0}).matrix();
    });
  };
  return {.name = "max_pool",
          .forward = forward,
          .outputs = {to, to},
          .backward = backward,
          .backward_reads = {upstream, output(1)}};
}

/// Every pixel becomes 2 x 2 pixels.
[[nodiscard]] inline operation upsample(shape const& from) {
  auto forward = [=](call const& c) {
    const_view const x = c.in(0);
    view y = c.out(0);
    for_each_quarter(from, [&](index p, index, index q) { y.row(q) = x.row(p); });
  };
  auto backward = [=](call const& c) {
    const_view const dy = c.in(0);
    view dx = c.out(0);
    dx.setZero();
    for_each_quarter(from, [&](index p, index, index q) { dx.row(p) += dy.row(q); });
  };
  return {.name = "upsample",
          .forward = forward,
          .outputs = {{from.batch, 2 * from.height, 2 * from.width, from.channels}},
          .backward = backward,
          .backward_reads = {upstream}};
}

/// The mean of all pixels of a picture, by channel.
[[nodiscard]] inline operation mean_pool(shape const& from) {
  index const pixels = from.height * from.width;
  auto const scale = 1 / static_cast<scalar>(pixels);
  auto forward = [=](call const& c) {
    view y = c.out(0);
    y.setZero();
    for (index p = 0; p < from.rows(); ++p) y.row(p / pixels) += scale * c.in(0).row(p);
  };
  auto backward = [=](call const& c) {
    view dx = c.out(0);
    for (index p = 0; p < from.rows(); ++p) dx.row(p) = scale * c.in(0).row(p / pixels);
  };
  return {.name = "mean_pool",
          .forward = forward,
          .outputs = {{from.batch, 1, 1, from.channels}},
          .backward = backward,
          .backward_reads = {upstream}};
}

}  // namespace engine
