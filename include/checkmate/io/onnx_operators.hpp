// SPDX-License-Identifier: Apache-2.0
//
// What is known of ONNX operators by name: how much they compute, and what their backward operator reads. The
// common set; whatever is not listed is "unknown" to io/onnx.hpp, which says so and falls back.
//
// A multiply-add counts as two operations here, as the peak figures of devices do.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <checkmate/graph/training.hpp>

namespace checkmate {
inline namespace v0 {

/// What an operator's operations are counted by.
enum class onnx_arithmetic : std::uint8_t {
  per_output,              ///< elements that it produces
  per_input,               ///< elements of its first input
  window,                  ///< elements that it produces, times the elements of its kernel
  convolution,             ///< the same, times the channels of a group: from the shape of the weights
  transposed_convolution,  ///< elements of its first input, times a weight's
  contraction,             ///< elements that it produces, times the length of the sum
  recurrent                ///< rows of its input, times the elements of its weights
};

/// One kind of operator. `factor` operations for each unit of `by`.
struct onnx_operator {
  onnx_arithmetic by = onnx_arithmetic::per_output;
  double factor = 1;
  backward_rule backward = {};
  bool random = false;  ///< must not be executed twice
};

namespace detail {

inline constexpr backward_rule reads_inputs{.inputs = true, .output = false};
inline constexpr backward_rule reads_output{.inputs = false, .output = true};
inline constexpr backward_rule reads_both{};
inline constexpr backward_rule no_gradient{.exists = false};

/// Operators of one kind; names with blanks between.
struct onnx_operator_group {
  onnx_operator what;
  std::string_view names;
};

using by = onnx_arithmetic;
inline constexpr std::array<onnx_operator_group, 20> onnx_operator_groups = {{
    {{by::convolution, 2, reads_inputs}, "Conv"},
    {{by::transposed_convolution, 2, reads_inputs}, "ConvTranspose"},
    {{by::contraction, 2, reads_inputs}, "MatMul Gemm"},
    {{by::recurrent, 2, reads_both}, "LSTM GRU RNN"},
    {{by::per_output, 1, reads_output}, "Relu Clip Sqrt Reciprocal"},
    {{by::per_output, 4, reads_output}, "Sigmoid Tanh Exp Elu Selu Celu Softmax LogSoftmax"},
    {{by::per_output, 1, reads_inputs}, "Mul Div Abs PRelu LeakyRelu ThresholdedRelu Min Max Where Mod"},
    {{by::per_output, 4, reads_inputs},
     "Pow Log Erf Gelu HardSigmoid HardSwish Softplus Softsign Mish Sin Cos Tan Asin Acos Atan Sinh Cosh"},
    {{by::per_output, 1, gradients_only_rule}, "Add Sub Neg Sum Mean Resize Upsample"},
    {{by::per_output, 4, reads_inputs}, "BatchNormalization"},
    {{by::per_output, 8, reads_inputs},
     "LayerNormalization InstanceNormalization GroupNormalization LpNormalization LRN "
     "MeanVarianceNormalization RMSNormalization SimplifiedLayerNormalization"},
    {{by::window, 1, gradients_only_rule}, "AveragePool"},
    {{by::window, 1, reads_both}, "MaxPool LpPool"},
    {{by::per_input, 1, gradients_only_rule}, "GlobalAveragePool ReduceSum ReduceMean CumSum"},
    {{by::per_input, 1, reads_both},
     "GlobalMaxPool ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp "
     "ReduceSumSquare"},
    {{by::per_output, 0, gradients_only_rule},
     "Transpose Concat Split Slice Pad Gather GatherElements GatherND Expand Tile DepthToSpace SpaceToDepth "
     "Cast CastLike Identity Reshape Flatten Squeeze Unsqueeze Trilu ReverseSequence ScatterND "
     "ScatterElements"},
    {{by::per_output, 1, reads_output, true}, "Dropout"},
    {{by::per_output, 4, no_gradient, true},
     "RandomNormal RandomNormalLike RandomUniform RandomUniformLike Bernoulli Multinomial"},
    {{by::per_output, 1, no_gradient},
     "Equal Greater Less GreaterOrEqual LessOrEqual And Or Not Xor IsNaN IsInf Sign Floor Ceil Round Range "
     "OneHot ConstantOfShape EyeLike Shape Size Constant QuantizeLinear DequantizeLinear"},
    {{by::per_input, 1, no_gradient}, "ArgMax ArgMin NonZero TopK NonMaxSuppression"},
}};

}  // namespace detail

/// The operator called `name` (of ONNX's own domain); null if it is not of the common set.
[[nodiscard]] constexpr onnx_operator const* find_onnx_operator(std::string_view name) {
  for (auto const& group : detail::onnx_operator_groups) {
    std::string_view rest = group.names;
    while (!rest.empty()) {
      std::size_t const end = rest.find(' ');
      if (rest.substr(0, end) == name) return &group.what;
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
  }
  return nullptr;
}

/// Whether the operator called `name` hands on its first input's memory under another shape.
[[nodiscard]] constexpr bool is_onnx_view(std::string_view name) {
  return name == "Reshape" || name == "Flatten" || name == "Squeeze" || name == "Unsqueeze" ||
         name == "Identity";
}

}  // namespace v0
}  // namespace checkmate
