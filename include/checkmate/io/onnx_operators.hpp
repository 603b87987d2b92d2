// SPDX-License-Identifier: Apache-2.0
//
// What is known of ONNX operators by name: how much they compute, and what their gradients read. The common
// set; whatever is not listed is "unknown" to io/onnx.hpp, which says so and holds all there is.
//
// A multiply-add counts as two operations here, as the peak figures of devices do. What gradients read is
// written in the grammar of io/onnx_gradient.hpp; tests/models/onnx_gradients.py checks every entry against
// numerical differentiation. Where a gradient can be had from an input or from an output, the entry names
// what common kernels take. Steps (Round, QuantizeLinear, ...) have the gradient zero: none.
#pragma once

#include <cstdint>
#include <string_view>

#include <checkmate/io/onnx_gradient.hpp>

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
  index_space,             ///< elements of the space that the indices of an Einsum span
  recurrent                ///< rows of its input, times the elements of its weights
};

/// One kind of operator. `factor` operations for each unit of `by`.
struct onnx_operator {
  onnx_arithmetic by = onnx_arithmetic::per_output;
  double factor = 1;
  /// See io/onnx_gradient.hpp; "" where there are none.
  std::string_view gradients = onnx_gradient_holds_all;
  /// Must not be executed twice.
  bool random = false;
};

