// SPDX-License-Identifier: Apache-2.0
#include "text_table.hpp"

#include <algorithm>
#include <cstdlib>

namespace cli {

glyphs const& utf8_glyphs() {
  static glyphs const all = {.horizontal = "─",
                             .vertical = "│",
                             .top_left = "┌",
                             .top_mid = "┬",
                             .top_right = "┐",
                             .mid_left = "├",
                             .mid_mid = "┼",
                             .mid_right = "┤",
                             .low_left = "└",
                             .low_mid = "┴",
                             .low_right = "┘",
                             .separator = " · ",
                             .levels = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
                             .shade = "░",
                             .limit = "╌",
                             .mark = "▴"};
  return all;
}

glyphs const& ascii_glyphs() {
  static glyphs const all = {.horizontal = "-",
                             .vertical = "|",
                             .top_left = "+",
                             .top_mid = "+",
                             .top_right = "+",
                             .mid_left = "+",
                             .mid_mid = "+",
                             .mid_right = "+",
                             .low_left = "+",
                             .low_mid = "+",
                             .low_right = "+",
                             .separator = ", ",
                             .levels = {" ", "#"},
                             .shade = ".",
                             .limit = "-",
                             .mark = "^"};
  return all;
}

glyphs const& terminal_glyphs() {
  for (char const* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    char const* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    std::string text(value);
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    bool const utf8 = text.find("utf-8") != std::string::npos || text.find("utf8") != std::string::npos;
    return utf8 ? utf8_glyphs() : ascii_glyphs();
  }
  return ascii_glyphs();
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

namespace {

std::string cut(std::string_view text, std::size_t width) {
  std::size_t columns = 0;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    bool const starts = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (starts && columns++ == width) break;
  }
  return std::string(text.substr(0, at));
}

std::string spaces(std::string_view text, std::size_t width) {
  std::size_t const used = columns_of(text);
  return std::string(used < width ? width - used : 0, ' ');
}

}  // namespace

std::string fit_left(std::string_view text, std::size_t width) {
  return cut(text, width) + spaces(text, width);
}
std::string fit_right(std::string_view text, std::size_t width) {
  return spaces(text, width) + cut(text, width);
}

std::string text_table::text(glyphs const& with) const {
  std::vector<std::size_t> width(rows_.front().size(), 0);
  for (auto const& row : rows_) {
    for (std::size_t c = 0; c < width.size() && c < row.size(); ++c) {
      width[c] = std::max(width[c], columns_of(row[c]));
    }
  }
  auto line = [&](std::string_view left, std::string_view mid, std::string_view right) {
    std::string out(left);
    for (std::size_t c = 0; c < width.size(); ++c) {
      for (std::size_t i = 0; i < width[c] + 2; ++i) out += with.horizontal;
      out += c + 1 < width.size() ? mid : right;
    }
    return out + "\n";
  };
  std::string out = line(with.top_left, with.top_mid, with.top_right);
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    if (std::find(rules_.begin(), rules_.end(), r) != rules_.end()) {
      out += line(with.mid_left, with.mid_mid, with.mid_right);
    }
    out += with.vertical;
    for (std::size_t c = 0; c < width.size(); ++c) {
      std::string const cell = c < rows_[r].size() ? rows_[r][c] : std::string();
      out += " ";
      out += c == 0 ? fit_left(cell, width[c]) : fit_right(cell, width[c]);
      out += " ";
      out += with.vertical;
    }
    out += "\n";
  }
  return out + line(with.low_left, with.low_mid, with.low_right);
}

}  // namespace cli
