// SPDX-License-Identifier: Apache-2.0
//
// Edits of a sequence that can be taken back: single insertions and erasures are journalled, compound ones
// (a recomputation with the inputs it needs, an erasure with what becomes useless) are made of them.
#pragma once

#include <cstddef>
#include <vector>

#include <checkmate/search/sequence_state.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

class sequence_editor {
 public:
  static constexpr execution_id none = sequence_state::none;

  explicit sequence_editor(sequence_state& state) : state_(&state) {}

  /// Forgets the journal: what was done stays.
  void commit() { journal_.clear(); }
  /// Takes back everything since the last commit.
  void undo() { undo_to(0); }
  /// A point to return to.
  [[nodiscard]] std::size_t mark() const noexcept { return journal_.size(); }
  /// What edit `i` (below mark()) inserted, or none if it erased; it may be gone again.
  [[nodiscard]] execution_id inserted(std::size_t i) const {
    return journal_[i].inserted ? journal_[i].what : none;
  }
  /// Takes back everything since `mark`.
  void undo_to(std::size_t mark) {
    while (journal_.size() > mark) {
      edit const last = journal_.back();
      journal_.pop_back();
      if (last.inserted) {
        state_->erase(last.what);
      } else {
        state_->insert(last.node, last.before);  // takes the same id again: the free ids are a stack
      }
    }
  }

  execution_id insert(node_index node, execution_id before) {
    execution_id const e = state_->insert(node, before);
    journal_.push_back({true, e, node, before});
    return e;
  }

  void erase(execution_id e) {
    journal_.push_back({false, e, state_->node(e), state_->profile().next(e)});
    state_->erase(e);
  }

  /// Recomputes `node` before `before`, and first, for each value that it reads and that is held for nothing
  /// else at that point, the value's producer, if again(value, last event of the value before, the new
  /// execution) says so; otherwise the value is held from its last event on. `again` is not asked about
  /// run-once producers.
  execution_id recompute(node_index node, execution_id before, auto again) {
    execution_id const top = insert(node, before);
    chain_.assign(1, top);
    while (!chain_.empty()) {
      execution_id const e = chain_.back();
      chain_.pop_back();
      for (value_index v : state_->graph().reads(state_->node(e))) {
        order_key const at = state_->key(e);
        execution_id const last = state_->instance_before(v, at).last;
        node_index const producer = state_->graph().producer(v);
        if (state_->graph().run_once(producer) || state_->key(last) + 1 >= at) continue;
        if (state_->instance_before(v, at + 1).needed) continue;  // held beyond `e` anyway
        if (!again(v, last, e)) continue;
        chain_.push_back(insert(producer, e));
      }
    }
    return top;
  }

  /// Erases `e`, which is not the first execution of its node, and then every recomputation that it alone
  /// needed.
  void erase_with_inputs(execution_id e) {
    chain_.assign(1, e);
    while (!chain_.empty()) {
      execution_id const gone = chain_.back();
      chain_.pop_back();
      if (!state_->live(gone)) continue;
      node_index const u = state_->node(gone);
      order_key const at = state_->key(gone);
      std::size_t const from = chain_.size();
      for (node_index p : state_->graph().inputs(u)) {
        execution_id const source = state_->run_before(p, at);
        if (source != none && state_->extra(source)) chain_.push_back(source);
      }
      erase(gone);
      std::size_t kept = from;
      for (std::size_t i = from; i < chain_.size(); ++i) {
        if (!state_->needed(chain_[i])) chain_[kept++] = chain_[i];
      }
      chain_.resize(kept);
    }
  }

 private:
  struct edit {
    bool inserted;
    execution_id what;
    node_index node;
    execution_id before;
  };

  sequence_state* state_;
  std::vector<edit> journal_;
  std::vector<execution_id> chain_;
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
