// SPDX-License-Identifier: Apache-2.0
//
// The budget-overhead curve of a graph of a thousand nodes: 32 budgets, on two threads.
//
//   bench_sweep [--points N] [--moves M] [--threads T] [GRAPH]      (2,000 moves a node; llama_1b_b1_s2048)
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <checkmate/sweep.hpp>

#include "scale_graphs.hpp"

int main(int argc, char** argv) {
  namespace cm = checkmate;
  std::string name = "llama_1b_b1_s2048";
  cm::local_search how;
  cm::sweep_options options;
  options.points = 32;
  options.plan.threads = 2;
  for (int i = 1; i < argc; ++i) {
    std::string_view const word = argv[i];
    bool const more = i + 1 < argc;
    if (word == "--points" && more) {
      options.points = std::strtoul(argv[++i], nullptr, 10);
    } else if (word == "--moves" && more) {
      how.moves = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--threads" && more) {
      options.plan.threads = std::atoi(argv[++i]);
    } else {
      name = word;
    }
  }
  auto const file = scale::find_graph(name);
  if (file.empty()) {
    std::fprintf(stderr, "no graph file for %s\n", name.c_str());
    return 1;
  }
  cm::dag const d = scale::moving_part(cm::load_graph(file));
  if (how.moves == 0) how.moves = 2000 * d.size();
  cm::plan_options const unlimited;
  cm::deadline const clock(unlimited);
  double const from = scale::cpu_seconds();
  auto const curve = cm::sweep(d, options, how);
  double const wall = clock.elapsed();
  double const cpu = scale::cpu_seconds() - from;
  std::printf("| budget MiB | overhead %% | own or borrowed | s |\n| ---: | ---: | --- | ---: |\n");
  bool monotone = true;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    cm::result const& at = curve[i].found;
    std::printf("| %.1f | %s | %s | %.1f |\n", static_cast<double>(at.budget) / 1048576,
                at ? std::to_string(100 * at.overhead()).c_str() : "none",
                curve[i].borrowed ? "borrowed" : "own", at.elapsed);
    if (i > 0 && curve[i - 1].found)
      monotone = monotone && at && at.plan->time <= curve[i - 1].found.plan->time;
  }
  std::printf("\n%s: %zu nodes, %zu points, %d threads: %.1f s, %.1f s of processor time; %s\n", name.c_str(),
              d.size(), curve.size(), options.plan.threads, wall, cpu,
              monotone ? "monotone" : "NOT MONOTONE");
  return monotone ? 0 : 1;
}
