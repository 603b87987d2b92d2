// SPDX-License-Identifier: Apache-2.0
//
// Orders of execution of small peak, without recomputation and without search: list schedules.
//
//   given    the dag's own order
//   greedy   of all nodes that are ready, the one after which least is held
//   eager    the given order, but small groups of nodes that lower what is held run as soon as they can: say
//            weight updates right after their gradients, whatever they share and however many nodes each is
//   lazy     the same, and nothing else runs before something that lowers what is held asks for it
//
// All take time in the size of the graph times a logarithm or a small constant, and keep to control edges and
// to the order of run-once nodes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <queue>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <checkmate/memory/footprint.hpp>
#include <checkmate/memory/sequence.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Nodes run one after the other, each once: what is held, what is ready, what a node would change. Memory is
/// in the units of exact_sizes, fixed memory excluded.
class list_run {
 public:
  explicit list_run(dag const& d, exact_sizes const& sizes)
      : dag_(d), sizes_(sizes), waiting_(d.size()), uses_(d.value_count()), readers_(d.value_count(), 0) {
    for (auto v : d.values()) {
      uses_[v] = static_cast<std::uint32_t>(use_count(d, v));
      for (node_index u : d.readers(v)) readers_[v] += std::size_t{u};
    }
    for (auto u : d.nodes()) {
      waiting_[u] = static_cast<std::uint32_t>(d.inputs(u).size() + d.control_inputs(u).size());
    }
    position_.assign(d.size(), none);
    order_.reserve(d.size());
  }

  [[nodiscard]] std::vector<node_index> const& order() const noexcept { return order_; }
  [[nodiscard]] bool ran(node_index u) const { return position_[u] != none; }
  /// Whether all that `u` must come after has run.
  [[nodiscard]] bool ready(node_index u) const { return waiting_[u] == 0; }
  /// What is resident.
  [[nodiscard]] double held() const noexcept { return held_; }
  /// What is resident while `u` runs.
  [[nodiscard]] double needed(node_index u) const { return held_ + sizes_.transient[u]; }
  /// By how much running `u`, which is ready, changes what is held.
  [[nodiscard]] double growth(node_index u) const {
    double sum = 0;
    for (auto v : dag_.outputs(u)) {
      if (uses_[v] > 0) sum += sizes_.value[v];
    }
    for (value_index v : dag_.reads(u)) sum -= uses_[v] == 1 ? sizes_.value[v] : 0;
    return sum;
  }
  /// The one node that still has to read `v`, or none.
  [[nodiscard]] node_index last_reader(value_index v) const {
    return uses_[v] == 1 && !needed_at_end(dag_, v) ? static_cast<node_index>(readers_[v]) : none;
  }

  void run(node_index u) {
    held_ += growth(u);
    position_[u] = static_cast<node_index>(order_.size());
    order_.push_back(u);
    for (value_index v : dag_.reads(u)) {
      --uses_[v];
      readers_[v] -= std::size_t{u};
    }
    for (auto const row : {dag_.users(u), dag_.control_users(u)}) {
      for (node_index user : row) --waiting_[user];
    }
  }
  /// Takes the last nodes back until `count` are left.
  void undo_to(std::size_t count) {
    while (order_.size() > count) {
      node_index const u = order_.back();
      order_.pop_back();
      position_[u] = none;
      for (auto const row : {dag_.users(u), dag_.control_users(u)}) {
        for (node_index user : row) ++waiting_[user];
      }
      for (value_index v : dag_.reads(u)) {
        ++uses_[v];
        readers_[v] += std::size_t{u};
      }
      held_ -= growth(u);
    }
  }

  static constexpr node_index none = std::numeric_limits<node_index>::max();

 private:
  dag const& dag_;
  exact_sizes const& sizes_;
  double held_ = 0;
  std::vector<std::uint32_t> waiting_;  // by node: how many it must come after that have not run
  std::vector<std::uint32_t> uses_;     // by value: reads to come, and the end where it is retained
  std::vector<std::uint64_t> readers_;  // by value: the sum of the nodes that have still to read it
  std::vector<node_index> position_;    // by node: in order_, or none
  std::vector<node_index> order_;
};

