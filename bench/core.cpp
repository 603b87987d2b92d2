// SPDX-License-Identifier: Apache-2.0
//
// Speed of the parts that every plan goes through: lowering, simulation, building the formulation.
// Run: build/bench/bench_core
#include <benchmark/benchmark.h>

#include <checkmate/checkmate.hpp>

namespace {

/// A training graph of about n nodes: blocks of three layers.
checkmate::generated_graph graph_of(std::int64_t n) {
  return checkmate::residual_training_graph({.blocks = static_cast<std::size_t>(n) / 8});
}

void lowering(benchmark::State& state) {
  auto const g = graph_of(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(checkmate::lower(g, g));
  state.SetComplexityN(state.range(0));
}

void simulation(benchmark::State& state) {
  auto const g = graph_of(state.range(0));
  auto const d = checkmate::lower(g, g);
  auto const plan = checkmate::no_recompute_schedule(d);
  for (auto _ : state) benchmark::DoNotOptimize(checkmate::simulate(d, plan));
  state.SetComplexityN(state.range(0));
}

/// The integer program for half the way between the smallest conceivable budget and the no-recompute peak.
void formulation_building(benchmark::State& state) {
  auto const g = graph_of(state.range(0));
  auto const d = checkmate::lower(g, g);
  auto const low = checkmate::smallest_conceivable_budget(d).budget;
  auto const budget = low + (checkmate::no_recompute_schedule(d).peak_memory - low) / 2;
  std::size_t nonzeros = 0;
  for (auto _ : state) {
    checkmate::formulation::stages const model(d, budget);
    nonzeros = model.model().nonzero_count();
  }
  state.counters["nodes"] = static_cast<double>(d.size());
  state.counters["nonzeros"] = static_cast<double>(nonzeros);
}

BENCHMARK(lowering)
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10000)
    ->Arg(100000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity();
BENCHMARK(simulation)
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10000)
    ->Arg(100000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity();
BENCHMARK(formulation_building)->Arg(100)->Arg(300)->Arg(1000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
