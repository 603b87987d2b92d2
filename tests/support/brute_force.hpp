// SPDX-License-Identifier: Apache-2.0
//
// Brute forces over schedules of tiny graphs, independent of everything the library derives (lifetimes,
// stages, formulations): shortest paths over sets of resident values, where a release may happen at any
// moment.
//
// clang-format off
//   cheapest_in_stages    the paper's schedules: between the first executions of node t - 1 and of node t,
//                         every node below t runs at most once, in ascending order
//   cheapest_fixed_order  every sequence whose first executions follow the dag's order
//   cheapest_any_order    every sequence
// clang-format on
//
// A graph of V values takes 2^V sets: up to about 14 values are quick.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <queue>
#include <set>
#include <utility>
#include <vector>

#include <checkmate/graph/dag.hpp>

namespace test {

inline constexpr double no_schedule = std::numeric_limits<double>::infinity();

namespace brute {

using value_set = std::uint32_t;

/// A dag as bit masks, with the budget left after fixed memory.
struct instance {
  explicit instance(checkmate::dag const& d, checkmate::bytes total_budget)
      : nodes(d.size()), values(d.value_count()), budget(total_budget - d.fixed_memory()) {
    for (auto i : d.nodes()) {
      value_set in = 0, out = 0;
      for (checkmate::value_index v : d.reads(i)) in |= value_set{1} << std::size_t{v};
      for (auto v : d.outputs(i)) out |= value_set{1} << std::size_t{v};
      reads.push_back(in);
      writes.push_back(out);
      times.push_back(d.time(i));
      workspaces.push_back(d.workspace(i));
      once.push_back(d.run_once(i));
      std::uint32_t before = 0;
      for (auto p : d.control_inputs(i)) before |= std::uint32_t{1} << std::size_t{p};
      follows.push_back(before);
    }
    for (auto v : d.values()) retained |= (d.retained(v) ? value_set{1} : 0) << std::size_t{v};
    held.assign(std::size_t{1} << values, 0);
    for (value_set set = 1; set < held.size(); ++set) {
      checkmate::value_index low;
      while (((set >> std::size_t{low}) & 1) == 0) ++low;
      held[set] = held[set & (set - 1)] + d.memory(low);
    }
  }
  /// Whether node i can run while `set` is resident, within the budget.
  [[nodiscard]] bool can_run(std::size_t i, value_set set) const {
    return (reads[i] & ~set) == 0 && held[set | writes[i]] + workspaces[i] <= budget;
  }

