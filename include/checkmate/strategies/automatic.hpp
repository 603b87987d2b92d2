// SPDX-License-Identifier: Apache-2.0
//
// automatic: what `solve` does where no strategy is named.
#pragma once

#include <utility>

#include <checkmate/strategies/local_search.hpp>
#include <checkmate/strategies/strategy.hpp>

namespace checkmate {
inline namespace v0 {

/// The absence of a solver.
struct no_backend {};

/// The best plan that the library can make: no recomputation where that fits, otherwise the greedy plan
/// improved by local search, until the time limit or, without one, for a number of moves that grows with the
/// graph (the result is then the same every time). `Backend` is the place of a solver that proves and closes
/// gaps; without one the bound is the base time.
template <class Backend = no_backend>
struct automatic {
  Backend backend{};

  automatic() = default;
  explicit automatic(Backend solver) : backend(std::move(solver)) {}

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    return local_search{}.plan(d, options);
  }
};

automatic()->automatic<no_backend>;

}  // namespace v0
}  // namespace checkmate
