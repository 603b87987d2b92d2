// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the reproduction share: its settings, numbers as text, progress, and the claims that it
// checks.
#pragma once

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <ostream>
#include <string>
#include <vector>

#include "cells.hpp"
#include "planners.hpp"

namespace paper {

struct settings {
  bool quick = false;
  double minutes = 0;  ///< after which nothing more is planned; 0 = no limit
  std::filesystem::path out = "out/paper";

  [[nodiscard]] std::size_t points() const { return quick ? 5 : 9; }
  [[nodiscard]] planner_limits limits() const {
    return quick ? planner_limits{.rounding = 8, .with_cbc = 3, .exact = 2} : planner_limits{};
  }
};

/// A fixed number of decimals.
inline std::string number(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

/// Bytes in GB (10^9), as the paper counts.
inline double gigabytes(double bytes) {
  return bytes / 1e9;
}

/// A claim of the paper, or about ours, with what was seen.
struct claim {
  bool holds = false;
  std::string text;
};

/// The report in the making.
struct report {
  settings how;
  cell_store cells;
  std::vector<claim> claims = {};
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();

  explicit report(settings const& with) : how(with), cells(with.out / "cells.csv") {
    if (how.minutes > 0) {
      auto const seconds = std::chrono::duration<double>(60 * how.minutes);
      cells.stop_at(start + std::chrono::duration_cast<std::chrono::steady_clock::duration>(seconds));
    }
  }

  /// Says on the standard error what is being done now.
  void tell(std::string const& what) const {
    double const elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::fprintf(stderr, "[%4.0f s] %s\n", elapsed, what.c_str());
  }
  void check(bool holds, std::string text) { claims.push_back({holds, std::move(text)}); }
};

/// The head of a Markdown table and its rule.
inline void table_head(std::ostream& out, std::vector<std::string> const& titles) {
  out << '|';
  for (auto const& title : titles) out << ' ' << title << " |";
  out << "\n|";
  for (std::size_t i = 0; i < titles.size(); ++i) out << (i == 0 ? " --- |" : " ---: |");
  out << '\n';
}

inline void table_row(std::ostream& out, std::vector<std::string> const& row) {
  out << '|';
  for (auto const& text : row) out << ' ' << text << " |";
  out << '\n';
}

}  // namespace paper
