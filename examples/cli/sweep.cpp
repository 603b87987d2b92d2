// SPDX-License-Identifier: Apache-2.0
//
// checkmate sweep GRAPH
#include <algorithm>
#include <iostream>
#include <vector>

#include <nlohmann/json.hpp>

#include <checkmate/plot/svg_plot.hpp>
#include <checkmate/sweep.hpp>

#include "interrupt.hpp"
#include "planning.hpp"
#include "text_table.hpp"
#include "units.hpp"

namespace cli {
namespace {

using checkmate::sweep_point;

text_table curve_table(problem const& p, std::vector<sweep_point> const& curve) {
  text_table table({"budget", "of peak", "overhead", "bound", "peak memory", "recomputed", "solved in"});
  for (sweep_point const& point : curve) {
    checkmate::result const& r = point.found;
    double const part = static_cast<double>(r.budget) /
                        static_cast<double>(std::max<checkmate::bytes>(p.base.peak_memory, 1));
    double const least = r.has_bound() && r.base_time > 0 ? std::max(0.0, r.bound.time / r.base_time - 1) : 0;
    table.add({show_bytes(r.budget), show_percent(part),
               r ? show_percent(r.overhead()) : std::string(to_string(r.termination.reason)),
               show_percent(least), r ? show_bytes(r.plan->peak_memory) : std::string(),
               r ? show_count(r.recomputed_nodes) : std::string(), show_seconds(r.elapsed)});
  }
  return table;
}

nlohmann::ordered_json curve_json(problem const& p, std::vector<sweep_point> const& curve) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (sweep_point const& point : curve) {
    rows.push_back(result_json(p, point.found));
    rows.back()["borrowed"] = point.borrowed;
  }
  return rows;
}

std::string curve_svg(problem const& p, strategy_entry const& how, std::vector<sweep_point> const& curve) {
  checkmate::svg_series plans{
      .name = how.name, .style = checkmate::svg_style::steps, .color = checkmate::svg_color(0), .width = 3};
  checkmate::svg_series impossible{
      .name = "proven impossible", .style = checkmate::svg_style::area, .color = "#c00000", .width = 1};
  for (std::size_t i = 0; i < curve.size(); ++i) {
    checkmate::result const& r = curve[i].found;
    double const x = static_cast<double>(r.budget) / 0x1p30;
    if (r) plans.points.emplace_back(x, 100 * r.overhead());
    // A bound holds for all smaller budgets: between two of them that of the larger one.
    checkmate::result const& next = curve[std::min(i + 1, curve.size() - 1)].found;
    double const least = next.base_time > 0 ? next.bound.time / next.base_time - 1 : 0;
    impossible.points.emplace_back(x, 100 * std::max(0.0, least));
  }
  checkmate::svg_plot plot;
  plot.title = p.graph.name + ": extra time by memory budget";
  plot.x.title = "memory budget (GiB)";
  plot.y.title = "extra time (%)";
  plot.y.from = 0;
  plot.series = {impossible, plans};
  return plot.text();
}

}  // namespace

int run(sweep_command const& options) {
  check_writable(options.svg);
  strategy_entry const& how =
      options.strategy.empty() ? strategies().front() : find_strategy(options.strategy);
  (void)choose_backend(how, options.planning.backend);
  problem const p = load_problem(options.graph);
  std::vector<sweep_point> curve;
  bool interrupted = false;
  {
    interrupt const ctrl_c;
    checkmate::sweep_options with;
    with.points = options.points;
    with.plan = library_options(options.planning, 0, ctrl_c.token());
    curve = checkmate::sweep(p.dag, with, named_strategy{p, how, options.planning});
    interrupted = ctrl_c.requested();
  }
  if (!options.svg.empty()) checkmate::write_svg(options.svg, curve_svg(p, how, curve));
  if (options.json) {
    std::cout << curve_json(p, curve).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
              << "\n";
  } else {
    glyphs const& with = terminal_glyphs();
    std::cout << p.graph.name << with.separator << how.name << with.separator << "no-recompute peak "
              << show_bytes(p.base.peak_memory) << "\n"
              << curve_table(p, curve).text(with);
    if (!options.svg.empty()) std::cout << "drawing written to " << options.svg << "\n";
  }
  note_interruption(interrupted);
  bool const any = std::any_of(curve.begin(), curve.end(), [](auto const& x) { return bool(x.found); });
  return any ? done : not_found;
}

}  // namespace cli
