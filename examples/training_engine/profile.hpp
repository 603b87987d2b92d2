// SPDX-License-Identifier: Apache-2.0
//
// The cost model that checkmate plans with: bytes as the network knows them, times as this machine shows
// them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include <checkmate/schedule/execute.hpp>

#include "executor.hpp"
#include "stopwatch.hpp"

namespace engine {

/// The middle one of some numbers, at least one.
[[nodiscard]] inline double median(std::vector<double> numbers) {
  auto const middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

/// Satisfies checkmate::cost_model_for<network>.
struct profile {
  std::vector<double> seconds;  ///< by node, of one execution; empty = not measured yet, 1 each
  bytes pinned = 0;             ///< always resident

  [[nodiscard]] double time(network const&, node_id v) const { return seconds.empty() ? 1 : seconds[v]; }
  [[nodiscard]] bytes memory(network const& net, node_id v, std::uint32_t k) const {
    return bytes_of(net[v].outputs[k].size());
  }
  [[nodiscard]] bytes workspace(network const& net, node_id v) const { return bytes_of(net[v].scratch); }
  [[nodiscard]] bytes pinned_memory(network const&) const { return pinned; }
};

/// Times each node from its beginning to the beginning of the next, releases and allocations included, so
/// that the times of a step add up to the step.
class timing_executor {
 public:
  timing_executor(executor& engine, std::size_t nodes, clock_kind clock)
      : engine_(engine), clock_(clock), samples_(nodes) {}

  void compute(node_id v) {
    finish_node();
    node_ = v;
    watch_ = stopwatch(clock_);
    engine_.compute(v);
    running_ = true;
  }
  void release(node_id v, std::uint32_t k) { engine_.release(v, k); }
  void finish_node() {
    if (running_) samples_[node_].push_back(watch_.seconds());
    running_ = false;
  }
  /// Seconds of each node: the median of its executions.
  [[nodiscard]] std::vector<double> seconds() const {
    std::vector<double> out;
    for (auto const& of_node : samples_) out.push_back(median(of_node));
    return out;
  }

 private:
  executor& engine_;
  clock_kind clock_;
  std::vector<std::vector<double>> samples_;  // by node
  stopwatch watch_{clock_};
  node_id node_ = 0;
  bool running_ = false;
};

/// Seconds of each node, from `runs` runs of `plan`, which executes each node once, after some to warm up.
/// Rare delays hardly show in the median of a node but do in the median of a step, where any node may be the
/// one delayed; so the medians of the nodes are scaled to add up to that of the step.
[[nodiscard]] inline std::vector<double> measure_nodes(network const& net, checkmate::schedule const& plan,
                                                       executor& engine, int runs, clock_kind clock) {
  for (int i = 0; i < runs / 5 + 1; ++i) {
    engine.start(0);
    checkmate::execute(plan, engine);
  }
  timing_executor timed(engine, net.node_count(), clock);
  std::vector<double> steps;
  for (int i = 0; i < runs; ++i) {
    engine.start(0);
    stopwatch const whole(clock);
    checkmate::execute(plan, timed);
    timed.finish_node();
    steps.push_back(whole.seconds());
  }
  engine.start(0);
  std::vector<double> seconds = timed.seconds();
  double const scale = median(std::move(steps)) / std::accumulate(seconds.begin(), seconds.end(), 0.0);
  for (double& of_node : seconds) of_node *= scale;
  return seconds;
}

}  // namespace engine
