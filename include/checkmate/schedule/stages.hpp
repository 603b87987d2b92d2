// SPDX-License-Identifier: Apache-2.0
//
// Stages: the paper's partition of a sequence of executions (Jain et al. 2020, section 4.6). Stage t ends
// with the first execution of node t; inside it every node that has run before may run once more, in
// ascending order.
//
// Between two first executions a sequence may need several ascending passes. A stage_space with `passes` > 0
// has that many more stages, which advance nothing, before each first execution and, where values are
// retained, after the last. It also knows which re-executions and which carried values can be of use at all.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/memory/liveness.hpp>
#include <checkmate/schedule/schedule.hpp>

namespace checkmate {
inline namespace v0 {

/// The stages of a dag, and what may happen in each. Keeps a reference to the dag.
class stage_space {
 public:
  /// `passes` >= 0: stages between two first executions that do not advance; 0 is the paper's. Throws
  /// invalid_option if negative.
  explicit stage_space(dag const& d, int passes = 0) : dag_(&d) {
    if (passes < 0) throw invalid_option("passes must be >= 0, it is " + std::to_string(passes));
    for (auto t : d.nodes()) {
      // One ascending pass over a single node is the stage before it again.
      for (int p = 0; p < passes && t >= 2; ++p) known_.push_back(t);
      home_.push_back(known_.size());
      known_.push_back(t);
    }
    bool const any_at_end = !detail::values_at_end(d).empty();
    for (int p = 0; p < passes && any_at_end; ++p) known_.push_back(d.size());
    find_last_uses();
  }

  [[nodiscard]] dag const& graph() const noexcept { return *dag_; }
  /// Number of stages.
  [[nodiscard]] std::size_t count() const noexcept { return known_.size(); }
  /// The stage that ends with the first execution of `node`.
  [[nodiscard]] std::size_t home(node_index node) const { return home_[node]; }
  /// How many nodes have run before stage s: 0 .. known(s) - 1 may run again in it.
  [[nodiscard]] std::size_t known(std::size_t s) const { return known_[s]; }
  /// Whether stage s ends with a first execution, which then is that of node known(s).
  [[nodiscard]] bool advances(std::size_t s) const {
    return known_[s] < dag_->size() && home_[known_[s]] == s;
  }
  /// How many nodes may run in stage s: 0 .. width(s) - 1.
  [[nodiscard]] std::size_t width(std::size_t s) const { return known_[s] + (advances(s) ? 1 : 0); }

  /// The last stage in which an execution of `node` can be of use; home(node) if it never pays to run again.
  [[nodiscard]] std::size_t last_run(node_index node) const { return last_run_[node]; }
  /// The last stage in which `v` can be read; count() if it is retained, home of its producer if nobody reads
  /// it.
  [[nodiscard]] std::size_t last_need(value_index v) const { return last_need_[v]; }
  /// Whether `node` may run in stage s, its first execution included.
  [[nodiscard]] bool may_run(std::size_t s, node_index node) const {
    return s >= home_[node] && s <= last_run_[node];
  }
  /// Whether it can be of use to hold `v` from stage s - 1 into stage s <= count(); count() stands for the
  /// end.
  [[nodiscard]] bool may_carry(std::size_t s, value_index v) const {
    return s > home_[dag_->producer(v)] && s <= last_need_[v];
  }

 private:
  /// A node is of use in a stage if one of its values can be read in that stage or later, or is retained; a
  /// value can be read in a stage if one of its readers is of use there. Readers come after producers, so one
  /// descending scan settles it.
  void find_last_uses() {
    dag const& d = *dag_;
    last_run_ = home_;
    last_need_.resize(d.value_count());
    for (auto node = static_cast<node_index>(d.size()); node-- > 0;) {
      std::size_t last = home_[node];
      for (auto v : d.outputs(node)) {
        std::size_t need = detail::needed_at_end(d, v) ? count() : home_[node];
        for (node_index reader : d.readers(v)) need = std::max(need, last_run_[reader]);
        last_need_[v] = need;
        last = std::max(last, std::min(need, count() - 1));
      }
      if (!d.run_once(node)) last_run_[node] = last;
    }
  }

  dag const* dag_;
  std::vector<std::size_t> known_;  // by stage
  std::vector<std::size_t> home_;   // by node
  std::vector<std::size_t> last_run_;
  std::vector<std::size_t> last_need_;  // by value
};

/// The nodes that run in each stage, ascending.
using stage_runs = std::vector<std::vector<node_index>>;

/// The executions of all stages, one after the other.
[[nodiscard]] inline std::vector<event> events_of(stage_runs const& runs) {
  std::vector<event> out;
  for (auto const& stage : runs) {
    for (node_index u : stage) out.push_back({u});
  }
  return out;
}
[[nodiscard]] inline event_sequence sequence_of(dag const& d, stage_runs const& runs) {
  return {d, events_of(runs)};
}

/// Partitions `sequence` into the stages of `space`; nothing if it does not fit: first executions
/// out of order, or more ascending passes between two of them than there are stages.
[[nodiscard]] inline std::optional<stage_runs> split_into_stages(stage_space const& space,
                                                                 event_sequence const& sequence) {
  std::size_t const n = space.graph().size();
  stage_runs out(space.count());
  stage_runs passes;     // since the last first execution
  std::size_t ran = 0;   // nodes that have run
  std::size_t from = 0;  // first stage that is still free
  // Passes are put as late as possible: the last one joins the first execution that follows.
  auto place = [&](std::size_t end) {
    if (passes.size() > end - from) return false;
    for (std::size_t p = 0; p < passes.size(); ++p) out[end - passes.size() + p] = std::move(passes[p]);
    passes.clear();
    from = end;
    return true;
  };
  for (auto const [node] : sequence) {
    if (node > ran || node >= n) return std::nullopt;
    if (passes.empty() || passes.back().back() >= node) passes.emplace_back();
    passes.back().push_back(node);
    if (node == ran) {
      ++ran;
      if (!place(space.home(node) + 1)) return std::nullopt;
    }
  }
  if (ran < n || !place(space.count())) return std::nullopt;
  return out;
}

/// `sequence` without the re-executions of which no value is read or retained afterwards, before it is
/// produced again. Never dearer, never larger at any moment.
[[nodiscard]] inline event_sequence without_useless_executions(dag const& d, event_sequence const& sequence) {
  return {d, detail::without_unneeded(d, sequence)};
}

namespace detail {

/// A set of values that is emptied in the time of what it held.
class value_set {
 public:
  explicit value_set(std::size_t values) : holds_(values, 0) {}
  void insert(value_index v) {
    if (holds_[v] != 0) return;
    holds_[v] = 1;
    inserted_.push_back(v);
  }
  void erase(value_index v) { holds_[v] = 0; }
  void clear() {
    for (value_index v : inserted_) holds_[v] = 0;
    inserted_.clear();
  }
  void for_each(auto visit) const {
    for (value_index v : inserted_) {
      if (holds_[v] != 0) visit(v);
    }
  }

 private:
  std::vector<std::uint8_t> holds_;
  std::vector<value_index> inserted_;  // erased ones included
};

}  // namespace detail

/// Longer sequences take seconds to make, and nobody runs them.
inline constexpr std::size_t most_executions = 20'000'000;

/// The least recomputation for what is kept: `keep(s, v)` says whether value v is to be held from stage s - 1
/// into stage s, and every stage runs exactly the nodes that its first execution, or a value kept into the
/// next stage, then lacks (Jain et al. 2020, Algorithm 2, which repairs R for a given S). What is kept but
/// not used costs nothing; values of run-once nodes are kept wherever they are needed. Always executable;
/// within a budget only if the simulator says so. Takes time with the values held, summed over the stages,
/// and with the executions; no answer beyond `most` of them. `stop()` is asked before each stage; once it
/// says so there is no answer either.
template <class Keep, class Stop>
[[nodiscard]] std::optional<stage_runs> least_recomputation(stage_space const& space, Keep&& keep,
                                                            Stop&& stop, std::size_t most = most_executions) {
  dag const& d = space.graph();
  stage_runs out(space.count());
  detail::value_set needed_after(d.value_count()), needed_before(d.value_count());
  std::vector<std::uint8_t> runs(d.size());  // in the stage at hand
  std::priority_queue<node_index> open;      // those of them whose needs were not looked at
  std::size_t executions = 0;
  for (value_index v : detail::values_at_end(d)) needed_after.insert(v);
  for (std::size_t s = space.count(); s-- > 0;) {
    if (stop() || executions > most) return std::nullopt;
    auto const execute = [&](node_index node) {
      if (runs[node] == 0) open.push(node);
      runs[node] = 1;
    };
    auto const require = [&](value_index v) {
      node_index const p = d.producer(v);
      bool const there = s > space.home(p);
      if (there && d.run_once(p)) return;  // from its home on, and for as long as anything needs it
      if (there && keep(s, v)) {
        needed_before.insert(v);
      } else {
        execute(p);
      }
    };
    if (space.advances(s)) execute(static_cast<node_index>(space.known(s)));
    needed_after.for_each(require);
    while (!open.empty()) {
      node_index const node = open.top();
      open.pop();
      runs[node] = 0;
      out[s].push_back(node);
      for (value_index v : d.reads(node)) require(v);
      for (auto v : d.outputs(node)) needed_before.erase(v);
    }
    std::reverse(out[s].begin(), out[s].end());
    executions += out[s].size();
    needed_after.clear();
    std::swap(needed_after, needed_before);
  }
  return out;
}

/// The same, to its end.
template <class Keep>
[[nodiscard]] stage_runs least_recomputation(stage_space const& space, Keep&& keep) {
  auto const never = [] { return false; };
  return *least_recomputation(space, std::forward<Keep>(keep), never,
                              std::numeric_limits<std::size_t>::max());
}

/// R and S of a schedule (eq. 1 of Jain et al. 2020), row by row. Row t is the stage that ends with the t-th
/// first execution; nodes and values are dag indices.
struct stage_matrices {
  /// The node whose first execution ends stage t.
  std::vector<node_index> order;
  /// One column per node: 1 if it is executed in the stage.
  std::vector<std::uint8_t> R;
  /// One column per value: 1 if it is resident when the stage begins.
  std::vector<std::uint8_t> S;
};

/// R and S of `s`, a valid schedule for `d`. Executions after the last first one are in no stage.
[[nodiscard]] inline stage_matrices matrices_of_schedule(dag const& d, schedule const& s) {
  std::size_t const n = d.size(), values = d.value_count();
  stage_matrices out{{}, std::vector<std::uint8_t>(n * n), std::vector<std::uint8_t>(n * values)};
  std::vector<std::uint8_t> ran(n), resident(values);
  bool begins = false;  // the next execution is the first of its stage: releases before it belong to the last
  for (step const& at : s) {
    node_index const node = d.index_of(at.node);
    if (at.what == action::release) {
      resident[d.first_value(node) + at.output] = 0;
      continue;
    }
    std::size_t const stage = out.order.size();
    if (stage == n) break;
    if (begins) std::copy(resident.begin(), resident.end(), out.S.data() + stage * values);
    out.R[stage * n + node] = 1;
    for (auto v : d.outputs(node)) resident[v] = 1;
    begins = ran[node] == 0;
    ran[node] = 1;
    if (begins) out.order.push_back(node);
  }
  return out;
}

}  // namespace v0
}  // namespace checkmate