/// Runs, of all nodes that are ready, the one after which least memory is held (then the one that needs least
/// while it runs, then the first): a topological order of small peak. stop() is polled before each; once it
/// says so, the rest follows in the dag's order.
[[nodiscard]] event_sequence list_schedule(dag const& d, auto stop) {
  exact_sizes const sizes(d);
  list_run run(d, sizes);
  using entry = std::tuple<double, double, node_index>;
  std::priority_queue<entry, std::vector<entry>, std::greater<>> ready;
  auto const offer = [&](node_index u) { ready.emplace(run.growth(u), sizes.transient[u], u); };
  for (auto u : d.nodes()) {
    if (run.ready(u)) offer(u);
  }
  while (!ready.empty() && !stop()) {
    node_index const u = std::get<node_index>(ready.top());
    ready.pop();
    if (run.ran(u)) continue;  // offered again since, when its growth had fallen
    run.run(u);
    for (auto const row : {d.users(u), d.control_users(u)}) {
      for (node_index user : row) {
        if (run.ready(user)) offer(user);
      }
    }
    for (value_index v : d.reads(u)) {
      node_index const last = run.last_reader(v);
      if (last != run.none && run.ready(last)) offer(last);
    }
  }
  std::vector<node_index> order = run.order();
  for (auto u : d.nodes()) {
    if (!run.ran(u)) order.push_back(u);
  }
  return {d, order};
}

/// The eager and the lazy order.
class list_orderer {
 public:
  list_orderer(dag const& d, exact_sizes const& sizes, double ceiling)
      : dag_(d), run_(d, sizes), ceiling_(ceiling), seen_(d.size(), 0) {}

  event_sequence order(event_sequence const& base, bool lazy, auto stop) {
    rank_.resize(dag_.size());
    for (node_index i{}; i < base.size(); ++i) rank_[base[i].node] = i;
    for (bool waits : {lazy, false}) {  // the second time what nothing asked for
      for (auto const [u] : base) {
        if (run_.ran(u)) continue;
        if (!waits || stop() || !gather(u)) {
          run_with_ancestors(u);
        } else if (!try_group(u)) {
          continue;
        }
        if (!stop()) settle();
      }
    }
    return {dag_, run_.order()};
  }

 private:
  static constexpr std::size_t reach = 64;     // reads of a group, at most
  static constexpr std::size_t furthest = 12;  // nodes that run on from a group, at most

  /// Fills group_ with `u` and those of its ancestors that have not run, in the order of the base; false if
  /// together they must come after more than `most` nodes.
  bool gather(node_index u, std::size_t most = reach) {
    ++mark_;
    group_.assign(1, u);
    seen_[u] = mark_;
    std::size_t reads = 0;
    for (std::size_t i = 0; i < group_.size(); ++i) {
      for (auto const row : {dag_.inputs(group_[i]), dag_.control_inputs(group_[i])}) {
        if ((reads += row.size()) > most) return false;
        for (node_index p : row) {
          if (run_.ran(p) || seen_[p] == mark_) continue;
          seen_[p] = mark_;
          group_.push_back(p);
        }
      }
    }
    std::sort(group_.begin(), group_.end(), [&](node_index a, node_index b) { return rank_[a] < rank_[b]; });
    return true;
  }

  /// Runs `u` after all that it needs, however much that is.
  void run_with_ancestors(node_index u) {
    gather(u, std::numeric_limits<std::size_t>::max());
    for (node_index v : group_) {
      ceiling_ = std::max(ceiling_, run_.needed(v));
      run_.run(v);
      fresh_.push_back(v);
    }
  }

  /// Runs the group gathered for `target`, and on from there for as long as it takes, if that lowers what is
  /// held and stays below the ceiling; otherwise takes it back, for another time where only the ceiling was
  /// in the way.
  bool try_group(node_index target) {
    std::size_t const start = run_.order().size();
    double const before = run_.held();
    near_.clear();
    ++mark_;
    auto const advance = [&](node_index u) {
      if (run_.needed(u) > ceiling_) {
        postponed_.emplace(run_.needed(u) - before, target);
        return false;
      }
      run_.run(u);
      look_around(u);
      return true;
    };
    bool going = true;
    for (std::size_t i = 0; i < group_.size() && going; ++i) going = advance(group_[i]);
    for (std::size_t more = 0; going && !(run_.held() < before); ++more) {
      node_index const next = more < furthest ? best_near() : run_.none;
      going = next != run_.none && advance(next);
    }
    if (!going) {
      run_.undo_to(start);
      return false;
    }
    for (std::size_t i = start; i < run_.order().size(); ++i) fresh_.push_back(run_.order()[i]);
    return true;
  }

  /// Notes who reads something of `u`, or something that `u` reads.
  void look_around(node_index u) {
    auto const note = [&](std::span<node_index const> nodes) {
      if (nodes.size() > reach) return;
      for (node_index v : nodes) {
        if (run_.ran(v) || seen_[v] == mark_) continue;
        seen_[v] = mark_;
        near_.push_back(v);
      }
    };
    note(dag_.users(u));
    for (value_index v : dag_.reads(u)) note(dag_.readers(v));
  }

  /// The ready node of least growth of those noted, or none.
  [[nodiscard]] node_index best_near() const {
    node_index best = run_.none;
    double least = std::numeric_limits<double>::infinity();
    for (node_index u : near_) {
      if (run_.ran(u) || !run_.ready(u)) continue;
      double const growth = run_.growth(u);
      if (growth > least || (growth == least && rank_[u] >= rank_[best])) continue;
      least = growth;
      best = u;
    }
    return best;
  }

