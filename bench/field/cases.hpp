// SPDX-License-Identifier: Apache-2.0
//
// Named graphs after public reports of planners that gave up or fell behind.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "../scale_graphs.hpp"
#include "shapes.hpp"

namespace field {

/// A chain's step and its adjoint: time 1 a step, 2 a gradient, 100 bytes each.
inline cm::recorded_graph adjoint(std::size_t steps, bool given) {
  return training_step(chain(steps, {}, given));
}

/// One budget of a named graph.
struct named_case {
  std::string name;
  cm::recorded_graph graph;
  double fraction = 0;  ///< of the way from F to P, where `budget` is not set
  std::optional<cm::bytes> budget = {};
  double seconds = 10;
  std::optional<std::size_t> recomputations = {};  ///< of time 1 each, that a classical method comes to
};

/// The cases of one graph.
inline void add_cases(std::vector<named_case>& all, std::string const& name, cm::recorded_graph const& graph,
                      std::vector<double> const& fractions, double seconds = 10) {
  for (double f : fractions) all.push_back({name, graph, f, {}, seconds, {}});
}

inline std::vector<named_case> named_cases() {
  std::vector<named_case> all;
  cm::recorded_graph const steps_400 = adjoint(400, false);
  all.push_back({"adjoint_400", steps_400, 0, 400, 10, 6773});
  all.push_back({"adjoint_400", steps_400, 0, 500, 10, 3047});
  all.push_back({"adjoint_400", steps_400, 0, 600, 10, 2016});
  all.push_back({"adjoint_200_given", adjoint(200, true), 0, 600, 10, 1114});
  add_cases(all, "adjoint_1000", adjoint(1000, false), {0.003, 0.005, 0.01, 0.05});
  add_cases(all, "adjoint_1000_given", adjoint(1000, true), {0.005, 0.05, 0.5});
  add_cases(all, "scan_10000", adjoint(10'000, true), {0.5, 0.03});
  add_cases(all, "transformer_250", training_step(transformer(250)), {0.5});
  add_cases(all, "transformer_500", training_step(transformer(500)), {0.5});
  costs const varied{.seed = 1, .spread = 2};
  step_options step;
  network wide = dense(60, 20, varied);
  for (layer& made : wide.layers) made.rule = {.inputs = true, .output = true, .user_outputs = true};
  add_cases(all, "dense_60_20", training_step(wide, step), {0.1, 0.25, 0.5});
  if (auto const file = scale::find_graph("densenet121_b32"); !file.empty()) {
    add_cases(all, "densenet121_b32", cm::load_graph(file), {0.1, 0.25, 0.5}, 1);
  }
  return all;
}

}  // namespace field
