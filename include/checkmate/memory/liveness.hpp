// SPDX-License-Identifier: Apache-2.0
//
// How long values are needed, and what is in use meanwhile. The memory model's lifetimes follow from a
// sequence of executions read backwards: a value is needed at a place if it is read later, or at the end,
// before it is next produced.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <checkmate/graph/dag.hpp>
#include <checkmate/memory/footprint.hpp>
#include <checkmate/memory/sequence.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Which values are needed at a place between two executions of a sequence. The place is first the end, and
/// moves backwards.
class backward_liveness {
 public:
  explicit backward_liveness(dag const& d) : dag_(&d), needed_(d.value_count(), 0) {
    for (value_index v : values_at_end(d)) needed_[v] = 1;
  }

  /// Whether `v` is needed at the place.
  [[nodiscard]] bool needs(value_index v) const { return needed_[v] != 0; }
  /// Whether some output of `node`, of more than `above` bytes, is needed at the place.
  [[nodiscard]] bool needs_output(node_index node, bytes above = -1) const {
    auto const made = dag_->outputs(node);
    return std::any_of(made.begin(), made.end(),
                       [&](value_index v) { return needs(v) && dag_->memory(v) > above; });
  }
  /// By value: 1 if it is needed at the place, else 0.
  [[nodiscard]] std::span<std::uint8_t const> flags() const { return needed_; }

  /// Moves the place in front of an execution of `node`. Calls output(value, needed) for each output, telling
  /// whether anything needs it afterwards, and then read(value, last) for each value read, telling whether
  /// this is the last read of its instance; both in descending order.
  template <class Output, class Read>
  void step_back(node_index node, Output&& output, Read&& read) {
    for (std::uint32_t k = dag_->output_count(node); k-- > 0;) {
      value_index const v = dag_->output(node, k);
      output(v, needs(v));
      needed_[v] = 0;
    }
    auto const reads = dag_->reads(node);
    for (std::size_t i = reads.size(); i-- > 0;) {
      value_index const v = reads[i];
      read(v, !needs(v));
      needed_[v] = 1;
    }
  }
  void step_back(node_index node) {
    auto const ignore = [](value_index, bool) {};
    step_back(node, ignore, ignore);
  }

 private:
  dag const* dag_;
  std::vector<std::uint8_t> needed_;  // by value
};

/// How often each node runs.
[[nodiscard]] std::vector<std::uint32_t> run_counts(dag const& d, auto const& events) {
  std::vector<std::uint32_t> runs(d.size(), 0);
  for (event e : events) ++runs[e.node];
  return runs;
}

/// `events` without the re-executions of which no output of more than `free_below` bytes is needed
/// afterwards.
[[nodiscard]] std::vector<event> without_unneeded(dag const& d, auto const& events, bytes free_below = -1) {
  std::vector<std::uint32_t> runs = run_counts(d, events);
  backward_liveness live(d);
  std::vector<event> kept;
  for (std::size_t i = events.size(); i-- > 0;) {
    node_index const u = events[i].node;
    bool const first = --runs[u] == 0;  // the last that is met
    if (!first && !live.needs_output(u, free_below)) continue;
    live.step_back(u);
    kept.push_back({u});
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

/// Bytes in use while each execution of `sequence` runs, workspace included, fixed memory not.
[[nodiscard]] inline std::vector<bytes> bytes_in_use(dag const& d, event_sequence const& sequence) {
  backward_liveness live(d);
  bytes held = 0;  // before the execution at hand
  for (value_index v : values_at_end(d)) held += d.memory(v);
  std::vector<bytes> out(sequence.size());
  for (std::size_t i = sequence.size(); i-- > 0;) {
    live.step_back(
        sequence[i].node, [&](value_index v, bool needed) { held -= needed ? d.memory(v) : 0; },
        [&](value_index v, bool last) { held += last ? d.memory(v) : 0; });
    out[i] = held + new_bytes(d, sequence[i].node);
  }
  return out;
}

/// The same where every node runs once, in the dag's order.
[[nodiscard]] inline std::vector<bytes> base_memory(dag const& d) {
  return bytes_in_use(d, event_sequence(d));
}

/// For each value the last node that reads it in the fixed order: its producer if none does, size() if the
/// end needs it.
inline std::vector<node_index> last_needs(dag const& d) {
  std::vector<node_index> last(d.value_count());
  for (auto v : d.values()) {
    auto const readers = d.readers(v);
    last[v] = readers.empty() ? d.producer(v) : readers.back();
    if (needed_at_end(d, v)) last[v] = static_cast<node_index>(d.size());
  }
  return last;
}

}  // namespace detail

/// Bytes that are in use from one execution of a sequence to another: a value from a production to its
/// release, or the workspace of one execution. Executions count from 0.
struct memory_instance {
  /// The `value` of a workspace.
  static constexpr value_index workspace = std::numeric_limits<value_index>::max();

  value_index value = workspace;
  /// The execution that produces it.
  std::size_t birth = 0;
  /// The first execution that runs without it: it is there in birth .. death - 1.
  std::size_t death = 0;
  bytes size = 0;
  friend bool operator==(memory_instance const&, memory_instance const&) = default;
};

/// Everything that is in use while `sequence` (dag indices) runs, but for fixed memory and workspaces of no
/// bytes: by birth, values ascending, then the workspace. What nobody reads dies with the execution that
/// produced it, what is retained at sequence.size().
[[nodiscard]] inline std::vector<memory_instance> instances_of(dag const& d, event_sequence const& sequence) {
  detail::backward_liveness live(d);
  std::vector<std::size_t> death(d.value_count(), sequence.size());
  std::vector<memory_instance> out;
  for (std::size_t i = sequence.size(); i-- > 0;) {
    bytes const own = d.workspace(sequence[i].node);
    if (own > 0) out.push_back({memory_instance::workspace, i, i + 1, own});
    live.step_back(
        sequence[i].node,
        [&](value_index v, bool needed) {
          out.push_back({v, i, needed ? death[v] : i + 1, d.memory(v)});
        },
        [&](value_index v, bool last) { death[v] = last ? i + 1 : death[v]; });
  }
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace v0
}  // namespace checkmate
