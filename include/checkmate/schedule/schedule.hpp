// SPDX-License-Identifier: Apache-2.0
//
// The schedule: plain data that a caller iterates over, stores, or hands to `execute`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <checkmate/core/types.hpp>

namespace checkmate {
inline namespace v0 {

/// What one step of a schedule does.
enum class action : std::uint8_t {
  compute,  ///< execute the node: all of its outputs become resident
  release   ///< free the node's output number `output`
};

[[nodiscard]] constexpr std::string_view to_string(action what) {
  return what == action::compute ? "compute" : "release";
}

/// One step, in the caller's ids.
struct step {
  action what = action::compute;
  node_id node = 0;
  std::uint32_t output = 0;  ///< which value of the node is released; 0 in compute steps
  friend bool operator==(step const&, step const&) = default;
};

/// The steps in the order to execute them, and what the simulator found them to cost.
struct schedule {
  std::vector<step> steps;
  double time = 0;        ///< sum of the node times of all compute steps, in the cost model's unit
  bytes peak_memory = 0;  ///< largest resident bytes, fixed memory and workspace included

  [[nodiscard]] auto begin() const noexcept { return steps.begin(); }
  [[nodiscard]] auto end() const noexcept { return steps.end(); }
  [[nodiscard]] std::size_t size() const noexcept { return steps.size(); }
  [[nodiscard]] bool empty() const noexcept { return steps.empty(); }
};

}  // namespace v0
}  // namespace checkmate
