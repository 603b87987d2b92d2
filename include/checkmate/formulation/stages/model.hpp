// SPDX-License-Identifier: Apache-2.0
//
// The library's own integer program for the paper's schedules (Jain et al. 2020), generalised to several
// values per node, workspace, retained values, fixed memory, run-once nodes and extra passes. Its memory
// accounting is the simulator's.
//
// Variables, all between 0 and 1 but U:
//   R[s,i]     node i runs again in stage s; its first execution, in stage home(i), is a constant 1 (8a)
//   S[s,v]     value v is held from stage s - 1 into stage s
//   Y[s,v,j]   v is held after the j-th of those of its readers that may run in stage s
//   U[s,x]     bytes in use while node x runs in stage s
// Only what can be of use in some schedule is a variable (stage_space; more than (8b) and (8c) say).
//
// Where the paper says when a value is freed (FREE, a product of hazards, linearised in (7)), Y says that it
// is still needed. After its last reader of the stage a value is held if S carries it on; before, if a later
// reader runs or it is held after that reader. That is a descending chain
//     Y[j] >= R[s, reader j+1],   Y[j] >= Y[j+1],   Y[last] = S[s+1,v],
// which starts from S[s,v] + R[s,producer] >= Y[0]. It implies (1b) and (1c), takes one column and two short
// rows where (7) takes two rows with all later readers and a factor kappa, and its relaxation is stronger:
// kappa lets a fraction of every value go free.
//
// With R integral the least S and Y are integral, and with S integral the least R and Y are; so Y and U need
// no integrality.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <checkmate/formulation/scale.hpp>
#include <checkmate/formulation/stages/columns.hpp>
#include <checkmate/formulation/stages/memory_rows.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/memory/footprint.hpp>
#include <checkmate/memory/liveness.hpp>
#include <checkmate/model/builder.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/schedule/stages.hpp>

