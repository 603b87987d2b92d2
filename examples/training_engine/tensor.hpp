// SPDX-License-Identifier: Apache-2.0
//
// What a tensor is here: a row-major matrix, one row a pixel (or token, or sample), one column a channel.
//
// With channels last, a convolution is a product of a patch matrix with a weight matrix, a batch norm works
// on columns, a layer norm on rows, and the loss is the same for digits, pixels and letters.
#pragma once

#include <Eigen/Core>

#include <checkmate/core/types.hpp>

namespace engine {

using scalar = float;
using index = Eigen::Index;
using matrix = Eigen::Matrix<scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
/// Somebody else's memory as a matrix: nothing here owns or copies.
using view = Eigen::Map<matrix, Eigen::Aligned64>;
using const_view = Eigen::Map<matrix const, Eigen::Aligned64>;

/// `batch` pictures of `height` x `width` pixels, or texts of `width` letters, with `channels` numbers each.
struct shape {
  index batch = 0, height = 1, width = 1, channels = 1;

  [[nodiscard]] index rows() const { return batch * height * width; }
  [[nodiscard]] index size() const { return rows() * channels; }
  [[nodiscard]] shape with_channels(index n) const { return {batch, height, width, n}; }
  friend bool operator==(shape const&, shape const&) = default;
};

[[nodiscard]] inline checkmate::bytes bytes_of(index elements) {
  return static_cast<checkmate::bytes>(elements) * static_cast<checkmate::bytes>(sizeof(scalar));
}

/// Where the numbers of a tensor are: in a value of the graph, which comes and goes with the schedule, or in
/// fixed memory, which is always there.
enum class place : unsigned char { value, parameter, input };

/// A tensor by name: a value of the graph, or the `slot`-th parameter or input.
struct tensor {
  place where = place::value;
  checkmate::value_ref value;
  std::size_t slot = 0;
  shape dims;
};

}  // namespace engine
