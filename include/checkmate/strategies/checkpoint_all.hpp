// SPDX-License-Identifier: Apache-2.0
//
// checkpoint_all: no recomputation.
#pragma once

#include <checkmate/planning/strategy.hpp>
#include <checkmate/planning/traits.hpp>
#include <checkmate/schedule/no_recompute.hpp>

namespace checkmate {
inline namespace v0 {

/// Keeps every value until its last read and recomputes nothing (Jain et al. 2020, Table 1, with values freed
/// after their last use). Optimal wherever it fits.
struct checkpoint_all {
  static constexpr strategy_traits traits{
      "checkpoint_all", "Checkpoint all (freed)", "Jain et al. 2020; this library", extent::yes, extent::no,
      extent::no};

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    return detail::plan_within(d, options, traits.name, [&](deadline const&, result& out) {
      accept_plan(d, options, no_recompute_schedule(d), out);
    });
  }
};

}  // namespace v0
}  // namespace checkmate
