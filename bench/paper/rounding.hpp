// SPDX-License-Identifier: Apache-2.0
//
// Figure 8 and Appendix D: what rounding the relaxation gives, deterministic against randomised, at several
// budget allowances; and the search over the allowance that the paper leaves for later.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <limits>
#include <ostream>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/formulation/stages/model.hpp>
#include <checkmate/model/relax.hpp>
#include <checkmate/plot/svg_plot.hpp>

#include "networks.hpp"
#include "report.hpp"

namespace paper {

/// One rounding: what was rounded how, and the schedule that came out.
struct rounded {
  double allowance = 0;  ///< the relaxation was solved for (1 - allowance) of the budget
  bool randomised = false;
  double time = 0, peak = 0;
};

/// Roundings of the relaxation at one allowance: thresholds 0.05 .. 0.95, and `samples` random ones. Empty if
/// the relaxation has no point.
inline std::vector<rounded> round_at(checkmate::dag const& d, checkmate::bytes budget, double allowance,
                                     int samples) {
  auto const room = static_cast<double>(budget - d.fixed_memory());
  auto const less = d.fixed_memory() + static_cast<checkmate::bytes>((1 - allowance) * room);
  checkmate::formulation::stage_model const model(d, less);
  auto const point =
      checkmate::clp{}.solve(checkmate::relaxed(model.model()), {.time_limit = checkmate::seconds(120)});
  std::vector<rounded> out;
  if (!point.has_values()) return out;
  auto add = [&](bool randomised, auto const& threshold) {
    auto const runs = model.runs_keeping(point.values, threshold);
    auto const sequence = checkmate::without_useless_executions(d, checkmate::sequence_of(d, runs));
    auto const seen = checkmate::simulate(d, checkmate::schedule_from_sequence(d, sequence));
    out.push_back({allowance, randomised, seen.time, static_cast<double>(seen.peak_memory)});
  };
  for (int i = 1; i < 20; ++i) {
    add(false, [i](std::size_t, checkmate::value_index) { return i / 20.0; });
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < samples; ++i) {
    add(true,
        [&](std::size_t, checkmate::value_index) { return static_cast<double>(random() >> 11) * 0x1p-53; });
  }
  return out;
}

struct rounding_case {
  char const* network;
  std::int64_t batch;
  int percent;  ///< of the way from the smallest conceivable budget to the no-recompute peak
  bool quick;
};
inline constexpr std::array<rounding_case, 3> rounding_cases = {
    {{"vgg16", 256, 50, true}, {"unet", 32, 33, true}, {"mobilenet", 512, 25, false}}};
inline constexpr std::array<double, 6> allowances = {0, 0.02, 0.05, 0.1, 0.15, 0.2};

/// The roundings of a case, from its CSV file or made now.
inline std::vector<rounded> roundings_of(rounding_case const& of, problem const& p, checkmate::bytes budget,
                                         report const& to) {
  auto const file = to.how.out / ("figure8_" + std::string(of.network) + ".csv");
  std::vector<rounded> out;
  if (std::ifstream in(file); in) {
    std::string line;
    std::getline(in, line);
    char comma;
    for (rounded r; std::getline(in, line);) {
      std::istringstream row(line);
      if (row >> r.allowance >> comma >> r.randomised >> comma >> r.time >> comma >> r.peak) out.push_back(r);
    }
    return out;
  }
  for (double allowance : allowances) {
    to.tell(std::string("Figure 8, ") + of.network + ": relaxation for " + number(100 * (1 - allowance), 0) +
            " % of the budget");
    auto const more = round_at(p.dag, budget, allowance, to.how.quick ? 50 : 150);
    out.insert(out.end(), more.begin(), more.end());
  }
  std::ofstream csv(file);
  csv.precision(17);
  csv << "allowance,randomised,flops,peak_bytes\n";
  for (auto const& r : out)
    csv << r.allowance << ',' << r.randomised << ',' << r.time << ',' << r.peak << '\n';
  return out;
}

inline void figure_8_plot(rounding_case const& of, problem const& p, checkmate::bytes budget,
                          std::vector<rounded> const& all, double ours, settings const& how) {
  double const base = p.dag.base_time();
  checkmate::svg_plot plot;
  plot.title =
      std::string(of.network) + ", batch " + std::to_string(of.batch) + ": roundings of the relaxation";
  plot.x.title = "peak memory (GB)";
  plot.y.title = "extra FLOPs (%)";
  plot.height = 440;
  checkmate::svg_series random{
      .name = "randomised", .style = checkmate::svg_style::points, .color = "#e69f00"};
  checkmate::svg_series fixed{
      .name = "deterministic", .style = checkmate::svg_style::points, .color = "#0072b2"};
  double top = 0;
  for (auto const& r : all) {
    double const over = 100 * (r.time / base - 1);
    top = std::max(top, over);
    (r.randomised ? random : fixed).points.emplace_back(gigabytes(r.peak), over);
  }
  double const at = gigabytes(static_cast<double>(budget));
  double low = at, high = at;
  for (auto const& r : all) {
    low = std::min(low, gigabytes(r.peak));
    high = std::max(high, gigabytes(r.peak));
  }
  double const room = std::max(0.1, 0.03 * (high - low));  // so that no dot sticks to the frame
  plot.x.from = low - room;
  plot.x.to = high + room;
  plot.y.from = -0.03 * std::max(1.0, top);
  plot.y.to = 1.05 * std::max(1.0, top);
  plot.series = {random, fixed};
  plot.series.push_back(
      {.name = "budget", .points = {{at, 0}, {at, std::max(1.0, top)}}, .color = "#c00000", .dashed = true});
  plot.series.push_back({.name = "checkmate, no solver",
                         .points = {{at, 100 * (ours / base - 1)}},
                         .style = checkmate::svg_style::points,
                         .color = "#000000"});
  checkmate::write_svg(how.out / ("figure8_" + std::string(of.network) + ".svg"), plot.text());
}

inline void figure_8(std::ostream& out, report& to) {
  out << "\n## Figure 8, Appendix D: rounding the relaxation\n\n"
         "The relaxation is solved for (1 - epsilon) of the budget and what it keeps is rounded: at "
         "thresholds 0.05 "
         "to 0.95 (deterministic), or kept with the probability that the relaxation says (randomised). The "
         "least "
         "recomputation for what is kept is the schedule. Where the relaxation is infeasible the allowance "
         "is larger than the room there is. Cells: extra FLOPs in % of the cheapest schedule "
         "within "
         "the whole budget, and how many of the roundings are within it.\n";
  for (rounding_case const& of : rounding_cases) {
    if ((to.how.quick && !of.quick) || to.cells.expired()) continue;
    problem const p = make_problem(of.network, of.batch);
    auto const low = checkmate::smallest_conceivable_budget(p.dag).budget;
    auto const peak = checkmate::no_recompute_schedule(p.dag).peak_memory;
    auto const budget = low + (peak - low) * of.percent / 100;
    auto const all = roundings_of(of, p, budget, to);
    double const base = p.dag.base_time();
    auto const ours = checkmate::solve(p.dag, {.budget = budget});
    figure_8_plot(of, p, budget, all, ours.plan->time, to.how);
    out << "\n### " << of.network << ", batch " << of.batch << ", budget "
        << number(gigabytes(static_cast<double>(budget)), 2) << " GB\n\n![roundings](figure8_" << of.network
        << ".svg)\n\n";
    table_head(out, {"epsilon", "deterministic", "randomised"});
    for (double allowance : allowances) {
      std::vector<std::string> row = {number(allowance, 2)};
      for (bool randomised : {false, true}) {
        double best = std::numeric_limits<double>::infinity();
        std::size_t within = 0, count = 0;
        for (auto const& r : all) {
          if (r.allowance != allowance || r.randomised != randomised) continue;
          ++count;
          if (r.peak > static_cast<double>(budget)) continue;
          ++within;
          best = std::min(best, 100 * (r.time / base - 1));
        }
        row.push_back(count == 0 ? "the relaxation is infeasible"
                                 : (within == 0 ? std::string("none") : number(best, 2)) + " (" +
                                       std::to_string(within) + " of " + std::to_string(count) + ")");
      }
      table_row(out, row);
    }
    out << "\ncheckmate without a solver: " << number(100 * ours.overhead(), 2) << " %\n";
  }
}

}  // namespace paper
