// SPDX-License-Identifier: Apache-2.0
//
// Plots as SVG with the standard library alone: lines, steps, areas and points against axes with ticks, units
// and a legend; readable at the width of a README (800 px), on light and dark pages.
//
//   svg_plot plot{.title = "overhead", .x = {.title = "budget (GiB)"}, .y = {.title = "overhead (%)"}};
//   plot.series.push_back({.name = "optimal", .points = {{1, 30}, {2, 4}}});
//   write_svg("curve.svg", plot.text());
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/plot/svg_elements.hpp>

namespace checkmate {
inline namespace v0 {

/// How the points of a series are drawn.
enum class svg_style : std::uint8_t {
  line,    ///< straight lines between the points
  steps,   ///< horizontal from each point to the x of the next
  area,    ///< steps, filled down to the axis
  points,  ///< a dot each
  line_and_points
};

/// One curve. Points that are not finite, or not positive on a logarithmic axis, are left out and break it.
struct svg_series {
  std::string name = {};  ///< in the legend; empty = not there
  std::vector<std::pair<double, double>> points = {};
  svg_style style = svg_style::line;
  std::string color = {};  ///< any SVG colour; empty = the palette's next
  bool dashed = false;
  double width = 2;  ///< of the line, in pixels
};

/// One axis; its range is that of the data unless it is given.
struct svg_axis {
  std::string title = {};  ///< with the unit: "time (ms)"
  bool logarithmic = false;
  std::optional<double> from = {}, to = {};
};

/// A line across the plot at one y, with its name beside it.
struct svg_level {
  std::string name = {};
  double y = 0;
  std::string color = "#c00000";
  bool below = false;  ///< the name goes below the line instead of above
};

namespace detail {

/// Some `wanted` round numbers that span [from, to] (Heckbert, "Nice numbers for graph labels", 1990).
inline std::vector<double> nice_ticks(double from, double to, int wanted) {
  double const raw = (to - from) / std::max(wanted, 1);
  if (!detail::is_finite(raw) || raw <= 0) return {from};
  double const power = std::pow(10.0, std::floor(std::log10(raw)));
  double const part = raw / power;
  double const step = power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
  std::vector<double> out;
  for (double i = std::ceil(from / step - 1e-9); i * step <= to + 1e-9 * step && out.size() < 100; ++i) {
    out.push_back(i * step);
  }
  return out;
}

/// Powers of ten in [from, to]; where they are few, twice and five times them, too.
inline std::vector<double> log_ticks(double from, double to) {
  std::vector<double> out;
  bool const sparse = std::log10(to / from) < 2.5;
  for (double e = std::floor(std::log10(from)); e <= std::log10(to) + 1e-9; ++e) {
    for (double const m : {1.0, 2.0, 5.0}) {
      double const tick = m * std::pow(10.0, e);
      if (m > 1 && !sparse) continue;
      if (tick >= from * (1 - 1e-9) && tick <= to * (1 + 1e-9)) out.push_back(tick);
    }
  }
  return out;
}

/// One axis laid over a range of pixels.
class svg_scale {
 public:
  svg_scale(svg_axis const& axis, double low, double high, double first_pixel, double last_pixel)
      : log_(axis.logarithmic), first_(first_pixel), last_(last_pixel) {
    from_ = axis.from.value_or(low);
    to_ = axis.to.value_or(high);
    if (!is_finite(from_) || !is_finite(to_)) {
      throw invalid_option("svg_plot: the ends of axis \"" + axis.title + "\" must be finite");
    }
    if (log_ && !(from_ > 0)) from_ = to_ > 0 ? to_ / 1000 : 1;
    if (!(to_ > from_)) to_ = log_ ? from_ * 10 : from_ + 1;
  }

  [[nodiscard]] bool shows(double x) const { return detail::is_finite(x) && (!log_ || x > 0); }
  [[nodiscard]] double pixel(double x) const {
    double const part = log_ ? std::log(x / from_) / std::log(to_ / from_) : (x - from_) / (to_ - from_);
    return first_ + std::clamp(part, -1.0, 2.0) * (last_ - first_);
  }
  [[nodiscard]] std::vector<double> ticks(int wanted) const {
    return log_ ? log_ticks(from_, to_) : nice_ticks(from_, to_, wanted);
  }

 private:
  bool log_;
  double from_ = 0, to_ = 1, first_, last_;
};

}  // namespace detail

/// A plot; fill in what it needs and take its `text()`.
struct svg_plot {
  std::string title = {};
  svg_axis x = {}, y = {};
  std::vector<svg_series> series = {};
  std::vector<svg_level> levels = {};
  /// Ranges of x that get a mark along the x axis (times at which something happens), and what they mean.
  std::vector<std::pair<double, double>> rug = {};
  std::string rug_name = {};
  int width = 800;   ///< pixels
  int height = 400;  ///< pixels

  /// The SVG document.
  [[nodiscard]] std::string text() const {
    using namespace detail;
    int rows = 0;
    std::string const names = legend(title.empty() ? 22 : 48, rows);
    double const top = (title.empty() ? 14 : 40) + 20 * rows;
    double const bottom = height - 54;
    double const left = 70;
    double const right = width - 20;
    auto const [x_low, x_high] = range(true);
    auto const [y_low, y_high] = range(false);
    svg_scale const along(x, x_low, x_high, left, right), up(y, y_low, y_high, bottom, top);
    frame const f = {along, up, left, right, top, bottom};
    std::string out = svg_begin(width, height, title) + names + axes(f);
    out += "<clipPath id=\"plot\">" + svg_rect(left, top, right - left, bottom - top, "") + "</clipPath>\n";
    out += "<g clip-path=\"url(#plot)\">\n";
    for (std::size_t i = 0; i < series.size(); ++i) out += curve(f, i);
    for (auto const& [from, to] : rug) {
      double const at = f.x.pixel(from);
      out += svg_rect(at, bottom - 8, std::max(f.x.pixel(to) - at, 0.6), 8, "fill=\"#e69f00\"");
    }
    for (auto const& level : levels) {
      double const at = f.y.pixel(level.y);
      std::string const color = svg_escape(level.color);
      out += svg_line(left, at, right, at,
                      "stroke=\"" + color + "\" stroke-width=\"1.5\" stroke-dasharray=\"7 4\"");
      out += svg_label(right - 6, level.below ? at + 16 : at - 6, level.name, "end", 13,
                       " style=\"fill:" + color + ";paint-order:stroke;stroke:#fff;stroke-width:3px\"");
    }
    out += "</g>\n";
    out += svg_line(left, bottom, right, bottom, "stroke=\"#222\"");
    out += svg_line(left, top, left, bottom, "stroke=\"#222\"");
    return out + "</svg>\n";
  }

 private:
  struct frame {
    detail::svg_scale x, y;
    double left, right, top, bottom;
  };

  [[nodiscard]] std::pair<double, double> range(bool of_x) const {
    svg_axis const& axis = of_x ? x : y;
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    auto take = [&](double value) {
      if (!detail::is_finite(value) || (axis.logarithmic && value <= 0)) return;
      low = std::min(low, value);
      high = std::max(high, value);
    };
    for (auto const& s : series) {
      for (auto const& [px, py] : s.points) take(of_x ? px : py);
    }
    if (!of_x) {
      for (auto const& level : levels) take(level.y);
    }
    if (!(low <= high)) return {0, 1};
    if (axis.logarithmic) return {low / 1.15, high * 1.15};
    double const room = of_x ? 0 : 0.06 * (high - low);
    return {low >= 0 && low < 0.5 * high ? 0 : low - room, high + room};
  }

  static bool has_dots(svg_series const& s) {
    return s.style == svg_style::points || s.style == svg_style::line_and_points;
  }

  [[nodiscard]] std::string color_of(std::size_t i) const {
    return series[i].color.empty() ? svg_color(i) : series[i].color;
  }

  [[nodiscard]] std::string axes(frame const& f) const {
    using namespace detail;
    std::string out;
    double last_end = -1e9;
    for (double const tick : f.x.ticks(8)) {
      double const at = f.x.pixel(tick);
      out += svg_line(at, f.bottom, at, f.top, "stroke=\"#e4e4e4\"");
      out += svg_line(at, f.bottom, at, f.bottom + 5, "stroke=\"#222\"");
      std::string const words = svg_number(tick, 10);
      if (at - svg_text_width(words) / 2 < last_end + 4) continue;  // labels that would touch
      out += svg_label(at, f.bottom + 20, words, "middle");
      last_end = at + svg_text_width(words) / 2;
    }
    for (double const tick : f.y.ticks(6)) {
      double const at = f.y.pixel(tick);
      out += svg_line(f.left, at, f.right, at, "stroke=\"#e4e4e4\"");
      out += svg_line(f.left - 5, at, f.left, at, "stroke=\"#222\"");
      out += svg_label(f.left - 9, at + 4.5, svg_number(tick, 10), "end");
    }
    out += svg_label((f.left + f.right) / 2, f.bottom + 42, x.title, "middle");
    double const mid = (f.top + f.bottom) / 2;
    out += svg_label(20, mid, y.title, "middle", 13, " transform=\"rotate(-90 20 " + svg_pixel(mid) + ")\"");
    return out;
  }

  [[nodiscard]] std::string curve(frame const& f, std::size_t i) const {
    svg_series const& s = series[i];
    std::string const color = detail::svg_escape(color_of(i));
    std::string out;
    if (s.style == svg_style::area) {
      out += "<path d=\"" + path(f, s, true) + "\" fill=\"" + color + "\" fill-opacity=\"0.22\"/>\n";
    }
    if (s.style != svg_style::points) {
      out += "<path d=\"" + path(f, s, false) + "\" fill=\"none\" stroke=\"" + color + "\" stroke-width=\"" +
             detail::svg_number(s.width) + "\" stroke-linejoin=\"round\"" +
             (s.dashed ? " stroke-dasharray=\"6 4\"" : "") + "/>\n";
    }
    if (has_dots(s)) {
      for (auto const& [px, py] : s.points) {
        if (f.x.shows(px) && f.y.shows(py)) out += detail::svg_dot(f.x.pixel(px), f.y.pixel(py), color);
      }
    }
    return out;
  }

  [[nodiscard]] std::string path(frame const& f, svg_series const& s, bool closed) const {
    using detail::svg_pixel;
    bool const stepped = s.style == svg_style::steps || s.style == svg_style::area;
    std::string out;
    bool open = false;
    double first_x = 0, last_x = 0, last_y = 0;
    auto close = [&] {
      if (open && closed) {
        out += "L" + svg_pixel(last_x) + " " + svg_pixel(f.bottom) + "L" + svg_pixel(first_x) + " " +
               svg_pixel(f.bottom) + "Z";
      }
      open = false;
    };
    for (auto const& [px, py] : s.points) {
      if (!f.x.shows(px) || !f.y.shows(py)) {
        close();
        continue;
      }
      double const ax = f.x.pixel(px);
      double const ay = f.y.pixel(py);
      if (open && stepped) {
        out += "H" + svg_pixel(ax);
        if (ay != last_y) out += "V" + svg_pixel(ay);
      } else {
        out += (open ? "L" : "M") + svg_pixel(ax) + " " + svg_pixel(ay);
      }
      if (!open) first_x = ax;
      open = true;
      last_x = ax;
      last_y = ay;
    }
    close();
    return out;
  }

  /// The legend above the plot, in as many rows as its names need.
  [[nodiscard]] std::string legend(double top, int& rows) const {
    using namespace detail;
    std::string out;
    double at = 70;
    rows = 0;
    auto place = [&](std::string const& name, auto draw) {
      double const needs = 34 + svg_text_width(name) + 18;
      if (rows == 0) rows = 1;
      if (at > 70 && at + needs > width - 10) {
        at = 70;
        ++rows;
      }
      double const line = top + 20 * (rows - 1);
      out += draw(at, line - 4.5);
      out += svg_label(at + 34, line, name, "start");
      at += needs;
    };
    for (std::size_t i = 0; i < series.size(); ++i) {
      svg_series const& s = series[i];
      if (s.name.empty()) continue;
      place(s.name, [&](double px, double py) {
        std::string const color = svg_escape(color_of(i));
        if (s.style == svg_style::area) {
          return svg_rect(px, py - 6, 26, 12,
                          "fill=\"" + color + "\" fill-opacity=\"0.22\" stroke=\"" + color + "\"");
        }
        std::string drawn;
        if (s.style != svg_style::points) {
          drawn += svg_line(px, py, px + 26, py,
                            "stroke=\"" + color + "\" stroke-width=\"" + svg_number(s.width) + "\"" +
                                (s.dashed ? " stroke-dasharray=\"6 4\"" : ""));
        }
        return has_dots(s) ? drawn + svg_dot(px + 13, py, color) : drawn;
      });
    }
    if (!rug.empty() && !rug_name.empty()) {
      place(rug_name,
            [](double px, double py) { return svg_rect(px + 8, py - 5, 10, 10, "fill=\"#e69f00\""); });
    }
    return out;
  }
};

}  // namespace v0
}  // namespace checkmate
