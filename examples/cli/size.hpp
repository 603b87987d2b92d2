// SPDX-License-Identifier: Apache-2.0
//
// Amounts as people write them: "8GiB", "500MB", "1234", "50%".
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/core/types.hpp>

namespace cli {

/// Bytes, or a fraction of something that the reader of the text knows ("50%" is 0.5).
using size_or_fraction = std::variant<checkmate::bytes, double>;

namespace size_detail {

[[noreturn]] inline void refuse(std::string_view text, std::string const& why) {
  throw checkmate::invalid_option("\"" + std::string(text) + "\" is not an amount of memory: " + why +
                                  " (write bytes, 500MB, 8GiB or 50%)");
}

inline std::string_view without_spaces(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

inline bool same_letters(std::string_view a, std::string_view b) {
  auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

/// Bytes of one unit; 0 if there is no such unit.
inline std::int64_t unit_bytes(std::string_view unit) {
  struct named {
    char const* name;
    std::int64_t size;
  };
  constexpr std::array units = {named{"", 1},
                                named{"B", 1},
                                named{"kB", 1000},
                                named{"KiB", std::int64_t{1} << 10},
                                named{"MB", 1000000},
                                named{"MiB", std::int64_t{1} << 20},
                                named{"GB", 1000000000},
                                named{"GiB", std::int64_t{1} << 30},
                                named{"TB", 1000000000000},
                                named{"TiB", std::int64_t{1} << 40}};
  for (auto const& known : units) {
    if (same_letters(unit, known.name)) return known.size;
  }
  return 0;
}

/// Refuses "0.5" and its like, which may be meant as a part of something or in a unit that was forgotten.
[[noreturn]] inline void refuse_ambiguous(std::string_view whole, std::string_view number, double value) {
  std::array<char, 32> percent{};
  auto const end = std::to_chars(percent.data(), percent.data() + percent.size(), 100 * value,
                                 std::chars_format::general, 6)
                       .ptr;
  refuse(whole, "without a unit it may mean " + std::string(percent.data(), end) + "% or " +
                    std::string(number) + "GiB, and bytes are whole");
}

}  // namespace size_detail

/// Reads an amount: a number >= 0, then nothing (bytes), a unit in either case (kB, MB, GB, TB are powers of
/// 1000; KiB, MiB, GiB, TiB of 1024) or "%". Of an amount with a unit parts of a byte are dropped; without
/// one, what is not whole ("0.5") or is small and has a point ("1.0") is ambiguous. Throws invalid_option for
/// that, for anything else, and for more than 2^63-1 bytes.
inline size_or_fraction parse_size(std::string_view whole) {
  using size_detail::refuse;
  std::string_view const text = size_detail::without_spaces(whole);
  if (text.empty()) refuse(whole, "it is empty");
  if (text.front() == '-') refuse(whole, "it is negative");
  char const* const end = text.data() + text.size();

  double number = 0;
  auto const read = std::from_chars(text.data(), end, number);
  bool const digits_first = text.front() >= '0' && text.front() <= '9';
  if (read.ec == std::errc::result_out_of_range) refuse(whole, "the number is out of range");
  if (read.ec != std::errc() || !digits_first || !checkmate::detail::is_finite(number))
    refuse(whole, "it has no number");
  std::string_view const unit =
      size_detail::without_spaces({read.ptr, static_cast<std::size_t>(end - read.ptr)});
  if (unit == "%") return number / 100;

  std::int64_t const size = size_detail::unit_bytes(unit);
  if (size == 0) refuse(whole, "the unit is not known");
  // Whole numbers are exact up to 2^63-1; only others go through a double.
  std::int64_t exact = 0;
  if (auto const as = std::from_chars(text.data(), end, exact); as.ec == std::errc() && as.ptr == read.ptr) {
    if (exact > std::numeric_limits<std::int64_t>::max() / size)
      refuse(whole, "that is more than 2^63-1 bytes");
    return exact * size;
  }
  std::string_view const digits(text.data(), static_cast<std::size_t>(read.ptr - text.data()));
  bool const pointed = digits.find('.') != std::string_view::npos;
  if (unit.empty() && (number != std::floor(number) || (pointed && number < 1024)))
    size_detail::refuse_ambiguous(whole, digits, number);
  double const amount = std::floor(number * static_cast<double>(size));
  if (!(amount < 0x1p63)) refuse(whole, "that is more than 2^63-1 bytes");
  return static_cast<checkmate::bytes>(amount);
}

/// Reads a share such as "5%" as a fraction, 0.05; a number without "%" is refused, as it may be meant either
/// way.
inline double parse_percent(std::string_view text) {
  size_or_fraction amount;
  try {
    amount = parse_size(text);
  } catch (checkmate::invalid_option const&) {  // no amount of memory, which is not what is asked for
  }
  if (auto const* fraction = std::get_if<double>(&amount)) return *fraction;
  throw checkmate::invalid_option("\"" + std::string(text) + "\" is not a percentage (write 5% or 12.5%)");
}

/// The same as bytes, where "50%" means half of `whole`, rounded down.
inline checkmate::bytes parse_bytes(std::string_view text, checkmate::bytes whole) {
  size_or_fraction const amount = parse_size(text);
  if (auto const* exact = std::get_if<checkmate::bytes>(&amount)) return *exact;
  double const part = std::floor(std::get<double>(amount) * static_cast<double>(whole));
  if (!(part < 0x1p63)) size_detail::refuse(text, "that is more than 2^63-1 bytes");
  return static_cast<checkmate::bytes>(part);
}

}  // namespace cli
