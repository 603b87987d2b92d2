// SPDX-License-Identifier: Apache-2.0
//
// A first plan in one pass over the graph: nodes run in order, and where memory is short values are evicted.
//
// What is evicted costs least to bring back per byte and step until its next use: Belady's rule (1966) with
// the costs of dynamic tensor rematerialization (M. Kirisame et al., ICLR 2021), which keeps the sum of the
// evicted neighbourhood of every value in a union-find structure. Unlike there the next uses are known. Where
// a node lacks inputs, all that must run again for it is found first and runs in ascending order, so that
// nothing that this burst still needs is a candidate.
#pragma once

#include <algorithm>
#include <cmath>
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

/// The times of evicted nodes, summed over neighbours that are evicted, too.
class evicted_neighbourhoods {
 public:
  explicit evicted_neighbourhoods(dag const& d) : dag_(d), set_of_(d.size(), 0), gone_(d.size(), 0) {}

  /// Notes that what `node` produces is gone; its neighbourhood grows together with theirs.
  void evict(node_index node) {
    if (gone_[node] != 0) return;
    gone_[node] = 1;
    auto const set = static_cast<std::uint32_t>(parent_.size());
    set_of_[node] = set;
    parent_.push_back(set);
    sum_.push_back(dag_.time(node));
    for (node_index p : dag_.inputs(node)) join(set, p);
    for (node_index u : dag_.users(node)) join(set, u);
  }

  /// Notes that `node` has run again. Its neighbours stay one set, as in the paper: splitting would cost more
  /// than it tells.
  void restore(node_index node) {
    if (gone_[node] == 0) return;
    gone_[node] = 0;
    std::uint32_t const set = find(set_of_[node]);
    sum_[set] = std::max(0.0, sum_[set] - dag_.time(node));
  }

  /// The time that bringing `node` back may take: its own and its evicted inputs' neighbourhoods.
  [[nodiscard]] double cost(node_index node) {
    double sum = dag_.time(node);
    std::uint32_t last = std::numeric_limits<std::uint32_t>::max();
    for (node_index p : dag_.inputs(node)) {
      if (gone_[p] == 0) continue;
      std::uint32_t const set = find(set_of_[p]);
      if (set != last) sum += sum_[set];
      last = set;
    }
    return sum;
  }

 private:
  void join(std::uint32_t set, node_index neighbour) {
    if (gone_[neighbour] == 0) return;
    std::uint32_t const a = find(set), b = find(set_of_[neighbour]);
    if (a == b) return;
    parent_[b] = a;
    sum_[a] += sum_[b];
  }
  std::uint32_t find(std::uint32_t set) {
    while (parent_[set] != set) set = parent_[set] = parent_[parent_[set]];
    return set;
  }

  dag const& dag_;
  std::vector<std::uint32_t> set_of_;  // by node
  std::vector<std::uint32_t> parent_;  // by set
  std::vector<double> sum_;            // by set, right at its root
  std::vector<std::uint8_t> gone_;     // by node
};

/// What is evicted: the value with the least cost^c / (bytes^b * wait^w). Square roots and products are the
/// same on every machine.
struct eviction_rule {
  int cost = 2, bytes = 2, wait = 2;  ///< twice the exponents, >= 0

  [[nodiscard]] double score(double time, double size, double steps) const {
    return power(time, cost) / (power(size, bytes) * power(steps, wait));
  }

 private:
  [[nodiscard]] static double power(double x, int halves) {
    double product = halves % 2 != 0 ? std::sqrt(x) : 1.0;
    for (int i = 0; i < halves / 2; ++i) product *= x;
    return product;
  }
};

/// One pass over `order`. Its sequence executes every node, whether or not it fits.
class eviction_run {
 public:
  eviction_run(dag const& d, bytes budget, event_sequence const& order, eviction_rule rule)
      : dag_(d), limit_(budget - d.fixed_memory()), order_(order), rule_(rule), lost_(d) {
    position_.resize(d.size());
    for (std::size_t i = 0; i < order.size(); ++i) position_[order[i].node] = static_cast<std::uint32_t>(i);
    find_uses();
    resident_.assign(d.value_count(), 0);
    locked_.assign(d.value_count(), 0);
    burst_uses_.assign(d.value_count(), 0);
    open_.assign(d.size(), 0);
    pooled_.assign(d.value_count(), 0);
  }

