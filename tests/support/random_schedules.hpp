// SPDX-License-Identifier: Apache-2.0
//
// Random valid schedules: sequences whose first executions follow the dag's order, with values dropped and
// produced again at random. Their peaks are whatever they are; a test takes them as budgets.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include <checkmate/memory/sequence.hpp>

namespace test {

/// A sequence that never reads what is not there and never repeats a run-once
/// node. `drop_chance`: how often, in percent, each resident value that could be produced again is dropped
/// before an execution.
class random_sequence {
 public:
  random_sequence(checkmate::dag const& d, std::uint64_t seed, std::uint64_t drop_chance)
      : dag_(d), engine_(seed), drop_chance_(drop_chance), resident_(d.value_count(), 0) {}

  checkmate::event_sequence make() {
    for (auto t : dag_.nodes()) {
      drop_some();
      if (t > 0 && engine_() % 100 < drop_chance_ / 4)
        again(static_cast<checkmate::node_index>(engine_() % std::size_t{t}));
      run(t);
    }
    drop_some();
    for (auto v : dag_.values()) {
      if (dag_.retained(v) && resident_[v] == 0) run(dag_.producer(v));
    }
    // Producing one retained value cannot lose another: nothing is dropped in between.
    return {dag_, out_};
  }

 private:
  void drop_some() {
    for (auto v : dag_.values()) {
      if (resident_[v] != 0 && can_return(dag_.producer(v)) && engine_() % 100 < drop_chance_)
        resident_[v] = 0;
    }
  }
  /// A value of a run-once node is never dropped, so everything else can be produced again.
  [[nodiscard]] bool can_return(checkmate::node_index u) const { return !dag_.run_once(u); }

  void again(checkmate::node_index u) {
    if (can_return(u)) run(u);
  }
  /// Runs t after whatever it needs. Recursion is as deep as the tiny graph.
  void run(checkmate::node_index t) {
    for (checkmate::value_index v : dag_.reads(t)) {
      if (resident_[v] == 0) run(dag_.producer(v));
    }
    out_.push_back(t);
    for (auto v : dag_.outputs(t)) resident_[v] = 1;
  }

  checkmate::dag const& dag_;
  std::mt19937_64 engine_;
  std::uint64_t drop_chance_;
  std::vector<std::uint8_t> resident_;
  std::vector<checkmate::node_index> out_;
};

}  // namespace test
