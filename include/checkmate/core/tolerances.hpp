// SPDX-License-Identifier: Apache-2.0
//
// Which numbers count as equal, and who relies on it. All are relative.
#pragma once

#include <checkmate/version.hpp>

namespace checkmate {
inline namespace v0 {
namespace tolerance {

/// A bound that is above a known schedule's time by more than this is wrong; planning/ledger.hpp decides so
/// for everybody. No less than `solver_bound`, for a solver may be wrong by twice that and still be right.
inline constexpr double refutation = 1e-7;

/// What bounds that rest on a solver's word are lowered by: `optimal`, and `lp_rounding` without duals.
inline constexpr double solver_bound = 1e-7;

/// Sums of times differ in the last bits with the order of adding: the times that `least_memory` and
/// `max_batch` allow.
inline constexpr double sums = 1e-12;

}  // namespace tolerance
}  // namespace v0
}  // namespace checkmate