  /// Runs every node; whether all the time what is resident was within the budget. Gives up evicting after
  /// most_ executions. stop() is asked before each node of the order; once it says so nothing is evicted any
  /// more.
  bool run(auto stop) {
    for (now_ = 0; now_ < order_.size(); ++now_) {
      if (stop()) fits_ = evicts_ = false;
      node_index const u = order_[now_].node;
      bring(dag_.reads(u));
      execute(u, now_ + 1);
    }
    bring(values_at_end(dag_));
    return fits_;
  }

  [[nodiscard]] event_sequence sequence() const { return {dag_, sequence_}; }
  /// Whether there were too many recomputations.
  [[nodiscard]] bool gave_up() const noexcept { return gave_up_; }

 private:
  static constexpr std::uint32_t never = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::size_t longest_walk = 200;  // nodes

  /// The places in the order at which each value is read for the first time by each reader.
  void find_uses() {
    uses_.start.assign(1, 0);
    for (auto v : dag_.values()) {
      for (node_index r : dag_.readers(v)) uses_.entries.push_back(position_[r]);
      std::sort(uses_.entries.begin() + static_cast<std::ptrdiff_t>(uses_.start.back()), uses_.entries.end());
      uses_.close_row();
    }
    next_use_.assign(dag_.value_count(), 0);
  }

  /// The next place at or after `now_` where `v` is read in the order; the end for a retained value, `never`
  /// where nothing is left.
  [[nodiscard]] std::uint32_t next_use(value_index v) {
    auto const uses = uses_.row(v);
    std::uint32_t& at = next_use_[v];
    while (at < uses.size() && uses[at] < now_) ++at;
    if (at < uses.size()) return uses[at];
    return needed_at_end(dag_, v) ? static_cast<std::uint32_t>(order_.size()) : never;
  }

  /// Makes all of `values` resident, by running what is missing in ascending order.
  void bring(std::span<value_index const> values) {
    if (!find_missing(values)) return;
    for (value_index v : values) ++burst_uses_[v];
    for (node_index u : burst_) {
      for (value_index v : dag_.reads(u)) ++burst_uses_[v];
    }
    for (node_index u : burst_) {
      for (value_index v : dag_.reads(u)) --burst_uses_[v];
      execute(u, now_);
    }
    for (value_index v : values) --burst_uses_[v];
  }

  /// Fills burst_ with the nodes that must run for `values` to be resident.
  bool find_missing(std::span<value_index const> values) {
    burst_.clear();
    walk_.assign(values.begin(), values.end());
    while (!walk_.empty()) {
      value_index const v = walk_.back();
      walk_.pop_back();
      node_index const p = dag_.producer(v);
      if (resident_[v] != 0 || open_[p] != 0) continue;
      open_[p] = 1;
      burst_.push_back(p);
      auto const reads = dag_.reads(p);
      walk_.insert(walk_.end(), reads.begin(), reads.end());
    }
    for (node_index u : burst_) open_[u] = 0;
    std::sort(burst_.begin(), burst_.end(),
              [&](node_index a, node_index b) { return position_[a] < position_[b]; });
    return !burst_.empty();
  }

  /// Executes `u`, whose inputs are resident, after making room, and drops what the order from `later` on
  /// does not need.
  void execute(node_index u, std::size_t later) {
    for (value_index v : dag_.reads(u)) locked_[v] = 1;
    for (auto v : dag_.outputs(u)) locked_[v] = 1;
    make_room(new_bytes(dag_, u, [&](value_index v) { return resident_[v] != 0; }));
    sequence_.push_back(u);
    lost_.restore(u);
    for (auto v : dag_.outputs(u)) enter(v);
    for (value_index v : dag_.reads(u)) locked_[v] = 0;
    for (auto v : dag_.outputs(u)) locked_[v] = 0;
    for (value_index v : dag_.reads(u)) drop_if_dead(v, later);
    for (auto v : dag_.outputs(u)) drop_if_dead(v, later);
  }

