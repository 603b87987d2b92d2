// SPDX-License-Identifier: Apache-2.0
//
// training_engine [--net resnet|unet|gpt|all] [--steps N] [--points N] [--wall] [--svg FOLDER] [--quick]
//
// Trains networks within smaller and smaller budgets and prints what checkmate predicted beside what was
// measured. Exits with 1 if a peak is not the predicted one to the byte, if a gradient differs in a single
// bit, or if the loss does not go down.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <checkmate/checkmate.hpp>

#include "report.hpp"
#include "training.hpp"

namespace {

using engine::bytes;

struct settings {
  std::string net = "all";
  std::uint64_t steps = 200;
  int points = 6;  ///< budgets, from what no recomputation needs down to the smallest feasible
  int profile_runs = 400;
  std::string svg;  ///< folder to draw to, a file NET.svg each; empty = none
  engine::clock_kind clock = engine::clock_kind::processor;
};

/// The whole number from 2 to `most` that follows an option; fewer steps or points compare nothing.
template <class Number>
Number number_of(std::string const& option, std::string const& word, Number most) {
  Number out{};
  auto const [end, fault] = std::from_chars(word.data(), word.data() + word.size(), out);
  if (fault != std::errc() || end != word.data() + word.size() || out < 2 || out > most) {
    throw std::invalid_argument(option + " takes a whole number from 2 to " + std::to_string(most) +
                                ", not '" + word + "'");
  }
  return out;
}

settings parse(std::vector<std::string> const& words) {
  settings out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string const& option = words[i];
    auto const next = [&]() -> std::string const& {
      if (i + 1 == words.size()) throw std::invalid_argument(option + " needs a value");
      return words[++i];
    };
    if (option == "--net") {
      out.net = next();
      if (out.net != "all") (void)engine::make_task(out.net);  // throws if there is no such network
    } else if (option == "--steps") {
      out.steps = number_of<std::uint64_t>(option, next(), 1'000'000);
    } else if (option == "--points") {
      out.points = number_of(option, next(), 100);
    } else if (option == "--wall") {
      out.clock = engine::clock_kind::wall;
    } else if (option == "--svg") {
      out.svg = next();
    } else if (option == "--quick") {
      out.steps = 30;
      out.points = 3;
      out.profile_runs = 10;
    } else {
      throw std::invalid_argument("unknown option " + option);
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
    if (!found) {
      throw std::runtime_error("no plan in " + std::to_string(budget) +
                               " bytes: " + found.termination.detail);
    }
    plans.push_back(*found.plan);
  }
  return plans;
}

/// Trains one network and reports; whether everything was as promised.
bool train(std::string const& net, settings const& chosen) {
  engine::trainer trainer(engine::make_task(net), chosen.clock);
  auto const plain = [&] {
    return *checkmate::solve(trainer.net(), trainer.costs(), {}, checkmate::checkpoint_all{}).plan;
  };
  trainer.measure(plain(), chosen.profile_runs);  // planned once without times, then again with them
  std::vector<engine::outcome> const outcomes =
      trainer.train(make_plans(trainer, plain(), chosen.points), chosen.steps);

  checkmate::dag const graph = checkmate::lower(trainer.net(), trainer.costs());
  std::printf("%s: %zu nodes, %lld bytes fixed, no schedule needs less than %lld, %llu steps\n", net.c_str(),
              graph.size(), static_cast<long long>(trainer.costs().fixed),
              static_cast<long long>(checkmate::smallest_conceivable_budget(graph).budget),
              static_cast<unsigned long long>(chosen.steps));
  engine::print(outcomes);
  if (!chosen.svg.empty()) engine::draw_overheads(outcomes, net, chosen.svg + "/" + net + ".svg");
  if (std::all_of(outcomes.begin(), outcomes.end(), engine::kept_its_word)) return true;
  std::printf("FAILED: a peak or a gradient is not what it should be, or the loss did not fall\n");
  return false;
}

int run(settings const& chosen) {
  bool good = true;
  for (std::string const net : {"resnet", "unet", "gpt"}) {
    if (chosen.net == net || chosen.net == "all") good = train(net, chosen) && good;
  }
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
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
