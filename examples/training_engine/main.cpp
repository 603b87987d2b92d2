// SPDX-License-Identifier: Apache-2.0
//
// training_engine [--net resnet|unet|gpt] [--steps N] [--points N] [--wall] [--quick]
//
// Trains a network within smaller and smaller budgets and prints what checkmate predicted beside what was
// measured. Exits with 1 if a peak is not the predicted one to the byte, if a gradient differs in a single
// bit, or if the loss does not go down.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <limits>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <checkmate/checkmate.hpp>
#include <checkmate/strategies/greedy.hpp>

#include "training.hpp"

namespace {

using engine::bytes;

struct settings {
  std::string net = "resnet";
  std::uint64_t steps = 200;
  int points = 6;  ///< budgets, from what no recomputation needs down to the smallest feasible
  int profile_runs = 50;
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

checkmate::result plan_within(engine::trainer const& trainer, bytes budget) {
  return checkmate::solve(trainer.net(), trainer.costs(), {.budget = budget}, checkmate::greedy{});
}

/// Plans for budgets evenly spaced between the peak without recomputation and the smallest that the planner
/// finds feasible, the largest first.
std::vector<checkmate::schedule> make_plans(engine::trainer const& trainer, int points) {
  std::vector<checkmate::schedule> plans = {*plan_within(trainer, std::numeric_limits<bytes>::max()).plan};
  bytes const largest = plans.front().peak_memory;
  bytes too_small =
      checkmate::smallest_conceivable_budget(checkmate::lower(trainer.net(), trainer.costs())).budget - 1;
  bytes smallest = largest;
  while (smallest - too_small > largest / 200) {
    bytes const middle = std::midpoint(too_small, smallest);
    auto const found = plan_within(trainer, middle);
    (found ? smallest : too_small) = found ? found.plan->peak_memory : middle;
  }
  for (int i = 1; i < points; ++i) {
    bytes const budget = largest - (largest - smallest) * i / (points - 1);
    if (auto const found = plan_within(trainer, budget)) plans.push_back(*found.plan);
  }
  return plans;
}

double mean(std::span<float const> numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
}

/// The mean of the first and of the last sixth of the losses: single batches differ.
double first_loss(engine::outcome const& of) {
  return mean(std::span(of.losses).first(std::max<std::size_t>(1, of.losses.size() / 6)));
}
double last_loss(engine::outcome const& of) {
  return mean(std::span(of.losses).last(std::max<std::size_t>(1, of.losses.size() / 6)));
}

/// Whether this plan did what was promised: the peak to the byte, the gradients to the bit, learning.
bool kept_its_word(engine::outcome const& of) {
  return of.peak == of.plan.peak_memory && of.steps_equal == of.losses.size() &&
         last_loss(of) < first_loss(of);
}

void print(engine::outcome const& of, engine::outcome const& first) {
  double const measured = engine::median(of.seconds);
  auto const part = static_cast<double>(of.plan.peak_memory) / static_cast<double>(first.plan.peak_memory);
  std::printf("%5.1f%% %10lld %10lld %8.2f %8.2f %6.3f %8.1f%% %8.1f%% %7.3f %6.3f  %s\n", 100 * part,
              static_cast<long long>(of.plan.peak_memory), static_cast<long long>(of.peak),
              1e3 * of.plan.time, 1e3 * measured, measured / of.plan.time,
              100 * (of.plan.time / first.plan.time - 1), 100 * engine::measured_overhead(of, first),
              first_loss(of), last_loss(of), of.steps_equal == of.losses.size() ? "bit-equal" : "DIFFER");
}

int run(settings const& chosen) {
  engine::trainer trainer(engine::make_task(chosen.net), chosen.clock);
  auto const plain = checkmate::solve(trainer.net(), trainer.costs(), {}, checkmate::checkpoint_all{});
  trainer.measure(*plain.plan, chosen.profile_runs);

  std::vector<engine::outcome> const outcomes =
      trainer.train(make_plans(trainer, chosen.points), chosen.steps);

  std::printf("%s: %zu nodes, %lld bytes pinned, %llu steps\n", chosen.net.c_str(),
              trainer.net().node_count(), static_cast<long long>(trainer.costs().pinned),
              static_cast<unsigned long long>(chosen.steps));
  std::printf("          peak in bytes     ms a step, median             overhead          loss\n");
  std::printf("%6s %10s %10s %8s %8s %6s %9s %9s %7s %6s  %s\n", "memory", "planned", "measured", "planned",
              "measured", "ratio", "planned", "measured", "first", "last", "gradients");
  for (engine::outcome const& of : outcomes) print(of, outcomes.front());
  if (std::all_of(outcomes.begin(), outcomes.end(), kept_its_word)) return EXIT_SUCCESS;
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
