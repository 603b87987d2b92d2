// SPDX-License-Identifier: Apache-2.0
//
// Overhead by budget: every strategy on every network of Table 2, that table, and Figure 5.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <checkmate/plot/svg_plot.hpp>

#include "networks.hpp"
#include "report.hpp"

namespace paper {

/// A network's planners and what each gave at each budget.
struct curves {
  ratio_row row;
  problem what;
  std::vector<checkmate::bytes> budgets;  ///< ascending; the last needs no recomputation
  std::vector<planner> all;
  std::vector<std::vector<cell>> cells;  ///< by planner and budget
  std::vector<double> best;              ///< by budget: the least time that any strategy found
  std::vector<double> bound;             ///< by budget: the highest proven

  /// Whether the least time found is proven to be the least that there is.
  [[nodiscard]] bool proven(std::size_t b) const { return best[b] <= bound[b] * (1 + 1e-4); }
  /// What ratios are to: the optimum where it is proven, the lower bound elsewhere.
  [[nodiscard]] double reference(std::size_t b) const {
    return proven(b) ? best[b] : std::min(bound[b], best[b]);
  }
  [[nodiscard]] std::vector<cell> const& of(std::string_view name) const {
    return cells[static_cast<std::size_t>(&find(all, name) - all.data())];
  }
};

/// From the smallest conceivable budget, left out because hardly anything can be planned there, to what
/// keeping everything needs as the paper measures it.
inline std::vector<checkmate::bytes> curve_budgets(problem const& p, std::size_t points) {
  auto budgets = checkmate::sweep_budgets(p.dag, points + 1);
  budgets.erase(budgets.begin());
  auto const held = checkmate::solve(p.dag, {}, checkmate::checkpoint_all_held{p.forward});
  if (held.plan->peak_memory > budgets.back()) budgets.push_back(held.plan->peak_memory);
  return budgets;
}

/// Rounding as published needs the relaxation over stages, and the integer program more than that: on the
/// larger networks neither ends within its limit. A quick run leaves out more.
inline bool is_planned(problem const& what, planner const& p, settings const& how) {
  std::size_t const nodes = what.dag.size();
  if (p.card.name == "rounding_paper") return nodes <= (how.quick ? 100 : largest_for_stages);
  return nodes <= 100 || (p.of != family::exact && !(how.quick && p.card.name == "default_cbc"));
}

/// A schedule serves every budget that its peak fits, and a bound holds for all smaller budgets.
inline void share(curves& c) {
  for (auto& row : c.cells) {
    for (std::size_t b = 0; b < row.size(); ++b) {
      for (cell const& other : std::vector<cell>(row)) {
        if (other.peak <= static_cast<double>(c.budgets[b]) && other.time < row[b].time) {
          row[b].time = other.time;
          row[b].peak = other.peak;
        }
      }
    }
  }
  c.best.assign(c.budgets.size(), std::numeric_limits<double>::infinity());
  c.bound.assign(c.budgets.size(), c.what.dag.base_time());
  for (std::size_t b = c.budgets.size(); b-- > 0;) {
    if (b + 1 < c.budgets.size()) c.bound[b] = c.bound[b + 1];
    for (auto const& row : c.cells) {
      c.best[b] = std::min(c.best[b], row[b].time);
      c.bound[b] = std::max(c.bound[b], row[b].bound);
    }
  }
}

/// The order in which strategies are planned, so that a time limit leaves in what matters most: those that
/// need no solver, then rounding as searched here, then the rest.
inline int turn_of(planner const& p) {
  return !p.card.needs_backend ? 0 : p.card.name == "rounding" ? 1 : 2;
}
inline constexpr int last_turn = 2;

/// Plans a network at all budgets with the strategies whose turn has come; the rest stays empty.
inline curves plan_all(ratio_row const& row, report& to, int turn) {
  curves out{row, make_problem(row.network, row.batch), {}, {}, {}, {}, {}};
  out.budgets = curve_budgets(out.what, to.how.points());
  out.all = planners(out.what.forward, to.how.limits());
  for (planner const& p : out.all) {
    auto& cells = out.cells.emplace_back(out.budgets.size());
    if (turn_of(p) > turn || !is_planned(out.what, p, to.how)) continue;
    for (std::size_t b = 0; b < out.budgets.size(); ++b) {
      checkmate::plan_options options{.budget = out.budgets[b]};
      // At the usual gap it stops within 0.01 % of the optimum, and a baseline might be better by that.
      if (p.of == family::ours) options.relative_gap = 1e-9;
      std::string key = std::string(row.network) + "/" + std::to_string(row.batch) + "/" +
                        std::string(p.card.name) + "/" + std::to_string(out.budgets[b]);
      if (p.seconds) key += "/" + number(*p.seconds, 0) + "s";
      cells[b] = to.cells.get(key, [&] {
        to.tell(std::string(row.network) + ", budget " + std::to_string(b + 1) + " of " +
                std::to_string(out.budgets.size()) + ": " + std::string(p.card.title));
        return cell_of(checkmate::solve(out.what.dag, options, p));
      });
    }
  }
  share(out);
  return out;
}

/// A geometric mean and how many budgets it is over.
struct mean_ratio {
  double value = std::numeric_limits<double>::quiet_NaN();
  std::size_t count = 0;
  [[nodiscard]] std::string text() const {
    return count == 0 ? "-" : number(value, 3) + " (" + std::to_string(count) + ")";
  }
};

/// Over the budgets at which something must be recomputed and the strategy has a schedule.
inline mean_ratio ratio_of(curves const& c, std::string_view name) {
  mean_ratio out;
  double sum = 0;
  auto const& row = c.of(name);
  for (std::size_t b = 0; b < c.budgets.size(); ++b) {
    if (c.budgets[b] >= checkmate::no_recompute_schedule(c.what.dag).peak_memory || !row[b].found()) continue;
    sum += std::log(row[b].time / c.reference(b));
    ++out.count;
  }
  if (out.count > 0) out.value = std::exp(sum / static_cast<double>(out.count));
  return out;
}

/// "at least as good as printed with two decimals"
inline bool as_good_as(mean_ratio const& ours, double published) {
  return published == 0 || (ours.count > 0 && ours.value < published + 0.005);
}

/// AP sqrt(n) has one schedule a network: its cost beside what the authors' rules give on the same graph.
inline void compare_with_code(std::ostream& out, std::vector<curves> const& all, report& to) {
  out << "\nAP sqrt(n) has one schedule a network. Times the step without recomputation it costs";
  for (curves const& c : all) {
    double const ratio = c.of("ap_sqrt").back().time / c.what.dag.base_time();
    out << (&c == &all.front() ? " " : ", ") << number(ratio, 3) << " on " << c.row.network;
    if (to.cells.left_out() > 0 && !std::isfinite(ratio)) continue;
    to.check(std::abs(ratio - c.row.ap_sqrt_by_rules) < 5e-4,
             std::string("Table 2, ") + c.row.network + ": AP sqrt(n) costs " + number(ratio, 3) +
                 " times the step, by the rules of the authors' code " + number(c.row.ap_sqrt_by_rules, 3));
  }
  out << ", and so it does by the rules of the authors' published code on these graphs and FLOPs. Where "
         "published "
         "figures of baselines are others, their costs or their budgets were.\n";
}

inline void table_2(std::ostream& out, std::vector<curves> const& all, report& to) {
  out << "\n## Table 2: cost over the optimum\n\n"
         "Geometric mean over the budgets at which a strategy has a schedule (their number in brackets), of "
         "its "
         "FLOPs over the proven optimum, or over the proven lower bound where no schedule is proven optimal. "
         "Budgets "
         "are evenly spaced between the smallest conceivable one and what no recomputation needs, both "
         "excluded. "
         "After the stroke: the published figure.\n\n";
  table_head(out, {"network, batch", "budgets (optimum proven)", "AP sqrt(n)", "AP greedy", "Griewank log(n)",
                   "two-phase rounding, as published", "two-phase rounding, searched", "checkmate, no solver",
                   "checkmate with CBC"});
  for (curves const& c : all) {
    std::size_t count = 0, proven = 0;
    for (std::size_t b = 0; b < c.budgets.size(); ++b) {
      if (c.budgets[b] >= checkmate::no_recompute_schedule(c.what.dag).peak_memory) continue;
      ++count;
      proven += c.proven(b) ? 1U : 0U;
    }
    auto beside = [&](std::string_view name, double published) {
      return ratio_of(c, name).text() + " / " + (published > 0 ? number(published, 2) : "-");
    };
    table_row(out,
              {std::string(c.row.network) + ", " + std::to_string(c.row.batch),
               std::to_string(count) + " (" + std::to_string(proven) + ")", beside("ap_sqrt", c.row.ap_sqrt),
               beside("ap_greedy", c.row.ap_greedy), beside("griewank_log", c.row.griewank),
               ratio_of(c, "rounding_paper").text(), beside("rounding", c.row.rounding),
               ratio_of(c, "default").text(), ratio_of(c, "default_cbc").text()});
    for (char const* name : {"rounding", "default", "default_cbc"}) {
      auto const ours = ratio_of(c, name);
      if (ours.count == 0) continue;  // not planned: quick, or too late
      to.check(as_good_as(ours, c.row.rounding),
               std::string("Table 2, ") + c.row.network + ": " + std::string(find(c.all, name).card.title) +
                   " " + ours.text() + ", published rounding " + number(c.row.rounding, 2));
    }
  }
  compare_with_code(out, all, to);
  out << "\nThe other strategies:\n\n";
  std::vector<std::string_view> const others = {"checkpoint_last", "chen_sqrt",         "chen_greedy",
                                                "linearized_sqrt", "linearized_greedy", "rotor",
                                                "optimal"};
  std::vector<std::string> titles = {"network"};
  for (auto name : others) titles.emplace_back(find(all.front().all, name).card.title);
  table_head(out, titles);
  for (curves const& c : all) {
    std::vector<std::string> row = {c.row.network};
    for (auto name : others) row.push_back(ratio_of(c, name).text());
    table_row(out, row);
  }
}

/// The default plan against every baseline at every budget. Sums of times differ in the last bits.
inline void check_dominance(std::vector<curves> const& all, report& to) {
  for (curves const& c : all) {
    std::string worse;
    auto const& ours = c.of("default");
    // Not planned for lack of time; a strategy that finds nothing anywhere would be another matter.
    if (to.cells.left_out() > 0 && !ours.back().found()) continue;
    for (std::size_t p = 0; p < c.all.size(); ++p) {
      if (c.all[p].of != family::baseline) continue;
      for (std::size_t b = 0; b < c.budgets.size(); ++b) {
        if (ours[b].time > c.cells[p][b].time * (1 + 1e-9)) {
          worse.append(worse.empty() ? ", but for " : ", ").append(c.all[p].card.name).append(" at ");
          worse.append(std::to_string(c.budgets[b]));
        }
      }
    }
    to.check(worse.empty(),
             std::string(c.row.network) + ": the default plan is never worse than a baseline" + worse);
  }
}

struct curve_look {
  char const* color;
  bool dashed;
  double width;
};

inline curve_look look_of(std::string_view name) {
  static std::map<std::string_view, curve_look> const looks = {{"checkpoint_all", {"#bbbbbb", false, 5}},
                                                               {"checkpoint_all_held", {"#777777", false, 5}},
                                                               {"griewank_log", {"#cc79a7", false, 2}},
                                                               {"chen_sqrt", {"#e69f00", true, 2}},
                                                               {"chen_greedy", {"#d55e00", true, 2}},
                                                               {"ap_sqrt", {"#e69f00", false, 2}},
                                                               {"ap_greedy", {"#d55e00", false, 2}},
                                                               {"linearized_sqrt", {"#8a8a00", true, 2}},
                                                               {"linearized_greedy", {"#8a4a00", true, 2}},
                                                               {"rotor", {"#009e73", true, 2}},
                                                               {"rounding_paper", {"#56b4e9", true, 2}},
                                                               {"rounding", {"#56b4e9", false, 2}},
                                                               {"default", {"#0072b2", false, 4}},
                                                               {"default_cbc", {"#000000", true, 2}},
                                                               {"optimal", {"#9400d3", true, 2}}};
  auto const at = looks.find(name);
  return at == looks.end() ? curve_look{"#000000", false, 1} : at->second;
}

/// The overhead axis is logarithmic and ends here, in %: what is less stands on it.
inline constexpr double least_overhead = 0.01;

/// One strategy's overheads; methods of a family that agree everywhere share a curve.
inline std::vector<checkmate::svg_series> figure_5_series(curves const& c) {
  double const base = c.what.dag.base_time();
  std::vector<checkmate::svg_series> out;
  std::vector<std::size_t> drawn;  // the planner of each
  for (std::size_t p = 0; p < c.all.size(); ++p) {
    std::string const title(c.all[p].card.title);
    bool const any =
        std::any_of(c.cells[p].begin(), c.cells[p].end(), [](cell const& x) { return x.found(); });
    if (!any || c.all[p].card.name == "checkpoint_last") continue;
    auto const same = std::find_if(drawn.begin(), drawn.end(), [&](std::size_t q) {
      return c.all[q].of == c.all[p].of &&
             std::equal(c.cells[p].begin(), c.cells[p].end(), c.cells[q].begin(),
                        [](cell const& a, cell const& b) { return a.time == b.time; });
    });
    if (same != drawn.end()) {
      out[static_cast<std::size_t>(same - drawn.begin())].name += " = " + title;
      continue;
    }
    curve_look const look = look_of(c.all[p].card.name);
    checkmate::svg_series made{.name = title,
                               .style = checkmate::svg_style::steps,
                               .color = look.color,
                               .dashed = look.dashed,
                               .width = look.width};
    for (std::size_t b = 0; b < c.budgets.size(); ++b) {
      made.points.emplace_back(gigabytes(static_cast<double>(c.budgets[b])),
                               std::max(least_overhead, 100 * (c.cells[p][b].time / base - 1)));
    }
    out.push_back(std::move(made));
    drawn.push_back(p);
  }
  return out;
}

/// What no schedule can do: below the bound. It holds for every smaller budget, so between two budgets that
/// of the larger one does.
inline checkmate::svg_series impossible(curves const& c) {
  checkmate::svg_series out{
      .name = "proven impossible", .style = checkmate::svg_style::area, .color = "#c00000", .width = 1};
  for (std::size_t b = 0; b < c.budgets.size(); ++b) {
    double const bound = c.bound[std::min(b + 1, c.budgets.size() - 1)];
    out.points.emplace_back(gigabytes(static_cast<double>(c.budgets[b])),
                            std::max(least_overhead, 100 * (bound / c.what.dag.base_time() - 1)));
  }
  return out;
}

inline std::string figure_5_svg(curves const& c) {
  checkmate::svg_plot plot;
  plot.title = std::string(c.row.network) + ", batch " + std::to_string(c.row.batch) +
               ": extra FLOPs by memory budget";
  plot.x.title = "memory budget (GB)";
  plot.y.title = "extra FLOPs (%; 0.01 is 0.01 or less)";
  plot.y.logarithmic = true;
  plot.y.from = least_overhead;
  plot.y.to = 200;
  plot.x.from = gigabytes(static_cast<double>(c.budgets.front()));
  plot.x.to = gigabytes(static_cast<double>(c.budgets.back())) * 1.01;
  plot.height = 480;
  plot.series = figure_5_series(c);
  plot.series.insert(plot.series.begin(), impossible(c));
  return plot.text();
}

inline void figure_5(std::ostream& out, std::ostream& csv, std::vector<curves> const& all,
                     settings const& how) {
  csv << "network,batch,budget_bytes,strategy,overhead_percent,peak_bytes,bound_percent,proven,seconds\n";
  out << "\n## Figure 5: extra FLOPs in % by budget in GB (fixed memory included)\n\n"
         "The paper's figure is of times measured on a V100; costs here are FLOPs, as in its Table 2. The "
         "last "
         "budget is what keeping every forward value to the end needs (the paper's \"checkpoint all\"), the "
         "one "
         "before what no recomputation needs when values are freed after their last use.\n";
  for (curves const& c : all) {
    std::string const file = "figure5_" + std::string(c.row.network) + ".svg";
    checkmate::write_svg(how.out / file, figure_5_svg(c));
    out << "\n### " << c.row.network << ", batch " << c.row.batch << "\n\n![extra FLOPs by budget](" << file
        << ")\n\n";
    std::vector<std::string> titles = {"strategy"};
    for (auto b : c.budgets) titles.push_back(number(gigabytes(static_cast<double>(b)), 2));
    table_head(out, titles);
    double const base = c.what.dag.base_time();
    for (std::size_t p = 0; p < c.all.size(); ++p) {
      std::vector<std::string> row = {std::string(c.all[p].card.title)};
      for (std::size_t b = 0; b < c.budgets.size(); ++b) {
        cell const& x = c.cells[p][b];
        row.push_back(x.found() ? number(100 * (x.time / base - 1), 2) : "-");
        csv << c.row.network << ',' << c.row.batch << ',' << c.budgets[b] << ',' << c.all[p].card.name << ','
            << (x.found() ? number(100 * (x.time / base - 1), 4) : "") << ','
            << (x.found() ? number(x.peak, 0) : "") << ',' << number(100 * (c.bound[b] / base - 1), 4) << ','
            << c.proven(b) << ',' << number(x.seconds, 3) << '\n';
      }
      table_row(out, row);
    }
    std::vector<std::string> bounds = {"proven lower bound"};
    for (std::size_t b = 0; b < c.budgets.size(); ++b) {
      bounds.push_back(number(100 * (std::min(c.bound[b], c.best[b]) / base - 1), 2) +
                       (c.proven(b) ? "\\*" : ""));
    }
    table_row(out, bounds);
    out << "\n\\* the best plan above is proven optimal (within 0.01 % of the step's FLOPs)\n";
  }
}

}  // namespace paper
