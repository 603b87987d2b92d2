// SPDX-License-Identifier: Apache-2.0
//
// The cost model that checkmate plans with: bytes as the network knows them, times as this machine shows
// them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
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
  bytes fixed = 0;              ///< always resident

  [[nodiscard]] double time(network const&, node_id v) const { return seconds.empty() ? 1 : seconds[v]; }
  [[nodiscard]] bytes memory(network const& net, node_id v, std::uint32_t k) const {
    return bytes_of(net[v].outputs[k].size());
  }
  [[nodiscard]] bytes workspace(network const& net, node_id v) const { return bytes_of(net[v].scratch); }
  [[nodiscard]] bytes fixed_memory(network const&) const { return fixed; }
};

/// Times each node from its beginning to the beginning of the next, releases and allocations included, so
/// that the times of a step add up to the step. The clock is looked at once a node, and what that takes is no
/// part of the node's time.
class timing_executor {
 public:
  timing_executor(executor& engine, std::size_t nodes, clock_kind clock)
      : engine_(engine), clock_(clock), look_(cost_of_looking(clock)), samples_(nodes) {}

  void compute(node_id v) {
    finish_node();
    node_ = v;
    running_ = true;
    engine_.compute(v);
  }
  void release(node_id v, std::uint32_t k) { engine_.release(v, k); }
  /// Ends the node that runs, if any, and begins what comes next.
  void finish_node() {
    double const time = now(clock_);
    if (running_) {
      samples_[node_].push_back(std::max(0.0, time - start_ - look_));
      total_ += samples_[node_].back();
    }
    running_ = false;
    start_ = time;
  }
  /// Seconds of each node: the median of its executions.
  [[nodiscard]] std::vector<double> seconds() const {
    std::vector<double> out;
    for (auto const& of_node : samples_) out.push_back(median(of_node));
    return out;
  }
  /// Seconds of all executions together.
  [[nodiscard]] double total() const { return total_; }

 private:
  executor& engine_;
  clock_kind clock_;
  double look_;
  std::vector<std::vector<double>> samples_;  // by node
  double start_ = 0, total_ = 0;
  node_id node_ = 0;
  bool running_ = false;
};

/// Collects the times of operators from runs of a schedule.
class profiler {
 public:
  profiler(executor& engine, std::size_t nodes, clock_kind clock) : timed_(engine, nodes, clock) {}

  void run(checkmate::schedule const& plan) {
    double const before = timed_.total();
    checkmate::execute(plan, timed_);
    timed_.finish_node();
    runs_.push_back(timed_.total() - before);
  }
  /// Seconds of each node. Rare delays hardly show in the median of a node but do in the median of a run,
  /// where any node may be the one delayed; so the medians of the nodes are scaled to add up to that of the
  /// run, if the schedule runs each node once.
  [[nodiscard]] std::vector<double> seconds() const {
    std::vector<double> out = timed_.seconds();
    double const scale = median(runs_) / std::accumulate(out.begin(), out.end(), 0.0);
    for (double& of_node : out) of_node *= scale;
    return out;
  }

 private:
  timing_executor timed_;
  std::vector<double> runs_;
};

/// Seconds of each node, from `runs` runs of `plan`, which executes each node once, after some to warm up.
[[nodiscard]] inline std::vector<double> measure_nodes(network const& net, checkmate::schedule const& plan,
                                                       executor& engine, int runs, clock_kind clock) {
  for (int i = 0; i < runs / 5 + 1; ++i) {
    engine.start(0);
    checkmate::execute(plan, engine);
  }
  profiler times(engine, net.node_count(), clock);
  for (int i = 0; i < runs; ++i) {
    engine.start(0);
    times.run(plan);
  }
  engine.start(0);
  return times.seconds();
}

/// What a schedule takes if its nodes take that many seconds each.
[[nodiscard]] inline double time_of(checkmate::schedule const& plan, std::vector<double> const& seconds) {
  double total = 0;
  for (checkmate::step const& s : plan) {
    if (s.what == checkmate::action::compute) total += seconds[s.node];
  }
  return total;
}

}  // namespace engine
