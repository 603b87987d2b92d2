// SPDX-License-Identifier: Apache-2.0
//
// A sequence of executions under edit, with its time and memory profile kept up to date.
//
// Lifetimes follow from the sequence as in the memory model (schedule/lifetimes.hpp): an instance of a value
// lives from the execution that produces it to its last read before the value is next produced, and a
// retained value's last instance to the end. So every state is a valid schedule but for its peak. While an
// execution runs, memory holds what is resident before it, all of its outputs and its workspace; hence
// inserting or erasing one execution changes the profile by one range per read or written value, the range
// between the execution and the event of that value before it.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <checkmate/graph/dag.hpp>
#include <checkmate/memory/footprint.hpp>
#include <checkmate/memory/liveness.hpp>
#include <checkmate/memory/profile.hpp>
#include <checkmate/memory/sequence.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

class sequence_state {
 public:
  static constexpr execution_id none = memory_profile::none;
  static constexpr order_key end_key = memory_profile::end_key;

  sequence_state(dag const& d, bytes budget) : dag_(&d), sizes_(d), limit_(sizes_.limit(budget)) {}

  /// Replaces the state by `sequence`, in which every node runs and every read follows its production.
  void assign(event_sequence const& sequence) {
    dag const& d = *dag_;
    time_ = 0;
    node_.clear();
    for (event at : sequence) node_.push_back(at.node);
    extra_at_.assign(sequence.size(), first);
    extras_.clear();
    free_.clear();
    runs_.assign(d.size(), {});
    readers_.assign(d.value_count(), {});
    std::vector<execution_id> ids;
    for (execution_id e = 0; e < sequence.size(); ++e) {
      ids.push_back(e);
      node_index const u = sequence[e].node;
      time_ += d.time(u);
      if (!runs_[u].empty()) add_extra(e);
      runs_[u].push_back(e);
      for (value_index v : d.reads(u)) readers_[v].push_back(e);
    }
    // Backwards, as in schedule_from_sequence: what an execution needs resident, and for how long.
    std::vector<double> amount(sequence.size());
    backward_liveness live(d);
    double resident = 0;  // after the execution at hand, then before it
    for (auto v : d.values()) resident += live.needs(v) ? sizes_.value[v] : 0;
    held_at_end_ = resident;
    for (std::size_t i = sequence.size(); i-- > 0;) {
      node_index const u = sequence[i].node;
      live.step_back(
          u, [&](value_index v, bool needed) { resident -= needed ? sizes_.value[v] : 0; },
          [&](value_index v, bool last) { resident += last ? sizes_.value[v] : 0; });
      amount[i] = resident + sizes_.transient[u];
    }
    profile_.assign(ids, amount, limit_);
  }

  [[nodiscard]] dag const& graph() const noexcept { return *dag_; }
  /// Sum of the times of the executions.
  [[nodiscard]] double time() const noexcept { return time_; }
  /// Sum over the executions of what they use above the budget, in units of `unit` bytes; 0 if within budget.
  [[nodiscard]] double overflow() const { return profile_.overflow(); }
  [[nodiscard]] memory_profile const& profile() const noexcept { return profile_; }
  [[nodiscard]] exact_sizes const& sizes() const noexcept { return sizes_; }
  /// Changes the budget, in units, fixed memory excluded.
  void set_limit(double limit) {
    limit_ = limit;
    profile_.set_limit(limit);
  }

  /// The node that `e` executes; only of live executions.
  [[nodiscard]] node_index node(execution_id e) const { return node_[e]; }
  [[nodiscard]] order_key key(execution_id e) const { return profile_.key(e); }
  [[nodiscard]] bool live(execution_id e) const { return extra_at_[e] != dead; }
  /// Whether `e` is not the first execution of its node.
  [[nodiscard]] bool extra(execution_id e) const { return extra_at_[e] < first; }
  /// Ids are below this.
  [[nodiscard]] std::size_t id_count() const noexcept { return node_.size(); }
  /// The executions beyond the first of each node, in no order.
  [[nodiscard]] std::vector<execution_id> const& extras() const noexcept { return extras_; }
  /// Executions of `node` in order.
  [[nodiscard]] std::vector<execution_id> const& runs(node_index node) const { return runs_[node]; }
  /// Executions that read `value` in order.
  [[nodiscard]] std::vector<execution_id> const& readers(value_index value) const { return readers_[value]; }

  /// Executes `node` before `before` (at the end if that is none) and returns the new execution. Each value
  /// that it reads must be produced earlier.
  execution_id insert(node_index node, execution_id before) {
    execution_id e;
    if (free_.empty()) {
      e = static_cast<execution_id>(node_.size());
      node_.push_back({});
      extra_at_.push_back(dead);
    } else {
      e = free_.back();
      free_.pop_back();
    }
    dag const& d = *dag_;
    bool const last = before == none;
    order_key const at = last ? profile_.key_limit() : key(before);
    double const held = last ? held_at_end_ : profile_.amount(before) - sizes_.transient[node_[before]];
    double amount = held + sizes_.transient[node];
    for (value_index v : d.reads(node)) {
      instance const was = instance_before(v, at);
      assert(was.last != none);
      if (was.needed) continue;
      amount += sizes_.value[v];
      profile_.add(key(was.last) + 1, at, sizes_.value[v]);
    }
    for (auto v : d.outputs(node)) {
      instance const was = instance_before(v, at);
      if (was.last == none || !was.needed) continue;  // nothing was held here
      amount -= sizes_.value[v];
      profile_.add(key(was.last) + 1, at, -sizes_.value[v]);
    }
    profile_.insert(e, before, amount);
    node_[e] = node;
    time_ += d.time(node);
    auto& runs = runs_[node];
    enlist(runs, e);
    if (runs.front() == e) {
      extra_at_[e] = first;
      if (runs.size() > 1) add_extra(runs[1]);
    } else {
      add_extra(e);
    }
    for (value_index v : d.reads(node)) enlist(readers_[v], e);
    return e;
  }

