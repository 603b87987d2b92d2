// SPDX-License-Identifier: Apache-2.0
//
// Overheads that local search reaches on real training steps, beside the best that anyone is known to have
// reached: one Markdown table.
//
//   bench_scale [--quick] [--seed N] [GRAPH...]     (all graphs; --quick: a tenth of the time)
//
// Budgets are B = F + f (P - F) with F the smallest conceivable budget and P the no-recompute peak; retained
// values count as 0 bytes here and nothing is pinned, which leaves the part of the peak that planning moves.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <checkmate/graph/lower.hpp>
#include <checkmate/io/json_graph.hpp>
#include <checkmate/solve.hpp>
#include <checkmate/strategies/greedy.hpp>
#include <checkmate/strategies/local_search.hpp>

namespace {

namespace cm = checkmate;

constexpr std::array<double, 4> fractions = {0.1, 0.25, 0.5, 0.75};

/// Overheads in percent at the four fractions, from long runs of an earlier search and from ours.
std::map<std::string, std::array<double, 4>> const best_known = {
    {"vgg16_b64", {1.31, 1.31, 1.01, 0.67}},           {"unet_b8", {17.37, 11.68, 5.53, 1.68}},
    {"mobilenet_v2_b64", {12.14, 8.08, 3.97, 1.86}},   {"resnet50_b64", {21.40, 14.14, 5.87, 1.58}},
    {"gpt2_small_b4_s1024", {8.46, 5.81, 3.38, 1.29}}, {"vit_b_16_b32", {18.26, 11.25, 4.67, 1.51}},
    {"llama_1b_b1_s2048", {21.31, 13.18, 5.60, 1.80}}, {"densenet121_b32", {18.64, 13.81, 7.66, 2.72}},
};

/// The graph with retained values of 0 bytes and nothing pinned.
cm::dag moving_part(cm::recorded_graph g) {
  g.fixed_memory = 0;
  for (cm::recorded_node& node : g.nodes) {
    for (std::uint32_t k : node.retained) node.outputs[k] = 0;
    node.retained.clear();
  }
  return cm::lower(g, g);
}

/// Moves a second of the annealing at `budget`, from the greedy plan.
double speed(cm::dag const& d, cm::bytes budget) {
  constexpr std::uint64_t moves = 100'000;
  cm::plan_options options;
  options.budget = budget;
  auto const start = cm::greedy{}.plan(d, options);
  if (!start) return 0;
  cm::detail::sequence_state state(d, budget);
  state.assign(cm::sequence_of(d, *start.plan));
  cm::detail::annealer search(state, 1, {});
  search.set_price(d.base_time() / 1e12);
  cm::deadline const clock(options);
  search.run(0.05 * d.base_time() / static_cast<double>(d.size()), moves);
  return static_cast<double>(moves) / clock.elapsed();
}

void report(std::filesystem::path const& file, std::string const& name, double share, std::uint32_t seed) {
  cm::dag const d = moving_part(cm::load_graph(file));
  cm::bytes const least = cm::smallest_conceivable_budget(d).budget;
  cm::bytes const peak = cm::no_recompute_schedule(d).peak_memory;
  for (std::size_t i = 0; i < fractions.size(); ++i) {
    cm::plan_options options;
    options.budget = least + static_cast<cm::bytes>(fractions[i] * static_cast<double>(peak - least));
    options.seed = seed;
    auto const quick = cm::solve(d, options, cm::greedy{});
    options.time_limit = cm::seconds((d.size() <= 600 ? 10.0 : 60.0) * share);
    auto const found = cm::solve(d, options, cm::local_search{});
    auto const known = best_known.find(name);
    double const best = known == best_known.end() ? 0 : known->second[i];
    double const ours = found ? 100 * found.overhead() : 0;
    std::printf("| %s | %zu | %.2f | %.2f | %.2f | %s%.3f | %+.2f | %.1f | %.2f |\n", name.c_str(), d.size(),
                fractions[i], best, quick ? 100 * quick.overhead() : 0.0, found ? "" : "none ", ours,
                best > 0 ? 100 * (ours / best - 1) : 0.0, found.elapsed, speed(d, options.budget) / 1e6);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  double share = 1;
  std::uint32_t seed = 0;
  std::vector<std::string> names;
  for (int i = 1; i < argc; ++i) {
    std::string_view const arg = argv[i];
    if (arg == "--quick") {
      share = 0.1;
    } else if (arg == "--seed" && i + 1 < argc) {
      seed = static_cast<std::uint32_t>(std::strtoul(argv[++i], nullptr, 10));
    } else {
      names.emplace_back(arg);
    }
  }
  if (names.empty()) {
    names = {"vgg16_b64",           "unet_b8",      "mobilenet_v2_b64",  "resnet50_b64",
             "gpt2_small_b4_s1024", "vit_b_16_b32", "llama_1b_b1_s2048", "densenet121_b32"};
  }
  std::printf("| graph | n | f | best known %% | greedy %% | ours %% | relative %% | s | M moves/s |\n");
  std::printf("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
  for (std::string const& name : names) {
    std::filesystem::path file;
    for (std::string const folder :
         {CHECKMATE_EXAMPLE_DATA "/torch/", CHECKMATE_SHARED_DIR "/graphs/torch/"}) {
      for (std::string const ending : {".json.gz", ".json"}) {
        if (file.empty() && std::filesystem::exists(folder + name + ending)) file = folder + name + ending;
      }
    }
    if (file.empty()) {
      std::fprintf(stderr, "no graph file for %s\n", name.c_str());
      continue;
    }
    report(file, name, share, seed);
  }
}
