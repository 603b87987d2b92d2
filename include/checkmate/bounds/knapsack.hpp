// SPDX-License-Identifier: Apache-2.0
//
// Lower bounds that need no solver: a fractional knapsack at every position of the fixed order.
//
// Proof. Take any schedule that fits and whose first executions follow the dag's order, and look at the
// moment when node t runs for the first time. Everything in t's working set is resident. A value v produced
// before t that a later node's first execution reads (or that is retained) is "across" t: it is either
// resident at this moment, or must be produced again afterwards, and then its producer is executed once more,
// after its first time. Executing a producer again serves all of its values. So the producers whose values
// are not all resident are executed at least twice, and the bytes of their values across t make up at least
// what all values across t together exceed the budget by. The cheapest choice of producers is a knapsack; its
// linear relaxation takes producers by time per byte and the last one in part. Run-once producers cannot be
// chosen.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include <checkmate/graph/dag.hpp>
#include <checkmate/graph/quantum.hpp>
#include <checkmate/memory/floor.hpp>
#include <checkmate/memory/liveness.hpp>
#include <checkmate/memory/need.hpp>
#include <checkmate/planning/claims.hpp>

namespace checkmate {
inline namespace v0 {

/// What a bound that needs no solver found.
struct knapsack_result {
  time_bound bound;         ///< on the time of any schedule within the budget
  node_index position{};    ///< the node (dag index) at whose first execution the bound is attained
  bool infeasible = false;  ///< proven: no schedule of `bound.space` fits the budget
  bool complete = true;     ///< every position was looked at; otherwise a stop, or the effort, left some out
};

namespace detail {

/// What one producer can relieve a position of: `size` bytes for `time`.
struct knapsack_item {
  node_index node;
  bytes size;
  double time;
  /// By time per byte. Ties by node keep the order the same everywhere.
  friend bool operator<(knapsack_item const& a, knapsack_item const& b) {
    double const left = a.time * static_cast<double>(b.size);
    double const right = b.time * static_cast<double>(a.size);
    return left != right ? left < right : a.node < b.node;
  }
};

/// The values across each position in turn, grouped by producer, in order of time per byte.
class across_sweep {
 public:
  explicit across_sweep(dag const& d) : dag_(d), last_(last_needs(d)) {}

  /// Least extra time that brings position t (visited in ascending order) within `budget`, fixed memory not
  /// included; a negative number if nothing can.
  double visit(node_index t, bytes total, bytes budget) {
    if (total <= budget) return 0;
    bytes excess = total - budget;
    collect(t);
    std::sort(items_.begin(), items_.end());
    double sum = 0;
    for (knapsack_item const& it : items_) {
      if (it.size >= excess) {
        return sum + it.time * (static_cast<double>(excess) / static_cast<double>(it.size));
      }
      sum += it.time;
      excess -= it.size;
    }
    return -1;
  }

 private:
  void collect(node_index t) {
    auto const held = dag_.reads(t);
    items_.clear();
    for (node_index u{}; u < t; ++u) {
      if (dag_.run_once(u)) continue;
      bytes size = 0;
      for (auto v : dag_.outputs(u)) {
        if (last_[v] > t && !std::binary_search(held.begin(), held.end(), v)) size += dag_.memory(v);
      }
      if (size > 0) items_.push_back({u, size, dag_.time(u)});
    }
  }

  dag const& dag_;
  std::vector<node_index> last_;
  std::vector<knapsack_item> items_;
};

}  // namespace detail

/// What must be resident when `node` first runs, in the fixed order, whatever is recomputed.
[[nodiscard]] inline memory_need need_at(dag const& d, node_index node) {
  memory_need out = need_of(d, {working_set(d, node) + d.fixed_memory(), node, false});
  std::vector<node_index> const last = detail::last_needs(d);
  auto const read = d.reads(node);
  for (value_index v{}; v < d.value_count() && d.producer(v) < node; ++v) {
    bool const across = last[v] > node && !std::binary_search(read.begin(), read.end(), v);
    if (!across || !d.run_once(d.producer(v)) || d.memory(v) == 0) continue;
    out.parts.push_back({memory_part_kind::run_once, d.ref(v), d.memory(v)});
    out.size += d.memory(v);
  }
  std::stable_sort(out.parts.begin(), out.parts.end(),
                   [](memory_part const& a, memory_part const& b) { return a.size > b.size; });
  return out;
}

/// The bound of the knapsacks described above, for every schedule in the fixed order; where node times are
/// multiples of one quantum, rounded up to one, as times of schedules are. Sorting the values across a
/// position takes O(n log n); positions that fit the budget cost nothing, and beyond some 3,000 nodes only
/// every k-th of the others is looked at, and the highest. `stop()` is asked before each position that costs
/// something; once it says so, the bound is that of the positions so far.
[[nodiscard]] knapsack_result knapsack_bound(dag const& d, bytes budget, auto&& stop) {
  knapsack_result out;
  out.bound = {d.base_time(), schedule_space::any_order};
  if (budget < smallest_conceivable_budget(d).budget) {
    out.infeasible = true;
    out.position = smallest_conceivable_budget(d).node;
    return out;
  }
  std::vector<bytes> const base = detail::base_memory(d);
  detail::across_sweep sweep(d);
  double best = 0;
  constexpr std::size_t effort = 10'000'000;  // positions times nodes
  std::size_t const stride = 1 + d.size() * d.size() / effort;
  auto const highest = static_cast<node_index>(std::max_element(base.begin(), base.end()) - base.begin());
  for (auto t : d.nodes()) {
    if (base[t] <= budget - d.fixed_memory()) continue;
    if (std::size_t{t} % stride != 0 && t != highest) {
      out.complete = false;
      continue;
    }
    if (stop()) {
      out.complete = false;
      break;
    }
    double const extra = sweep.visit(t, base[t], budget - d.fixed_memory());
    if (extra < 0) {
      out.infeasible = true;
      out.position = t;
      out.bound.space = schedule_space::fixed_order;
      return out;
    }
    if (extra > best) {
      best = extra;
      out.position = t;
    }
  }
  // Every sum here, and the simulator's of a schedule's time, rounds at most once a term.
  double const rounding = (static_cast<double>(d.size()) + 8) * 4 * std::numeric_limits<double>::epsilon();
  if (best > 0) {
    double const extra = next_multiple(best - (d.base_time() + best) * rounding, time_quantum(d));
    out.bound = {d.base_time() + std::max(0.0, extra), schedule_space::fixed_order};
  }
  return out;
}

/// The same, with every position looked at.
[[nodiscard]] inline knapsack_result knapsack_bound(dag const& d, bytes budget) {
  return knapsack_bound(d, budget, [] { return false; });
}

}  // namespace v0
}  // namespace checkmate