  std::size_t nodes, values;
  checkmate::bytes budget;
  std::vector<value_set> reads, writes;
  std::vector<double> times;
  std::vector<checkmate::bytes> workspaces;
  std::vector<bool> once;
  std::vector<std::uint32_t> follows;  // by node: those that it must come after without reading them
  value_set retained = 0;
  std::vector<checkmate::bytes> held;  // bytes of every set
};

/// Lets every set release anything for nothing.
inline void release_all_ways(instance const& of, std::vector<double>& cost) {
  for (std::size_t set = cost.size(); set-- > 0;) {
    if (cost[set] == no_schedule) continue;
    for (std::size_t v = 0; v < of.values; ++v) {
      if (((set >> v) & 1) != 0) {
        auto& smaller = cost[set & ~(std::size_t{1} << v)];
        smaller = std::min(smaller, cost[set]);
      }
    }
  }
}

/// The best over all final sets that hold what is retained.
inline double best_end(instance const& of, std::vector<double> const& cost) {
  double best = no_schedule;
  for (value_set set = 0; set < cost.size(); ++set) {
    if ((of.retained & ~set) == 0) best = std::min(best, cost[set]);
  }
  return best;
}

/// One more pass: each node of 0..limit-1 runs or does not, in ascending order; then, if `last`, node limit
/// runs.
inline void pass(instance const& of, std::size_t limit, bool last, std::vector<double>& cost) {
  for (std::size_t i = 0; i < limit + (last ? 1 : 0); ++i) {
    if (i < limit && of.once[i]) continue;
    release_all_ways(of, cost);
    std::vector<double> after = i < limit ? cost : std::vector<double>(cost.size(), no_schedule);
    for (value_set set = 0; set < cost.size(); ++set) {
      if (cost[set] == no_schedule || !of.can_run(i, set)) continue;
      double& to = after[set | of.writes[i]];
      to = std::min(to, cost[set] + of.times[i]);
    }
    cost.swap(after);
  }
}

}  // namespace brute

/// Least time of a schedule within `budget` among the paper's (infinity if there is none); `passes` more
/// ascending passes before each first execution, and after the last.
inline double cheapest_in_stages(checkmate::dag const& d, checkmate::bytes budget, int passes = 0) {
  brute::instance const of(d, budget);
  std::vector<double> cost(of.held.size(), no_schedule);
  cost[0] = 0;
  for (std::size_t t = 0; t < of.nodes; ++t) {
    for (int p = 0; p < passes; ++p) brute::pass(of, t, false, cost);
    brute::pass(of, t, true, cost);
  }
  for (int p = 0; p < passes; ++p) brute::pass(of, of.nodes, false, cost);
  return brute::best_end(of, cost);
}

/// Least time of a schedule within `budget` among all whose first executions follow the dag's order
/// (Dijkstra over the number of nodes that have run and the resident set).
inline double cheapest_fixed_order(checkmate::dag const& d, checkmate::bytes budget) {
  brute::instance const of(d, budget);
  using state = std::pair<std::size_t, brute::value_set>;  // nodes that have run, resident
  std::vector<std::vector<double>> cost(of.nodes + 1, std::vector<double>(of.held.size(), no_schedule));
  std::priority_queue<std::pair<double, state>, std::vector<std::pair<double, state>>, std::greater<>> queue;
  auto reach = [&](std::size_t ran, brute::value_set set, double time) {
    if (time >= cost[ran][set]) return;
    cost[ran][set] = time;
    queue.push({time, {ran, set}});
  };
  reach(0, 0, 0.0);
  while (!queue.empty()) {
    auto const [time, at] = queue.top();
    queue.pop();
    auto const [ran, set] = at;
    if (time > cost[ran][set]) continue;
    if (ran == of.nodes && (of.retained & ~set) == 0) return time;
    for (std::size_t v = 0; v < of.values; ++v) {
      if (((set >> v) & 1) != 0) reach(ran, set & ~(brute::value_set{1} << v), time);
    }
    for (std::size_t i = 0; i <= ran && i < of.nodes; ++i) {
      if ((i < ran && of.once[i]) || !of.can_run(i, set)) continue;
      reach(std::max(ran, i + 1), set | of.writes[i], time + of.times[i]);
    }
  }
  return no_schedule;
}

/// Least time of a schedule within `budget` among all (Dijkstra over the set of nodes that have run and the
/// resident set: 2^(nodes + values) states, so up to about 6 nodes).
inline double cheapest_any_order(checkmate::dag const& d, checkmate::bytes budget) {
  brute::instance const of(d, budget);
  std::uint32_t const all = (std::uint32_t{1} << of.nodes) - 1;
  using state = std::pair<std::uint32_t, brute::value_set>;
  std::vector<double> cost((std::size_t{all} + 1) * of.held.size(), no_schedule);
  std::priority_queue<std::pair<double, state>, std::vector<std::pair<double, state>>, std::greater<>> queue;
  auto reach = [&](std::uint32_t ran, brute::value_set set, double time) {
    double& best = cost[ran * of.held.size() + set];
    if (time >= best) return;
    best = time;
    queue.push({time, {ran, set}});
  };
  reach(0, 0, 0.0);
  while (!queue.empty()) {
    auto const [time, at] = queue.top();
    queue.pop();
    auto const [ran, set] = at;
    if (time > cost[ran * of.held.size() + set]) continue;
    if (ran == all && (of.retained & ~set) == 0) return time;
    for (std::size_t v = 0; v < of.values; ++v) {
      if (((set >> v) & 1) != 0) reach(ran, set & ~(brute::value_set{1} << v), time);
    }
    for (std::size_t i = 0; i < of.nodes; ++i) {
      bool const again = ((ran >> i) & 1) != 0;
      if ((again && of.once[i]) || (of.follows[i] & ~ran) != 0 || !of.can_run(i, set)) continue;
      reach(ran | (std::uint32_t{1} << i), set | of.writes[i], time + of.times[i]);
    }
  }
  return no_schedule;
}

}  // namespace test
