// SPDX-License-Identifier: Apache-2.0
//
// training_engine [--net resnet|unet|gpt] [--steps N] [--points N] [--wall] [--svg FILE] [--quick]
//
// Trains a network within smaller and smaller budgets and prints what checkmate predicted beside what was
// measured. Exits with 1 if a peak is not the predicted one to the byte, if a gradient differs in a single
// bit, or if the loss does not go down.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include <checkmate/checkmate.hpp>

#include "report.hpp"
#include "training.hpp"

namespace {

using engine::bytes;

struct settings {
  std::string net = "resnet";
  std::uint64_t steps = 200;
  int points = 6;  ///< budgets, from what no recomputation needs down to the smallest feasible
  int profile_runs = 400;
  std::string svg;  ///< file to draw to; empty = none
  engine::clock_kind clock = engine::clock_kind::processor;
};

settings parse(std::vector<std::string> const& words) {
  settings out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto const next = [&]() -> std::string const& {
      if (i + 1 == words.size()) throw std::invalid_argument(words[i] + " needs a value");
      return words[++i];
    };
    if (words[i] == "--net") {
      out.net = next();
    } else if (words[i] == "--steps") {
      out.steps = std::max(2ULL, std::stoull(next()));
    } else if (words[i] == "--points") {
      out.points = std::max(2, std::stoi(next()));
    } else if (words[i] == "--wall") {
      out.clock = engine::clock_kind::wall;
    } else if (words[i] == "--svg") {
      out.svg = next();
    } else if (words[i] == "--quick") {
      out.steps = 30;
      out.points = 3;
      out.profile_runs = 10;
    } else {
      throw std::invalid_argument("unknown option " + words[i]);
    }
  }
  return out;
}

/// The smallest budget for which the quick heuristic finds a plan, to half a percent of `largest`.
bytes smallest_feasible(checkmate::dag const& graph, bytes largest) {
  bytes too_small = checkmate::smallest_conceivable_budget(graph).budget - 1;
  bytes smallest = largest;
  while (smallest - too_small > largest / 200) {
    bytes const middle = std::midpoint(too_small, smallest);
    auto const found = checkmate::solve(graph, {.budget = middle}, checkmate::greedy{});
    (found ? smallest : too_small) = middle;
  }
  return smallest;
}

/// The plan that recomputes nothing, then plans for evenly spaced budgets down to the smallest feasible.
std::vector<checkmate::schedule> make_plans(engine::trainer const& trainer, checkmate::schedule const& plain,
                                            int points) {
  bytes const largest = plain.peak_memory;
  bytes const smallest = smallest_feasible(checkmate::lower(trainer.net(), trainer.costs()), largest);
  std::vector<checkmate::schedule> plans = {plain};
  for (int i = 1; i < points; ++i) {
    bytes const budget = largest - (largest - smallest) * i / (points - 1);
    auto const found = checkmate::solve(trainer.net(), trainer.costs(), {.budget = budget});
    if (found) plans.push_back(*found.plan);
  }
  return plans;
}

int run(settings const& chosen) {
  engine::trainer trainer(engine::make_task(chosen.net), chosen.clock);
  auto const plain = [&] {
    return *checkmate::solve(trainer.net(), trainer.costs(), {}, checkmate::checkpoint_all{}).plan;
  };
  trainer.measure(plain(), chosen.profile_runs);  // planned once without times, then again with them
  std::vector<engine::outcome> const outcomes =
      trainer.train(make_plans(trainer, plain(), chosen.points), chosen.steps);

  std::printf("%s: %zu nodes, %lld bytes pinned, %llu steps\n", chosen.net.c_str(),
              trainer.net().node_count(), static_cast<long long>(trainer.costs().pinned),
              static_cast<unsigned long long>(chosen.steps));
  engine::print(outcomes);
  if (!chosen.svg.empty()) engine::draw_overheads(outcomes, chosen.net, chosen.svg);
  if (std::all_of(outcomes.begin(), outcomes.end(), engine::kept_its_word)) return EXIT_SUCCESS;
  std::printf("FAILED: a peak or a gradient is not what it should be, or the loss did not fall\n");
  return EXIT_FAILURE;
}

}  // namespace

int main(int count, char** words) {
  try {
    return run(parse({words + 1, words + count}));
  } catch (std::exception const& e) {
    std::cerr << "training_engine: " << e.what() << "\n";
    return EXIT_FAILURE;
  }
}