namespace checkmate {
inline namespace v0 {
namespace formulation {

/// Values that cannot all be resident while `node` runs in stage `stage`: together with its outputs and
/// workspace they exceed the budget. None of them is an output of `node`.
struct memory_cover {
  std::size_t stage = 0;
  node_index node{};
  std::vector<value_index> values;
};

/// What to build.
struct stage_model_options {
  int passes = 0;  ///< stages between two first executions that do not advance, >= 0; see stage_space
  bool packing_rows = true;  ///< S[s,v] + R[s,producer] <= 1: valid without loss, leaves the LP bound alone
  bool integer_R = true;     ///< declare R integral; one of R and S is enough
  bool integer_S = true;     ///< declare S integral
  std::vector<memory_cover> covers = {};  ///< rows that are exact where sums of bytes are not
  /// Asked before each stage; once it says so, the model is left incomplete. Unset: never.
  std::function<bool()> stop = {};
};

/// At most as many columns as the stage model of `space` has, and of their order, without building anything.
[[nodiscard]] inline std::size_t fewest_stage_columns(stage_space const& space) {
  dag const& d = space.graph();
  std::size_t sum = 0;
  for (auto i : d.nodes()) sum += space.last_run(i) - space.home(i);
  for (auto v : d.values()) {
    std::size_t const from = space.home(d.producer(v));
    std::size_t const last = std::min(space.last_need(v), space.count() - 1);
    if (!d.run_once(d.producer(v)) && last > from) sum += last - from;
  }
  return sum;
}

/// The integer program of a dag and a budget. Keeps a reference to the dag.
class stage_model {
 public:
  using column = stage_columns::column;

  /// Builds the model. `budget` includes fixed memory. Time and memory are linear in the model's non-zeros.
  stage_model(dag const& d, bytes budget, stage_model_options options = {})
      : space_(std::make_unique<stage_space>(d, options.passes)),
        columns_(std::make_shared<stage_columns>(*space_)),
        bytes_(scale_of_bytes(d, budget)),
        times_(scale_of_times(d)),
        options_(std::move(options)) {
    build();
  }

  /// Whether the model was built to its end; otherwise it is empty and of no use.
  [[nodiscard]] bool complete() const noexcept { return complete_; }
  [[nodiscard]] linear_model const& model() const noexcept { return model_; }
  [[nodiscard]] stage_space const& space() const noexcept { return *space_; }
  [[nodiscard]] stage_columns const& columns() const noexcept { return *columns_; }
  [[nodiscard]] time_scale const& time_units() const noexcept { return times_; }

  /// The runs that R, rounded at 1/2, says at `point` (one entry per column).
  [[nodiscard]] stage_runs runs_at(std::span<double const> point) const {
    stage_runs out(space_->count());
    for (std::size_t s = 0; s < space_->count(); ++s) {
      for (node_index i{}; i < space_->width(s); ++i) {
        if (columns_->run(s, i).at(point) > 0.5) out[s].push_back(i);
      }
    }
    return out;
  }

  /// The least recomputation where a value is kept if its S at `point` is above threshold(s, v).
  [[nodiscard]] stage_runs runs_keeping(std::span<double const> point, auto&& threshold) const {
    return least_recomputation(*space_, [&](std::size_t s, value_index v) {
      return columns_->carried(s, v).at(point) > threshold(s, v);
    });
  }

  /// The point of `runs` (as split_into_stages gives them), every column of it; all rows hold exactly if the
  /// schedule is within the budget. Nothing if it runs a node where the model has no column for it, as only
  /// useless executions do.
  [[nodiscard]] std::optional<std::vector<double>> point_of(stage_runs const& runs) const {
    std::vector<double> x(model_.column_count(), 0.0);
    for (std::size_t s = 0; s < runs.size(); ++s) {
      for (node_index i : runs[s]) {
        if (!space_->may_run(s, i)) return std::nullopt;
        if (s != space_->home(i)) x[static_cast<std::size_t>(columns_->run(s, i).first)] = 1;
      }
    }
    stage_chains chains;
    for (std::size_t s = space_->count(); s-- > 0;) {
      columns_->lay_chains(s, chains);
      for (value_index v : chains.live) fill_states(s, v, chains, x);
    }
    for (std::size_t s = 0; s < space_->count(); ++s) {
      columns_->lay_chains(s, chains);
      fill_memory(s, chains, x);
    }
    return x;
  }

  /// The point of a sequence of executions (dag indices), useless ones dropped; nothing if it does not fit
  /// the stages. A hint for a backend.
  [[nodiscard]] std::optional<std::vector<double>> point_of(event_sequence const& sequence) const {
    auto const runs = split_into_stages(*space_, without_useless_executions(graph(), sequence));
    return runs ? point_of(*runs) : std::nullopt;
  }

 private:
  [[nodiscard]] dag const& graph() const { return space_->graph(); }

  void build() {
    if (!add_columns()) return;
    stage_chains chains;
    for (std::size_t s = 0; s < space_->count(); ++s) {
      if (stopped()) return;
      columns_->lay_chains(s, chains);
      for (value_index v : chains.live) add_chain_rows(s, v, chains);
      add_memory_rows(s, chains);
    }
    for (memory_cover const& cover : options_.covers) add_cover_row(cover, chains);
    builder_.set_objective_offset(times_(graph().base_time()));
    model_ = builder_.finish();
    complete_ = true;
    // The names outlive this object: they own what they need.
    model_.column_name = [space = space_, columns = columns_](std::size_t j) { return columns->name(j); };
  }

  [[nodiscard]] bool stopped() const { return options_.stop && options_.stop(); }

  /// (1a): every execution beyond the first costs its time. False if a stop came first.
  [[nodiscard]] bool add_columns() {
    for (node_index i{}; i < graph().size(); ++i) {
      if (stopped()) return false;
      double const cost = times_(graph().time(i));
      for (std::size_t s = space_->home(i) + 1; s <= space_->last_run(i); ++s) {
        builder_.add_column(0, 1, cost, options_.integer_R);
      }
    }
    constexpr column chunk = 1 << 14;
    for (column j = columns_->run_end(); j < columns_->count(); ++j) {
      if (j % chunk == 0 && stopped()) return false;
      builder_.add_column(0, 1, 0, j < columns_->carry_end() && options_.integer_S);
    }
    return true;
  }

  void add_terms(column_sum const& sum, double factor) {
    if (sum.first >= 0) builder_.add_term(sum.first, factor);
    if (sum.second >= 0) builder_.add_term(sum.second, factor);
  }

  /// greater >= smaller, unless that says nothing.
  void add_at_least(column_sum const& greater, column_sum const& smaller) {
    if (greater == smaller || greater.constant >= 1 || smaller.is_zero()) return;
    builder_.begin_row(smaller.constant - greater.constant, infinity);
    add_terms(greater, 1);
    add_terms(smaller, -1);
  }

  /// The chain of value v in stage s: in place of (1b), (1c), (5) and (7).
  void add_chain_rows(std::size_t s, value_index v, stage_chains const& chains) {
    auto const states = chains.states(v);
    auto const readers = chains.readers(v);
    if (s != space_->home(graph().producer(v))) {
      add_source_rows(s, v, states[0]);
      if (readers.empty()) add_at_least(states[0], columns_->carried(s + 1, v));
    }
    for (std::size_t j = 0; j < readers.size(); ++j) {
      add_at_least(states[j], columns_->run(s, readers[j]));
      add_at_least(states[j], states[j + 1]);
    }
  }

  /// What is held first must have been carried in or produced: S + R >= Y[0].
  void add_source_rows(std::size_t s, value_index v, column_sum const& held) {
    column_sum const source = columns_->source(s, v);
    if (held.is_one() && !source.is_one()) {
      builder_.begin_row(1, 1);
      add_terms(source, 1);
      return;
    }
    add_at_least(source, held);
    if (options_.packing_rows && source.second >= 0) {
      builder_.begin_row(-infinity, 1);
      add_terms(source, 1);
    }
  }

  /// (2), (3): bytes in use while each node of stage s runs. A row holds what changed since the row before,
  /// which U carries over; the last row of a stage needs no U.
  void add_memory_rows(std::size_t s, stage_chains const& chains) {
    u_start_.push_back(static_cast<column>(builder_.column_count()));
    column last = -1;
    memory_walk(*space_, *columns_, bytes_.available)(s, chains, [&](stage_memory_row const& row) {
      column const now = row.is_last ? -1 : builder_.add_column(0, bytes_.capacity, 0, false);
      double const constant = bytes_(row.constant);
      if (row.is_last) {
        builder_.begin_row(-infinity, bytes_.capacity - constant);
      } else {
        builder_.begin_row(-constant, -constant);
        builder_.add_term(now, -1);
      }
      if (last >= 0) builder_.add_term(last, 1);
      for (auto const& [col, amount] : row.terms) builder_.add_term(col, bytes_(amount));
      last = now;
    });
  }

  /// Not all of the cover's values are resident while its node runs.
  void add_cover_row(memory_cover const& cover, stage_chains& chains) {
    columns_->lay_chains(cover.stage, chains);
    std::vector<column_sum> terms{columns_->run(cover.stage, cover.node)};
    for (value_index v : cover.values) {
      terms.push_back(columns_->while_running(cover.stage, cover.node, v, chains));
    }
    double limit = static_cast<double>(terms.size()) - 1;
    for (column_sum const& term : terms) limit -= term.constant;
    builder_.begin_row(-infinity, limit);
    for (column_sum const& term : terms) add_terms(term, 1);
  }

  /// Sets the S that stage s starts with and its Y, given R and what the next stage starts with.
  void fill_states(std::size_t s, value_index v, stage_chains const& chains, std::vector<double>& x) const {
    auto const states = chains.states(v);
    auto const readers = chains.readers(v);
    double held = columns_->carried(s + 1, v).at(x);
    for (std::size_t j = readers.size(); j-- > 0;) {
      held = std::max(held, columns_->run(s, readers[j]).at(x));
      if (states[j].first >= columns_->carry_end()) x[static_cast<std::size_t>(states[j].first)] = held;
    }
    column_sum const in = columns_->carried(s, v);
    if (in.first >= 0 && columns_->run(s, graph().producer(v)).at(x) < 0.5) {
      x[static_cast<std::size_t>(in.first)] = held;
    }
  }

  void fill_memory(std::size_t s, stage_chains const& chains, std::vector<double>& x) const {
    auto u = static_cast<std::size_t>(u_start_[s]);
    double in_use = 0;
    memory_walk(*space_, *columns_, bytes_.available)(s, chains, [&](stage_memory_row const& row) {
      in_use += bytes_(row.constant);
      for (auto const& [col, amount] : row.terms) in_use += bytes_(amount) * x[static_cast<std::size_t>(col)];
      if (!row.is_last) x[u++] = in_use;
    });
  }

  std::shared_ptr<stage_space const> space_;
  std::shared_ptr<stage_columns const> columns_;
  byte_scale bytes_;
  time_scale times_;
  stage_model_options options_;
  std::vector<column> u_start_;  // by stage
  linear_model_builder builder_;
  linear_model model_;
  bool complete_ = false;
};

namespace detail {

/// The fewest of `resident` that, largest first, exceed `room` bytes together.
inline std::vector<value_index> smallest_cover(dag const& d, std::vector<value_index> resident, bytes room) {
  std::stable_sort(resident.begin(), resident.end(),
                   [&](value_index a, value_index b) { return d.memory(a) > d.memory(b); });
  std::size_t taken = 0;
  for (bytes sum = 0; taken < resident.size() && sum <= room; ++taken) sum += d.memory(resident[taken]);
  resident.resize(taken);
  return resident;
}

}  // namespace detail

/// For each moment at which `runs` exceed `budget` (fixed memory included): values that are resident then
/// and must not be together. Empty if the runs are within the budget. Every schedule within budget satisfies
/// the rows that these make.
[[nodiscard]] inline std::vector<memory_cover> violated_covers(stage_space const& space,
                                                               stage_runs const& runs, bytes budget) {
  dag const& d = space.graph();
  checkmate::detail::backward_liveness live(d);
  bytes held = 0;  // before the execution at hand
  for (auto v : d.values()) held += live.needs(v) ? d.memory(v) : 0;
  std::vector<memory_cover> out;
  for (std::size_t s = runs.size(); s-- > 0;) {
    for (std::size_t at = runs[s].size(); at-- > 0;) {
      node_index const node = runs[s][at];
      live.step_back(
          node, [&](value_index v, bool needed) { held -= needed ? d.memory(v) : 0; },
          [&](value_index v, bool last) { held += last ? d.memory(v) : 0; });
      bytes const room = budget - d.fixed_memory() - checkmate::detail::new_bytes(d, node);
      if (held <= room) continue;
      std::vector<value_index> resident;
      for (auto v : d.values()) {
        if (live.needs(v)) resident.push_back(v);
      }
      out.push_back({s, node, detail::smallest_cover(d, std::move(resident), room)});
    }
  }
  return out;
}

}  // namespace formulation
}  // namespace v0
}  // namespace checkmate
