// SPDX-License-Identifier: Apache-2.0
//
// The executor seam: drive the caller's own engine through a schedule.
#pragma once

#include <cstdint>

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

namespace detail {

/// Stops the compilation with what `H` lacks to be a handler.
template <class H>
constexpr void explain_handler() {
  static_assert(
      requires(H & h, node_id node) { h.compute(node); }, "checkmate: this handler has no compute(node)");
  static_assert(
      requires(H & h, node_id node, std::uint32_t output) { h.release(node, output); },
      "checkmate: this handler has no release(node, output)");
}

}  // namespace detail

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

/// Never runs: says what the handler lacks.
template <class H>
requires(!schedule_handler<H>) void execute(schedule const&, H&&) {
  detail::explain_handler<H>();
}

}  // namespace v0
}  // namespace checkmate
