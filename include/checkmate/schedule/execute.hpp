// SPDX-License-Identifier: Apache-2.0
//
// The executor seam: drive the caller's own engine through a schedule.
#pragma once

#include <concepts>

#include <checkmate/schedule/schedule.hpp>

namespace checkmate {
inline namespace v0 {

/// An engine that a schedule can drive. Both members are required, so that a misspelled one is a compile
/// error:
///   compute(node)           execute the node; its inputs are resident
///   release(node, output)   free the node's output number `output`
template <class H>
concept schedule_handler = requires(H& h, node_id node, std::uint32_t output) {
  h.compute(node);
  h.release(node, output);
};

/// Calls `handler` once for each step of `s`, in order, with the caller's ids. What the handler throws passes
/// through.
template <schedule_handler H>
void execute(schedule const& s, H&& handler) {
  for (step const& now : s) {
    if (now.what == action::compute) {
      handler.compute(now.node);
    } else {
      handler.release(now.node, now.output);
    }
  }
}

}  // namespace v0
}  // namespace checkmate
