// SPDX-License-Identifier: Apache-2.0
//
// The formulation of the Checkmate paper beside the library's own, on the same instances, CBC and machine,
// one thread each.
//
//   bench_exact [--quick] [--limit S] [--paper-limit S] [--only TEXT] [--side ours|paper|both] [--out FOLDER]
//               [--minutes M] [--log]
//   bench_exact --steps [--limit S] [--only TEXT]
//
// Writes FOLDER/exact.md; FOLDER/exact.csv has what was measured, and a run goes on where the last one
// stopped (--minutes M: no new instance is begun after M minutes). The paper's side is its program as it
// stands (formulation::paper) on CBC, and the relaxation by Clp; ours is `automatic{cbc{}}` as shipped.
// Proven means a gap of at most 1e-4 of the time. --steps prints what each step of our side is worth instead.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/clp.hpp>

#include "cells.hpp"
#include "instances.hpp"
#include "steps.hpp"

namespace {

using exact::cell;
using exact::instance;
using scale::cpu_seconds;
namespace cm = checkmate;

constexpr double proven_gap = 1e-4;

struct settings {
  bool quick = false, ours = true, paper = true, log = false, steps = false;
  double limit = 600, paper_limit = 120, minutes = 1e9;
  std::string only;
  std::filesystem::path out = "out/exact";
};

/// The paper's program: its relaxation by Clp, then the integer program by CBC, each within the limit. Where
/// Clp does not finish, CBC, whose root is the same relaxation, is not asked.
cell by_paper(instance const& of, double limit) {
  cell out;
  out.base = of.dag.base_time();
  cm::formulation::paper const program(of.dag, of.budget);
  cm::linear_model const& model = program.model();
  out.columns = static_cast<double>(model.column_count());
  out.rows = static_cast<double>(model.row_count());
  out.nonzeros = static_cast<double>(model.nonzero_count());
  double const unit = program.time_units().divisor;
  double const lp_began = cpu_seconds();
  auto const lp = cm::clp{}.solve(cm::relaxed(model), {.time_limit = cm::seconds(limit)});
  out.root_seconds = cpu_seconds() - lp_began;
  if (lp.status != cm::solve_status::optimal) {
    out.seconds = cpu_seconds() - lp_began;
    return out;
  }
  out.root = lp.objective * unit;
  double const began = cpu_seconds();
  auto const found =
      cm::cbc{}.solve(model, {.time_limit = cm::seconds(limit), .relative_gap = proven_gap / 2});
  out.seconds = cpu_seconds() - began;
  out.nodes = static_cast<double>(found.nodes);
  out.bound = found.bound * unit;
  if (found.has_values()) {
    // What a solver calls integral need not be executable.
    auto events = cm::events_of(program.runs_at(found.values));
    if (auto const sequence = cm::event_sequence::if_possible(of.dag, std::move(events))) {
      auto const seen =
          cm::simulate(of.dag, cm::schedule_from_sequence(of.dag, *sequence), {.budget = of.budget});
      if (seen.valid()) out.time = seen.time;
    }
  }
  return out;
}

/// What the lines of the windowed bound's log say about its integer programs: the largest, the last root.
void read_log(std::string_view line, cell& out) {
  std::string const text(line);
  double windows = 0, rows = 0, columns = 0, nonzeros = 0, percent = 0;
  char kind[16];
  if (std::sscanf(text.c_str(), "%lf windows, %15[a-z]: %lf rows, %lf columns, %lf non-zeros, bound %lf",
                  &windows, kind, &rows, &columns, &nonzeros, &percent) != 6) {
    return;
  }
  if (kind[0] == 'l') out.root = std::max(out.root, out.base * (1 + percent / 100));
  if (rows * columns > out.rows * out.columns) {
    out.rows = rows;
    out.columns = columns;
    out.nonzeros = nonzeros;
  }
}

cell by_ours(instance const& of, settings const& how) {
  cell out;
  out.base = of.dag.base_time();
  cm::plan_options options{.budget = of.budget, .time_limit = cm::seconds(how.limit)};
  options.relative_gap = proven_gap;
  options.on_log = [&](std::string_view line) {
    read_log(line, out);
    if (how.log) std::cerr << "    " << line << '\n';
  };
  double const began = cpu_seconds();
  auto const found = cm::solve(of.dag, options, cm::automatic{cm::cbc{}});
  if (how.log) {
    std::cerr << "    plan by " << found.strategy << ", bound by " << found.proof << '\n';
  }
  out.seconds = cpu_seconds() - began;
  out.bound = found.bound.time;
  if (found.plan) out.time = found.plan->time;
  return out;
}

std::string number(double value, char const* format = "%.4g") {
  if (!std::isfinite(value)) return "-";
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// Extra time in percent of the base time.
std::string overhead(double time, double base) {
  return number(100 * (time / base - 1), "%.4f");
}

std::string outcome(cell const& c) {
  if (!c.found()) return "no schedule, " + number(c.seconds, "%.0f") + " s";
  if (c.gap() <= proven_gap) return "**" + number(c.seconds, "%.2f") + " s**";
  return "gap " + number(100 * c.gap(), "%.3f") + " %, " + number(c.seconds, "%.0f") + " s";
}

/// One side of the table in three columns: size, root, outcome.
std::string side(cell const* c) {
  if (c == nullptr) return " | | |";
  std::string const size =
      number(c->columns, "%.0f") + " / " + number(c->rows, "%.0f") + " / " + number(c->nonzeros, "%.0f");
  return " " + (c->columns > 0 ? size : "-") + " | " + overhead(c->root, c->base) + " | " + outcome(*c) +
         " |";
}

/// Speed-up (times count as a millisecond at least) where both proved the optimum, and the counts beside it.
struct summary {
  int both = 0, only_ours = 0, only_paper = 0, neither = 0;
  double logs = 0;
  void add(cell const& ours, cell const& paper) {
    bool const a = ours.gap() <= proven_gap, b = paper.gap() <= proven_gap;
    both += a && b;
    only_ours += a && !b;
    only_paper += !a && b;
    neither += !a && !b;
    if (a && b) logs += std::log(std::max(paper.seconds, 1e-3) / std::max(ours.seconds, 1e-3));
  }
};

void write_report(std::filesystem::path const& file, std::vector<instance> const& all,
                  exact::cell_store const& store, settings const& how) {
  std::ofstream out(file);
  out << "# Exact: the paper's formulation and ours on CBC\n\n"
         "One thread, same machine, same CBC; seconds of processor time, the limits by the clock: "
      << number(how.paper_limit, "%.0f") << " s for the paper's program and " << number(how.limit, "%.0f")
      << " s for ours (as set for the run that wrote this table). Bold: proven within 1e-4 of the time. "
         "Size: columns / rows / non-zeros (ours: the "
         "largest relaxation refined on the way; \"-\" where none was needed). Root: bound of the linear "
         "relaxation, "
         "as extra time in % of executing every node once; \"-\" where Clp did not finish it, or none was "
         "solved. The paper's bounds hold for its stages, ours for every sequence in the fixed order, which "
         "may be cheaper, unless the table says otherwise.\n\n"
         "| instance | n | paper: size | root % | time | ours: size | root % | time | plan % | bound % |\n"
         "| --- | ---: | --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |\n";
  summary sum;
  for (instance const& of : all) {
    cell const* const ours = store.find("ours/" + of.name);
    cell const* const paper = of.in_paper ? store.find("paper/" + of.name) : nullptr;
    if (ours == nullptr && paper == nullptr) continue;
    out << "| " << of.name << " | " << of.dag.size() << " |" << side(paper) << side(ours);
    if (ours != nullptr) {
      out << ' ' << overhead(ours->time, ours->base) << " | " << overhead(ours->bound, ours->base) << " |\n";
    } else {
      out << " | |\n";
    }
    if (ours != nullptr && paper != nullptr) sum.add(*ours, *paper);
  }
  out << "\nOf " << sum.both + sum.only_ours + sum.only_paper + sum.neither
      << " instances measured on both sides: both prove " << sum.both << ", only ours " << sum.only_ours
      << ", only the paper's " << sum.only_paper << ", neither " << sum.neither
      << ". Geometric mean of the speed-up where both do: "
      << number(sum.both > 0 ? std::exp(sum.logs / sum.both) : 0, "%.1f") << " times.\n";
}

settings parse(int argc, char** argv) {
  settings how;
  for (int i = 1; i < argc; ++i) {
    std::string_view const arg = argv[i];
    bool const more = i + 1 < argc;
    if (arg == "--quick") {
      how.quick = true;
      how.limit = how.paper_limit = 10;
    } else if (arg == "--limit" && more) {
      how.limit = std::atof(argv[++i]);
    } else if (arg == "--paper-limit" && more) {
      how.paper_limit = std::atof(argv[++i]);
    } else if (arg == "--minutes" && more) {
      how.minutes = std::atof(argv[++i]);
    } else if (arg == "--only" && more) {
      how.only = argv[++i];
    } else if (arg == "--side" && more) {
      std::string_view const which = argv[++i];
      how.ours = which != "paper";
      how.paper = which != "ours";
    } else if (arg == "--out" && more) {
      how.out = argv[++i];
    } else if (arg == "--steps") {
      how.steps = true;
    } else if (arg == "--log") {
      how.log = true;
    } else {
      std::cerr << "usage: bench_exact [--quick] [--limit S] [--paper-limit S] [--only TEXT] [--side "
                   "ours|paper|both] [--out FOLDER] [--minutes M] [--log]\n";
      std::exit(arg == "--help" ? 0 : 2);
    }
  }
  return how;
}

/// Tables of the steps, on the instances named or a choice of them.
void print_steps(std::vector<instance> const& all, settings const& how) {
  auto const wanted = [&](instance const& of, std::vector<std::string_view> const& choice) {
    if (!how.only.empty()) return of.name.find(how.only) != std::string::npos;
    return std::find(choice.begin(), choice.end(), of.name) != choice.end();
  };
  std::cout << "The windowed bound, target: local search's plan; overheads in %, processor time.\n\n"
               "| instance | steps | best | linear bound | bound | windows | s |\n"
               "| --- | --- | ---: | ---: | ---: | ---: | ---: |\n";
  for (instance const& of : all) {
    if (wanted(of, {"unet_b8@0.25", "mobilenet_v2_b64@0.75", "resnet50_b64@0.50"})) {
      exact::report_steps(of, how.limit, std::cout);
    }
  }
  std::cout << "\nThe integer program over stages.\n\n| instance | switches | plan | bound | s |\n"
               "| --- | --- | ---: | ---: | ---: |\n";
  for (instance const& of : all) {
    if (wanted(of, {"chain16@0.50", "vgg16_b256@0.25", "CM1@80%"})) {
      exact::report_switches(of, how.limit, std::cout);
    }
  }
}

}  // namespace

int main(int argc, char** argv) try {
  settings const how = parse(argc, argv);
  exact::instance_list const instances;
  if (how.steps) {
    print_steps(instances.all(), how);
    return 0;
  }
  std::filesystem::create_directories(how.out);
  exact::cell_store store(how.out / "exact.csv");
  auto const began = std::chrono::steady_clock::now();
  auto measure = [&](char const* who, instance const& of, auto&& solve) {
    std::string const key = std::string(who) + "/" + of.name;
    bool const late = cm::seconds(std::chrono::steady_clock::now() - began).count() > 60 * how.minutes;
    if (late || store.find(key) != nullptr) return;
    std::cerr << key << ' ' << std::flush;
    cell const c = solve();
    store.put(key, c);
    std::cerr << outcome(c) << ", plan " << overhead(c.time, c.base) << " %, bound "
              << overhead(c.bound, c.base) << " %\n";
  };
  for (instance const& of : instances.all()) {
    if (how.quick && !of.quick) continue;
    if (of.name.find(how.only) == std::string::npos) continue;
    if (how.ours) measure("ours", of, [&] { return by_ours(of, how); });
    if (how.paper && of.in_paper) measure("paper", of, [&] { return by_paper(of, how.paper_limit); });
  }
  write_report(how.out / "exact.md", instances.all(), store, how);
  std::cout << "written: " << (how.out / "exact.md").string() << '\n';
  return 0;
} catch (std::exception const& e) {
  std::cerr << "bench_exact: " << e.what() << '\n';
  return 1;
}
