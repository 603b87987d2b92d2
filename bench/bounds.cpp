// SPDX-License-Identifier: Apache-2.0
//
// Proven lower bounds on real training steps: what windowed_bound proves with CBC and Clp.
//
//   bench_bounds [--seconds 120] [--threads 1] [--fraction f]... [--own] [--log] [graph.json.gz]...
//
// Each graph at B = F + f (P - F), F the smallest conceivable budget and P the no-recompute peak, with
// retained values counted as 0 bytes and nothing fixed. Without file names: the graphs of
// examples/data/torch. The target is the best overhead known (or --own: none is given, only what the
// relaxation's own plans attain).
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/json.hpp>
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/clp.hpp>

namespace {

struct settings {
  double seconds = 120;
  int threads = 1;
  bool own = false;
  bool log = false;
  std::vector<double> fractions;
  std::vector<std::filesystem::path> files;
};

/// Best overheads known, in % of base time, at f = 0.1, 0.25, 0.5, 0.75, by the start of a graph's name.
double best_known(std::string const& name, double f) {
  static std::map<std::string, std::vector<double>> const table = {
      {"vgg16_b64", {1.31, 1.31, 1.01, 0.67}},         {"unet_b8", {17.37, 11.68, 5.53, 1.68}},
      {"mobilenet_v2_b64", {12.14, 8.08, 3.97, 1.86}}, {"resnet50_b64", {21.40, 14.14, 5.87, 1.58}},
      {"gpt2_small", {8.46, 5.81, 3.38, 1.29}},        {"vit_b_16_b32", {18.26, 11.25, 4.67, 1.51}},
      {"llama_1b", {21.31, 13.18, 5.60, 1.80}},        {"densenet121_b32", {18.64, 13.81, 7.66, 2.72}}};
  static std::vector<double> const fractions = {0.1, 0.25, 0.5, 0.75};
  for (auto const& [start, values] : table) {
    for (std::size_t i = 0; i < fractions.size(); ++i) {
      if (name.starts_with(start) && std::abs(fractions[i] - f) < 1e-9) return values[i];
    }
  }
  return std::numeric_limits<double>::infinity();
}

checkmate::dag load(std::filesystem::path const& file) {
  checkmate::recorded_graph g = checkmate::load_graph(file);
  g.fixed = 0;
  for (auto& node : g.nodes) {
    for (std::uint32_t k : node.retained) node.outputs[k] = 0;
  }
  return checkmate::lower(g, g);
}

void run(std::string const& name, checkmate::dag const& d, double f, settings const& how) {
  auto const floor = checkmate::smallest_conceivable_budget(d).budget;
  auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
  auto const budget = floor + static_cast<checkmate::bytes>(f * static_cast<double>(peak - floor));
  double const known = best_known(name, f);
  checkmate::windowed_options options;
  options.time_limit = checkmate::seconds(how.seconds);
  options.threads = how.threads;
  options.relative_gap = 1e-5;
  // The table has two decimals: its best schedule may be half a unit above.
  if (!how.own && std::isfinite(known)) options.target = d.base_time() * (1 + (known + 0.005) / 100);
  if (how.log) options.on_log = [](std::string_view line) { std::cout << "    " << line << std::endl; };
  checkmate::clp linear;
  checkmate::cbc integer;
  auto const found = checkmate::windowed_bound(d, budget, linear, integer, options);
  auto percent = [&](double time) { return 100 * (time / d.base_time() - 1); };
  double const plan = found.plan ? percent(found.plan->time) : std::numeric_limits<double>::infinity();
  double const best = std::min(plan, known);
  double const bound = percent(found.bound.time);
  double const gap = std::max(0.0, best - bound) / (100 + best) * 100;
  auto const knapsack = percent(checkmate::knapsack_bound(d, budget).bound.time);
  std::printf("%-22s %5zu %5.2f %8.2f %9.4f %9.4f %9.4f %9.4f %8.4f %4zu %7.1f\n", name.c_str(), d.size(), f,
              known, plan, knapsack, percent(found.linear_bound), bound, gap, found.windows, found.elapsed);
  std::fflush(stdout);
}

double number(char const* text) {
  return std::strtod(text, nullptr);
}

settings parse(int argc, char** argv) {
  settings how;
  for (int i = 1; i < argc; ++i) {
    std::string_view const word = argv[i];
    bool const more = i + 1 < argc;
    if (word == "--seconds" && more) {
      how.seconds = number(argv[++i]);
    } else if (word == "--threads" && more) {
      how.threads = static_cast<int>(number(argv[++i]));
    } else if (word == "--fraction" && more) {
      how.fractions.push_back(number(argv[++i]));
    } else if (word == "--own") {
      how.own = true;
    } else if (word == "--log") {
      how.log = true;
    } else {
      how.files.emplace_back(argv[i]);
    }
  }
  if (how.fractions.empty()) how.fractions = {0.1, 0.25, 0.5, 0.75};
  if (how.files.empty()) {
    for (auto const& entry : std::filesystem::directory_iterator(CHECKMATE_EXAMPLE_DATA "/torch")) {
      if (entry.path().string().find(".json") != std::string::npos) how.files.push_back(entry.path());
    }
    std::sort(how.files.begin(), how.files.end());
  }
  return how;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    settings const how = parse(argc, argv);
    std::printf("overheads in %% of base time; gap = (best of known and plan - bound) / its time, in %%\n");
    std::printf("%-22s %5s %5s %8s %9s %9s %9s %9s %8s %4s %7s\n", "graph", "n", "f", "known", "plan",
                "knapsack", "linear", "bound", "gap", "K", "s");
    for (auto const& file : how.files) {
      std::string name = file.filename().string();
      name = name.substr(0, name.find(".json"));
      checkmate::dag const d = load(file);
      for (double f : how.fractions) run(name, d, f, how);
    }
  } catch (std::exception const& e) {
    std::cerr << "bench_bounds: " << e.what() << '\n';
    return 1;
  }
  return 0;
}
