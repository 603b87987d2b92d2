// SPDX-License-Identifier: Apache-2.0
//
// What the gradient of an ONNX operator reads, as text; the texts themselves are in io/onnx_operators.hpp.
//
// One clause per input that has a gradient, blanks between clauses: "0:x1 1:x0 2" is a convolution. The
// gradient of its input 0 reads input 1, that of input 1 reads input 0, that of input 2 nothing but the
// gradient handed back. Inputs without a clause have no gradient.
//
//   clause       input [~] [: reads {| reads}]
//   input        a digit, or * for each input
//   ~            the gradient exists only where the input is computed: constants there are no parameters
//   reads        any of  x0 to x9  an input      x*  all inputs     o   all inputs but this one
//                        y0 to y9  an output     y*  all outputs
//   |            what follows is read where the model leaves out an output that stands before
//
// Sizes are no reads: they are known without the values.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace checkmate {
inline namespace v0 {

/// What an operator's gradient reads where nothing is known: all there is, for each of its inputs.
inline constexpr std::string_view onnx_gradient_holds_all = "*:x*y*";

/// The gradient of one input.
struct onnx_gradient_clause {
  bool computed_only = false;
  std::string_view reads;  ///< "" where it reads no value
};

namespace detail {

/// What stands before the first `mark`; `text` becomes what stands behind it.
constexpr std::string_view cut(std::string_view& text, char mark) {
  std::size_t const at = text.find(mark);
  std::string_view const head = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  return head;
}

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Which values one read names.
struct onnx_read {
  bool output = false;                    // outputs, not inputs
  std::optional<std::size_t> place = {};  // of the only one; empty: all
  bool others = false;                    // all but the input whose gradient reads
};

/// The first read of `text`, which loses it; empty where `text` is empty or malformed.
constexpr std::optional<onnx_read> next_onnx_read(std::string_view& text) {
  if (text.starts_with('o')) {
    text.remove_prefix(1);
    return onnx_read{.others = true};
  }
  if (text.size() < 2 || (text[0] != 'x' && text[0] != 'y')) return std::nullopt;
  onnx_read out{.output = text[0] == 'y'};
  if (is_digit(text[1])) out.place = static_cast<std::size_t>(text[1] - '0');
  if (!out.place && text[1] != '*') return std::nullopt;
  text.remove_prefix(2);
  return out;
}

/// Whether `gradients` follows the grammar.
constexpr bool is_onnx_gradient(std::string_view gradients) {
  while (!gradients.empty()) {
    std::string_view text = cut(gradients, ' ');
    std::string_view input = cut(text, ':');
    if (!input.empty() && input.back() == '~') input.remove_suffix(1);
    if (input.size() != 1 || (input[0] != '*' && !is_digit(input[0]))) return false;
    while (!text.empty()) {
      std::string_view alternative = cut(text, '|');
      while (next_onnx_read(alternative)) {
      }
      if (!alternative.empty()) return false;
    }
  }
  return true;
}

}  // namespace detail

/// The clause of `gradients` for input `place`; empty where that input has no gradient.
[[nodiscard]] constexpr std::optional<onnx_gradient_clause> find_onnx_clause(std::string_view gradients,
                                                                             std::size_t place) {
  while (!gradients.empty()) {
    std::string_view text = detail::cut(gradients, ' ');
    std::string_view const input = detail::cut(text, ':');
    if (input[0] != '*' && static_cast<std::size_t>(input[0] - '0') != place) continue;
    return onnx_gradient_clause{input.back() == '~', text};
  }
  return std::nullopt;
}

/// Calls `read_input(i)` and `read_output(k)` for what the gradient of input `place` reads by `text`, some
/// maybe twice. Places may lie beyond the operator's; `has_output(k)` says which outputs there are.
/// The operator reads `read_count` inputs and makes `made_count` outputs.
constexpr void for_each_onnx_read(std::string_view text, std::size_t place, std::size_t read_count,
                                  std::size_t made_count, auto has_output, auto read_input,
                                  auto read_output) {
  auto const is_there = [&](std::string_view alternative) {
    while (auto const read = detail::next_onnx_read(alternative)) {
      if (read->output && read->place && !has_output(*read->place)) return false;
    }
    return true;
  };
  std::string_view chosen = detail::cut(text, '|');
  while (!text.empty() && !is_there(chosen)) chosen = detail::cut(text, '|');
  while (auto const read = detail::next_onnx_read(chosen)) {
    std::size_t const first = read->place.value_or(0);
    std::size_t const end = read->place ? first + 1 : read->output ? made_count : read_count;
    for (std::size_t i = first; i < end; ++i) {
      if (read->output) {
        read_output(i);
      } else if (!read->others || i != place) {
        read_input(i);
      }
    }
  }
}

}  // namespace v0
}  // namespace checkmate
