// SPDX-License-Identifier: Apache-2.0
//
// Convolution as a matrix product: one picture at a time, its patches become the rows of a scratch matrix.
#pragma once

#include <algorithm>

#include "../operation.hpp"

namespace engine {

/// A square window that moves over a picture in steps of `stride`, padded with zeros.
struct window {
  index size = 3, stride = 1;
  shape from, to;  // of the pictures before and after

  [[nodiscard]] index pixels() const { return to.height * to.width; }
  [[nodiscard]] index patch() const { return size * size * from.channels; }

  /// Calls visit(pixel after, position in the window, pixel before, or -1 in the padding).
  template <class Visit>
  void for_each(Visit visit) const {
    index const pad = (size - 1) / 2;
    for (index p = 0; p < pixels(); ++p) {
      for (index k = 0; k < size * size; ++k) {
        index const y = p / to.width * stride + k / size - pad;
        index const x = p % to.width * stride + k % size - pad;
        bool const inside = y >= 0 && y < from.height && x >= 0 && x < from.width;
        visit(p, k, inside ? y * from.width + x : -1);
      }
    }
  }
  /// Row p of `patches` becomes what the window sees at pixel p of the picture whose first row is `first`.
  void gather(const_view const& pictures, index first, view patches) const {
    for_each([&](index p, index k, index q) {
      auto patch = patches.row(p).segment(k * from.channels, from.channels);
      if (q < 0) {
        patch.setZero();
      } else {
        patch = pictures.row(first + q);
      }
    });
  }
  /// The transpose of gather: every number of a patch is added to where it came from.
  void scatter(const_view const& patches, view pictures, index first) const {
    for_each([&](index p, index k, index q) {
      if (q >= 0) pictures.row(first + q) += patches.row(p).segment(k * from.channels, from.channels);
    });
  }
};

/// y = patches(x) w. Operands: pictures, weights (size * size * channels x features).
[[nodiscard]] inline operation convolution(shape const& from, index features, index size, index stride) {
  shape const to{from.batch, (from.height - 1) / stride + 1, (from.width - 1) / stride + 1, features};
  window const w{size, stride, from, to};
  index const in_rows = from.height * from.width;

  auto forward = [=](call const& c) {
    view patches = c.scratch(w.pixels(), w.patch());
    view y = c.out(0);
    for (index n = 0; n < from.batch; ++n) {
      w.gather(c.in(0), n * in_rows, patches);
      y.middleRows(n * w.pixels(), w.pixels()).noalias() = patches * c.in(1);
    }
  };
  auto backward = [=](call const& c) {
    view patches = c.scratch(w.pixels(), w.patch());
    view dx = c.out(0), dw = c.out(1);
    dx.setZero();
    dw.setZero();
    for (index n = 0; n < from.batch; ++n) {
      auto const dy = c.in(0).middleRows(n * w.pixels(), w.pixels());
      w.gather(c.in(1), n * in_rows, patches);
      dw.noalias() += patches.transpose() * dy;
      if (!c.wants(0)) continue;
      patches.noalias() = dy * c.in(2).transpose();
      w.scatter({patches.data(), patches.rows(), patches.cols()}, dx, n * in_rows);
    }
  };
  return {.name = "convolution",
          .forward = forward,
          .outputs = {to},
          .backward = backward,
          .backward_reads = {upstream, operand(0), operand(1)},
          .scratch = w.pixels() * w.patch(),
          .backward_scratch = w.pixels() * w.patch()};
}

}  // namespace engine