  void enter(value_index v) {
    if (resident_[v] != 0) return;
    resident_[v] = 1;
    in_use_ += dag_.memory(v);
    if (pooled_[v] != 0 || dag_.memory(v) == 0 || dag_.run_once(dag_.producer(v))) return;
    pooled_[v] = 1;
    pool_.push_back(v);
  }
  void leave(value_index v) {
    resident_[v] = 0;
    in_use_ -= dag_.memory(v);
  }

  /// Whether the node or the burst at hand needs `v`.
  [[nodiscard]] bool in_use(value_index v) const { return locked_[v] != 0 || burst_uses_[v] != 0; }
  [[nodiscard]] bool dead(value_index v, std::size_t later) const {
    auto const uses = uses_.row(v);
    return !needed_at_end(dag_, v) && (uses.empty() || uses.back() < later);
  }

  /// Releases `v` if neither the burst nor the order from `later` on reads it. A value of a run-once node
  /// that a recomputation may read stays for as long as there is room.
  void drop_if_dead(value_index v, std::size_t later) {
    if (resident_[v] == 0 || burst_uses_[v] != 0 || !dead(v, later)) return;
    if (!dag_.readers(v).empty() && !recoverable(v)) {
      spare_.push_back(v);
      return;
    }
    leave(v);
    lost_.evict(dag_.producer(v));
  }

  /// Releases values of run-once nodes that nothing will need again, until `need` bytes more fit. Whether any
  /// was released.
  bool drop_spare(bytes need) {
    std::size_t kept = 0;
    bool dropped = false;
    for (value_index v : spare_) {
      if (resident_[v] == 0) continue;
      if (in_use_ + need <= limit_ || in_use(v) || brings_something_back(v)) {
        spare_[kept++] = v;
        continue;
      }
      leave(v);
      dropped = lost_some_ = true;
    }
    spare_.resize(kept);
    return dropped;
  }

  /// Whether a value that is missing and will be needed is made from `v`, directly or by way of others that
  /// are missing; taken to be so after a number of nodes.
  [[nodiscard]] bool brings_something_back(value_index v) {
    walk_.assign(1, v);
    seen_.clear();
    bool found = false;
    while (!walk_.empty() && !found) {
      value_index const at = walk_.back();
      walk_.pop_back();
      for (node_index u : dag_.readers(at)) {
        if (open_[u] != 0 || position_[u] >= now_) continue;
        open_[u] = 1;
        seen_.push_back(u);
        for (auto w : dag_.outputs(u)) {
          if (resident_[w] != 0) continue;
          found = found || !dead(w, now_) || burst_uses_[w] != 0;
          walk_.push_back(w);
        }
        if (found || seen_.size() > longest_walk) break;
      }
      found = found || seen_.size() > longest_walk;
    }
    forget_walk();
    return found;
  }

  /// Whether `v` could be made again: no run-once value is missing for it. Taken not to be so after a number
  /// of nodes.
  [[nodiscard]] bool recoverable(value_index v) {
    if (dag_.run_once(dag_.producer(v))) return false;
    if (!lost_some_) return true;
    walk_.assign(1, v);
    seen_.clear();
    bool found = true;
    while (!walk_.empty() && found) {
      node_index const p = dag_.producer(walk_.back());
      walk_.pop_back();
      if (open_[p] != 0) continue;
      open_[p] = 1;
      seen_.push_back(p);
      found = !dag_.run_once(p) && seen_.size() <= longest_walk;
      for (value_index r : dag_.reads(p)) {
        if (resident_[r] == 0) walk_.push_back(r);
      }
    }
    forget_walk();
    return found;
  }

  void forget_walk() {
    for (node_index u : seen_) open_[u] = 0;
  }

