// SPDX-License-Identifier: Apache-2.0
//
// Tables for a terminal: a frame of box characters where the terminal shows UTF-8, of ASCII where not.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// The characters that frames and pictures are made of.
struct glyphs {
  std::string_view horizontal, vertical;
  std::string_view top_left, top_mid, top_right;
  std::string_view mid_left, mid_mid, mid_right;
  std::string_view low_left, low_mid, low_right;
  std::string_view separator;            ///< between facts on one line
  std::vector<std::string_view> levels;  ///< parts of a filled cell, emptiest first; the last is full
  std::string_view shade;                ///< a cell of the curve behind
  std::string_view limit;                ///< a cell of the budget's line
  std::string_view mark;                 ///< something happens in this column
};

glyphs const& utf8_glyphs();
glyphs const& ascii_glyphs();
/// What the locale of the environment (LC_ALL, LC_CTYPE, LANG) can show.
glyphs const& terminal_glyphs();

/// Number of columns that UTF-8 `text` takes (one a code point: ours are all narrow).
std::size_t columns_of(std::string_view text);

/// `text` in `width` columns, cut where it is longer.
std::string fit_left(std::string_view text, std::size_t width);
std::string fit_right(std::string_view text, std::size_t width);

/// A table; the first column is set left, the others right.
class text_table {
 public:
  explicit text_table(std::vector<std::string> head) : rows_{std::move(head)} {}

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// A line across, before the next row.
  void rule() { rules_.push_back(rows_.size()); }
  [[nodiscard]] std::string text(glyphs const& with) const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> rules_ = {1};
};

}  // namespace cli
