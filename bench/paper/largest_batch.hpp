// SPDX-License-Identifier: Apache-2.0
//
// Figure 6: the largest batch in 16 GB with at most one extra forward pass, every network and strategy.
#pragma once

#include <algorithm>
#include <limits>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <checkmate/bounds/knapsack.hpp>
#include <checkmate/bounds/windowed.hpp>
#include <checkmate/max_batch.hpp>
#include <checkmate/plot/svg_plot.hpp>

#include "bars.hpp"
#include "networks.hpp"
#include "report.hpp"

namespace paper {

inline constexpr checkmate::bytes figure_6_memory = 16'000'000'000;

/// What one search found, kept as a cell: `time` is the batch, `bound` the largest that is not ruled out.
struct largest {
  std::int64_t batch = 0;
  std::int64_t at_most = 0;  ///< proven; 0 = nothing is
};

/// The authors leave the network's input out of the memory; so does this.
inline checkmate::dag figure_6_problem(std::string_view network, std::int64_t batch) {
  auto const net = checkmate::zoo::make_network(network, {.batch = batch});
  auto step = checkmate::zoo::training_step_of(net);
  step.costs.fixed -= net.input_bytes();
  return checkmate::lower(step.graph, step.costs);
}

inline largest search_batch(std::string_view network, checkmate::forward_mask const& forward,
                            planner const& p, report const& to) {
  checkmate::max_batch_options options{.plan = {.budget = figure_6_memory}};
  options.allowed_time = checkmate::one_extra_forward_pass(forward);
  options.on_probe = [&](checkmate::size_probe const& probe) {
    if (p.of == family::baseline) return;
    to.tell("    batch " + std::to_string(probe.size) + (probe.fits ? " fits" : " does not fit") +
            (probe.proven ? ", proven" : ""));
  };
  auto const make = [&](std::int64_t batch) { return figure_6_problem(network, batch); };
  auto const found = checkmate::max_batch(make, options, p);
  largest out{found.size, 0};
  for (auto const& probe : found.probes) {
    if (probe.proven && (out.at_most == 0 || probe.size <= out.at_most)) out.at_most = probe.size - 1;
  }
  return out;
}

/// Whether it is proven that no schedule of this batch fits (in the fixed order of first executions). What is
/// proven for a batch holds for all larger ones, whose values are larger and whose times are in proportion.
inline bool is_ruled_out(std::string_view network, checkmate::forward_mask const& forward, std::int64_t batch,
                         checkmate::seconds limit) {
  checkmate::dag const d = figure_6_problem(network, batch);
  if (checkmate::smallest_conceivable_budget(d).budget > figure_6_memory) return true;
  double const allowed = checkmate::one_extra_forward_pass(forward)(d) * (1 + 1e-9);
  auto const quick = checkmate::knapsack_bound(d, figure_6_memory);
  if (quick.infeasible || quick.bound.time > allowed) return true;
  if (limit.count() <= 0) return false;
  checkmate::cbc solver;
  checkmate::windowed_options how{.time_limit = limit, .target = allowed * (1 + 1e-6)};
  auto const found = checkmate::windowed_bound(d, figure_6_memory, solver, solver, how);
  return found.infeasible || found.bound.time > allowed;
}

/// The largest batch that is not ruled out, from `fits`, which is known to fit, and `at_most`, which is known
/// to be an upper bound (0: none is known).
inline std::int64_t proven_largest(std::string_view network, checkmate::forward_mask const& forward,
                                   largest const& known, report const& to) {
  std::int64_t low = known.batch, high = known.at_most > 0 ? known.at_most + 1 : 2 * known.batch + 1;
  auto const limit = [&](bool solver) { return checkmate::seconds(solver && !to.how.quick ? 15 : 0); };
  while (known.at_most == 0 && !is_ruled_out(network, forward, high, limit(false))) high *= 2;
  for (bool solver : {false, true}) {
    for (std::int64_t open = low; high - open > 1;) {
      std::int64_t const middle = open + (high - open) / 2;
      bool const out = is_ruled_out(network, forward, middle, limit(solver));
      to.tell("    batch " + std::to_string(middle) + (out ? " is ruled out" : " is not ruled out"));
      (out ? high : open) = middle;
    }
  }
  return high - 1;
}

/// Strategies that search at every batch take too long here: rounding on deep networks, and the proving ones.
inline bool is_searched(planner const& p, std::size_t nodes, settings const& how) {
  if (how.quick && (nodes > 200 || p.of == family::rounding)) return false;
  if (p.of == family::exact || p.card.name == "default_cbc" || p.card.name == "rounding") return false;
  if (p.of == family::rounding) return nodes < 100;
  return true;
}

struct batch_results {
  batch_row row;
  std::vector<planner> all;
  std::vector<largest> found;  ///< by planner; batch -1 where it was not searched
  [[nodiscard]] largest const& of(std::string_view name) const {
    return found[static_cast<std::size_t>(&find(all, name) - all.data())];
  }
};

inline batch_results search_batches(batch_row const& row, report& to) {
  auto const forward = make_problem(row.network, 1).forward;
  batch_results out{row, planners(forward, to.how.limits()), {}};
  for (planner const& p : out.all) {
    if (!is_searched(p, forward.size(), to.how)) {
      out.found.push_back({-1, 0});
      continue;
    }
    to.tell(std::string(row.network) + ", largest batch: " + std::string(p.card.title));
    auto const kept = to.cells.get("batch/" + std::string(row.network) + "/" + std::string(p.card.name), [&] {
      largest found = search_batch(row.network, forward, p, to);
      if (p.card.name == "default") found.at_most = proven_largest(row.network, forward, found, to);
      cell made;
      made.time = static_cast<double>(found.batch);
      made.bound = static_cast<double>(found.at_most);
      return made;
    });
    if (!kept.found()) {
      out.found.push_back({-1, 0});
      continue;
    }
    out.found.push_back({static_cast<std::int64_t>(kept.time), static_cast<std::int64_t>(kept.bound)});
  }
  return out;
}

inline void figure_6_plot(std::vector<batch_results> const& all, settings const& how) {
  bar_chart chart;
  chart.title = "Largest batch in 16 GB with at most one extra forward pass";
  chart.y_title = "times the batch of checkpoint all";
  chart.series = {{"checkpoint all", "#777777", {}},          {"AP sqrt(n)", "#e69f00", {}},
                  {"linearized greedy", "#d55e00", {}},       {"rotor", "#009e73", {}},
                  {"checkmate, no solver", "#0072b2", {}},    {"proven upper bound", "#f2c6c6", {}},
                  {"published by Jain et al.", "#bbbbbb", {}}};
  for (batch_results const& r : all) {
    chart.groups.emplace_back(r.row.network);
    double const unit = std::max(1.0, static_cast<double>(r.of("checkpoint_all_held").batch));
    std::vector<double> const batches = {unit,
                                         static_cast<double>(r.of("ap_sqrt").batch),
                                         static_cast<double>(r.of("linearized_greedy").batch),
                                         static_cast<double>(r.of("rotor").batch),
                                         static_cast<double>(r.of("default").batch),
                                         static_cast<double>(r.of("default").at_most),
                                         static_cast<double>(r.row.best)};
    for (std::size_t s = 0; s < batches.size(); ++s) {
      chart.series[s].bars.push_back({batches[s] / unit, number(batches[s], 0)});
    }
  }
  checkmate::write_svg(how.out / "figure6.svg", chart.text());
}

inline void figure_6(std::ostream& out, report& to) {
  std::vector<batch_results> all;
  for (batch_row const& row : batch_rows) all.push_back(search_batches(row, to));
  figure_6_plot(all, to.how);
  out << "\n## Figure 6: largest batch in 16 GB with at most one extra forward pass (eq. 10)\n\n"
         "16e9 bytes hold the parameters, their gradients and the values of the step; as in the authors' "
         "budgets the "
         "network's input is left out. Every batch is planned anew. The upper bound is proven: no schedule "
         "of a larger batch fits, whatever the strategy (in the fixed order of first "
         "executions).\n\n![largest batches](figure6.svg)\n\n";
  std::vector<std::string> titles = {"strategy"};
  for (auto const& r : all) titles.emplace_back(r.row.network);
  table_head(out, titles);
  for (std::size_t p = 0; p < all.front().all.size(); ++p) {
    std::vector<std::string> row = {std::string(all.front().all[p].card.title)};
    bool any = false;
    for (auto const& r : all) {
      largest const& x = r.found[p];
      any = any || x.batch >= 0;
      row.push_back(x.batch < 0 ? "-" : std::to_string(x.batch));
    }
    if (any) table_row(out, row);
  }
  auto extra_row = [&](std::string const& title, auto const& number_of) {
    std::vector<std::string> row = {title};
    for (auto const& r : all) {
      auto const value = static_cast<std::int64_t>(number_of(r));
      row.push_back(value > 0 ? std::to_string(value) : "-");
    }
    table_row(out, row);
  };
  extra_row("proven upper bound", [](auto const& r) { return r.of("default").at_most; });
  extra_row("published, checkpoint all", [](auto const& r) { return r.row.checkpoint_all; });
  extra_row("published, Chen sqrt(n)", [](auto const& r) { return r.row.chen_sqrt; });
  extra_row("published, Chen greedy", [](auto const& r) { return r.row.chen_greedy; });
  extra_row("published, integer program", [](auto const& r) { return r.row.best; });
  out << '\n';
  for (auto const& r : all) {
    out << "- " << r.row.network << ": " << r.row.remark << ".\n";
    largest const& ours = r.of("default");
    if (r.row.best == 0 || ours.batch < 0) continue;
    bool const ruled_out = ours.at_most > 0 && ours.at_most < r.row.best;
    to.check(ours.batch >= r.row.best || (ruled_out && ours.batch == ours.at_most),
             std::string("Figure 6, ") + r.row.network + ": batch " + std::to_string(ours.batch) +
                 ", published " + std::to_string(r.row.best) +
                 (ruled_out ? ", which this graph is proven not to allow" : ""));
  }
  out << "\nOur baselines reach more than the published ones because the authors' budgets for baselines "
         "subtract the parameters twice, and because values here are freed after their last use.\n";
}

}  // namespace paper
