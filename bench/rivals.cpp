// SPDX-License-Identifier: Apache-2.0
//
// The published rivals on their own graphs, beside ours: increase of the total time in percent at 0.9, 0.8
// and 0.7 of the given order's peak. One Markdown table.
//
//   bench_rivals [--seconds S] [--prove S] [GRAPH...]
//
// --seconds (20): effort of a cell and column, in seconds of one idle core (as in bench_scale); --prove (0):
// wall seconds of the windowed bound with CBC, for the gap of the fixed order. "best" is the processor time
// at which the last improvement was met.
//
// Published figures: Checkmate's integer program with Gurobi and Moccasin with CP-SAT on 16 workers (Bartan
// et al., ICML 2023), fixed order; FastSA on one core (Imanishi et al., NeurIPS 2023), free order. They are
// printed rounded there. An asterisk marks a figure that misses its budget.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <checkmate/bounds/windowed.hpp>
#include <checkmate/solvers/cbc.hpp>

#include "scale_graphs.hpp"

namespace {

namespace cm = checkmate;

struct published {
  char const* graph;
  std::array<char const*, 3> checkmate, moccasin, fastsa;  // at 0.9, 0.8, 0.7
};

constexpr published table[] = {
    {"G1_layered_100", {"0.8", "2.3", "-"}, {"0.8", "2.3", "-"}, {"0.0", "0.3", "2.2*"}},
    {"G2_layered_250", {"0.9", "-", "-"}, {"0.9", "4.9", "-"}, {"0.0", "0.0", "2.6"}},
    {"G3_layered_500", {"-", "-", "-"}, {"0.7", "3.4", "-"}, {"0.03", "2.3", "4.8*"}},
    {"G4_layered_1000", {"-", "-", "-"}, {"0.7", "3.4", "-"}, {"0.4", "2.5", "7.4"}},
    {"CM1_fcn8", {"0.0", "0.1", "-"}, {"0.0", "0.1", "-"}, {"0.1", "0.1", "3.0"}},
    {"CM2_resnet50", {"0.1", "0.3", "-"}, {"0.2", "0.3", "-"}, {"0.2", "0.4", "0.8"}},
};

struct outcome {
  cm::result found;
  double seconds = 0;  // of processor time, in all
  double best = 0;     // until the last improvement
};

outcome plan(cm::dag const& d, cm::plan_options options, std::uint64_t moves) {
  outcome out;
  double const from = scale::cpu_seconds();
  double best_time = std::numeric_limits<double>::infinity();
  options.on_progress = [&](cm::progress const& p) {
    if (!(p.best_time < best_time)) return;
    best_time = p.best_time;
    out.best = scale::cpu_seconds() - from;
  };
  cm::local_search how;
  how.moves = moves;
  out.found = cm::solve(d, options, how);
  out.seconds = scale::cpu_seconds() - from;
  return out;
}

/// Overhead in percent | seconds to the best | seconds.
std::string cell(outcome const& o) {
  char text[64];
  if (!o.found) {
    std::snprintf(text, sizeof text, "none | | %.1f", o.seconds);
  } else {
    std::snprintf(text, sizeof text, "%.3f%s | %.1f | %.1f", 100 * o.found.overhead(),
                  o.found.termination.reason == cm::stop_reason::optimal ? " (optimal)" : "", o.best,
                  o.seconds);
  }
  return text;
}

/// (time - bound) / time in percent, as the windowed relaxation proves it.
std::string gap(cm::dag const& d, cm::result const& found, double seconds) {
  if (!found) return "";
  cm::time_bound bound = cm::knapsack_bound(d, found.budget).bound;
  if (seconds > 0) {
    cm::windowed_options how;
    how.time_limit = cm::seconds(seconds);
    how.target = found.plan->time;
    how.incumbent = cm::sequence_of(d, *found.plan);
    cm::cbc solver;
    auto const proven = cm::windowed_bound(d, found.budget, solver, solver, how);
    if (proven.bound.time > bound.time) bound = proven.bound;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.3f",
                100 * std::max(0.0, found.plan->time - bound.time) / found.plan->time);
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  double effort = 20;
  double prove = 0;
  std::vector<std::string> names;
  for (int i = 1; i < argc; ++i) {
    std::string_view const arg = argv[i];
    if (arg == "--seconds" && i + 1 < argc) {
      effort = std::strtod(argv[++i], nullptr);
    } else if (arg == "--prove" && i + 1 < argc) {
      prove = std::strtod(argv[++i], nullptr);
    } else {
      names.emplace_back(arg);
    }
  }
  std::filesystem::path const folder = CHECKMATE_SHARED_DIR "/graphs/moccasin";
  if (!std::filesystem::exists(folder)) {
    std::printf("The rivals' graphs are not here (%s): nothing to compare.\n", folder.c_str());
    return 0;
  }
  std::printf(
      "| graph | budget | Checkmate | Moccasin | ours, fixed | best | CPU s | gap | FastSA | ours, free | "
      "best | "
      "CPU s |\n");
  std::printf("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
  for (published const& row : table) {
    bool wanted = names.empty();
    for (std::string const& name : names) wanted = wanted || name == row.graph;
    if (!wanted) continue;
    cm::recorded_graph const g = cm::load_graph(folder / (std::string(row.graph) + ".json"));
    cm::dag const d = cm::lower(g, g);
    cm::bytes const peak = cm::no_recompute_schedule(d).peak_memory;
    for (std::size_t b = 0; b < 3; ++b) {
      cm::plan_options options;
      int const tenths = 9 - static_cast<int>(b);
      options.budget = peak / 10 * tenths + peak % 10 * tenths / 10;
      auto const moves = static_cast<std::uint64_t>(scale::speed(d, options.budget) * effort);
      outcome const fixed = plan(d, options, moves);
      options.order = cm::execution_order::free;
      outcome const free = plan(d, options, moves);
      std::printf("| %s | 0.%d | %s | %s | %s | %s | %s | %s |\n", row.graph, tenths, row.checkmate[b],
                  row.moccasin[b], cell(fixed).c_str(), gap(d, fixed.found, prove).c_str(), row.fastsa[b],
                  cell(free).c_str());
      std::fflush(stdout);
    }
  }
}
