// SPDX-License-Identifier: Apache-2.0
//
// Overheads that local search reaches on real training steps without any solver, beside the best that anyone
// is known to have reached: one Markdown table.
//
//   bench_scale [--seconds S] [--fraction F] [--seed N] [--own] [GRAPH...]
//
// GRAPH is a name under examples/data/torch or the path of a file; all of them if none is given. S is the
// effort in seconds of one idle core (10 up to 600 nodes, 60 beyond): the search gets as many moves as the
// annealing makes in that time here, measured first in processor time, so that other work on the machine
// changes how long the benchmark takes but not what it finds. Without --own, retained values count as 0 bytes
// and nothing is fixed, which leaves the part of the peak that planning moves.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "scale_graphs.hpp"

namespace {

namespace cm = checkmate;

struct settings {
  double seconds = 0;
  std::uint32_t seed = 0;
  bool own = false;
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
    } else if (word == "--seed" && more) {
      how.seed = static_cast<std::uint32_t>(std::strtoul(argv[++i], nullptr, 10));
    } else if (word == "--fraction" && more) {
      how.fractions.push_back(std::strtod(argv[++i], nullptr));
    } else if (word == "--own") {
      how.own = true;
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

double best_known(std::string const& name, double f) {
  auto const row = scale::best_known.find(name);
  for (std::size_t i = 0; row != scale::best_known.end() && i < scale::fractions.size(); ++i) {
    if (scale::fractions[i] == f) return row->second[i];
  }
  return 0;
}

std::string percent(cm::result const& r) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", r ? 100 * r.overhead() : 0.0);
  return r ? text : "none";
}

void report(std::string const& name, cm::dag const& d, double f, double known, settings const& how) {
  cm::plan_options options;
  options.budget = scale::budget_at(d, f);
  options.seed = how.seed;
  double const begin = scale::cpu_seconds();
  auto const quick = cm::solve(d, options, cm::greedy{});
  double const greedy_seconds = scale::cpu_seconds() - begin;
  double const rate = scale::speed(d, options.budget);
  double const effort = how.seconds > 0 ? how.seconds : d.size() <= 600 ? 10 : 60;
  cm::local_search search;
  search.moves = static_cast<std::uint64_t>(rate * effort);
  double const from = scale::cpu_seconds();
  auto const found = cm::solve(d, options, search);
  double const spent = scale::cpu_seconds() - from;
  std::string const excess =
      known > 0 && found ? std::to_string(100 * (100 * found.overhead() / known - 1)).substr(0, 5) : "";
  std::printf("| %s | %zu | %.2f | %s | %s | %.1f | %s | %s | %.1f | %.2f |\n", name.c_str(), d.size(), f,
              known > 0 ? std::to_string(known).substr(0, 5).c_str() : "", percent(quick).c_str(),
              greedy_seconds, percent(found).c_str(), excess.c_str(), spent, rate / 1e6);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  settings const how = parse(argc, argv);
  std::printf(
      "| graph | n | f | best known %% | greedy %% | CPU s | ours %% | relative %% | CPU s | M moves/s |\n");
  std::printf("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
  for (std::string const& given : how.graphs) {
    auto const file = scale::find_graph(given);
    if (file.empty()) {
      std::fprintf(stderr, "no graph file for %s\n", given.c_str());
      continue;
    }
    std::string name = file.filename().string();
    name = name.substr(0, name.find(".json"));
    cm::recorded_graph g = cm::load_graph(file);
    cm::dag const d = how.own ? cm::lower(g, g) : scale::moving_part(std::move(g));
    for (double f : how.fractions) report(name, d, f, how.own ? 0 : best_known(name, f), how);
  }
}
