// SPDX-License-Identifier: Apache-2.0
//
// state_search: the cheapest schedule in the fixed order, by a shortest path over what is resident. For small
// graphs and tight budgets, where few sets of values fit and integer programs have too many equal choices: a
// unit chain of 16 layers at a quarter of its budget range, say.
//
// A state is how many nodes have run for the first time, and which values are resident; a step executes a
// node. Values are dropped only when a step would not fit, and then no more than it takes: keeping a value
// longer never hurts (memory that is free is free), so some cheapest schedule is such a path. Values that no
// first execution can need any more are dropped at once.
//
// A* (Hart, Nilsson and Raphael, 1968) goes over the states by time so far plus a bound on the time to come:
//   the nodes that must run again, because a value that a first execution to come reads is missing, and
//   those of whose values the same holds; plus, at the position to come where that is most, the knapsack of
//   bounds/knapsack.hpp over the nodes that are not among those.
// Both parts count different nodes, each once, so the sum is a bound.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <queue>
#include <vector>

#include <checkmate/bounds/knapsack.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/graph/quantum.hpp>
#include <checkmate/memory/footprint.hpp>
#include <checkmate/memory/liveness.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/planning/strategy.hpp>
#include <checkmate/planning/traits.hpp>
#include <checkmate/schedule/no_recompute.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// A set of up to 128 values or nodes.
struct small_set {
  static constexpr std::size_t capacity = 128;
  std::array<std::uint64_t, 2> words{};

  void insert(std::size_t i) { words[i / 64] |= std::uint64_t{1} << (i % 64); }
  void erase(std::size_t i) { words[i / 64] &= ~(std::uint64_t{1} << (i % 64)); }
  [[nodiscard]] bool has(std::size_t i) const { return ((words[i / 64] >> (i % 64)) & 1) != 0; }
  [[nodiscard]] bool empty() const { return (words[0] | words[1]) == 0; }
  [[nodiscard]] std::size_t first() const {
    return words[0] != 0 ? static_cast<std::size_t>(std::countr_zero(words[0]))
                         : 64 + static_cast<std::size_t>(std::countr_zero(words[1]));
  }
  [[nodiscard]] bool holds(small_set const& part) const { return (part - *this).empty(); }
  friend small_set operator-(small_set a, small_set const& b) {
    return {{a.words[0] & ~b.words[0], a.words[1] & ~b.words[1]}};
  }
  friend small_set operator|(small_set a, small_set const& b) {
    return {{a.words[0] | b.words[0], a.words[1] | b.words[1]}};
  }
  friend small_set operator&(small_set a, small_set const& b) {
    return {{a.words[0] & b.words[0], a.words[1] & b.words[1]}};
  }
  friend bool operator==(small_set const&, small_set const&) = default;
};

/// Where a schedule stands between two executions.
struct resident_state {
  node_index next{};  ///< the next node to run for the first time
  small_set held;
  friend bool operator==(resident_state const&, resident_state const&) = default;
};

inline std::size_t hash_of(resident_state const& s) noexcept {
  std::uint64_t x = s.held.words[0] * 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 29) ^ s.held.words[1]) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 31) ^ std::size_t{s.next}) * 0x94d049bb133111ebU;
  return static_cast<std::size_t>(x ^ (x >> 32));
}

/// What the search asks about a graph, as sets.
class state_graph {
 public:
  state_graph(dag const& d, bytes budget) : dag_(d), budget_(budget - d.fixed_memory()) {
    fill_sets();
    fill_needs();
    fill_knapsacks();
  }

  [[nodiscard]] dag const& graph() const { return dag_; }
  [[nodiscard]] bytes budget() const { return budget_; }
  [[nodiscard]] small_set const& reads(node_index u) const { return reads_[u]; }
  [[nodiscard]] small_set const& writes(node_index u) const { return writes_[u]; }
  /// Values that any execution may still need, or that are retained, when `next` is the next to run first.
  [[nodiscard]] small_set const& useful(node_index next) const { return useful_[next]; }
  /// Values that a first execution reads or that are retained, of nodes before `next`.
  [[nodiscard]] small_set const& needed(node_index next) const { return needed_[next]; }
  /// Whether running u again can serve anything from then on.
  [[nodiscard]] bool can_serve(node_index u, node_index next) const {
    return !dag_.run_once(u) && !(writes_[u] & useful_[next]).empty();
  }
  [[nodiscard]] bytes size_of(small_set s) const {
    bytes sum = 0;
    for (; !s.empty(); s.erase(s.first())) sum += dag_.memory(static_cast<value_index>(s.first()));
    return sum;
  }

