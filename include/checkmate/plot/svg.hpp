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
#include <checkmate/plot/svg_plot.hpp>
#include <checkmate/schedule/memory_curve.hpp>
#include <checkmate/schedule/schedule.hpp>

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

/// The curve as steps in display units.
inline svg_series memory_series(std::vector<memory_sample> const& curve, display_unit const& x,
                                display_unit const& y) {
  svg_series out;
  out.style = svg_style::area;
  out.width = 1.4;
  for (auto const& at : curve) {
    // Of several executions at one moment (they take no time) the drawing shows the largest.
    double const px = at.start / x.size;
    double const py = static_cast<double>(at.in_use) / y.size;
    out.points.emplace_back(px, py);
  }
  if (!curve.empty()) {
    out.points.emplace_back(curve.back().end / x.size, static_cast<double>(curve.back().in_use) / y.size);
  }
  return out;
}

inline bytes largest_use(std::vector<memory_sample> const& curve) {
  bytes peak = 0;
  for (auto const& at : curve) peak = std::max(peak, at.in_use);
  return peak;
}

inline std::string peak_and_time(std::string_view what, std::vector<memory_sample> const& curve,
                                 display_unit const& x, display_unit const& y) {
  std::string out(what);
  out += ": " + svg_number(static_cast<double>(largest_use(curve)) / y.size, 3) + " " + y.name;
  double const end = curve.empty() ? 0 : curve.back().end;
  return out + ", " + svg_number(end / x.size, 4) + (x.name.empty() ? "" : " " + x.name);
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
  double const until = std::max(back.empty() ? 0 : back.back().end, front.empty() ? 0 : front.back().end);
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
  plot.series.push_back(memory_series(back, x, y));
  plot.series.back().color = "#777777";
  plot.series.back().name = peak_and_time("before", back, x, y);
  plot.series.push_back(memory_series(front, x, y));
  plot.series.back().color = svg_color(0);
  plot.series.back().name = peak_and_time("after", front, x, y);
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

/// What the schedule does stage by stage: rows are stages (stage t ends with the t-th first execution),
/// columns are nodes in the order of their first execution.
struct stage_grid {
  std::size_t size = 0;                ///< rows, and columns
  std::vector<std::uint8_t> computed;  ///< R, row by row: the node is executed in the stage
  std::vector<std::uint8_t> again;     ///< of R, what is not the node's first execution: off the diagonal
  std::vector<std::uint8_t> held;  ///< S, row by row: a value of the node is resident when the stage begins
};

/// The R and S of `s`, a valid schedule for `d`, with a node for each value of it (eq. 1 of Jain et al.
/// 2020). n^2 bytes each.
[[nodiscard]] inline stage_grid stages_of(dag const& d, schedule const& s) {
  std::size_t const n = d.size();
  std::vector<std::uint8_t> const nothing(n * n, 0);
  stage_grid out{n, nothing, nothing, nothing};
  constexpr auto unseen = static_cast<std::size_t>(-1);
  std::vector<std::size_t> column(n, unseen);
  std::size_t columns = 0;
  for (step const& at : s) {
    if (at.what == action::compute && at.node < n && column[at.node] == unseen) column[at.node] = columns++;
  }
  std::vector<std::uint8_t> ran(n, 0);
  std::vector<std::uint8_t> resident(d.value_count(), 0);
  std::vector<std::uint32_t> held(n, 0);  // resident values of each column's node
  std::size_t stage = 0;
  bool begins = false;  // the next execution is the first of its stage: releases before it belong to the last
  for (step const& at : s) {
    if (at.node >= n || stage >= n) break;
    node_id const node = d.index_of(at.node);
    std::size_t const c = column[at.node];
    if (at.what == action::release) {
      if (at.output >= d.output_count(node)) break;
      auto& here = resident[d.first_value(node) + at.output];
      if (here != 0) --held[c];
      here = 0;
      continue;
    }
    if (begins) {
      for (std::size_t i = 0; i < n; ++i) out.held[stage * n + i] = held[i] > 0 ? 1 : 0;
    }
    out.computed[stage * n + c] = 1;
    out.again[stage * n + c] = ran[at.node];
    for (auto v : d.outputs(node)) {
      auto& here = resident[v];
      if (here == 0) ++held[c];
      here = 1;
    }
    begins = ran[at.node] == 0;
    ran[at.node] = 1;
    if (begins) ++stage;
  }
  return out;
}

namespace detail {

/// The cells of one mask of `grid_svg`, at most 400 rows and columns; a cell that stands for several is
/// filled if any of them is. `thick` is the least thickness of a cell in pixels.
inline std::string grid_cells(std::vector<std::uint8_t> const& mask, std::size_t n, double left, double top,
                              double side, std::string_view color, double thick) {
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
    for (std::size_t c = 0; c < n; ++c) filled[bin(c)] |= mask[row * n + c];
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
  stage_grid const grid = stages_of(d, s);
  constexpr double side = 330;
  constexpr double top = 66;
  std::string out = svg_begin(800, 450, title);
  double left = 60;
  for (bool const held : {false, true}) {
    out += svg_rect(left, top, side, side, "fill=\"#f6f6f6\" stroke=\"#888\"");
    if (held) {
      out += svg_label(left + side / 2, top - 10, "S: held when the stage begins", "middle");
      out += grid_cells(grid.held, grid.size, left, top, side, "#555555", 0);
    } else {
      out += svg_label(left + side / 2, top - 10, "R: computed in the stage (orange: again)", "middle");
      out += grid_cells(grid.computed, grid.size, left, top, side, svg_color(0), 1.2);
      out += grid_cells(grid.again, grid.size, left, top, side, svg_color(1), 2);
    }
    out += svg_label(left + side / 2, top + side + 38, "node, by first execution", "middle");
    for (double const tick : nice_ticks(0, static_cast<double>(grid.size), 5)) {
      double const at = tick / static_cast<double>(grid.size) * side;
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
