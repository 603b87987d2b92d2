// SPDX-License-Identifier: Apache-2.0
//
// Drawings of schedules as SVG: memory over time, and the R and S of the paper's Figure 7.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkmate/graph/dag.hpp>
#include <checkmate/plot/svg_elements.hpp>
#include <checkmate/plot/svg_plot.hpp>
#include <checkmate/schedule/memory_curve.hpp>
#include <checkmate/schedule/schedule.hpp>
#include <checkmate/schedule/stages.hpp>

namespace checkmate {
inline namespace v0 {

/// What `memory_svg` writes beside the curves.
struct memory_svg_options {
  std::string title = {};
  bytes budget = 0;            ///< drawn as a line; 0 = none
  std::string time_unit = {};  ///< of the graph's costs: "us", "flop"; large times are shown in larger units
  int width = 800;             ///< pixels
  int height = 420;            ///< pixels
};

namespace detail {

/// What to divide by so that numbers up to `largest` read well, and the unit that results.
struct display_unit {
  double size = 1;
  std::string name;
};

inline display_unit byte_unit(double largest) {
  if (largest >= 0x1p30) return {0x1p30, "GiB"};
  if (largest >= 0x1p20) return {0x1p20, "MiB"};
  if (largest >= 0x1p10) return {0x1p10, "KiB"};
  return {1, "bytes"};
}

inline display_unit time_unit(double largest, std::string_view unit) {
  std::string_view const bare = unit.substr(0, unit.find_first_of(" ("));
  constexpr std::array<std::pair<std::string_view, double>, 4> known = {
      {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1.0}}};
  for (auto const& [name, seconds] : known) {
    if (bare != name) continue;
    for (auto at = known.rbegin(); at != known.rend(); ++at) {
      if (largest * seconds >= at->second) return {at->second / seconds, std::string(at->first)};
    }
  }
  if (bare == "flop" || bare == "flops") {
    if (largest >= 1e12) return {1e12, "Tflop"};
    if (largest >= 1e9) return {1e9, "Gflop"};
    return {1, "flop"};
  }
  return {1, bare == "1" ? std::string() : std::string(bare)};
}

inline double end_of(std::vector<memory_sample> const& curve) {
  return curve.empty() ? 0 : curve.back().end;
}

inline bytes largest_use(std::vector<memory_sample> const& curve) {
  bytes peak = 0;
  for (auto const& at : curve) peak = std::max(peak, at.in_use);
  return peak;
}

/// The curve as steps in display units; its name is `what` with its peak and its time.
inline svg_series memory_series(std::string_view what, std::vector<memory_sample> const& curve,
                                display_unit const& x, display_unit const& y, std::string color) {
  svg_series out{.style = svg_style::area, .color = std::move(color), .width = 1.4};
  out.name.append(what).append(": ");
  out.name += svg_number(static_cast<double>(largest_use(curve)) / y.size, 3) + " " + y.name + ", " +
              svg_number(end_of(curve) / x.size, 4) + (x.name.empty() ? "" : " " + x.name);
  auto const add = [&](double time, bytes in_use) {
    out.points.emplace_back(time / x.size, static_cast<double>(in_use) / y.size);
  };
  for (auto const& at : curve) add(at.start, at.in_use);
  if (!curve.empty()) add(curve.back().end, curve.back().in_use);
  return out;
}

}  // namespace detail

/// Memory over time of `planned` in front of `original` (both schedules for `d`): two step curves, the
/// budget, the fixed memory at the bottom, and marks where `planned` executes something again. Throws
/// invalid_option if a schedule is not valid.
[[nodiscard]] inline std::string memory_svg(dag const& d, schedule const& original, schedule const& planned,
                                            memory_svg_options const& options = {}) {
  using namespace detail;
  auto const back = memory_curve(d, original);
  auto const front = memory_curve(d, planned);
  bytes const largest = std::max(largest_use(back), largest_use(front));
  double const until = std::max(end_of(back), end_of(front));
  display_unit const y = byte_unit(static_cast<double>(largest));
  display_unit const x = time_unit(until, options.time_unit);

  svg_plot plot;
  plot.title = options.title;
  plot.width = options.width;
  plot.height = options.height;
  plot.x.title = x.name.empty() ? "time" : "time (" + x.name + ")";
  plot.y.title = "memory in use (" + y.name + ")";
  plot.x.from = plot.y.from = 0;
  plot.x.to = until / x.size;
  plot.series.push_back(memory_series("before", back, x, y, "#777777"));
  plot.series.push_back(memory_series("after", front, x, y, svg_color(0)));
  if (d.fixed_memory() > 0) {
    double const fixed = static_cast<double>(d.fixed_memory()) / y.size;
    plot.series.push_back({.name = "fixed",
                           .points = {{0, fixed}, {until / x.size, fixed}},
                           .style = svg_style::area,
                           .color = "#333333",
                           .width = 1});
  }
  if (options.budget > 0 && options.budget <= 2 * largest) {
    double const at = static_cast<double>(options.budget) / y.size;
    plot.levels.push_back({.name = "budget " + svg_number(at, 3) + " " + y.name, .y = at});
  }
  for (auto const& at : front) {
    if (!at.recomputed) continue;
    if (!plot.rug.empty() && plot.rug.back().second == at.start / x.size) {
      plot.rug.back().second = at.end / x.size;
    } else {
      plot.rug.emplace_back(at.start / x.size, at.end / x.size);
    }
  }
  plot.rug_name = "recomputing";
  return plot.text();
}

namespace detail {

/// The cells of one mask of `grid_svg`, n x n, at most 400 rows and columns; a cell that stands for several
/// is filled if `mask(row, column)` holds for any of them. `thick` is the least thickness of a cell in
/// pixels.
inline std::string grid_cells(std::size_t n, auto const& mask, double left, double top, double side,
                              std::string_view color, double thick) {
  constexpr std::size_t most = 400;
  std::size_t const cells = std::min(n, most);
  double const cell = side / static_cast<double>(cells);
  double const more = std::max(0.0, thick / cell - 1);  // in cells
  // One path of horizontal strokes, a cell thick, in units of a cell: a tenth of the size of rectangles.
  std::string out = "<path transform=\"translate(" + svg_pixel(left) + " " + svg_pixel(top) + ") scale(" +
                    svg_number(cell, 9) + ")\" stroke=\"" + std::string(color) + "\" stroke-width=\"" +
                    svg_number(1 + more, 4) + "\" d=\"";
  auto bin = [&](std::size_t i) { return i * cells / n; };
  std::vector<std::uint8_t> filled(cells, 0);
  for (std::size_t row = 0; row < n; ++row) {
    for (std::size_t c = 0; c < n; ++c) {
      if (mask(row, c)) filled[bin(c)] = 1;
    }
    if (row + 1 < n && bin(row + 1) == bin(row)) continue;
    for (std::size_t c = 0; c < cells;) {  // runs, so that the file stays small
      std::size_t end = c;
      while (end < cells && filled[end] != 0) ++end;
      if (end > c) {
        out.append("M").append(svg_number(static_cast<double>(c) - more / 2)).append(" ");
        out.append(std::to_string(bin(row))).append(".5h");
        out.append(svg_number(static_cast<double>(end - c) + more));
      }
      c = end + 1;
    }
    std::fill(filled.begin(), filled.end(), std::uint8_t{0});
  }
  out += "\"/>\n";
  return out;
}

}  // namespace detail

/// The paper's Figure 7 for `s`, a valid schedule for `d`: R (what each stage computes) beside S (what is
/// held when it begins). Recomputations are the cells of R off its diagonal.
[[nodiscard]] inline std::string grid_svg(dag const& d, schedule const& s, std::string_view title = {}) {
  using namespace detail;
  stage_matrices const stages = matrices_of_schedule(d, s);
  std::size_t const n = stages.order.size();
  auto const computed = [&](std::size_t t, std::size_t c) {
    return stages.R[t * d.size() + stages.order[c]] != 0;
  };
  auto const again = [&](std::size_t t, std::size_t c) { return c != t && computed(t, c); };
  auto const held = [&](std::size_t t, std::size_t c) {
    auto const* const first =
        stages.S.data() + t * d.value_count() + std::size_t{d.first_value(stages.order[c])};
    return std::any_of(first, first + d.output_count(stages.order[c]), [](auto is) { return is != 0; });
  };
  constexpr double side = 330;
  constexpr double top = 66;
  std::string out = svg_begin(800, 450, title);
  double left = 60;
  for (bool const is_r : {true, false}) {
    out += svg_rect(left, top, side, side, "fill=\"#f6f6f6\" stroke=\"#888\"");
    if (is_r) {
      out += svg_label(left + side / 2, top - 10, "R: computed in the stage (orange: again)", "middle");
      out += grid_cells(n, computed, left, top, side, svg_color(0), 1.2);
      out += grid_cells(n, again, left, top, side, svg_color(1), 2);
    } else {
      out += svg_label(left + side / 2, top - 10, "S: held when the stage begins", "middle");
      out += grid_cells(n, held, left, top, side, "#555555", 0);
    }
    out += svg_label(left + side / 2, top + side + 38, "node, by first execution", "middle");
    for (double const tick : nice_ticks(0, static_cast<double>(n), 5)) {
      double const at = tick / static_cast<double>(n) * side;
      out += svg_line(left + at, top + side, left + at, top + side + 4, "stroke=\"#222\"");
      out += svg_label(left + at, top + side + 18, svg_number(tick, 10), "middle", 12);
      out += svg_line(left - 4, top + at, left, top + at, "stroke=\"#222\"");
      out += svg_label(left - 8, top + at + 4, svg_number(tick, 10), "end", 12);
    }
    left += side + 60;
  }
  out += svg_label(16, top + side / 2, "stage", "middle", 13,
                   " transform=\"rotate(-90 16 " + svg_pixel(top + side / 2) + ")\"");
  return out + "</svg>\n";
}

}  // namespace v0
}  // namespace checkmate