  /// A lower bound on the time of what must still be executed beyond first executions; infinity from where no
  /// schedule can end.
  [[nodiscard]] double extra(resident_state const& at) const {
    small_set again;
    double sum = 0;
    for (small_set missing = needed_[at.next] - at.held; !missing.empty();) {
      node_index const u = dag_.producer(static_cast<value_index>(missing.first()));
      if (dag_.run_once(u)) return infinity;
      again.insert(u);
      sum += dag_.time(u);
      missing = (missing | (reads_[u] - at.held)) - writes_[u];
      // What an earlier round has already counted is produced: take its values out again.
      for (small_set s = missing; !s.empty(); s.erase(s.first())) {
        if (again.has(dag_.producer(static_cast<value_index>(s.first())))) missing.erase(s.first());
      }
    }
    double most = 0;
    for (std::size_t p = at.next; p < dag_.size(); ++p) most = std::max(most, knapsack(p, again));
    return sum + most;
  }

 private:
  struct position {
    bytes excess = 0;
    std::vector<knapsack_item> items;  // by time per byte
  };

  void fill_sets() {
    reads_.resize(dag_.size());
    writes_.resize(dag_.size());
    for (auto u : dag_.nodes()) {
      for (value_index v : dag_.reads(u)) reads_[u].insert(v);
      for (auto v : dag_.outputs(u)) writes_[u].insert(v);
    }
  }

  void fill_needs() {
    std::size_t const n = dag_.size();
    std::vector<node_index> last(dag_.value_count());  // last first execution that v can serve, plus 1
    for (value_index v = static_cast<value_index>(dag_.value_count()); v-- > 0;) {
      if (needed_at_end(dag_, v)) last[v] = static_cast<node_index>(n + 1);
      for (node_index j : dag_.readers(v)) {
        last[v] = std::max(last[v], node_index(j + 1));
        if (dag_.run_once(j)) continue;
        for (auto w : dag_.outputs(j)) last[v] = std::max(last[v], last[w]);
      }
    }
    std::vector<node_index> const last_need = last_needs(dag_);
    useful_.resize(n + 1);
    needed_.resize(n + 1);
    for (node_index t{}; t <= n; ++t) {
      for (value_index v{}; v < dag_.value_count() && dag_.producer(v) < t; ++v) {
        if (last[v] > t) useful_[t].insert(v);
        if (last_need[v] >= t) needed_[t].insert(v);
      }
    }
  }

  void fill_knapsacks() {
    std::vector<bytes> const base = base_memory(dag_);
    positions_.resize(dag_.size());
    for (auto p : dag_.nodes()) {
      if (base[p] <= budget_) continue;
      positions_[p].excess = base[p] - budget_;
      for (node_index u{}; u < p; ++u) {
        bytes const size = size_of((writes_[u] & needed_[p + 1]) - reads_[p]);
        if (size > 0) positions_[p].items.push_back({u, size, dag_.time(u)});
      }
      std::sort(positions_[p].items.begin(), positions_[p].items.end());
    }
  }

  /// Least time of nodes outside `again` whose absence, with that of all of `again`, brings p within budget.
  [[nodiscard]] double knapsack(std::size_t p, small_set const& again) const {
    bytes excess = positions_[p].excess;
    if (excess <= 0) return 0;
    for (knapsack_item const& it : positions_[p].items) {
      if (again.has(it.node)) excess -= it.size;
    }
    double sum = 0;
    for (knapsack_item const& it : positions_[p].items) {
      if (excess <= 0) return sum;
      if (again.has(it.node) || dag_.run_once(it.node)) continue;
      if (it.size >= excess) {
        return sum + it.time * (static_cast<double>(excess) / static_cast<double>(it.size));
      }
      sum += it.time;
      excess -= it.size;
    }
    return excess > 0 ? infinity : sum;
  }

  dag const& dag_;
  bytes budget_;
  std::vector<small_set> reads_, writes_;   // by node
  std::vector<small_set> useful_, needed_;  // by next node
  std::vector<position> positions_;
};

/// One A*.
class state_run {
 public:
  state_run(dag const& d, plan_options const& options, deadline const& clock, std::size_t max_states)
      : graph_(d, options.budget),
        dag_(d),
        clock_(clock),
        max_states_(max_states),
        quantum_(time_quantum(d)) {}

  /// Extra times that are not below this are of no interest.
  void set_limit(double extra) { limit_ = extra; }

  /// Runs until the cheapest schedule is found, or none below the limit exists, or a limit is reached.
  void run() {
    reach({}, {}, none, {});
    while (!queue_.empty() && !halted_) {
      entry const top = queue_.top();
      label const& l = labels_[top.index];
      if (l.closed || top.extra > l.extra) {
        queue_.pop();
        continue;
      }
      if (++looks_ % 1024 == 0 && clock_.expired()) break;
      if (l.at.next == dag_.size() && l.at.held.holds(graph_.needed(l.at.next))) {
        end_ = top.index;
        break;
      }
      queue_.pop();
      labels_[top.index].closed = true;
      expand(top.index);
      if (halted_) lost_ = top.estimate;  // what was not noted costs at least this
    }
  }

