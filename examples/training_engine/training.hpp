// SPDX-License-Identifier: Apache-2.0
//
// Trains one network under several plans in lockstep, and holds each against the first, number by number.
//
// In every step each plan computes loss and gradients from the same weights and the same batch; then the
// weights move. As long as the gradients are bit-equal these are as many separate trainings.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include <checkmate/planning/strategy.hpp>
#include <checkmate/schedule/execute.hpp>

#include "models.hpp"
#include "optimizer.hpp"
#include "profile.hpp"

namespace engine {

/// What the training showed of one plan.
struct outcome {
  checkmate::schedule plan;
  bytes peak = 0;               ///< measured, the largest of all steps
  double predicted = 0;         ///< seconds a step, by what each operator took in the same steps
  std::vector<double> seconds;  ///< measured, by step
  std::vector<scalar> losses;   ///< by step
  std::size_t steps_equal = 0;  ///< steps whose loss and gradients are, bit for bit, those of the first plan
};

/// One network, its memory and its engine.
class trainer {
 public:
  explicit trainer(task what, clock_kind clock = clock_kind::processor)
      : task_(std::move(what)),
        clock_(clock),
        fixed_(task_.net, account_),
        engine_(task_.net, account_, fixed_) {
    costs_.fixed = account_.in_use();
  }

  [[nodiscard]] network const& net() const { return task_.net; }
  /// What checkmate plans with.
  [[nodiscard]] profile const& costs() const { return costs_; }

  /// Measures the time of every node under a plan that runs each of them.
  void measure(checkmate::schedule const& plan, int runs) {
    fill(0);
    costs_.seconds = measure_nodes(task_.net, plan, engine_, runs, clock_);
  }

  /// Trains for `steps` steps. No plan gets a byte more than its own peak. The first plan runs each node
  /// once: in each step it runs once more, its operators timed, so that predictions do not depend on whether
  /// the machine is as fast now as it was when the plans were made.
  [[nodiscard]] std::vector<outcome> train(std::span<checkmate::schedule const> plans, std::uint64_t steps) {
    std::vector<outcome> out(plans.size());
    for (std::size_t i = 0; i < plans.size(); ++i) out[i].plan = plans[i];
    profiler operators(engine_, task_.net.node_count(), clock_);
    for (std::uint64_t step = 0; step < steps; ++step) {
      fill(step);
      start(plans.front(), step);
      operators.run(plans.front());
      std::vector<scalar> reference;
      for (outcome& of : out) run(of, step, reference);
      adam_step(task_.net, engine_, fixed_, step, task_.rate);
    }
    engine_.start(steps);
    std::vector<double> const seconds = operators.seconds();
    for (outcome& of : out) of.predicted = time_of(of.plan, seconds);
    return out;
  }

 private:
  void fill(std::uint64_t step) {
    auto const as_matrix = [&](std::size_t k) {
      shape const& dims = task_.net.data()[k];
      return view(fixed_.inputs[k].data(), dims.rows(), dims.channels);
    };
    task_.fill(step, as_matrix(0), as_matrix(1));
  }

  /// Nothing but fixed memory, and from there to the plan's peak at most.
  void start(checkmate::schedule const& plan, std::uint64_t step) {
    engine_.start(step);
    account_.start(plan.peak_memory);
  }

  void run(outcome& of, std::uint64_t step, std::vector<scalar>& reference) {
    start(of.plan, step);
    stopwatch const watch(clock_);
    checkmate::execute(of.plan, engine_);
    of.seconds.push_back(watch.seconds());
    of.peak = std::max(of.peak, account_.peak());

    std::vector<scalar> const found = results();
    of.losses.push_back(found.front());
    if (reference.empty()) reference = found;
    bool const equal = std::memcmp(found.data(), reference.data(), found.size() * sizeof(scalar)) == 0;
    of.steps_equal += equal ? 1 : 0;
  }

  /// The loss, then the gradients of all weights.
  [[nodiscard]] std::vector<scalar> results() const {
    std::vector<scalar> out = {*engine_.value(task_.net.loss())};
    for (parameter const& weight : task_.net.parameters()) {
      scalar const* gradient = engine_.value(weight.gradient.value());
      out.insert(out.end(), gradient, gradient + weight.dims.size());
    }
    return out;
  }

  task task_;
  clock_kind clock_;
  memory_account account_;
  fixed_memory fixed_;
  executor engine_;
  profile costs_;
};

/// Extra time of a plan over another, as a fraction: the median over the steps, both having run in each, so
/// that a machine that is now faster, now slower does not blur it.
[[nodiscard]] inline double measured_overhead(outcome const& of, outcome const& over) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < of.seconds.size(); ++i) ratios.push_back(of.seconds[i] / over.seconds[i]);
  return median(std::move(ratios)) - 1;
}

}  // namespace engine
