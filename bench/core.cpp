// SPDX-License-Identifier: Apache-2.0
//
// Speed of the parts that every plan goes through: lowering, simulation, building the formulation; and the
// memory that the formulation takes while it is built, by its non-zeros. Run: build/release/bench/bench_core
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <new>

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/json_graph.hpp>

namespace {

/// Bytes of this program's heap, now and at most (since `most` was last set); one thread.
struct {
  std::size_t now = 0, most = 0;
} heap;

}  // namespace

// Replaces the allocation of the whole program, so that it counts everything that std containers take.
void* operator new(std::size_t size) {
  void* const at = std::malloc(size);
  if (at == nullptr) throw std::bad_alloc();
  heap.now += malloc_usable_size(at);
  heap.most = std::max(heap.most, heap.now);
  return at;
}
void operator delete(void* at) noexcept {
  if (at != nullptr) heap.now -= malloc_usable_size(at);
  std::free(at);
}
void operator delete(void* at, std::size_t) noexcept {
  operator delete(at);
}

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
void build_formulation(benchmark::State& state, checkmate::dag const& d) {
  auto const low = checkmate::smallest_conceivable_budget(d).budget;
  auto const budget = low + (checkmate::no_recompute_schedule(d).peak_memory - low) / 2;
  std::size_t nonzeros = 0;
  std::size_t const before = heap.most = heap.now;
  for (auto _ : state) {
    checkmate::formulation::stage_model const model(d, budget);
    nonzeros = model.model().nonzero_count();
  }
  state.counters["nodes"] = static_cast<double>(d.size());
  state.counters["nonzeros"] = static_cast<double>(nonzeros);
  state.counters["peak_bytes_a_nonzero"] =
      static_cast<double>(heap.most - before) / static_cast<double>(nonzeros);
}

void formulation_building(benchmark::State& state) {
  auto const g = graph_of(state.range(0));
  build_formulation(state, checkmate::lower(g, g));
}

/// The same for a step of ResNet-50 as PyTorch runs it, 355 nodes.
void formulation_of_resnet50(benchmark::State& state) {
  auto const g = checkmate::load_graph(CHECKMATE_EXAMPLE_DATA "/torch/resnet50_b64.json.gz");
  build_formulation(state, checkmate::lower(g, g));
}

BENCHMARK(lowering)
    ->Arg(100)
    ->Arg(300)
    ->Arg(1000)
    ->Arg(10000)
    ->Arg(100000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity();
BENCHMARK(simulation)
    ->Arg(100)
    ->Arg(300)
    ->Arg(1000)
    ->Arg(10000)
    ->Arg(100000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity();
BENCHMARK(formulation_building)->Arg(100)->Arg(300)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(formulation_of_resnet50)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
