// SPDX-License-Identifier: Apache-2.0
//
// What was planned beside what was measured: as a table, and as a drawing.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <checkmate/plot/svg_plot.hpp>

#include "training.hpp"

namespace engine {

inline double mean(std::span<scalar const> numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
}

/// The mean of the first and of the last sixth of the losses: single batches differ.
[[nodiscard]] inline double first_loss(outcome const& of) {
  return mean(std::span(of.losses).first(std::max<std::size_t>(1, of.losses.size() / 6)));
}
[[nodiscard]] inline double last_loss(outcome const& of) {
  return mean(std::span(of.losses).last(std::max<std::size_t>(1, of.losses.size() / 6)));
}

/// Whether this plan did what was promised: the peak to the byte, the gradients to the bit, learning.
[[nodiscard]] inline bool kept_its_word(outcome const& of) {
  return of.peak == of.plan.peak_memory && of.steps_equal == of.losses.size() &&
         last_loss(of) < first_loss(of);
}

/// One line of the table.
inline void print_line(outcome const& of, outcome const& first) {
  double const measured = median(of.seconds);
  auto const part = static_cast<double>(of.plan.peak_memory) / static_cast<double>(first.plan.peak_memory);
  std::printf("%5.1f%% %9lld %9lld %8.2f %9.2f %8.2f %6.3f %9.1f%% %8.1f%% %6.3f %6.3f  %s\n", 100 * part,
              static_cast<long long>(of.plan.peak_memory), static_cast<long long>(of.peak),
              1e3 * of.plan.time, 1e3 * of.predicted, 1e3 * measured, measured / of.predicted,
              100 * (of.predicted / first.predicted - 1), 100 * measured_overhead(of, first), first_loss(of),
              last_loss(of), of.steps_equal == of.losses.size() ? "bit-equal" : "DIFFER");
}

/// How far measured step times are from those predicted by the operators' times in the same steps, and from
/// those of the plans, made before.
inline void print_time_errors(std::vector<outcome> const& outcomes) {
  std::vector<double> predicted, planned;
  for (outcome const& of : outcomes) {
    predicted.push_back(std::abs(median(of.seconds) / of.predicted - 1));
    planned.push_back(std::abs(median(of.seconds) / of.plan.time - 1));
  }
  auto const print_one = [](char const* what, std::vector<double> const& errors) {
    std::printf("step times measured are off those %s by %.1f %% (median), %.1f %% at most\n", what,
                100 * median(errors), 100 * *std::max_element(errors.begin(), errors.end()));
  };
  print_one("predicted", predicted);
  print_one("planned before training", planned);
}

/// A line a plan; the first is the one that recomputes nothing.
inline void print(std::vector<outcome> const& outcomes) {
  std::printf("         peak in bytes      ms a step, median                    overhead            loss\n");
  std::printf("%6s %9s %9s %8s %9s %8s %6s %10s %9s %6s %6s  %s\n", "memory", "planned", "measured",
              "planned", "predicted", "measured", "ratio", "predicted", "measured", "first", "last",
              "gradients");
  for (outcome const& of : outcomes) print_line(of, outcomes.front());
  print_time_errors(outcomes);
}

/// Extra time over memory, predicted and measured, as an SVG file.
inline void draw_overheads(std::vector<outcome> const& outcomes, std::string const& net,
                           std::string const& file) {
  outcome const& first = outcomes.front();
  checkmate::svg_series predicted{.name = "predicted", .style = checkmate::svg_style::line_and_points};
  checkmate::svg_series measured{.name = "measured", .style = checkmate::svg_style::points};
  for (outcome const& of : outcomes) {
    double const memory = 100 * static_cast<double>(of.peak) / static_cast<double>(first.peak);
    predicted.points.emplace_back(memory, 100 * (of.predicted / first.predicted - 1));
    measured.points.emplace_back(memory, 100 * measured_overhead(of, first));
  }
  checkmate::svg_plot plot{.title = net + ": extra time within less memory",
                           .x = {.title = "peak memory (% of the plan that recomputes nothing)"},
                           .y = {.title = "extra time (%)"}};
  plot.series = {predicted, measured};
  checkmate::write_svg(file, plot.text());
}

}  // namespace engine
