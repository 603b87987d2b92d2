// SPDX-License-Identifier: Apache-2.0
//
// An operator: how it runs, how its gradient runs, and what each of them needs. The files of ops/ make these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tensor.hpp"

namespace engine {

/// What a kernel sees while it runs: its operands, its outputs, its scratch space, all of the right shape.
class call {
 public:
  struct argument {
    scalar* data;
    shape dims;
  };

  [[nodiscard]] const_view in(std::size_t k) const {
    return {inputs[k].data, inputs[k].dims.rows(), inputs[k].dims.channels};
  }
  [[nodiscard]] view out(std::size_t k) const {
    return {outputs[k].data, outputs[k].dims.rows(), outputs[k].dims.channels};
  }
  /// `rows` x `columns` numbers of scratch space, which the operation must have declared.
  [[nodiscard]] view scratch(index rows, index columns) const { return {workspace, rows, columns}; }
  [[nodiscard]] shape const& in_shape(std::size_t k) const { return inputs[k].dims; }
  [[nodiscard]] shape const& out_shape(std::size_t k) const { return outputs[k].dims; }
  /// Whether anybody wants output k: nobody wants the gradient of a picture.
  [[nodiscard]] bool wants(std::size_t k) const { return outputs[k].dims.size() > 0; }

  std::vector<argument> inputs, outputs;
  scalar* workspace = nullptr;
  std::uint64_t step = 0;  ///< the training step, for operators that draw random numbers
};

using kernel = std::function<void(call const&)>;

/// One thing that a backward kernel reads.
struct backward_read {
  enum kind : unsigned char { gradient_of_output, operand, output } what;
  std::size_t k = 0;
};

/// An operator on some operands. Its backward kernel writes one gradient an operand, in their order.
struct operation {
  std::string name;
  kernel forward;
  std::vector<shape> outputs;  ///< the first is the result, others are kept for the backward kernel
  kernel backward;             ///< empty: the gradient of the result is, as it stands, that of each operand
  std::vector<backward_read> backward_reads = {};
  index scratch = 0;           ///< elements of workspace of the forward kernel
  index backward_scratch = 0;  ///< and of the backward kernel
};

inline constexpr backward_read upstream{backward_read::gradient_of_output, 0};
constexpr backward_read operand(std::size_t k) {
  return {backward_read::operand, k};
}
constexpr backward_read output(std::size_t k) {
  return {backward_read::output, k};
}

}  // namespace engine
