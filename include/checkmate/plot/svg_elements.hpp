// SPDX-License-Identifier: Apache-2.0
//
// The pieces of an SVG document: text, numbers, lines, colours, its beginning; and writing it to a file.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include <checkmate/core/error.hpp>

namespace checkmate {
inline namespace v0 {

/// A colour for the i-th series: Okabe and Ito's palette, which colour-blind readers tell apart.
[[nodiscard]] inline std::string svg_color(std::size_t i) {
  constexpr std::array colors = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                 "#e69f00", "#56b4e9", "#000000", "#8a8a00"};
  return colors[i % colors.size()];
}

/// Writes an SVG document. Throws invalid_file where that fails.
inline void write_svg(std::filesystem::path const& file, std::string_view text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out) throw invalid_file(file.string() + ": cannot be written");
}

namespace detail {

inline std::string svg_escape(std::string_view text) {
  constexpr std::array<std::pair<char, std::string_view>, 4> entities = {
      {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}}};
  std::string out;
  for (char const c : text) {
    auto const at =
        std::find_if(entities.begin(), entities.end(), [c](auto const& known) { return known.first == c; });
    if (at != entities.end()) {
      out += at->second;
    } else {  // control characters are not allowed in XML
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

/// At most `digits` significant digits, whatever the locale.
inline std::string svg_number(double x, int digits = 6) {
  std::array<char, 64> text{};
  if (x == 0) x = 0;  // no "-0"
  auto const end =
      std::to_chars(text.data(), text.data() + text.size(), x, std::chars_format::general, digits);
  return std::string(text.data(), end.ptr);
}

/// A pixel position: two decimals, none if they are zeros.
inline std::string svg_pixel(double x) {
  return svg_number(std::round(x * 100) / 100, 8);
}

/// A piece of text; `anchor` is start, middle or end.
inline std::string svg_label(double x, double y, std::string_view text, std::string_view anchor,
                             int size = 13, std::string_view more = {}) {
  std::string out = "<text x=\"" + svg_pixel(x) + "\" y=\"" + svg_pixel(y) + "\" font-size=\"" +
                    std::to_string(size) + "\" text-anchor=\"";
  out.append(anchor).append("\"").append(more).append(">").append(svg_escape(text)).append("</text>\n");
  return out;
}

inline std::string svg_line(double x1, double y1, double x2, double y2, std::string_view more) {
  std::string out = "<line x1=\"" + svg_pixel(x1) + "\" y1=\"" + svg_pixel(y1) + "\" x2=\"" + svg_pixel(x2) +
                    "\" y2=\"" + svg_pixel(y2) + "\" ";
  return out.append(more).append("/>\n");
}

inline std::string svg_rect(double x, double y, double w, double h, std::string_view more) {
  std::string out = "<rect x=\"" + svg_pixel(x) + "\" y=\"" + svg_pixel(y) + "\" width=\"" + svg_pixel(w) +
                    "\" height=\"" + svg_pixel(h) + "\" ";
  return out.append(more).append("/>\n");
}

inline std::string svg_dot(double x, double y, std::string_view color) {
  std::string out = "<circle cx=\"" + svg_pixel(x) + "\" cy=\"" + svg_pixel(y) + "\" r=\"3.2\" fill=\"";
  return out.append(color).append("\"/>\n");
}

/// The document's beginning: size, font, a white page (so that it reads on dark ones), the title.
inline std::string svg_begin(int width, int height, std::string_view title) {
  std::string const w = std::to_string(width);
  std::string const h = std::to_string(height);
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + w + "\" height=\"" + h +
                    "\" viewBox=\"0 0 " + w + " " + h +
                    "\" font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\" fill=\"#222\">\n";
  out += "<rect width=\"" + w + "\" height=\"" + h + "\" fill=\"#fff\"/>\n";
  if (!title.empty()) {
    out += "<title>" + svg_escape(title) + "</title>\n";
    out += svg_label(width / 2.0, 24, title, "middle", 15, " font-weight=\"bold\"");
  }
  return out;
}

/// About how wide `text` is drawn.
inline double svg_text_width(std::string_view text, int size = 13) {
  auto const letters = std::count_if(text.begin(), text.end(), [](char c) { return (c & '\xC0') != '\x80'; });
  return 0.56 * size * static_cast<double>(letters);
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
