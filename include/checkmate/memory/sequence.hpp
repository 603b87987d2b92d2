// SPDX-License-Identifier: Apache-2.0
//
// A plan in the making: what happens, in order. Lifetimes, memory and time follow from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/graph/dag.hpp>

namespace checkmate {
inline namespace v0 {

/// One action of a plan in the making. All events are executions of a node today.
struct event {
  node_index node;
  friend bool operator==(event, event) = default;
};

namespace detail {

/// Why `events` cannot happen in this order, naming event and node; empty if they can.
[[nodiscard]] inline std::string fault_of(dag const& d, std::span<event const> events) {
  std::vector<std::uint8_t> ran(d.size(), 0);
  for (std::size_t i = 0; i < events.size(); ++i) {
    node_index const u = events[i].node;
    auto const who = [i] { return "event " + std::to_string(i) + " executes "; };
    if (u >= d.size()) return who() + "node " + std::to_string(std::size_t{u}) + ", which is not there";
    for (node_index from : d.inputs(u)) {
      if (ran[from] == 0) return who() + d.describe(u) + " before " + d.describe(from) + ", which it reads";
    }
    ran[u] = 1;
  }
  return {};
}

}  // namespace detail

/// Events in order, checked once when they are made one: every node that is executed exists, and what it
/// reads was produced by an event before it. Which values are held in between, and whether they fit, is not
/// its subject.
class event_sequence {
 public:
  /// No events: no plan.
  event_sequence() = default;
  /// Every node of `d` once, in order.
  explicit event_sequence(dag const& d) {
    for (node_index u : d.nodes()) events_.push_back({u});
  }
  /// Throws invalid_schedule where an event cannot happen, naming it and its node.
  event_sequence(dag const& d, std::vector<event> events) : events_(std::move(events)) { check(d); }
  event_sequence(dag const& d, std::vector<node_index> const& executions) {
    events_.reserve(executions.size());
    for (node_index u : executions) events_.push_back({u});
    check(d);
  }
  /// The same without the exception: nothing where an event cannot happen.
  [[nodiscard]] static std::optional<event_sequence> if_possible(dag const& d, std::vector<event> events) {
    if (!detail::fault_of(d, events).empty()) return std::nullopt;
    event_sequence out;
    out.events_ = std::move(events);
    return out;
  }

  [[nodiscard]] std::size_t size() const noexcept { return events_.size(); }
  [[nodiscard]] bool empty() const noexcept { return events_.empty(); }
  [[nodiscard]] event operator[](std::size_t i) const { return events_[i]; }
  [[nodiscard]] auto begin() const noexcept { return events_.begin(); }
  [[nodiscard]] auto end() const noexcept { return events_.end(); }
  friend bool operator==(event_sequence const&, event_sequence const&) = default;

 private:
  void check(dag const& d) const {
    if (std::string const fault = detail::fault_of(d, events_); !fault.empty()) throw invalid_schedule(fault);
  }

  std::vector<event> events_;
};

}  // namespace v0
}  // namespace checkmate
