// SPDX-License-Identifier: Apache-2.0
//
// The index sizes of ONNX's Einsum, whose output shape ONNX's own inference leaves open. An implementation
// detail of io/onnx_model.hpp and io/onnx.hpp.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// What an equation says of operands of given shapes.
struct onnx_einsum {
  std::vector<std::int64_t> output;  // its shape
  double products = 1;               // elements of the space that all indices span
};

/// One term of an equation: letters, and at most one "...", which stands for `*` here.
inline std::string einsum_term(std::string const& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (std::isalpha(static_cast<unsigned char>(text[i])) != 0) out += text[i];
    if (text.compare(i, 3, "...") == 0) out += '*';
  }
  return out;
}

/// Reads `equation` for operands of these shapes; empty where it does not fit them.
inline std::optional<onnx_einsum> read_einsum(std::string const& equation,
                                              std::vector<std::vector<std::int64_t>> const& shapes) {
  using sizes = std::vector<std::int64_t>;
  std::size_t const arrow = equation.find("->");
  std::map<char, sizes> size;       // one per letter, any number for "..."
  std::map<char, int> occurrences;  // letters that occur once make the output where the equation names none
  std::size_t begin = 0;
  for (sizes const& shape : shapes) {
    std::size_t const end = std::min(equation.find(',', begin), std::min(arrow, equation.size()));
    if (begin > end) return std::nullopt;
    std::string const term = einsum_term(equation.substr(begin, end - begin));
    begin = end + 1;
    auto const letters =
        static_cast<std::size_t>(std::count_if(term.begin(), term.end(), [](char c) { return c != '*'; }));
    if (term.size() > letters + 1 || shape.size() < letters ||
        (term.size() == letters && shape.size() != letters))
      return std::nullopt;
    auto at = shape.begin();
    for (char c : term) {
      auto const next = c == '*' ? at + static_cast<std::ptrdiff_t>(shape.size() - letters) : at + 1;
      sizes& known = size[c];
      ++occurrences[c];
      // Broadcast: aligned at the last dimension.
      sizes part(at, next);
      if (part.size() > known.size()) std::swap(part, known);
      for (std::size_t d = 0; d < part.size(); ++d) {
        auto& have = known[known.size() - part.size() + d];
        have = have == 1 ? part[d] : have;
      }
      at = next;
    }
  }
  std::string result;
  if (arrow == std::string::npos) {
    for (auto const& [c, count] : occurrences) {
      if (c == '*' || count == 1) result += c;
    }
  } else {
    result = einsum_term(equation.substr(arrow + 2));
  }
  onnx_einsum out;
  for (auto const& [c, dimensions] : size) {
    for (std::int64_t d : dimensions) out.products *= static_cast<double>(d);
  }
  for (char c : result) {
    if (size.count(c) == 0) return std::nullopt;
    out.output.insert(out.output.end(), size[c].begin(), size[c].end());
  }
  return out;
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
