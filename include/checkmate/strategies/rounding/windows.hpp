// SPDX-License-Identifier: Apache-2.0
//
// Points of windowed relaxations (formulation/windows/model.hpp) to round, for lp_rounding. A window model
// has a column for a value at each of a few cuts where the paper's program has one for it in every stage, so
// its relaxation is solved in seconds where that one takes hours; what happens between two cuts follows from
// what is rounded at them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/formulation/windows/layouts.hpp>
#include <checkmate/formulation/windows/point.hpp>
#include <checkmate/formulation/windows/program.hpp>
#include <checkmate/memory/in_use.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/checked_solve.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Cuts spread evenly over the base positions at which keeping everything takes more than `budget`, fixed
/// memory included; none where there are no such positions.
inline window_layout even_layout(dag const& d, bytes budget, std::size_t cuts) {
  std::vector<bytes> const base = base_memory(d);
  std::vector<node_index> over;
  for (node_index t{1}; t < d.size(); ++t) {
    if (base[t] > budget - d.fixed_memory()) over.push_back(t);
  }
  window_layout layout;
  for (std::size_t i = 0; i < cuts && !over.empty(); ++i) {
    node_index const cut = over[over.size() * (2 * i + 1) / (2 * cuts)];
    if (layout.cuts.empty() || layout.cuts.back() < cut) layout = with_cut(std::move(layout), cut);
  }
  return layout;
}

/// A best point of the linear relaxation of `program`, to which memory rows are added until none is violated;
/// nothing if it has none or `clock` ran out. `fault` is set to what the backend got wrong, if anything.
template <linear_backend B>
std::optional<std::vector<double>> relaxed_point(B& backend, windowed_program& program, solver_options how,
                                                 deadline const& clock, std::string& fault) {
  while (!clock.expired()) {
    linear_model linear = program.program();
    std::fill(linear.integer.begin(), linear.integer.end(), std::uint8_t{0});
    how.time_limit = clock.left();
    solver_outcome found = checked_solve(backend, linear, how);
    if (found.status == solve_status::failed) fault = found.detail.empty() ? "failed" : found.detail;
    if (!found.has_values()) return std::nullopt;
    if (program.separate(found.values, 1e-5) == 0) return std::move(found.values);
  }
  return std::nullopt;
}

/// The sequence that `point` says when a column counts as 1 above threshold(column).
template <class Threshold>
event_sequence rounded_sequence(dag const& d, window_model const& model, std::vector<double> const& point,
                                Threshold&& threshold) {
  std::vector<double> shifted(point.size());  // sequence_of_point rounds at one half
  for (std::size_t j = 0; j < point.size(); ++j) shifted[j] = point[j] + 0.5 - threshold(j);
  return sequence_of_point(d, model, shifted);
}

/// The allowances that windows are rounded at, as multiples of the one asked for, in this order: the paper's,
/// none, and then a search on both sides, the more promising first.
inline constexpr std::array<double, 10> allowance_multiples = {1, 0, 0.5, 0.2, 1.5, 0.75, 2, 0.1, 0.3, 3};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