  /// No schedule has less extra time: that of the end, of the cheapest state left, or the limit.
  [[nodiscard]] double bound() const {
    double const open = queue_.empty() ? infinity : queue_.top().estimate;
    return std::min({limit_, open, lost_});
  }
  [[nodiscard]] bool complete() const { return !halted_ && (queue_.empty() || end_ != none); }

  /// The cheapest schedule, if the search met its end.
  [[nodiscard]] std::optional<event_sequence> sequence() const {
    if (end_ == none) return std::nullopt;
    std::vector<node_index> out;
    for (std::uint32_t i = end_; labels_[i].from != none; i = labels_[i].from) out.push_back(labels_[i].ran);
    std::reverse(out.begin(), out.end());
    return event_sequence(dag_, out);
  }

 private:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::size_t looks_a_state = 1000;  // on the average

  struct label {
    resident_state at;
    double extra = 0;     // time of re-executions so far
    double estimate = 0;  // bound on those to come
    std::uint32_t from = none;
    node_index ran{};
    bool closed = false;
  };
  struct entry {
    double estimate, extra;
    node_index next;
    std::uint32_t index;
    friend bool operator<(entry const& a, entry const& b) {
      if (a.estimate != b.estimate) return a.estimate > b.estimate;
      if (a.next != b.next) return a.next < b.next;
      return a.index < b.index;
    }
  };

  void reach(resident_state const& at, double extra, std::uint32_t from, node_index ran) {
    if (!(extra < limit_)) return;
    std::uint32_t& place = find(at);
    std::uint32_t const i = place == none ? static_cast<std::uint32_t>(labels_.size()) : place;
    if (place == none) {
      if (labels_.size() >= max_states_) {
        halted_ = true;
        return;
      }
      place = i;
      labels_.push_back({at, extra, next_multiple(graph_.extra(at), quantum_), from, ran, false});
      if (labels_.size() * 2 > index_.size()) grow();
    } else if (extra < labels_[i].extra) {
      labels_[i].extra = extra;
      labels_[i].from = from;
      labels_[i].ran = ran;
      labels_[i].closed = false;
    } else {
      return;
    }
    double const estimate = extra + labels_[i].estimate;
    if (estimate < limit_) queue_.push({estimate, extra, at.next, i});
  }

  /// Where the label of `at` is noted, or is to be.
  [[nodiscard]] std::uint32_t& find(resident_state const& at) {
    std::size_t i = hash_of(at) & (index_.size() - 1);
    while (index_[i] != none && !(labels_[index_[i]].at == at)) i = (i + 1) & (index_.size() - 1);
    return index_[i];
  }
  void grow() {
    index_.assign(2 * index_.size(), none);
    for (std::uint32_t i = 0; i < labels_.size(); ++i) find(labels_[i].at) = i;
  }

  void expand(std::uint32_t from) {
    resident_state const at = labels_[from].at;
    double const extra = labels_[from].extra;
    if (at.next < dag_.size() && at.held.holds(graph_.reads(at.next))) execute(from, at, extra, at.next);
    for (node_index u{}; u < at.next && !halted_; ++u) {
      if (!graph_.can_serve(u, at.next) || at.held.holds(graph_.writes(u) & graph_.useful(at.next))) continue;
      if (at.held.holds(graph_.reads(u))) execute(from, at, extra + dag_.time(u), u);
    }
  }

  /// Runs u from `at`, with every least set of values dropped before that makes it fit.
  void execute(std::uint32_t from, resident_state const& at, double extra, node_index u) {
    if (!(extra < limit_)) return;  // nor is any state that this leads to
    node_index const next = u == at.next ? node_index(u + 1) : at.next;
    small_set const with = at.held | graph_.writes(u);
    bytes const more = new_bytes(dag_, u, [&at](value_index v) { return at.held.has(v); });
    bytes const excess = graph_.size_of(at.held) + more - graph_.budget();
    from_ = from;
    ran_ = u;
    extra_ = extra;
    candidates_.clear();
    if (excess > 0) {
      for (small_set s = at.held - graph_.reads(u) - graph_.writes(u); !s.empty(); s.erase(s.first())) {
        auto const v = static_cast<value_index>(s.first());
        if (dag_.memory(v) > 0) candidates_.push_back(v);
      }
      std::stable_sort(candidates_.begin(), candidates_.end(),
                       [this](value_index a, value_index b) { return dag_.memory(a) > dag_.memory(b); });
      rest_.assign(candidates_.size() + 1, 0);
      for (std::size_t i = candidates_.size(); i-- > 0;)
        rest_[i] = rest_[i + 1] + dag_.memory(candidates_[i]);
    }
    drop(next, with, excess, 0);
  }

