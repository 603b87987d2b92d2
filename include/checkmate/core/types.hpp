// SPDX-License-Identifier: Apache-2.0
//
// The vocabulary types of the library: ids, bytes and durations.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

#include <checkmate/version.hpp>

namespace checkmate {
inline namespace v0 {

/// A node by the caller's own id: 0 .. node_count - 1.
using node_id = std::uint32_t;

/// An amount of memory in bytes, >= 0 wherever the library takes or returns one.
using bytes = std::int64_t;

/// A duration of the library's own work (never of a node: node times are plain doubles of any unit).
using seconds = std::chrono::duration<double>;

/// One value by the name its user knows it by: the `output`-th value (from 0) that `node` produces.
struct value_ref {
  node_id node = 0;
  std::uint32_t output = 0;
  friend constexpr auto operator<=>(value_ref const&, value_ref const&) = default;
};

/// Whether first executions keep the dag's order (the paper's problem) or may move within its partial order,
/// which control edges and the order of run-once nodes are part of.
enum class execution_order : std::uint8_t { fixed, free };

/// `using namespace checkmate::literals;` makes `8_GiB` a number of bytes.
inline namespace literals {
constexpr bytes operator""_KiB(unsigned long long n) {
  return static_cast<bytes>(n) << 10;
}
constexpr bytes operator""_MiB(unsigned long long n) {
  return static_cast<bytes>(n) << 20;
}
constexpr bytes operator""_GiB(unsigned long long n) {
  return static_cast<bytes>(n) << 30;
}
}  // namespace literals

}  // namespace v0
}  // namespace checkmate
