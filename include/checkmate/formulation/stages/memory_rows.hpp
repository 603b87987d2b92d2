// SPDX-License-Identifier: Apache-2.0
//
// What the bytes in use are made of while each node of a stage runs: equations (2) and (3) of Jain et al.
// 2020 for values, workspace and several outputs, as changes from one node to the next.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <checkmate/formulation/stages/columns.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/memory/footprint.hpp>
#include <checkmate/schedule/stages.hpp>

namespace checkmate {
inline namespace v0 {
namespace formulation {

/// One moment at which the budget may bind. In use = in use at the row before (0 if none) + constant + terms.
struct stage_memory_row {
  node_index node{};  ///< the node that runs
  bytes constant = 0;
  std::span<std::pair<std::int32_t, bytes> const> terms;  ///< columns, ascending, with the bytes each brings
  bool is_last = false;                                   ///< of its stage
};

/// Walks one stage and hands the rows to a visitor. Rows that cannot bind are left out: those where all that
/// may be resident fits `available`, and those of nodes that bring nothing (the row before says more).
class memory_walk {
 public:
  memory_walk(stage_space const& space, stage_columns const& columns, bytes available)
      : dag_(space.graph()), space_(space), columns_(columns), available_(available) {}

  void operator()(std::size_t s, stage_chains const& chains, auto&& visit) {
    start(s, chains);
    for (node_index x{}; x < space_.width(s); ++x) {
      if (!space_.may_run(s, x)) continue;
      bytes const own = checkmate::detail::new_bytes(dag_, x);
      change(columns_.run(s, x), own);
      if (own > 0 && possible_ - replaced(s, x, chains) + own > available_) {
        flush(visit, false);
        keep_row(x);
      }
      leave(s, x, chains);
    }
    flush(visit, true);
  }

 private:
  using term = std::pair<std::int32_t, bytes>;

  void start(std::size_t s, stage_chains const& chains) {
    pending_.clear();
    constant_ = possible_ = 0;
    has_row_ = false;
    at_.resize(dag_.value_count());
    for (value_index v : chains.live) {
      at_[v] = 0;
      column_sum const in = columns_.carried(s, v);
      change(in, dag_.memory(v));
      if (!in.is_zero()) possible_ += dag_.memory(v);
    }
  }

  /// Bytes of x's outputs that may have been carried in: they are not there beside the new ones.
  [[nodiscard]] bytes replaced(std::size_t s, node_index x, stage_chains const& chains) const {
    bytes sum = 0;
    for (auto v : dag_.outputs(x)) {
      if (chains.is_live(v) && !columns_.carried(s, v).is_zero()) sum += dag_.memory(v);
    }
    return sum;
  }

  /// x has run: workspace and what nobody needs go.
  void leave(std::size_t s, node_index x, stage_chains const& chains) {
    column_sum const run = columns_.run(s, x);
    change(run, -dag_.workspace(x));
    for (auto v : dag_.outputs(x)) {
      bytes const size = dag_.memory(v);
      change(run, -size);
      if (!chains.is_live(v)) continue;
      column_sum const before = columns_.carried(s, v), after = chains.states(v)[0];
      change(before, -size);
      change(after, size);
      if (before.is_zero() && !after.is_zero()) possible_ += size;
      if (!before.is_zero() && after.is_zero()) possible_ -= size;
    }
    for (value_index v : dag_.reads(x)) {
      auto const states = chains.states(v);
      column_sum const before = states[at_[v]], after = states[at_[v] + 1];
      ++at_[v];
      change(before, -dag_.memory(v));
      change(after, dag_.memory(v));
      if (!before.is_zero() && after.is_zero()) possible_ -= dag_.memory(v);
    }
  }

  void change(column_sum const& sum, bytes amount) {
    if (amount == 0) return;
    constant_ += sum.constant * amount;
    if (sum.first >= 0) pending_.push_back({sum.first, amount});
    if (sum.second >= 0) pending_.push_back({sum.second, amount});
  }

  /// Closes the changes so far into a row that waits until it is known whether it is the last.
  void keep_row(node_index x) {
    std::sort(pending_.begin(), pending_.end());
    row_.clear();
    for (term const& t : pending_) {
      if (!row_.empty() && row_.back().first == t.first) {
        row_.back().second += t.second;
      } else {
        row_.push_back(t);
      }
    }
    row_.erase(std::remove_if(row_.begin(), row_.end(), [](term const& t) { return t.second == 0; }),
               row_.end());
    row_node_ = x;
    row_constant_ = constant_;
    pending_.clear();
    constant_ = 0;
    has_row_ = true;
  }

  void flush(auto& visit, bool is_last) {
    if (has_row_) visit(stage_memory_row{row_node_, row_constant_, row_, is_last});
    has_row_ = false;
  }

  dag const& dag_;
  stage_space const& space_;
  stage_columns const& columns_;
  bytes available_;
  std::vector<std::size_t> at_;  // by value: its state
  std::vector<term> pending_, row_;
  bytes constant_ = 0, row_constant_ = 0;
  bytes possible_ = 0;  // resident at most
  node_index row_node_{};
  bool has_row_ = false;
};

}  // namespace formulation
}  // namespace v0
}  // namespace checkmate
