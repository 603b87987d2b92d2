// SPDX-License-Identifier: Apache-2.0
//
// A second simulator, to hold the library's to: written from the memory model's text alone, for graphs as
// their user gave them (it never sees a dag), and slow. Where the library's replay keeps a flag per value and
// a running sum, this one has buffers with owners:
//
//   1. Every production of a value is an instance. A first walk over the steps counts the owners of each: the
//      executions that read it, and the end of the schedule where it is the last instance of a retained
//      value.
//   2. A second walk allocates and frees buffers. Readers give their ownership up; after every execution all
//      buffers there are are added up anew.
//
// It also tells what the memory model says of schedules that the library makes: a buffer is freed as soon as
// nobody owns it, before the next execution.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <checkmate/core/types.hpp>
#include <checkmate/schedule/schedule.hpp>

#include "support/random_graphs.hpp"

namespace test {

/// What the second simulator says of a schedule.
struct replayed {
  std::string fault;           ///< the first thing that is wrong; empty if nothing is
  std::string untidy;          ///< the first buffer that is kept without an owner; empty if none is
  bool in_order = true;        ///< first executions follow the fixed order
  bool in_stages = true;       ///< and between two of them nodes ascend; nothing runs after the last
  checkmate::bytes peak = 0;   ///< fixed memory and workspace included
  long double time = 0;        ///< node times by number of executions
  std::size_t executions = 0;  ///< compute steps
  std::size_t repeated = 0;    ///< nodes that run more than once
};

namespace reference {

inline std::string name_of(checkmate::value_ref v) {
  return std::to_string(v.node) + "." + std::to_string(v.output);
}

/// The fixed order: of all nodes whose inputs, and those at the other ends of their control edges, have run
/// the smallest id, again and again.
inline std::vector<checkmate::node_id> fixed_order(value_graph const& g) {
  std::vector<checkmate::node_id> order;
  std::set<checkmate::node_id> ran;
  while (order.size() < g.node_count()) {
    for (checkmate::node_id v = 0; v < g.node_count(); ++v) {
      auto const after = g.after(v);
      bool const ready =
          std::all_of(g.read[v].begin(), g.read[v].end(),
                      [&](checkmate::value_ref r) { return ran.count(r.node) != 0; }) &&
          std::all_of(after.begin(), after.end(), [&](checkmate::node_id u) { return ran.count(u) != 0; });
      if (ran.count(v) == 0 && ready) {
        order.push_back(v);
        ran.insert(v);
        break;
      }
    }
  }
  return order;
}

/// One buffer: the instance of a value that lies in memory.
struct buffer {
  checkmate::bytes size = 0;
  std::size_t owners = 0;
};

class simulator {
 public:
  simulator(value_graph const& g, std::vector<checkmate::step> const& steps) : graph_(g), steps_(steps) {}

  replayed run() {
    check_names();
    if (ok()) count_owners();
    for (std::size_t i = 0; i < steps_.size() && ok(); ++i) {
      if (steps_[i].what == checkmate::action::compute) {
        compute(steps_[i].node);
      } else {
        release({steps_[i].node, steps_[i].output});
      }
    }
    if (ok()) finish();
    if (ok()) check_control();
    place_in_order();
    return out_;
  }

 private:
  [[nodiscard]] bool ok() const { return out_.fault.empty(); }
  void complain(std::string const& what) {
    if (ok()) out_.fault = what;
  }

  void check_names() {
    for (checkmate::step const& s : steps_) {
      if (s.node >= graph_.node_count()) return complain("no such node");
      if (s.what == checkmate::action::release && s.output >= graph_.outputs[s.node]) {
        return complain("no such output");
      }
    }
  }

  void count_owners() {
    for (checkmate::step const& s : steps_) {
      if (s.what != checkmate::action::compute) continue;
      for (checkmate::value_ref r : graph_.read[s.node]) {
        if (instances_[r].empty()) return complain(name_of(r) + " is read before it exists");
        ++instances_[r].back();
      }
      for (std::uint32_t k = 0; k < graph_.outputs[s.node]; ++k) instances_[{s.node, k}].push_back(0);
    }
    for (auto& [value, owners] : instances_) {
      if (graph_.keep[value.node][value.output] && !owners.empty()) ++owners.back();
    }
  }

