// SPDX-License-Identifier: Apache-2.0
//
// A bar chart as SVG: groups of bars with a word above each, for the paper's Figure 6.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "report.hpp"

namespace paper {

struct bar {
  double height = 0;
  std::string word = {};  ///< above it
};

struct bar_series {
  std::string name = {};
  std::string color = {};
  std::vector<bar> bars = {};  ///< one a group; a height of 0 or less is left out
};

/// Fill it in and take its `text()`.
struct bar_chart {
  std::string title = {}, y_title = {};
  std::vector<std::string> groups = {};
  std::vector<bar_series> series = {};
  int width = 800, height = 420;

  [[nodiscard]] std::string text() const {
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + std::to_string(width) +
                      "\" height=\"" + std::to_string(height) + "\" viewBox=\"0 0 " + std::to_string(width) +
                      " " + std::to_string(height) +
                      "\" font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\" fill=\"#222\">\n";
    out += rect(0, 0, width, height, "#ffffff");
    out += words(width / 2.0, 24, title, "middle", 15, " font-weight=\"bold\"");
    return out + legend() + axis() + all_bars() + "</svg>\n";
  }

 private:
  static constexpr double left = 60, top = 100;
  [[nodiscard]] double right() const { return width - 15.0; }
  [[nodiscard]] double bottom() const { return height - 40.0; }
  [[nodiscard]] double highest() const {
    double most = 1;
    for (auto const& s : series) {
      for (auto const& b : s.bars) most = std::max(most, b.height);
    }
    return std::ceil(most);
  }
  [[nodiscard]] double level(double value) const { return bottom() - value / highest() * (bottom() - top); }

  static std::string rect(double x, double y, double w, double h, std::string_view color) {
    return "<rect x=\"" + number(x, 1) + "\" y=\"" + number(y, 1) + "\" width=\"" + number(w, 1) +
           "\" height=\"" + number(h, 1) + "\" fill=\"" + std::string(color) + "\"/>\n";
  }
  static std::string words(double x, double y, std::string_view text, std::string_view anchor, int size = 13,
                           std::string_view more = {}) {
    std::string out = "<text x=\"" + number(x, 1) + "\" y=\"" + number(y, 1) + "\" font-size=\"" +
                      std::to_string(size) + "\" text-anchor=\"" + std::string(anchor) + "\"";
    return out.append(more).append(">").append(text).append("</text>\n");
  }

  [[nodiscard]] std::string legend() const {
    std::string out;
    double x = left, y = 48;
    for (auto const& s : series) {
      double const wide = 40 + 7.2 * static_cast<double>(s.name.size());
      if (x + wide > right()) {
        x = left;
        y += 20;
      }
      out += rect(x, y - 10, 14, 12, s.color) + words(x + 20, y, s.name, "start");
      x += wide;
    }
    return out;
  }
  [[nodiscard]] std::string axis() const {
    std::string out;
    double const step = highest() > 8 ? 2 : 1;
    for (double at = 0; at <= highest(); at += step) {
      out += rect(left, level(at), right() - left, 1, at == 0 ? "#222222" : "#e4e4e4");
      out += words(left - 8, level(at) + 4.5, number(at, 0), "end");
    }
    double const mid = (top + bottom()) / 2;
    return out +
           words(18, mid, y_title, "middle", 13, " transform=\"rotate(-90 18 " + number(mid, 1) + ")\"");
  }
  [[nodiscard]] std::string all_bars() const {
    std::string out;
    double const group = (right() - left) / static_cast<double>(std::max<std::size_t>(1, groups.size()));
    double const wide = 0.86 * group / static_cast<double>(std::max<std::size_t>(1, series.size()));
    for (std::size_t g = 0; g < groups.size(); ++g) {
      double const from = left + group * (static_cast<double>(g) + 0.07);
      out += words(left + group * (static_cast<double>(g) + 0.5), bottom() + 20, groups[g], "middle");
      for (std::size_t s = 0; s < series.size(); ++s) {
        bar const& b = series[s].bars[g];
        if (!(b.height > 0)) continue;
        double const x = from + wide * static_cast<double>(s), y = level(b.height);
        out += rect(x, y, wide - 1, bottom() - y, series[s].color);
        std::string const at = number(x + wide / 2 + 3, 1) + " " + number(y - 4, 1);
        out += words(x + wide / 2 + 3, y - 4, b.word, "start", 10, " transform=\"rotate(-90 " + at + ")\"");
      }
    }
    return out;
  }
};

}  // namespace paper
