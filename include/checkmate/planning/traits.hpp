// SPDX-License-Identifier: Apache-2.0
//
// strategy_traits: what a strategy says of itself, for tables, listings and the command line (Table 1 of Jain
// et al., 2020, is made from it).
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

namespace checkmate {
inline namespace v0 {

/// How far a property holds.
enum class extent : std::uint8_t { no, partly, yes };

/// A strategy's card.
struct strategy_traits {
  std::string_view name;                ///< as in `result::strategy` and on the command line
  std::string_view title;               ///< for tables
  std::string_view citation;            ///< whose method it is
  extent general_graphs = extent::yes;  ///< yes: any graph; partly: any, but it gains little off chains
  extent cost_aware = extent::yes;      ///< whether node times guide it
  extent memory_aware = extent::yes;    ///< partly: it searches one parameter for what fits the budget
  bool needs_forward = false;           ///< must be told which nodes are the forward pass
  bool needs_backend = false;           ///< must be given a solver
};

/// A strategy that carries its card as `traits`.
template <class S>
concept described_strategy = requires {
  { S::traits } -> std::convertible_to<strategy_traits>;
};

}  // namespace v0
}  // namespace checkmate
