// SPDX-License-Identifier: Apache-2.0
//
// How long something may take: a wall clock and a stop token, looked at together.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>

#include <checkmate/core/text.hpp>
#include <checkmate/core/types.hpp>

namespace checkmate {
inline namespace v0 {

/// Which limit ended planning.
enum class stop_limit : std::uint8_t { none, time, cancelled, nodes };

[[nodiscard]] constexpr std::string_view to_string(stop_limit limit) {
  constexpr std::array<std::string_view, 4> names = {"none", "time", "cancelled", "nodes"};
  return names[static_cast<std::size_t>(limit)];
}

/// Wall clock and stop token of one planning run.
class deadline {
 public:
  using clock = std::chrono::steady_clock;

  /// Of options with a `time_limit`, in whose place `fallback` stands where it is unset, and a `stop`.
  template <class Options>
  requires requires(Options const& o) {
    o.time_limit;
    o.stop;
  }
  explicit deadline(Options const& options, std::optional<seconds> fallback = std::nullopt)
      : limit_(options.time_limit ? options.time_limit : fallback), stop_(options.stop) {}

  /// The same clock and limit under another stop token.
  deadline(deadline const& other, std::stop_token stop) : deadline(other) { stop_ = std::move(stop); }

  [[nodiscard]] double elapsed() const { return seconds(clock::now() - start_).count(); }
  /// Seconds left, >= 0; unset if there is no limit.
  [[nodiscard]] std::optional<seconds> left() const {
    if (!limit_) return std::nullopt;
    return seconds(std::max(0.0, limit_->count() - elapsed()));
  }
  [[nodiscard]] bool cancelled() const { return stop_.stop_requested(); }
  [[nodiscard]] bool expired() const { return cancelled() || (limit_ && elapsed() >= limit_->count()); }
  /// The limit that `expired` saw.
  [[nodiscard]] stop_limit reason() const {
    if (cancelled()) return stop_limit::cancelled;
    return expired() ? stop_limit::time : stop_limit::none;
  }

 private:
  clock::time_point start_ = clock::now();
  std::optional<seconds> limit_;
  std::stop_token stop_;
};

}  // namespace v0
}  // namespace checkmate
