// SPDX-License-Identifier: Apache-2.0
//
// The published rivals on their own graphs, beside ours: increase of the total time in percent at 0.9, 0.8
// and 0.7 of the given order's peak. One Markdown table.
//
//   bench_rivals [--quick] [--seconds S] [GRAPH...]    (60 s a cell and column; --quick: 5 s)
//
// Published figures: Checkmate's integer program with Gurobi and Moccasin with CP-SAT on 16 workers (Bartan
// et al., ICML 2023), fixed order; FastSA on one core (Imanishi et al., NeurIPS 2023), free order. They are
// printed rounded there. An asterisk marks a figure that misses its budget.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <checkmate/graph/lower.hpp>
#include <checkmate/io/json_graph.hpp>
#include <checkmate/solve.hpp>
#include <checkmate/strategies/local_search.hpp>

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

std::string cell(cm::result const& r) {
  if (!r) return "none | " + std::to_string(r.elapsed).substr(0, 4);
  char text[64];
  std::snprintf(text, sizeof text, "%.3f%s | %.1f", 100 * r.overhead(),
                r.termination.reason == cm::stop_reason::optimal ? " (optimal)" : "", r.elapsed);
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  double limit = 60;
  std::vector<std::string> names;
  for (int i = 1; i < argc; ++i) {
    std::string_view const arg = argv[i];
    if (arg == "--quick") {
      limit = 5;
    } else if (arg == "--seconds" && i + 1 < argc) {
      limit = std::strtod(argv[++i], nullptr);
    } else {
      names.emplace_back(arg);
    }
  }
  std::filesystem::path const folder = CHECKMATE_SHARED_DIR "/graphs/moccasin";
  if (!std::filesystem::exists(folder)) {
    std::printf("The rivals' graphs are not here (%s): nothing to compare.\n", folder.c_str());
    return 0;
  }
  std::printf("| graph | budget | Checkmate | Moccasin | ours, fixed | s | FastSA | ours, free | s |\n");
  std::printf("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
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
      options.time_limit = cm::seconds(limit);
      auto const fixed = cm::solve(d, options, cm::local_search{});
      options.order = cm::execution_order::free;
      auto const free = cm::solve(d, options, cm::local_search{});
      std::printf("| %s | 0.%d | %s | %s | %s | %s | %s |\n", row.graph, tenths, row.checkmate[b],
                  row.moccasin[b], cell(fixed).c_str(), row.fastsa[b], cell(free).c_str());
      std::fflush(stdout);
    }
  }
}
