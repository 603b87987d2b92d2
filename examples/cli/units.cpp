// SPDX-License-Identifier: Apache-2.0
#include "units.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace cli {
namespace {

/// Three or four significant digits, never an exponent for ordinary sizes.
std::string digits(double amount) {
  std::array<char, 64> text{};
  int const places = amount >= 999.5 ? 0 : amount >= 99.95 ? 1 : amount >= 9.995 ? 2 : 3;
  std::snprintf(text.data(), text.size(), "%.*f", places, amount);
  return text.data();
}

struct scale {
  double size;
  char const* name;
};

template <std::size_t N>
std::string scaled(double amount, std::array<scale, N> const& scales) {
  std::size_t at = 0;
  while (at + 1 < N && amount >= 0.9995 * scales[at + 1].size) ++at;
  return digits(amount / scales[at].size) + " " + scales[at].name;
}

/// The unit without remarks: "ns (measured, one run)" -> "ns".
std::string_view bare(std::string_view unit) {
  return unit.substr(0, unit.find_first_of(" ("));
}

}  // namespace

std::string show_bytes(checkmate::bytes amount) {
  if (amount < 1024) return std::to_string(amount) + " B";
  constexpr std::array<scale, 5> scales = {
      {{1, "B"}, {0x1p10, "KiB"}, {0x1p20, "MiB"}, {0x1p30, "GiB"}, {0x1p40, "TiB"}}};
  return scaled(static_cast<double>(amount), scales);
}

std::string show_time(double amount, std::string_view unit) {
  std::string_view const name = bare(unit);
  double seconds = 0;
  if (name == "ns") seconds = 1e-9;
  if (name == "us") seconds = 1e-6;
  if (name == "ms") seconds = 1e-3;
  if (name == "s") seconds = 1;
  if (seconds > 0) {
    constexpr std::array<scale, 4> scales = {{{1e-9, "ns"}, {1e-6, "us"}, {1e-3, "ms"}, {1, "s"}}};
    return scaled(amount * seconds, scales);
  }
  if (name == "flops" || name == "flop") {
    constexpr std::array<scale, 6> scales = {
        {{1, "flop"}, {1e3, "kflop"}, {1e6, "Mflop"}, {1e9, "Gflop"}, {1e12, "Tflop"}, {1e15, "Pflop"}}};
    return scaled(amount, scales);
  }
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.10g", amount);
  return text.data();
}

std::string show_percent(double fraction) {
  std::array<char, 64> text{};
  double const percent = 100 * fraction;
  int const places = percent >= 99.95 ? 0 : percent >= 0.995 || percent == 0 ? 1 : percent >= 0.0995 ? 2 : 3;
  std::snprintf(text.data(), text.size(), "%.*f %%", places, percent);
  return text.data();
}

std::string show_seconds(double amount) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(),
                amount < 9.995   ? "%.2f s"
                : amount < 99.95 ? "%.1f s"
                                 : "%.0f s",
                amount);
  return text.data();
}

std::string show_count(std::size_t amount) {
  std::string const plain = std::to_string(amount);
  std::string text;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (i > 0 && (plain.size() - i) % 3 == 0) text += ',';
    text += plain[i];
  }
  return text;
}

}  // namespace cli