  /// Removes `e`. If it is the first execution of its node, nothing may read it before the second.
  void erase(execution_id e) {
    dag const& d = *dag_;
    node_index const node = node_[e];
    auto& runs = runs_[node];
    if (runs.front() == e) {
      if (runs.size() > 1) {
        drop_extra(runs[1]);
        extra_at_[runs[1]] = first;
      }
    } else {
      drop_extra(e);
    }
    extra_at_[e] = dead;
    free_.push_back(e);
    for (value_index v : d.reads(node)) delist(readers_[v], e);
    delist(runs, e);
    time_ -= d.time(node);
    // With `e` off the lists, what the events around it need is what needs it no longer, or needs it instead.
    order_key const at = key(e);
    for (value_index v : d.reads(node)) {
      instance const is = instance_before(v, at);
      if (!is.needed) profile_.add(key(is.last) + 1, at, -sizes_.value[v]);
    }
    for (auto v : d.outputs(node)) {
      instance const is = instance_before(v, at);
      if (is.last != none && is.needed) profile_.add(key(is.last) + 1, at, sizes_.value[v]);
    }
    profile_.erase(e);
  }

  /// The last execution of `node` before `at`, or none.
  [[nodiscard]] execution_id run_before(node_index node, order_key at) const {
    return before(runs_[node], at);
  }
  /// The first execution of `node` at or after `at`, or none.
  [[nodiscard]] execution_id run_from(node_index node, order_key at) const { return from(runs_[node], at); }
  /// The first read of `value` at or after `at`, or none.
  [[nodiscard]] execution_id read_from(value_index value, order_key at) const {
    return from(readers_[value], at);
  }

  /// How `value` stands just before the execution at `at`: the last event (production or read) of its
  /// instance before, and whether the instance is needed at or after `at`.
  struct instance {
    execution_id last;  ///< none if the value is not produced before
    bool needed;
  };
  [[nodiscard]] instance instance_before(value_index value, order_key at) const {
    node_index const p = dag_->producer(value);
    auto const& runs = runs_[p];
    auto const& reads = readers_[value];
    std::size_t const run = count_before(runs, at);
    std::size_t const read = count_before(reads, at);
    instance out{none, false};
    order_key const next_run = run < runs.size() ? key(runs[run]) : end_key;
    if (run > 0) {
      out.last = runs[run - 1];
      if (read > 0 && key(reads[read - 1]) > key(out.last)) out.last = reads[read - 1];
    }
    out.needed = read < reads.size() ? key(reads[read]) < next_run : false;
    if (next_run == end_key && needed_at_end(*dag_, value)) out.needed = true;
    return out;
  }

  /// Whether something needs an output of `e`: reads it, or holds it to the end.
  [[nodiscard]] bool needed(execution_id e) const {
    for (auto v : dag_->outputs(node_[e])) {
      if (instance_before(v, key(e) + 1).needed) return true;
    }
    return false;
  }

  /// The events in order.
  void copy_events(std::vector<event>& out) const {
    out.clear();
    profile_.for_each([&](execution_id e) { out.push_back({node_[e]}); });
  }
  [[nodiscard]] event_sequence sequence() const {
    std::vector<event> out;
    copy_events(out);
    return {*dag_, std::move(out)};
  }

 private:
  static constexpr std::uint32_t dead = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::uint32_t first = dead - 1;

  [[nodiscard]] std::size_t count_before(std::vector<execution_id> const& list, order_key at) const {
    std::size_t n = list.size();
    if (n > 16) {
      return static_cast<std::size_t>(
          std::partition_point(list.begin(), list.end(), [&](execution_id e) { return key(e) < at; }) -
          list.begin());
    }
    while (n > 0 && key(list[n - 1]) >= at) --n;
    return n;
  }
  [[nodiscard]] execution_id before(std::vector<execution_id> const& list, order_key at) const {
    std::size_t const i = count_before(list, at);
    return i > 0 ? list[i - 1] : none;
  }
  [[nodiscard]] execution_id from(std::vector<execution_id> const& list, order_key at) const {
    std::size_t const i = count_before(list, at);
    return i < list.size() ? list[i] : none;
  }

  void add_extra(execution_id e) {
    extra_at_[e] = static_cast<std::uint32_t>(extras_.size());
    extras_.push_back(e);
  }
  void drop_extra(execution_id e) {
    extras_[extra_at_[e]] = extras_.back();
    extra_at_[extras_.back()] = extra_at_[e];
    extras_.pop_back();
  }
  void enlist(std::vector<execution_id>& list, execution_id e) {
    std::size_t const i = count_before(list, key(e));
    list.insert(list.begin() + static_cast<std::ptrdiff_t>(i), e);
  }
  void delist(std::vector<execution_id>& list, execution_id e) {
    std::size_t const i = count_before(list, key(e));
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
  }

  dag const* dag_;
  exact_sizes sizes_;
  double limit_;
  double time_ = 0;
  double held_at_end_ = 0;  // all retained values
  memory_profile profile_;
  std::vector<node_index> node_;         // by execution
  std::vector<std::uint32_t> extra_at_;  // by execution: index in extras_, or first, or dead
  std::vector<execution_id> extras_, free_;
  std::vector<std::vector<execution_id>> runs_;     // by node
  std::vector<std::vector<execution_id>> readers_;  // by value
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
