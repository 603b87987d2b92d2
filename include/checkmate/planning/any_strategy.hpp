// SPDX-License-Identifier: Apache-2.0
//
// A strategy chosen at run time: holds any strategy by value, with its card.
#pragma once

#include <concepts>
#include <functional>
#include <utility>

#include <checkmate/core/error.hpp>
#include <checkmate/planning/strategy.hpp>
#include <checkmate/planning/traits.hpp>

namespace checkmate {
inline namespace v0 {

/// Any strategy, by value. Empty ones convert to false and throw when used.
class any_strategy {
 public:
  any_strategy() = default;
  /// Holds a strategy with the card that it carries.
  template <class S>
  requires(!std::same_as<S, any_strategy> && strategy<S> && described_strategy<S>)
      any_strategy(S how)  // NOLINT: implicit, so that a strategy can be passed where any is taken
      : any_strategy(std::move(how), S::traits) {}
  /// Holds a strategy under another card.
  template <strategy S>
  any_strategy(S how, strategy_traits card)
      : traits(card), plan_([how = std::move(how)](dag const& d, plan_options const& options) {
          return how.plan(d, options);
        }) {}

  [[nodiscard]] explicit operator bool() const noexcept { return plan_ != nullptr; }

  /// Plans with the strategy held; throws invalid_option if there is none, and what the strategy throws.
  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    if (!plan_) throw invalid_option("any_strategy: there is no strategy in it");
    return plan_(d, options);
  }

  strategy_traits traits = {};  ///< the card of the strategy held

 private:
  std::function<result(dag const&, plan_options const&)> plan_;
};

}  // namespace v0
}  // namespace checkmate