namespace detail {

/// Operators of one kind; names with blanks between.
struct onnx_operator_group {
  onnx_operator what;
  std::string_view names;
};

using by = onnx_arithmetic;
inline constexpr onnx_operator_group onnx_operator_groups[] = {
    // Products.
    {{by::convolution, 2, "0:x1 1:x0 2"}, "Conv"},
    {{by::transposed_convolution, 2, "0:x1 1:x0 2"}, "ConvTranspose"},
    {{by::contraction, 2, "0:x1 1:x0 2"}, "MatMul Gemm"},
    {{by::index_space, 2, "*:o"}, "Einsum"},
    {{by::recurrent, 2, "*:x*y*"}, "LSTM GRU RNN"},
    {{by::per_input, 2, "0:x0"}, "Det"},
    // Element by element.
    {{by::per_output, 1, "0 1"}, "Add Sub"},
    {{by::per_output, 1, "0:x1 1:x0"}, "Mul"},
    {{by::per_output, 1, "0:x1 1:x0x1"}, "Div"},
    {{by::per_output, 1, "0 1:x0x1"}, "Mod"},
    {{by::per_output, 4, "0:x0x1 1:x0x1"}, "Pow"},
    {{by::per_output, 1, "0"}, "Neg"},
    {{by::per_output, 1, "*"}, "Sum Mean"},
    {{by::per_output, 1, "*:x*"}, "Min Max"},
    {{by::per_output, 1, "1:x0 2:x0"}, "Where"},
    {{by::per_output, 1, "0:y0x1x2 1:y0x1x2 2:y0x2"}, "Clip"},
    {{by::per_output, 1, "0:x0x1 1:x0"}, "PRelu"},
    {{by::per_output, 1, "0:y0"}, "Relu LeakyRelu ThresholdedRelu Sqrt Reciprocal"},
    {{by::per_output, 4, "0:y0"}, "Sigmoid HardSigmoid Tanh Exp Elu Selu Celu Softmax LogSoftmax"},
    {{by::per_output, 1, "0:x0"}, "Abs Shrink"},
    {{by::per_output, 4, "0:x0"},
     "Log Erf Gelu HardSwish Softplus Softsign Mish Swish Sin Cos Tan Asin Acos Atan Sinh "
     "Cosh Asinh Acosh Atanh"},
    // Normalisation. A batch's own statistics and given ones are not told apart.
    {{by::per_output, 4, "0:x0x1x4 1:x0x3x4 2 3~:x1x4 4~:x0x1x3x4"}, "BatchNormalization"},
    {{by::per_output, 8, "0:x0x1 1:x0 2"},
     "LayerNormalization InstanceNormalization GroupNormalization RMSNormalization "
     "SimplifiedLayerNormalization"},
    {{by::per_output, 8, "0:x0"}, "LpNormalization LRN MeanVarianceNormalization"},
    // Windows.
    {{by::window, 1, "0"}, "AveragePool"},
    {{by::window, 1, "0:y1|x0"}, "MaxPool"},
    {{by::window, 1, "0:x0"}, "LpPool"},
    {{by::per_input, 1, "0"}, "GlobalAveragePool"},
    {{by::per_input, 1, "0:x0"}, "GlobalMaxPool GlobalLpPool"},
    {{by::per_output, 0, "0:x1"}, "MaxUnpool"},
    {{by::per_output, 1, "0:x0x1"}, "MaxRoiPool"},
    {{by::per_output, 8, "0:x1x2 1:x*"}, "RoiAlign"},
    {{by::per_output, 8, "0:x1 1:x0x1"}, "GridSample"},
    {{by::per_output, 1, "0:x1x2x3 1~:x* 2~:x*"}, "Resize"},
    {{by::per_output, 1, "0:x1 1~:x*"}, "Upsample"},
    // Sums along axes, which an input may name.
    {{by::per_input, 1, "0:x1"}, "ReduceSum ReduceMean CumSum"},
    {{by::per_input, 1, "0:x0x1"},
     "ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSumExp ReduceSumSquare"},
    {{by::per_input, 1, "0:y0x1"}, "ReduceLogSum"},
    {{by::per_input, 4, "0:x* 2~:x*"}, "SoftmaxCrossEntropyLoss"},
    {{by::per_input, 1, "0:x1x2 2~:x*"}, "NegativeLogLikelihoodLoss"},
    // Elements moved about.
    {{by::per_output, 0, "0"},
     "Transpose Expand Tile DepthToSpace SpaceToDepth Cast CastLike Identity Reshape Flatten "
     "Squeeze Unsqueeze"},
    {{by::per_output, 0, "*"}, "Concat"},
    {{by::per_output, 0, "0:x1"}, "Split Gather GatherElements GatherND Compress Trilu ReverseSequence"},
    {{by::per_output, 0, "0:x1x2x3x4"}, "Slice"},
    {{by::per_output, 0, "0:x1x3 2~:x1x3"}, "Pad"},
    {{by::per_output, 0, "0:x1 2:x1"}, "Scatter ScatterElements ScatterND"},
    {{by::per_input, 1, "0:y1|x0x1"}, "TopK"},
    // Random ones.
    {{by::per_output, 1, "0:x1x2y1", true}, "Dropout"},
    {{by::per_output, 4, "", true},
     "RandomNormal RandomNormalLike RandomUniform RandomUniformLike Bernoulli Multinomial"},
    // Others.
    {{by::per_output, 1, "0 2"}, "Range"},
    {{by::per_output, 1, "2~:x0"}, "OneHot"},
    {{by::per_output, 1, "0:x1 1~:x0x2"}, "DequantizeLinear"},
    {{by::per_output, 1, ""},
     "Equal Greater Less GreaterOrEqual LessOrEqual And Or Not Xor BitShift IsNaN IsInf Sign "
     "Floor Ceil Round Hardmax ConstantOfShape EyeLike Shape Size Constant QuantizeLinear"},
    {{by::per_input, 1, ""}, "ArgMax ArgMin NonZero NonMaxSuppression"},
};

/// Operators whose gradients read something else where an attribute says so; the first that fits counts.
struct onnx_gradient_exception {
  std::string_view names;  ///< with blanks between
  std::string_view attribute;
  std::string_view value;  ///< the text of the attribute; "<0" a negative number; "*" whatever it is
  std::string_view gradients;
};

inline constexpr onnx_gradient_exception onnx_gradient_exceptions[] = {
    // The output tells where the input was negative only if the slope is not.
    {"Elu LeakyRelu Selu ThresholdedRelu", "alpha", "<0", "0:x0"},
    {"RoiAlign", "mode", "max", "0:x* 1:x*"},
    {"ScatterElements ScatterND", "reduction", "none", "0:x1 2:x1"},
    {"ScatterElements ScatterND", "reduction", "add", "0 2:x1"},
    {"ScatterElements ScatterND", "reduction", "mul", "0:x1x2 2:x*"},
    {"ScatterElements ScatterND", "reduction", "*", "0:x* 2:x*"},
};

/// Whether `name` is one of `names`.
constexpr bool is_among(std::string_view name, std::string_view names) {
  while (!names.empty()) {
    if (cut(names, ' ') == name) return true;
  }
  return false;
}

constexpr bool gradients_are_well_formed() {
  for (auto const& group : onnx_operator_groups) {
    if (!is_onnx_gradient(group.what.gradients)) return false;
  }
  for (auto const& exception : onnx_gradient_exceptions) {
    if (!is_onnx_gradient(exception.gradients)) return false;
  }
  return is_onnx_gradient(onnx_gradient_holds_all);
}
static_assert(gradients_are_well_formed());

}  // namespace detail

/// The operator called `name` (of ONNX's own domain); null if it is not of the common set.
[[nodiscard]] constexpr onnx_operator const* find_onnx_operator(std::string_view name) {
  for (auto const& group : detail::onnx_operator_groups) {
    if (detail::is_among(name, group.names)) return &group.what;
  }
  return nullptr;
}

/// Whether the operator called `name` hands on its first input's memory under another shape, as far as other
/// inputs are known before anything runs.
[[nodiscard]] constexpr bool is_onnx_view(std::string_view name) {
  return name == "Reshape" || name == "Flatten" || name == "Squeeze" || name == "Unsqueeze" ||
         name == "Identity";
}

}  // namespace v0
}  // namespace checkmate