  /// Tries what the nodes that ran just now made possible: their users, and the last readers of what they
  /// read.
  void settle() {
    while (!fresh_.empty()) {
      node_index const u = fresh_.back();
      fresh_.pop_back();
      for (auto const row : {dag_.users(u), dag_.control_users(u)}) {
        for (node_index user : row) attempt(user);
      }
      for (value_index v : dag_.reads(u)) {
        node_index const last = run_.last_reader(v);
        if (last != run_.none) attempt(last);
      }
      if (fresh_.empty()) resume();
    }
  }
  void attempt(node_index u) {
    if (!run_.ran(u) && gather(u)) try_group(u);
  }

  /// Tries again what was postponed and would now stay below the ceiling as far as it got.
  void resume() {
    while (fresh_.empty() && !postponed_.empty() && run_.held() + postponed_.top().first <= ceiling_) {
      node_index const u = postponed_.top().second;
      postponed_.pop();
      attempt(u);
    }
  }

  dag const& dag_;
  list_run run_;
  double ceiling_;                // what may be needed at any time: the limit, or what was needed so far
  std::vector<node_index> rank_;  // by node: in the base order
  std::vector<node_index> group_;
  std::vector<node_index> near_;   // read something of the group's, or something that it reads
  std::vector<node_index> fresh_;  // ran, and their users have not been looked at
  std::vector<std::uint32_t> seen_;
  std::uint32_t mark_ = 0;
  // How far above what is held it got, and what it was for.
  using postponement = std::pair<double, node_index>;
  std::priority_queue<postponement, std::vector<postponement>, std::greater<>> postponed_;
};

/// An order, the peak of running it without recomputation, and the sum over its nodes of what they need above
/// a limit; in units, fixed memory excluded.
struct measured_order {
  event_sequence order;
  double peak = std::numeric_limits<double>::infinity();
  double overflow = std::numeric_limits<double>::infinity();
};

[[nodiscard]] inline measured_order measured(dag const& d, exact_sizes const& sizes, double limit,
                                             event_sequence order) {
  list_run run(d, sizes);
  measured_order out{std::move(order), 0, 0};
  for (auto const [u] : out.order) {
    out.peak = std::max(out.peak, run.needed(u));
    out.overflow += std::max(0.0, run.needed(u) - limit);
    run.run(u);
  }
  return out;
}

/// The orders above, those that overflow `limit` least first; the first of equals is the simplest. stop()
/// ends the making early, with orders that are valid and no more.
[[nodiscard]] std::vector<measured_order> list_orders(dag const& d, double limit, auto stop) {
  exact_sizes const sizes(d);
  event_sequence const given(d);
  std::vector<measured_order> out;
  auto const add = [&](event_sequence order) {
    out.push_back(measured(d, sizes, limit, std::move(order)));
    return !(out.back().overflow > 0) || stop();
  };
  constexpr double no_ceiling = std::numeric_limits<double>::infinity();
  auto const improved = [&](event_sequence const& base, bool lazy, double ceiling) {
    return list_orderer(d, sizes, ceiling).order(base, lazy, stop);
  };
  auto const by_overflow = [](measured_order const& a, measured_order const& b) {
    return std::pair(a.overflow, a.peak) < std::pair(b.overflow, b.peak);
  };
  bool enough = add(given);
  for (bool lazy : {false, true}) {
    for (double ceiling : {limit, no_ceiling}) enough = enough || add(improved(given, lazy, ceiling));
  }
  enough = enough || add(list_schedule(d, stop));
  if (!enough) {
    event_sequence const greedy = out.back().order;
    static_cast<void>(add(improved(greedy, false, limit)) || add(improved(greedy, true, limit)));
  }
  std::stable_sort(out.begin(), out.end(), by_overflow);
  return out;
}

/// List schedules of small peak whatever the budget, that of the least peak first: under ceilings that close
/// in, by bisection, on the least that works, from `floor` up.
[[nodiscard]] std::vector<measured_order> low_list_orders(dag const& d, double floor, auto stop) {
  constexpr int bisections = 6;
  auto const by_peak = [](measured_order const& a, measured_order const& b) { return a.peak < b.peak; };
  std::vector<measured_order> found = list_orders(d, 0, stop);
  std::stable_sort(found.begin(), found.end(), by_peak);
  double low = floor, high = found.front().peak;
  for (int i = 0; i < bisections && low < high && !stop(); ++i) {
    double const ceiling = low + (high - low) / 2;
    measured_order next = list_orders(d, ceiling, stop).front();
    if (next.overflow > 0) {
      low = ceiling;
    } else {
      high = next.peak;
      found.insert(found.begin(), std::move(next));
    }
  }
  return found;
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
