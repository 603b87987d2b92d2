// SPDX-License-Identifier: Apache-2.0
//
// How planning time grows with the graph: training steps of ever deeper residual networks
// (residual_training_graph, 100 to 10,000 nodes) at B = F + f (P - F).
//
//   bench_growth [--fraction F] [--most N] [--svg FILE]      (0.25; 10000)
//
// For each graph a long run (2,000 moves a node) gives the overhead to reach; then runs of 20, 40, 80, ...
// moves a node show how much effort is needed to come within 2 % of that overhead. All times are processor
// time on one thread, greedy start included.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/resource.h>

#include <checkmate/plot/svg_plot.hpp>
#include <checkmate/zoo/generators.hpp>

#include "scale_graphs.hpp"

namespace {

namespace cm = checkmate;

/// The training step of a network with `blocks` residual blocks.
cm::dag network(std::size_t blocks) {
  cm::generated_graph const g = cm::residual_training_graph({.blocks = blocks});
  return cm::lower(g, g);
}

struct timed {
  double overhead = 0;
  double seconds = 0;
  bool found = false;
};

timed plan(cm::dag const& d, cm::bytes budget, std::uint64_t moves) {
  cm::plan_options options;
  options.budget = budget;
  cm::local_search how;
  how.moves = moves;
  double const from = scale::cpu_seconds();
  auto const r = cm::solve(d, options, how);
  return {r ? r.overhead() : 0, scale::cpu_seconds() - from, static_cast<bool>(r)};
}

double peak_mebibytes() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_maxrss) / 1024;
}

}  // namespace

int main(int argc, char** argv) {
  double f = 0.25;
  std::size_t most = 10'000;
  std::string svg;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string_view const word = argv[i];
    if (word == "--fraction") f = std::strtod(argv[i + 1], nullptr);
    if (word == "--most") most = std::strtoul(argv[i + 1], nullptr, 10);
    if (word == "--svg") svg = argv[i + 1];
  }
  std::size_t const block = network(2).size() - network(1).size();
  std::vector<std::pair<double, double>> points;
  std::printf("| blocks | n | long run %% | CPU s | within 2 %%: CPU s | M moves | peak MiB |\n");
  std::printf("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
  for (double target : {100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0}) {
    if (target > static_cast<double>(most)) break;
    auto const blocks = static_cast<std::size_t>(target) / block;
    cm::dag const d = network(blocks);
    cm::bytes const budget = scale::budget_at(d, f);
    std::uint64_t const long_moves = 2000 * static_cast<std::uint64_t>(d.size());
    timed const best = plan(d, budget, long_moves);
    double const goal = best.overhead * 1.02;
    timed now;
    std::uint64_t moves = 0;
    for (moves = 0; !(now.found && now.overhead <= goal) && moves < long_moves;) {
      moves = moves == 0 ? 20 * d.size() : 2 * moves;
      now = plan(d, budget, moves);
    }
    std::printf("| %zu | %zu | %.3f | %.1f | %.2f | %.3f | %.0f |\n", blocks, d.size(), 100 * best.overhead,
                best.seconds, now.seconds, static_cast<double>(moves) / 1e6, peak_mebibytes());
    std::fflush(stdout);
    points.emplace_back(static_cast<double>(d.size()), now.seconds);
  }
  if (svg.empty()) return 0;
  cm::svg_plot plot;
  plot.title = "Planning time against graph size: residual networks";
  plot.x = {.title = "nodes", .logarithmic = true};
  plot.y = {.title = "processor time, one thread (s)", .logarithmic = true};
  plot.series.push_back(
      {.name = "within 2 % of a long run", .points = points, .style = cm::svg_style::line_and_points});
  cm::write_svg(svg, plot.text());
}
