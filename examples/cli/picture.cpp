// SPDX-License-Identifier: Apache-2.0
#include "picture.hpp"

#include <algorithm>
#include <cmath>

#include "units.hpp"

namespace cli {
namespace {

using checkmate::bytes;
using checkmate::memory_sample;

/// The columns that [start, end] touches, as first and last.
struct column_range {
  std::size_t first, last;
};

column_range columns_between(double start, double end, double until, std::size_t columns) {
  auto const at = [&](double x) {
    double const column = std::floor(x / until * static_cast<double>(columns));
    return static_cast<std::size_t>(std::clamp(column, 0.0, static_cast<double>(columns - 1)));
  };
  std::size_t const first = at(start);
  // An execution that ends on a column's edge does not reach into it.
  std::size_t const last = std::max(first, end > start ? at(std::nextafter(end, start)) : first);
  return {first, last};
}

double total_time(std::vector<memory_sample> const& curve) {
  return curve.empty() ? 0 : curve.back().end;
}

/// The same samples with one unit of time each.
std::vector<memory_sample> by_step(std::vector<memory_sample> curve) {
  for (std::size_t i = 0; i < curve.size(); ++i) {
    curve[i].start = static_cast<double>(i);
    curve[i].end = static_cast<double>(i + 1);
  }
  return curve;
}

class canvas {
 public:
  canvas(picture_options const& options, glyphs const& with, bytes largest)
      : with_(with), height_(options.height), largest_(static_cast<double>(std::max<bytes>(largest, 1))) {
    limit_row_ = row_of(options.budget);
  }

  /// The row, from 0 at the bottom, in which `amount` ends; `height` if it is above the picture.
  [[nodiscard]] std::size_t row_of(bytes amount) const {
    double const row = static_cast<double>(amount) / largest_ * static_cast<double>(height_);
    return row >= static_cast<double>(height_) ? height_ : static_cast<std::size_t>(std::max(0.0, row));
  }

  [[nodiscard]] std::string_view cell(std::size_t row, bytes behind, bytes front) const {
    double const fill = parts(front) - static_cast<double>(row);
    std::size_t const full = with_.levels.size() - 1;
    auto const level =
        static_cast<std::size_t>(std::lround(std::clamp(fill, 0.0, 1.0) * static_cast<double>(full)));
    if (level > 0) return with_.levels[level];
    if (parts(behind) - static_cast<double>(row) >= 0.5) return with_.shade;
    return row == limit_row_ ? with_.limit : with_.levels[0];
  }

  [[nodiscard]] std::size_t limit_row() const { return limit_row_; }

 private:
  [[nodiscard]] double parts(bytes amount) const {
    return static_cast<double>(amount) / largest_ * static_cast<double>(height_);
  }

  glyphs const& with_;
  std::size_t height_;
  double largest_;
  std::size_t limit_row_ = 0;
};

bytes peak_of(std::vector<memory_sample> const& curve) {
  bytes peak = 0;
  for (auto const& at : curve) peak = std::max(peak, at.in_use);
  return peak;
}

/// The columns in which something is executed again.
std::vector<bool> recomputing(std::vector<memory_sample> const& curve, double until, std::size_t columns) {
  std::vector<bool> marked(columns, false);
  for (auto const& at : curve) {
    if (!at.recomputed) continue;
    auto const [first, last] = columns_between(at.start, at.end, until, columns);
    for (std::size_t c = first; c <= last; ++c) marked[c] = true;
  }
  return marked;
}

}  // namespace

std::vector<bytes> sampled(std::vector<memory_sample> const& curve, double until, std::size_t columns) {
  std::vector<bytes> out(columns, 0);
  for (auto const& at : curve) {
    auto const [first, last] = columns_between(at.start, at.end, until, columns);
    for (std::size_t c = first; c <= last; ++c) out[c] = std::max(out[c], at.in_use);
  }
  return out;
}

std::string memory_picture(std::vector<memory_sample> const& before, std::vector<memory_sample> const& after,
                           picture_options const& options, glyphs const& with) {
  double until = std::max(total_time(before), total_time(after));
  if (!(until > 0)) {
    if (before.empty() && after.empty()) return {};
    return memory_picture(by_step(before), by_step(after), options, with);
  }
  bytes const largest =
      std::max({peak_of(before), peak_of(after), std::min(options.budget, peak_of(before))});
  std::size_t const label = std::max<std::size_t>(columns_of(show_bytes(largest)), 9);
  std::size_t const columns = options.width > label + 20 ? options.width - label - 6 : 20;
  auto const back = sampled(before, until, columns);
  auto const front = sampled(after, until, columns);
  auto const marks = recomputing(after, until, columns);
  canvas const paper(options, with, largest);

  auto frame = [&](std::string_view left, std::string_view mid, std::string_view right) {
    std::string out(left);
    for (std::size_t i = 0; i < label + 2; ++i) out += with.horizontal;
    out += mid;
    for (std::size_t i = 0; i < columns + 2; ++i) out += with.horizontal;
    out += right;
    return out + "\n";
  };
  auto row = [&](std::string const& name, std::string const& text) {
    return std::string(with.vertical) + " " + fit_right(name, label) + " " + std::string(with.vertical) +
           " " + fit_left(text, columns) + " " + std::string(with.vertical) + "\n";
  };
  std::string legend;
  legend.append(with.shade).append(with.shade).append(" before   ");
  legend.append(with.levels.back()).append(with.levels.back()).append(" after   ");
  legend.append(with.limit).append(with.limit).append(" budget   ");
  legend.append(with.mark).append(" recomputing");

  std::string out = frame(with.top_left, with.top_mid, with.top_right) + row("memory", legend) +
                    frame(with.mid_left, with.mid_mid, with.mid_right);
  for (std::size_t r = options.height; r-- > 0;) {
    std::string text;
    for (std::size_t c = 0; c < columns; ++c) text += paper.cell(r, back[c], front[c]);
    std::string name;
    if (r + 1 == options.height) name = show_bytes(largest);
    if (r == paper.limit_row()) name = show_bytes(options.budget);
    if (r == 0) name = "0 B";
    out += row(name, text);
  }
  std::string rug;
  for (bool marked : marks) rug += marked ? with.mark : std::string_view(" ");
  out += row("", rug);
  std::string const end = show_time(until, options.time_unit);
  out += row("time", fit_left("0", columns - columns_of(end)) + end);
  return out + frame(with.low_left, with.low_mid, with.low_right);
}

}  // namespace cli
