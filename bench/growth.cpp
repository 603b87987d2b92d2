// SPDX-License-Identifier: Apache-2.0
//
// How planning time grows with the graph: GPT decoders of ever more blocks (training steps of the zoo's
// network, 100 to 10,000 nodes) at B = F + f (P - F).
//
//   bench_growth [--fraction F] [--most N] [--svg FILE]      (0.25; 10000)
//
// For each graph a long run gives the overhead to reach; then the greedy plan alone and runs of 20, 40, 80,
// ... moves a node show how much effort is needed to come within 2 % of that overhead. All times are
// processor time on one thread, with the greedy start.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/resource.h>

#include <checkmate/graph/zoo.hpp>
#include <checkmate/io/svg_plot.hpp>

#include "scale_graphs.hpp"

namespace {

namespace cm = checkmate;

/// The training step of a decoder with `blocks` blocks.
cm::dag decoder(int blocks) {
  cm::zoo::gpt_sizes sizes;
  sizes.blocks = blocks;
  auto const step = cm::zoo::training_step_of(cm::zoo::gpt(sizes));
  return cm::lower(step.graph, step.costs);
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
  std::size_t const block = decoder(2).size() - decoder(1).size();
  std::vector<std::pair<double, double>> points, greedy_points;
  std::printf(
      "| blocks | n | greedy %% | CPU s | long run %% | CPU s | within 2 %%: CPU s | M moves | peak MiB |\n");
  std::printf("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
  for (double target : {100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0}) {
    if (target > static_cast<double>(most)) break;
    int const blocks = std::max(1, static_cast<int>(std::lround(target / static_cast<double>(block))));
    cm::dag const d = decoder(blocks);
    cm::bytes const budget = scale::budget_at(d, f);
    cm::plan_options options;
    options.budget = budget;
    double const begin = scale::cpu_seconds();
    auto const quick = cm::solve(d, options, cm::greedy{});
    double const greedy_seconds = scale::cpu_seconds() - begin;
    std::uint64_t const long_moves = 8000 * static_cast<std::uint64_t>(d.size());
    timed const best = plan(d, budget, long_moves);
    double const goal = best.overhead * 1.02;
    timed now{quick ? quick.overhead() : 0, greedy_seconds, static_cast<bool>(quick)};
    std::uint64_t moves = 0;
    for (moves = 0; !(now.found && now.overhead <= goal) && moves < long_moves;) {
      moves = moves == 0 ? 20 * d.size() : 2 * moves;
      now = plan(d, budget, moves);
    }
    std::printf("| %d | %zu | %.3f | %.2f | %.3f | %.1f | %.2f | %.3f | %.0f |\n", blocks, d.size(),
                quick ? 100 * quick.overhead() : 0.0, greedy_seconds, 100 * best.overhead, best.seconds,
                now.seconds, static_cast<double>(moves) / 1e6, peak_mebibytes());
    std::fflush(stdout);
    points.emplace_back(static_cast<double>(d.size()), now.seconds);
    greedy_points.emplace_back(static_cast<double>(d.size()), greedy_seconds);
  }
  if (svg.empty()) return 0;
  cm::svg_plot plot;
  plot.title = "Planning time against graph size: GPT decoders";
  plot.x = {.title = "nodes", .logarithmic = true};
  plot.y = {.title = "processor time, one thread (s)", .logarithmic = true};
  plot.series.push_back(
      {.name = "within 2 % of a long run", .points = points, .style = cm::svg_style::line_and_points});
  plot.series.push_back({.name = "greedy", .points = greedy_points, .style = cm::svg_style::line_and_points});
  cm::write_svg(svg, plot.text());
}
