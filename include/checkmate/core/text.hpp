// SPDX-License-Identifier: Apache-2.0
//
// Words and numbers for people: what has a `to_string` prints, and doubles keep their digits.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <iosfwd>
#include <string>
#include <string_view>

#include <checkmate/core/types.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// A type of the library whose objects have names.
template <class T>
concept named = requires(T const& x) {
  { to_string(x) } -> std::same_as<std::string_view>;
};

/// The shortest text that reads back as `x`, in any locale. (std::to_string of a microsecond is 0.000001.)
[[nodiscard]] inline std::string text_of(double x) {
  std::array<char, 32> digits;
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), x).ptr};
}

}  // namespace detail

/// Prints the name. The stream is a parameter so that this header needs none.
template <class Traits, detail::named T>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out, T const& x) {
  return out << to_string(x);
}

[[nodiscard]] constexpr std::string_view to_string(execution_order order) {
  return order == execution_order::fixed ? "fixed" : "free";
}

}  // namespace v0
}  // namespace checkmate