  void compute(checkmate::node_id v) {
    note_unowned();
    ++runs_[v];
    if (runs_[v] > 1 && graph_.once[v]) return complain(std::to_string(v) + " runs twice");
    for (checkmate::value_ref r : graph_.read[v]) {
      auto const at = memory_.find(r);
      if (at == memory_.end()) return complain(std::to_string(v) + " reads the absent " + name_of(r));
      --at->second.owners;
    }
    for (std::uint32_t k = 0; k < graph_.outputs[v]; ++k) {
      std::size_t const instance = produced_[{v, k}]++;
      memory_[{v, k}] = {graph_.costs.memories[v][k], instances_[{v, k}][instance]};
    }
    checkmate::bytes held = graph_.costs.fixed + graph_.costs.workspaces[v];
    for (auto const& [value, there] : memory_) held += there.size;
    out_.peak = std::max(out_.peak, held);
  }

  void release(checkmate::value_ref v) {
    if (memory_.erase(v) == 0) complain(name_of(v) + " is released but not there");
  }

  /// Buffers without owners before an execution or at the end.
  void note_unowned() {
    for (auto const& [value, there] : memory_) {
      if (there.owners == 0 && out_.untidy.empty()) out_.untidy = name_of(value) + " outlives its last read";
    }
  }

  void finish() {
    note_unowned();
    for (checkmate::node_id v = 0; v < graph_.node_count(); ++v) {
      if (runs_[v] == 0) complain(std::to_string(v) + " never runs");
      for (std::uint32_t k = 0; k < graph_.outputs[v]; ++k) {
        if (graph_.keep[v][k] && memory_.count({v, k}) == 0) complain(name_of({v, k}) + " is not kept");
      }
    }
    for (auto const& [v, count] : runs_) {
      out_.time += static_cast<long double>(graph_.costs.times[v]) * static_cast<long double>(count);
      out_.executions += count;
      out_.repeated += count > 1 ? 1 : 0;
    }
  }

  /// First executions against control edges, and those of ordered run-once nodes against the fixed order: of
  /// the finished schedule, by where each node first ran.
  void check_control() {
    std::map<checkmate::node_id, std::size_t> first;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (steps_[i].what == checkmate::action::compute) first.try_emplace(steps_[i].node, i);
    }
    for (checkmate::node_id v = 0; v < graph_.node_count(); ++v) {
      for (checkmate::node_id u : graph_.after(v)) {
        if (first[u] > first[v]) complain(std::to_string(v) + " runs before " + std::to_string(u));
      }
    }
    std::size_t last = 0;
    for (checkmate::node_id v : fixed_order(graph_)) {
      if (!graph_.once[v] || !graph_.is_ordered(v)) continue;
      if (first[v] < last) complain(std::to_string(v) + " passes another run-once node");
      last = first[v];
    }
  }

  /// Which space of schedules this one is in.
  void place_in_order() {
    std::vector<checkmate::node_id> const order = fixed_order(graph_);
    std::map<checkmate::node_id, std::size_t> position;
    for (std::size_t p = 0; p < order.size(); ++p) position[order[p]] = p;
    std::size_t next = 0, before = 0;
    bool fresh = true;  // nothing has run since the last first execution
    for (checkmate::step const& s : steps_) {
      if (s.what != checkmate::action::compute || s.node >= order.size()) continue;
      std::size_t const at = position[s.node];
      if (at > next) out_.in_order = false;
      if (!fresh && at <= before) out_.in_stages = false;
      fresh = at == next;
      before = at;
      if (at == next) ++next;
    }
    if (!fresh || !out_.in_order) out_.in_stages = false;
  }

  value_graph const& graph_;
  std::vector<checkmate::step> const& steps_;
  std::map<checkmate::value_ref, std::vector<std::size_t>> instances_;  // owners of each production
  std::map<checkmate::value_ref, std::size_t> produced_;                // productions so far
  std::map<checkmate::value_ref, buffer> memory_;
  std::map<checkmate::node_id, std::size_t> runs_;
  replayed out_;
};

}  // namespace reference

/// Replays `steps` on `g` as the memory model says.
inline replayed replay(value_graph const& g, std::vector<checkmate::step> const& steps) {
  return reference::simulator(g, steps).run();
}

}  // namespace test