  /// Every way to drop `excess` bytes more, of candidates from i on, the largest first: the last one dropped
  /// is the smallest, so none is superfluous. As deep as there are values. There may be exponentially many
  /// ways, so they are counted, for those who set no clock, and the clock is looked at here, too.
  void drop(node_index next, small_set with, bytes excess, std::size_t i) {
    bool const enough = ++looks_ / looks_a_state > max_states_;
    if (enough || (looks_ % 1024 == 0 && clock_.expired())) halted_ = true;
    if (halted_) return;
    if (excess <= 0) {
      reach({next, with & graph_.useful(next)}, extra_, from_, ran_);
      return;
    }
    for (; i < candidates_.size() && rest_[i] >= excess; ++i) {
      small_set less = with;
      less.erase(candidates_[i]);
      drop(next, less, excess - dag_.memory(candidates_[i]), i + 1);
    }
  }

  state_graph graph_;
  dag const& dag_;
  deadline const& clock_;
  std::size_t max_states_;
  double quantum_;
  double limit_ = infinity;
  double lost_ = infinity;
  std::vector<label> labels_;
  std::vector<std::uint32_t> index_ = std::vector<std::uint32_t>(1024, none);  // open addressing, 2^k places
  std::priority_queue<entry> queue_;
  std::uint32_t end_ = none;
  std::size_t looks_ = 0;
  bool halted_ = false;  // states or time ran out in the middle of an expansion
  // of the step at hand
  std::vector<value_index> candidates_;
  std::vector<bytes> rest_;
  std::uint32_t from_ = 0;
  node_index ran_{};
  double extra_ = 0;
};

}  // namespace detail

/// The cheapest of all schedules in the fixed order, for graphs of up to 128 values; others give the hint's
/// plan or none. Heeds time_limit, stop and hint; without a limit `max_states` ends it (some 100 bytes each).
/// What was not finished still gives a bound. Proofs hold for schedule_space::fixed_order; order = free is
/// planned in the fixed order, and then nothing but the base time is claimed.
struct state_search {
  static constexpr strategy_traits traits{"state_search", "Shortest path over resident sets", "this library"};
  std::size_t max_states = 2'000'000;

  /// Values (and nodes) of the largest graph that it takes.
  static constexpr std::size_t largest_graph = detail::small_set::capacity;
  /// What is searched in a fraction of a second.
  static constexpr std::size_t quick_states = 50'000;

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    return detail::plan_within(d, options, traits.name, [&](deadline const& clock, result& out) {
      if (accept_plan(d, options, no_recompute_schedule(d), out)) return;
      out.termination.detail.clear();
      search(d, options, clock, out);
    });
  }

 private:
  void search(dag const& d, plan_options const& options, deadline const& clock, result& out) const {
    bool const fixed = options.order == execution_order::fixed;
    if (options.hint != nullptr) accept_plan(d, options, *options.hint, out);
    if (d.value_count() > largest_graph || d.size() > largest_graph) {
      out.termination.reason = stop_reason::no_solution;
      out.termination.detail = "state_search: more than 128 values";
      return;
    }
    detail::state_run run(d, options, clock, max_states);
    if (out.plan && fixed) run.set_limit(out.plan->time - d.base_time());
    run.run();
    if (auto const found = run.sequence()) accept_plan(d, options, *found, out);
    if (!out.plan) {
      out.termination.reason = run.complete() && fixed ? stop_reason::infeasible : stop_reason::no_solution;
      out.termination.limit = clock.reason();
      out.termination.space = schedule_space::fixed_order;
      out.termination.detail = run.complete() ? "no schedule in the fixed order fits the budget"
                                              : "state_search: a limit was reached";
    }
    if (fixed && detail::is_finite(run.bound())) claim(d, run.bound(), out);
  }

  /// Sums of times, the simulator's too, round once a term, unless all are multiples of one quantum.
  static void claim(dag const& d, double extra, result& out) {
    double const terms = 4 * static_cast<double>(d.size()) + 64;
    bool const exact = time_quantum(d) > 0;
    double const rounding = exact ? 0 : terms * 4 * std::numeric_limits<double>::epsilon();
    double const time = (d.base_time() + extra) * (1 - rounding);
    if (!(time > out.bound.time)) return;
    out.bound = {time, schedule_space::fixed_order};
    out.proof = "shortest path over resident sets";
  }
};

}  // namespace v0
}  // namespace checkmate
