// SPDX-License-Identifier: Apache-2.0
//
// What the default portfolio with CBC finds and proves on real training steps: one Markdown table.
//
//   bench_portfolio [--seconds 120] [--threads 2] [--fraction F]... [GRAPH...]
//
// GRAPH is a name under examples/data/torch or the path of a file; all of them if none is given. Budgets are
// B = F + f (P - F) with retained values counted as 0 bytes and nothing fixed. The limit is wall time.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <checkmate/solvers/cbc.hpp>

#include "scale_graphs.hpp"

namespace {

namespace cm = checkmate;

struct settings {
  double seconds = 120;
  int threads = 2;
  std::vector<double> fractions;
  std::vector<std::string> graphs;
};

settings parse(int argc, char** argv) {
  settings how;
  for (int i = 1; i < argc; ++i) {
    std::string_view const word = argv[i];
    bool const more = i + 1 < argc;
    if (word == "--seconds" && more) {
      how.seconds = std::strtod(argv[++i], nullptr);
    } else if (word == "--threads" && more) {
      how.threads = std::atoi(argv[++i]);
    } else if (word == "--fraction" && more) {
      how.fractions.push_back(std::strtod(argv[++i], nullptr));
    } else {
      how.graphs.emplace_back(word);
    }
  }
  if (how.fractions.empty()) how.fractions.assign(scale::fractions.begin(), scale::fractions.end());
  if (how.graphs.empty()) {
    for (auto const& [name, known] : scale::best_known) how.graphs.push_back(name);
  }
  return how;
}

double wanted_gap(double f) {
  return f >= 0.5 ? 0.1 : f >= 0.25 ? 0.5 : 1.5;
}

void report(std::string const& name, cm::dag const& d, double f, settings const& how) {
  cm::plan_options options;
  options.budget = scale::budget_at(d, f);
  options.time_limit = cm::seconds(how.seconds);
  options.threads = how.threads;
  double const from = scale::cpu_seconds();
  auto const found = cm::solve(d, options, cm::automatic{cm::cbc{}});
  double const cpu = scale::cpu_seconds() - from;
  double const gap = 100 * found.gap();
  std::printf("| %s | %zu | %.2f | %.3f | %.3f%s | %s | %s | %.1f | %.1f |\n", name.c_str(), d.size(), f,
              found ? 100 * found.overhead() : 0.0, gap, gap <= wanted_gap(f) ? "" : " (!)",
              found.strategy.c_str(), found.proof.c_str(), found.elapsed, cpu);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) try {
  settings const how = parse(argc, argv);
  std::printf("| graph | n | f | overhead %% | gap %% | found by | proven by | s | CPU s |\n");
  std::printf("| --- | ---: | ---: | ---: | ---: | --- | --- | ---: | ---: |\n");
  for (std::string const& given : how.graphs) {
    auto const file = scale::find_graph(given);
    if (file.empty()) {
      std::fprintf(stderr, "no graph file for %s\n", given.c_str());
      continue;
    }
    std::string name = file.filename().string();
    name = name.substr(0, name.find(".json"));
    cm::dag const d = scale::moving_part(cm::load_graph(file));
    for (double f : how.fractions) report(name, d, f, how);
  }
} catch (std::exception const& e) {
  std::fprintf(stderr, "bench_portfolio: %s\n", e.what());
  return 1;
}
