// SPDX-License-Identifier: Apache-2.0
//
// The reproduction of the Checkmate paper (Jain et al., MLSys 2020): its tables and figures by our
// strategies, beside the published numbers.
//
//   bench_paper [--quick] [--out FOLDER]
//
// Writes FOLDER/paper.md, FOLDER/curves.csv and FOLDER/cells.csv. Costs are FLOPs (the paper's Figure 5 used
// times measured on a V100). Started again, it goes on with the cells that cells.csv does not have yet.
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <checkmate/graph/zoo.hpp>

#include "cells.hpp"
#include "planners.hpp"

namespace {

namespace zoo = checkmate::zoo;
using checkmate::bytes;

struct settings {
  bool quick = false;
  std::filesystem::path out = "out/paper";
  [[nodiscard]] std::size_t points() const { return quick ? 5 : 12; }
  [[nodiscard]] double seconds() const { return quick ? 5 : 45; }  ///< of one run of the integer program
};

/// A network at the batch of the paper's Figure 5, or near it, and Table 2's published ratios: AP sqrt(n), AP
/// greedy, Griewank log(n), two-phase rounding; 0 where the table has none.
struct network_case {
  char const* name;
  std::int64_t batch;
  std::array<double, 4> published;
};
constexpr std::array<network_case, 5> cases = {{{"mobilenet", 512, {1.14, 1.07, 7.07, 1.06}},
                                                {"vgg16", 256, {1.28, 1.06, 1.44, 1.01}},
                                                {"vgg19", 167, {1.54, 1.39, 1.75, 1.00}},
                                                {"unet", 32, {1.27, 1.23, 0, 1.03}},
                                                {"resnet50", 96, {1.20, 1.25, 0, 1.05}}}};

/// A network's planners and what each gave at each budget.
struct curves {
  std::string network;
  std::vector<bytes> budgets;
  std::vector<paper::planner> planners;
  std::vector<std::vector<paper::cell>> cells;  // by planner and budget
};

checkmate::forward_mask forward_of(std::string_view name) {
  return checkmate::forward_nodes(zoo::training_step_of(zoo::make_network(name)).graph);
}

curves plan_all(network_case const& of, settings const& how, paper::cell_store& store) {
  auto const step = zoo::training_step_of(zoo::make_network(of.name, {.batch = of.batch}));
  auto const d = checkmate::lower(step.graph, step.costs);
  curves out{of.name, checkmate::sweep_budgets(d, how.points()), paper::planners(forward_of(of.name)), {}};
  for (paper::planner const& p : out.planners) {
    std::cerr << of.name << ": " << p.card.title << '\n';
    auto& row = out.cells.emplace_back();
    for (bytes budget : out.budgets) {
      std::string key = out.network + "/" + std::to_string(of.batch) + "/" + std::string(p.card.name) + "/" +
                        std::to_string(budget);
      if (p.proves) key += "/" + std::to_string(static_cast<int>(how.seconds())) + "s";
      row.push_back(store.get(key, [&] {
        checkmate::plan_options options{.budget = budget};
        if (p.proves) options.time_limit = checkmate::seconds(how.seconds());
        return paper::cell_of(checkmate::solve(d, options, p));
      }));
    }
  }
  return out;
}

char const* word(checkmate::extent e) {
  return e == checkmate::extent::yes ? "yes" : e == checkmate::extent::partly ? "partly" : "no";
}

void table_1(std::ostream& out) {
  out << "## Table 1: the strategies\n\n| strategy | by | general graphs | cost aware | memory aware |\n"
         "| --- | --- | --- | --- | --- |\n";
  for (paper::planner const& p : paper::planners({})) {
    out << "| " << p.card.title << " | " << p.card.citation << " | " << word(p.card.general_graphs) << " | "
        << word(p.card.cost_aware) << " | " << word(p.card.memory_aware) << " |\n";
  }
}

std::string number(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

/// Geometric mean of time over the best that can be at the budgets where the strategy has a schedule.
std::string mean_ratio(curves const& of, std::size_t planner) {
  double sum = 0;
  std::size_t count = 0;
  std::vector<paper::cell> const& exact = of.cells.back();
  for (std::size_t b = 0; b < of.budgets.size(); ++b) {
    paper::cell const& mine = of.cells[planner][b];
    if (!mine.found()) continue;
    sum += std::log(mine.time / (exact[b].optimal ? exact[b].time : std::max(exact[b].bound, exact[b].base)));
    ++count;
  }
  if (count == 0) return "-";
  return number(std::exp(sum / static_cast<double>(count)), 3) + " (" + std::to_string(count) + ")";
}

void table_2(std::ostream& out, std::vector<curves> const& all) {
  out << "\n## Table 2: cost over the optimum\n\nGeometric mean over the budgets at which a strategy has a "
         "schedule (their number in brackets), of its time over the proven optimum, or over the proven lower "
         "bound where the optimum is not proven.\n\n| network | proven |";
  for (auto const& p : all.front().planners) out << ' ' << p.card.title << " |";
  out << " published: AP sqrt / AP greedy / Griewank / rounding |\n| --- | --- |";
  for (std::size_t p = 0; p < all.front().planners.size(); ++p) out << " --- |";
  out << " --- |\n";
  for (std::size_t n = 0; n < all.size(); ++n) {
    std::size_t proven = 0;
    for (auto const& c : all[n].cells.back()) proven += c.optimal;
    out << "| " << all[n].network << " | " << proven << " of " << all[n].budgets.size() << " |";
    for (std::size_t p = 0; p < all[n].planners.size(); ++p) out << ' ' << mean_ratio(all[n], p) << " |";
    for (std::size_t k = 0; k < 4; ++k) {
      double const ratio = cases[n].published[k];
      out << (k == 0 ? " " : " / ") << (ratio > 0 ? number(ratio, 2) : "-");
    }
    out << " |\n";
  }
}

void figure_5(std::ostream& out, std::ostream& csv, std::vector<curves> const& all) {
  csv << "network,budget_bytes,strategy,overhead_percent,bound_percent,peak_bytes,optimal,seconds\n";
  for (curves const& of : all) {
    out << "\n## Figure 5, " << of.network << ": overhead in % by budget in GB\n\n| strategy |";
    for (bytes b : of.budgets) out << ' ' << number(static_cast<double>(b) / 1e9, 2) << " |";
    out << "\n| --- |";
    for (std::size_t b = 0; b < of.budgets.size(); ++b) out << " --- |";
    for (std::size_t p = 0; p < of.planners.size(); ++p) {
      out << "\n| " << of.planners[p].card.title << " |";
      for (std::size_t b = 0; b < of.budgets.size(); ++b) {
        paper::cell const& c = of.cells[p][b];
        out << ' ' << (c.found() ? number(c.overhead_percent(), 2) : "-") << (c.optimal ? "\\*" : "") << " |";
        csv << of.network << ',' << of.budgets[b] << ',' << of.planners[p].card.name << ','
            << (c.found() ? number(c.overhead_percent(), 4) : "") << ','
            << number(100 * (c.bound / c.base - 1), 4) << ',' << number(c.peak, 0) << ',' << c.optimal << ','
            << number(c.seconds, 3) << '\n';
      }
    }
    out << "\n\n\\* proven\n";
  }
}

/// Published largest batches at 16 GB (Figure 6 and the authors' notes); 0 where there is none.
struct batch_case {
  char const* name;
  int published_best, published_all;
};
constexpr std::array<batch_case, 6> batches = {{{"mobilenet", 1105, 215},
                                                {"vgg19", 289, 167},
                                                {"vgg16", 0, 0},
                                                {"unet", 61, 16},
                                                {"resnet50", 193, 0},
                                                {"fcn8", 60, 0}}};

void figure_6(std::ostream& out, settings const& how, paper::cell_store& store) {
  out << "\n## Figure 6: largest batch in 16 GB with at most one extra forward pass\n\n"
         "As the authors' budgets do, this leaves the input out of the memory.\n\n| network |";
  auto const titles = paper::planners({});
  for (auto const& p : titles) out << (p.proves && how.quick ? "" : " " + std::string(p.card.title) + " |");
  out << " published best | published checkpoint all |\n| --- |";
  for (auto const& p : titles) out << (p.proves && how.quick ? "" : " --- |");
  out << " --- | --- |\n";
  for (batch_case const& of : batches) {
    auto const make = [&](std::int64_t batch) {
      auto const net = zoo::make_network(of.name, {.batch = batch});
      auto step = zoo::training_step_of(net);
      step.costs.pinned -= net.input_bytes();
      return checkmate::lower(step.graph, step.costs);
    };
    auto const forward = forward_of(of.name);
    out << "| " << of.name << " |";
    for (paper::planner const& p : paper::planners(forward)) {
      if (p.proves && how.quick) continue;
      // rotor's program is a matter of minutes a size on long chains.
      if (p.card.name == "rotor" && how.quick && std::string_view(of.name) == "mobilenet") {
        out << " (not quick) |";
        continue;
      }
      std::cerr << "largest batch of " << of.name << ": " << p.card.title << '\n';
      auto const cell = store.get("max_batch/" + std::string(of.name) + "/" + std::string(p.card.name), [&] {
        checkmate::max_batch_options options{.plan = {.budget = 16'000'000'000}};
        if (p.proves) options.plan.time_limit = checkmate::seconds(how.seconds());
        options.allowed_time = checkmate::one_extra_forward_pass(forward);
        auto const best = checkmate::max_batch(make, options, p);
        paper::cell found;
        found.time = static_cast<double>(best.size);
        found.optimal = best.refusal_proven;
        return found;
      });
      out << ' ' << number(cell.time, 0) << (cell.optimal ? "\\*" : "") << " |";
    }
    out << ' ' << of.published_best << " | " << of.published_all << " |\n";
  }
  out << "\n\\* one more is proven not to fit\n";
}

settings parse(int argc, char** argv) {
  settings how;
  for (int i = 1; i < argc; ++i) {
    std::string_view const arg = argv[i];
    if (arg == "--quick") {
      how.quick = true;
    } else if (arg == "--out" && i + 1 < argc) {
      how.out = argv[++i];
    } else {
      std::cerr << "usage: bench_paper [--quick] [--out FOLDER]\n";
      std::exit(arg == "--help" ? 0 : 2);
    }
  }
  return how;
}

}  // namespace

int main(int argc, char** argv) try {
  settings const how = parse(argc, argv);
  std::filesystem::create_directories(how.out);
  paper::cell_store store(how.out / "cells.csv");
  std::vector<curves> all;
  for (network_case const& of : cases) all.push_back(plan_all(of, how, store));
  std::ofstream report(how.out / "paper.md"), csv(how.out / "curves.csv");
  report << "# The Checkmate paper, reproduced\n\n";
  table_1(report);
  table_2(report, all);
  figure_5(report, csv, all);
  figure_6(report, how, store);
  std::cout << "written: " << (how.out / "paper.md").string() << '\n';
  return report && csv ? 0 : 1;
} catch (std::exception const& e) {
  std::cerr << "bench_paper: " << e.what() << '\n';
  return 1;
}
