// SPDX-License-Identifier: Apache-2.0
//
// Raw bytes as a graph with its costs: lowering refuses it or takes it, and what it takes every strategy
// without a solver plans within the budget or not at all. Raw bytes as a schedule, too: the simulator judges
// it.
#include <cstdint>
#include <vector>

#include <checkmate/checkmate.hpp>
#include <checkmate/strategies/baselines.hpp>
#include <checkmate/strategies/state_search.hpp>

#include "fuzz.hpp"
#include "support/random_graphs.hpp"

namespace {

using namespace checkmate;

/// An amount of bytes: small as a rule, anything now and then.
bytes amount(fuzz::byte_stream& in) {
  std::uint8_t const kind = in.take<std::uint8_t>();
  if (kind < 200) return kind;
  if (kind < 240) return bytes{1} << (kind - 178);  // 2^22 .. 2^61
  return in.take<bytes>();
}

double time(fuzz::byte_stream& in) {
  std::uint8_t const kind = in.take<std::uint8_t>();
  return kind < 240 ? kind / 4.0 : in.take<double>();
}

test::value_graph graph_of(fuzz::byte_stream& in) {
  test::value_graph g;
  std::size_t const nodes = in.below(24);
  bool const wild = in.below(8) == 0;  // ids of any size, and cycles
  g.costs.fixed = amount(in);
  for (std::size_t v = 0; v < nodes; ++v) {
    std::uint8_t const traits = in.take<std::uint8_t>();
    g.outputs.push_back(traits % 4);
    g.once.push_back(traits >= 240);
    g.keep.emplace_back();
    g.costs.memories.emplace_back();
    for (std::uint32_t k = 0; k < g.outputs.back(); ++k) {
      g.keep.back().push_back(in.take<std::uint8_t>() >= 230);
      g.costs.memories.back().push_back(amount(in));
    }
    g.costs.times.push_back(time(in));
    g.costs.workspaces.push_back((traits & 4) != 0 ? amount(in) : 0);
    g.read.emplace_back();
    for (std::size_t r = 0; r < (traits >> 3) % 4U; ++r) {
      node_id const from = wild ? in.take<node_id>() % 32 : static_cast<node_id>(v > 0 ? in.below(v) : 0);
      std::uint32_t const outputs = !wild && from < v ? g.outputs[from] : 4;
      if (!wild && (v == 0 || outputs == 0)) continue;
      g.read.back().push_back({from, static_cast<std::uint32_t>(in.below(outputs))});
    }
  }
  return g;
}

template <strategy S>
void plan(dag const& d, plan_options const& options, S const& how) {
  result const found = solve(d, options, how);
  fuzz::require(found.termination.reason != stop_reason::failed, "a strategy's plan does not hold");
  if (!found.plan) return;
  fuzz::require(found.plan->peak_memory <= options.budget, "a plan above its budget");
  // Times near the end of the range of a double may add up to infinity: nothing is claimed then.
  bool const orderly = found.plan->time < 1e300;
  fuzz::require(!orderly || found.bound.time <= found.plan->time * (1 + 1e-9), "a bound above a plan's time");
  fuzz::require(found.plan->peak_memory >= smallest_conceivable_budget(d).budget,
                "a plan below the smallest conceivable budget");
}

schedule schedule_of(fuzz::byte_stream& in) {
  schedule out;
  while (!in.empty() && out.steps.size() < 200) {
    std::uint8_t const what = in.take<std::uint8_t>();
    out.steps.push_back({what % 2 == 0 ? action::compute : action::release, what / 8U, (what / 2U) % 4U});
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  fuzz::byte_stream in(data, size);
  test::value_graph const g = graph_of(in);
  dag d;
  if (!fuzz::accepted([&] { d = lower(g, g.costs); })) return 0;
  schedule const all = no_recompute_schedule(d);
  fuzz::require(simulate(d, all).valid(), "a schedule without recomputation is not valid");
  bytes const least = smallest_conceivable_budget(d).budget;
  fuzz::require(all.peak_memory >= least, "a peak below the smallest conceivable budget");
  plan_options options;
  options.budget = least + (all.peak_memory - least) / 8 * static_cast<bytes>(in.below(9));
  options.order = in.below(2) == 0 ? execution_order::fixed : execution_order::free;
  plan(d, options, greedy{});
  plan(d, options, local_search{.moves = 300, .rounds = 1});
  plan(d, options, state_search{.max_states = 500});
  plan(d, options, checkpoint_last{});
  forward_mask forward(d.size(), false);
  for (std::size_t v = 0; v < (d.size() + 1) / 2; ++v) forward[v] = true;
  visit_baselines(forward, [&](auto const& how) { plan(d, options, how); });
  schedule const any = schedule_of(in);
  simulation const seen = simulate(d, any, {.budget = options.budget});
  fuzz::require(!seen.valid() || seen.peak_memory >= least, "a valid schedule below the smallest budget");
  return 0;
}
