// SPDX-License-Identifier: Apache-2.0
//
// The columns of the stage model (formulation/stages/model.hpp) and the expressions made of them: whether a
// node runs in a stage, whether a value is carried into it, and the descending chain of states in which a
// stage holds a value.
//
// Columns are numbered R first, node by node, then S, value by value, then Y; the memory columns U come after
// them. What cannot be of use has no column and reads as the constant 0; what must be reads as 1.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/schedule/stages.hpp>

namespace checkmate {
inline namespace v0 {
namespace formulation {

/// constant + x[first] + x[second], where -1 stands for no column.
struct column_sum {
  std::int32_t constant = 0;
  std::int32_t first = -1;
  std::int32_t second = -1;

  [[nodiscard]] static column_sum one() { return {1, -1, -1}; }
  [[nodiscard]] static column_sum of(std::int32_t col) { return {0, col, -1}; }
  [[nodiscard]] bool is_zero() const { return constant == 0 && first < 0 && second < 0; }
  [[nodiscard]] bool is_one() const { return constant == 1 && first < 0 && second < 0; }
  [[nodiscard]] double at(std::span<double const> point) const {
    double sum = constant;
    if (first >= 0) sum += point[static_cast<std::size_t>(first)];
    if (second >= 0) sum += point[static_cast<std::size_t>(second)];
    return sum;
  }
  friend bool operator==(column_sum const&, column_sum const&) = default;
};

/// The values that a stage may hold, and the states of each: state 0 from its production (or from the start
/// of the stage, where its producer cannot run) to its first reader, state j from its j-th reader to the
/// next, the last one to the end.
class stage_chains {
 public:
  std::vector<value_index> live;  ///< ascending

  [[nodiscard]] bool is_live(value_index v) const { return v < slot_.size() && slot_[v] != none; }
  [[nodiscard]] std::span<node_index const> readers(value_index v) const {
    std::size_t const i = slot_[v];
    return {readers_.data() + reader_start_[i], reader_start_[i + 1] - reader_start_[i]};
  }
  /// One more than there are readers.
  [[nodiscard]] std::span<column_sum const> states(value_index v) const {
    std::size_t const i = slot_[v];
    std::size_t const from = reader_start_[i] + i;
    return {states_.data() + from, reader_start_[i + 1] + i + 1 - from};
  }

 private:
  friend class stage_columns;
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  void clear(std::size_t values) {
    for (value_index v : live) slot_[v] = none;
    slot_.resize(values, none);
    live.clear();
    readers_.clear();
    states_.clear();
    reader_start_.assign(1, 0);
  }

  std::vector<std::size_t> slot_;  // by value: its place in `live`
  std::vector<std::size_t> reader_start_;
  std::vector<node_index> readers_;
  std::vector<column_sum> states_;
};

/// Numbers the columns. Keeps a reference to the space.
class stage_columns {
 public:
  using column = std::int32_t;

  explicit stage_columns(stage_space const& space) : space_(&space) {
    dag const& d = graph();
    for (auto i : d.nodes()) {
      run_start_.push_back(next_);
      advance(space.last_run(i) - space.home(i));
    }
    for (auto v : d.values()) {
      carry_start_.push_back(next_);
      forced_.push_back(last_forced(v));
      std::size_t const last = std::min(space.last_need(v), space.count() - 1);
      advance(last > forced_.back() ? last - forced_.back() : 0);
    }
    carry_end_ = next_;
    number_states();
  }

  /// Whether `node` runs in stage s.
  [[nodiscard]] column_sum run(std::size_t s, node_index node) const {
    if (!space_->may_run(s, node)) return {};
    std::size_t const home = space_->home(node);
    if (s == home) return column_sum::one();
    return column_sum::of(run_start_[node] + static_cast<column>(s - home - 1));
  }
  /// Whether `v` is held from stage s - 1 into stage s; stage count() stands for the end.
  [[nodiscard]] column_sum carried(std::size_t s, value_index v) const {
    if (!space_->may_carry(s, v)) return {};
    if (s == space_->count() || s <= forced_[v]) return column_sum::one();
    return column_sum::of(carry_start_[v] + static_cast<column>(s - forced_[v] - 1));
  }
  /// Where stage s has `v` from: carried into it or produced in it.
  [[nodiscard]] column_sum source(std::size_t s, value_index v) const {
    column_sum const in = carried(s, v), made = run(s, graph().producer(v));
    column_sum out{in.constant + made.constant, in.first, made.first};
    if (out.first < 0) std::swap(out.first, out.second);
    return out;
  }

  /// Columns 0 .. run_end() - 1 are R, then S up to carry_end(), then Y up to count().
  [[nodiscard]] column run_end() const { return carry_start_.front(); }
  [[nodiscard]] column carry_end() const { return carry_end_; }
  [[nodiscard]] column count() const { return next_; }

  /// What stage s may hold, and in which states.
  void lay_chains(std::size_t s, stage_chains& out) const {
    dag const& d = graph();
    out.clear(d.value_count());
    for (value_index v{}; v < d.first_value(static_cast<node_index>(space_->width(s))); ++v) {
      if (s > space_->last_need(v)) continue;
      out.slot_[v] = out.live.size();
      out.live.push_back(v);
      append_states(s, v, state_start_[state_row_[v] + s - space_->home(d.producer(v))], out);
    }
  }

  /// How `v` is held while `node`, which does not produce it, runs in the stage of `chains`.
  [[nodiscard]] column_sum while_running(std::size_t s, node_index node, value_index v,
                                         stage_chains const& chains) const {
    if (!chains.is_live(v)) return {};
    if (graph().producer(v) > node) return carried(s, v);
    auto const readers = chains.readers(v);
    auto const before = std::lower_bound(readers.begin(), readers.end(), node) - readers.begin();
    return chains.states(v)[static_cast<std::size_t>(before)];
  }

  /// "R[3,1]": for messages and files.
  [[nodiscard]] std::string name(std::size_t j) const {
    auto const col = static_cast<column>(j);
    auto find = [col](std::vector<column> const& start) {
      return static_cast<std::size_t>(std::upper_bound(start.begin(), start.end(), col) - start.begin()) - 1;
    };
    auto text = [](char const* letter, std::size_t s, std::size_t of) {
      return letter + ("[" + std::to_string(s)) + "," + std::to_string(of) + "]";
    };
    if (col < run_end()) {
      std::size_t const i = find(run_start_);
      return text("R", space_->home(node_index(i)) + 1 + static_cast<std::size_t>(col - run_start_[i]), i);
    }
    if (col < carry_end_) {
      std::size_t const v = find(carry_start_);
      return text("S", forced_[v] + 1 + static_cast<std::size_t>(col - carry_start_[v]), v);
    }
    return (col < next_ ? "Y" : "U") + std::to_string(j);
  }

 private:
  [[nodiscard]] dag const& graph() const { return space_->graph(); }

  void advance(std::size_t columns) {
    if (columns > static_cast<std::size_t>(std::numeric_limits<column>::max() - next_)) {
      throw invalid_model("the stage model has more columns than 31-bit indices can name");
    }
    next_ += static_cast<column>(columns);
  }

  /// The last stage into which `v` is carried in every schedule: what a run-once node made, some first
  /// execution reads. Home of its producer if there is none.
  [[nodiscard]] std::size_t last_forced(value_index v) const {
    dag const& d = graph();
    std::size_t last = space_->home(d.producer(v));
    if (!d.run_once(d.producer(v))) return last;
    for (node_index reader : d.readers(v)) last = std::max(last, space_->home(reader));
    return d.retained(v) ? space_->count() : last;
  }

  /// Gives every (value, stage) its Y columns.
  void number_states() {
    dag const& d = graph();
    stage_chains one;
    one.clear(d.value_count());
    for (auto v : d.values()) {
      state_row_.push_back(state_start_.size());
      std::size_t const last = std::min(space_->last_need(v), space_->count() - 1);
      for (std::size_t s = space_->home(d.producer(v)); s <= last; ++s) {
        one.readers_.clear();
        one.states_.clear();
        state_start_.push_back(next_);
        advance(static_cast<std::size_t>(append_states(s, v, next_, one)));
      }
    }
  }

  /// Appends the readers and states of `v` in stage s, whose Y columns start at `fresh`; says how many there
  /// are.
  column append_states(std::size_t s, value_index v, column fresh, stage_chains& out) const {
    dag const& d = graph();
    node_index const p = d.producer(v);
    std::size_t const from = out.readers_.size();
    for (node_index reader : d.readers(v)) {
      if (space_->may_run(s, reader)) out.readers_.push_back(reader);
    }
    out.reader_start_.push_back(out.readers_.size());
    std::size_t const count = out.readers_.size() - from, state = out.states_.size();
    out.states_.resize(state + count + 1);
    column const first_fresh = fresh;
    column_sum held = carried(s + 1, v);  // after the reader at hand
    out.states_[state + count] = held;
    bool const own_source = s != space_->home(p) && (!space_->may_run(s, p) || is_only_live_output(s, v));
    for (std::size_t j = count; j-- > 0;) {
      column_sum const read = run(s, out.readers_[from + j]);
      if (read.is_one() || held.is_one()) {
        held = column_sum::one();
      } else if (held.is_zero()) {
        held = read;
      } else if (j > 0 || !own_source) {
        held = column_sum::of(fresh++);
      }
      out.states_[state + j] = held;
    }
    // Without loss: what is carried or produced for this value alone is needed (and otherwise would not be).
    if (own_source && !held.is_one()) out.states_[state] = source(s, v);
    return fresh - first_fresh;
  }

  [[nodiscard]] bool is_only_live_output(std::size_t s, value_index v) const {
    dag const& d = graph();
    node_index const p = d.producer(v);
    for (auto other : d.outputs(p)) {
      if (other != v && s <= space_->last_need(other)) return false;
    }
    return true;
  }

  stage_space const* space_;
  column next_ = 0;
  column carry_end_ = 0;
  std::vector<column> run_start_;       // by node
  std::vector<column> carry_start_;     // by value
  std::vector<std::size_t> forced_;     // by value: see last_forced
  std::vector<std::size_t> state_row_;  // by value: its first entry in state_start_
  std::vector<column> state_start_;     // by value and stage from home on
};

}  // namespace formulation
}  // namespace v0
}  // namespace checkmate