  /// Evicts until `need` bytes more fit, if that is possible. Values of run-once nodes are the last to go, as
  /// what is made from them cannot be made again then.
  void make_room(bytes need) {
    while (evicts_ && in_use_ + need > limit_) {
      gave_up_ = gave_up_ || sequence_.size() > most_;
      if (gave_up_) evicts_ = false;
      if (gave_up_ || (!evict_one() && !drop_spare(need))) break;
    }
    if (in_use_ + need > limit_) fits_ = false;
  }

  /// A value that may be evicted, and the cost of that.
  struct candidate {
    double score;
    value_index value;
    std::uint32_t use;  // its next use when it was ranked
  };

  /// Evicts the value that costs least.
  bool evict_one() {
    for (int round = 0; round < 2; ++round) {
      while (!ranked_.empty()) {
        candidate const c = ranked_.back();
        ranked_.pop_back();
        if (resident_[c.value] == 0 || in_use(c.value)) continue;
        if (next_use(c.value) != c.use || !recoverable(c.value)) continue;
        leave(c.value);
        lost_.evict(dag_.producer(c.value));
        return true;
      }
      rank();
    }
    return false;
  }

  /// Fills ranked_ with the values that cost least to evict, the best last.
  void rank() {
    constexpr std::size_t at_once = 32;
    constexpr double least_cost = 1e-12;  // what takes no time is told apart by bytes and wait
    ranked_.clear();
    std::size_t kept = 0;
    for (value_index v : pool_) {
      if (resident_[v] == 0) {
        pooled_[v] = 0;
        continue;
      }
      pool_[kept++] = v;
      if (in_use(v)) continue;
      std::uint32_t const use = next_use(v);
      double const wait =
          static_cast<double>(use == never ? order_.size() + 1 : use) - static_cast<double>(now_) + 1;
      double const size = static_cast<double>(dag_.memory(v));
      ranked_.push_back({rule_.score(least_cost + lost_.cost(dag_.producer(v)) / unit_, size, wait), v, use});
    }
    pool_.resize(kept);
    auto const better = [](candidate const& a, candidate const& b) {
      return a.score != b.score ? a.score < b.score : a.value < b.value;
    };
    if (ranked_.size() > at_once) {
      std::nth_element(ranked_.begin(), ranked_.begin() + at_once, ranked_.end(), better);
      ranked_.resize(at_once);
    }
    std::sort(ranked_.begin(), ranked_.end(),
              [&](candidate const& a, candidate const& b) { return better(b, a); });
  }

  dag const& dag_;
  bytes limit_;  // fixed memory excluded
  event_sequence const& order_;
  eviction_rule rule_;
  double unit_ = std::max(dag_.base_time(), std::numeric_limits<double>::min());  // of time
  evicted_neighbourhoods lost_;
  std::vector<std::uint32_t> position_;    // by node: place in the order
  compressed_rows<std::uint32_t> uses_;    // by value: places in the order
  std::vector<std::uint32_t> next_use_;    // by value: which of its uses comes next
  std::vector<std::uint8_t> resident_;     // by value
  std::vector<std::uint8_t> locked_;       // by value: read or written by the node at hand
  std::vector<std::uint32_t> burst_uses_;  // by value: reads to come in the burst at hand
  std::vector<std::uint8_t> open_;         // by node: seen by the walk at hand
  std::vector<std::uint8_t> pooled_;       // by value: in pool_
  std::vector<node_index> burst_, sequence_;
  std::vector<value_index> pool_;   // may be evicted; those that left included
  std::vector<value_index> spare_;  // of run-once nodes, read by recomputations only
  std::vector<value_index> walk_;
  std::vector<node_index> seen_;  // by the walk at hand
  std::vector<candidate> ranked_;
  std::size_t now_ = 0, most_ = 8 * dag_.size() + 1000;
  bytes in_use_ = 0;
  bool fits_ = true, evicts_ = true, gave_up_ = false;
  bool lost_some_ = false;  // values of run-once nodes are missing
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
