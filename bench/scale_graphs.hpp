// SPDX-License-Identifier: Apache-2.0
//
// What the benchmarks of scale share: the graphs, the budgets, the best overheads known, and effort counted
// in seconds of one idle core.
#pragma once

#include <array>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <map>
#include <string>

#include <checkmate/graph/lower.hpp>
#include <checkmate/io/json_graph.hpp>
#include <checkmate/solve.hpp>
#include <checkmate/strategies/greedy.hpp>
#include <checkmate/strategies/local_search.hpp>

namespace scale {

namespace cm = checkmate;

inline constexpr std::array<double, 4> fractions = {0.1, 0.25, 0.5, 0.75};

/// Overheads in percent of the base time at the four fractions, from long runs of an earlier search.
inline std::map<std::string, std::array<double, 4>> const best_known = {
    {"vgg16_b64", {1.31, 1.31, 1.01, 0.67}},           {"unet_b8", {17.37, 11.68, 5.53, 1.68}},
    {"mobilenet_v2_b64", {12.14, 8.08, 3.97, 1.86}},   {"resnet50_b64", {21.40, 14.14, 5.87, 1.58}},
    {"gpt2_small_b4_s1024", {8.46, 5.81, 3.38, 1.29}}, {"vit_b_16_b32", {18.26, 11.25, 4.67, 1.51}},
    {"llama_1b_b1_s2048", {21.31, 13.18, 5.60, 1.80}}, {"densenet121_b32", {18.64, 13.81, 7.66, 2.72}},
};

/// Where the graph `name` is (a path, or the name of a file under examples/data/torch); empty if nowhere.
inline std::filesystem::path find_graph(std::string const& name) {
  if (std::filesystem::exists(name)) return name;
  for (std::string const folder : {CHECKMATE_EXAMPLE_DATA "/torch/", CHECKMATE_SHARED_DIR "/graphs/torch/"}) {
    for (std::string const ending : {".json.gz", ".json"}) {
      if (std::filesystem::exists(folder + name + ending)) return folder + name + ending;
    }
  }
  return {};
}

/// The graph with retained values of 0 bytes and nothing fixed: the part of the peak that planning moves.
inline cm::dag moving_part(cm::recorded_graph g) {
  g.fixed = 0;
  for (cm::recorded_node& node : g.nodes) {
    for (std::uint32_t k : node.retained) node.outputs[k] = 0;
    node.retained.clear();
  }
  return cm::lower(g, g);
}

/// B = F + f (P - F), F the smallest conceivable budget and P the no-recompute peak.
inline cm::bytes budget_at(cm::dag const& d, double f) {
  cm::bytes const least = cm::smallest_conceivable_budget(d).budget;
  cm::bytes const peak = cm::no_recompute_schedule(d).peak_memory;
  return least + static_cast<cm::bytes>(f * static_cast<double>(peak - least));
}

/// Seconds of processor time that this process has used; other work on the machine does not count.
inline double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// Moves a second of processor time that the annealing makes at `budget`, from the greedy plan.
inline double speed(cm::dag const& d, cm::bytes budget) {
  constexpr std::uint64_t moves = 200'000;
  cm::plan_options options;
  options.budget = budget;
  auto const start = cm::greedy{}.plan(d, options);
  cm::detail::sequence_state state(d, budget);
  state.assign(cm::sequence_of(d, start ? *start.plan : cm::no_recompute_schedule(d)));
  cm::detail::annealer search(state, 1, {});
  search.set_price(d.base_time() / 1e12);
  double const from = cpu_seconds();
  search.run(0.05 * d.base_time() / static_cast<double>(d.size()), moves);
  return static_cast<double>(moves) / (cpu_seconds() - from);
}

}  // namespace scale
