// SPDX-License-Identifier: Apache-2.0
//
// The linear relaxation of a model.
#pragma once

#include <algorithm>
#include <cstdint>

#include <checkmate/model/linear_model.hpp>

namespace checkmate {
inline namespace v0 {

/// `model` with all columns continuous; its optimum is a lower bound on the model's.
[[nodiscard]] inline linear_model relaxed(linear_model model) {
  std::fill(model.integer.begin(), model.integer.end(), std::uint8_t{0});
  return model;
}

}  // namespace v0
}  // namespace checkmate
