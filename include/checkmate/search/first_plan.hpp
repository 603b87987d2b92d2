// SPDX-License-Identifier: Apache-2.0
//
// Plans to begin with, the cheapest way to one first: evictions in one pass, reversals of the forward pass,
// binomial checkpointing where that pass is a chain, and the constructive heuristic behind `greedy`. Each
// plan loses what it recomputes without need. Effort is counted, never timed, so that the plans are the same
// every time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include <checkmate/graph/dag.hpp>
#include <checkmate/schedule/stages.hpp>
#include <checkmate/search/binomial_checkpointing.hpp>
#include <checkmate/search/constructive.hpp>
#include <checkmate/search/eviction.hpp>
#include <checkmate/search/segment_reversal.hpp>
#include <checkmate/search/sequence_state.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Where a search starts.
struct search_start {
  event_sequence sequence;
  bool within_budget = false;
  double time = std::numeric_limits<double>::infinity();
  double price = 0;  ///< time per unit of overflow that the start paid
};

/// Makes plans whose first executions follow `order`, which may recompute already. stop() is polled often and
/// ends what is under way.
template <class Stop>
class first_plan {
 public:
  /// No one rule suits all graphs.
  static constexpr std::array<eviction_rule, 5> every_rule = {
      {{3, 2, 1}, {2, 2, 2}, {2, 1, 1}, {3, 2, 4}, {2, 1, 4}}};

  /// Called with every plan within budget that is better than those of its kind before.
  std::function<void(search_start const&)> on_plan = {};

  first_plan(dag const& d, bytes budget, event_sequence order, Stop stop)
      : dag_(d), budget_(budget), order_(std::move(order)), stop_(std::move(stop)), state_(d, budget) {
    state_.assign(order_);
    overflow_ = state_.overflow();
    in_order_ = order_ == event_sequence(d);
  }

  /// The plan with the least time that one pass of evictions makes, by `rules` rules; if none fits, that
  /// which fits best.
  [[nodiscard]] search_start by_eviction(std::size_t rules = every_rule.size()) {
    search_start best;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t r = 0; r < rules && !(r > 0 && stop_()); ++r) {
      eviction_run run(dag_, budget_, order_, every_rule[r]);
      run.run(stop_);
      state_.assign(without_useless_executions(dag_, run.sequence()));
      if (best.within_budget ? state_.overflow() > 0 : state_.overflow() > least) continue;
      least = state_.overflow();
      take_if_better(best);
      // What recomputes without end by one rule does so by the others.
      if (run.gave_up() && !best.within_budget) break;
    }
    return best;
  }

  /// The best of some reversals of the forward pass, and of binomial checkpointing where that is a chain.
  /// Only for the dag's own order. The larger the graph, the fewer are tried.
  [[nodiscard]] search_start by_reversal() {
    search_start best;
    if (!in_order_) return best;
    auto const offer = [&](event_sequence const& sequence) {
      state_.assign(sequence);
      if (state_.overflow() > 0) return false;
      // More is not taken back by pruning, which costs time with what there is to prune.
      constexpr double hopeless = 4;
      if (state_.time() - dag_.base_time() < hopeless * (best.time - dag_.base_time())) take_if_better(best);
      return true;
    };
    binomial(offer);
    reversal_search search(dag_, stop_, offer);
    search.run(std::clamp<std::size_t>(60'000 / std::max<std::size_t>(dag_.size(), 1), 3, 60));
    finish(best);
    return best;
  }

  /// The greedy plan, or where greedy got stuck.
  [[nodiscard]] search_start by_greed() {
    state_.assign(order_);
    constructive steps(state_, constructive_options::for_size(dag_.size()));
    search_start out;
    if (steps.run(stop_)) steps.prune(stop_);
    keep(out);
    return out;
  }

 private:
  /// Keeps the state if it is better than `best`, and once more when it is pruned. Pruning a sequence several
  /// times as long as the graph takes longer than all the rest, and is left for the end.
  void take_if_better(search_start& best) {
    keep_if_better(best);
    if (state_.overflow() > 0 || state_.extras().size() > 2 * dag_.size()) return;
    prune();
    keep_if_better(best);
  }

  /// Prunes what was too long to be pruned at once.
  void finish(search_start& best) {
    if (!best.within_budget || best.sequence.size() <= 3 * dag_.size()) return;
    state_.assign(best.sequence);
    prune();
    keep_if_better(best);
  }

  void keep_if_better(search_start& best) {
    bool const fits = state_.overflow() <= 0;
    if (best.within_budget && !(fits && state_.time() < best.time)) return;
    keep(best);
    if (fits && on_plan) on_plan(best);
  }

  /// Erases what proves superfluous, the dearest first. A try takes time with the length of the sequence.
  void prune() {
    std::size_t const length = dag_.size() + state_.extras().size();
    std::size_t tries = 40'000'000 / (length + 1) / (1 + length / 4000);
    constructive(state_, {}).prune([&] { return tries-- == 0 || stop_(); });
  }

  void keep(search_start& out) {
    out.within_budget = state_.overflow() <= 0;
    out.time = state_.time();
    out.sequence = state_.sequence();
    double const added = out.within_budget ? out.time - dag_.base_time() : dag_.base_time();
    if (overflow_ > 0) out.price = std::max(added, dag_.base_time() * 1e-3) / overflow_;
  }

  /// Binomial checkpointing of a chain: the most snapshots that fit, both ways to break ties.
  void binomial(auto const& offer) {
    forward_mask mask(dag_.size());
    node_index const length = forward_length(dag_);
    for (node_index u{}; u < length; ++u) mask[dag_.id(u)] = true;
    forward_pass const pass = make_forward_pass(dag_, mask);
    if (pass.size() < 2 || !is_chain(dag_, pass)) return;
    search_snapshots(dag_, pass, snapshots_that_fit(dag_, pass, budget_), stop_,
                     [&](stage_runs const& runs) { return offer(sequence_of(dag_, runs)); });
  }

  dag const& dag_;
  bytes budget_;
  event_sequence order_;
  Stop stop_;
  sequence_state state_;
  double overflow_ = 0;  // of running everything once
  bool in_order_ = false;
};

/// Quick is for who has a plan already: one rule of eviction, no reversals.
enum class start_effort : std::uint8_t { quick, thorough };

/// Where a search for plans with first executions in `order` may begin, the best first: what fits, and none
/// whose extra time is half as much again as that of the best; one that does not fit where nothing does.
[[nodiscard]] std::vector<search_start> starts_of(dag const& d, bytes budget, event_sequence order,
                                                  start_effort effort, auto stop) {
  first_plan make(d, budget, std::move(order), stop);
  bool const thorough = effort == start_effort::thorough;
  std::vector<search_start> out = {thorough ? make.by_eviction() : make.by_eviction(1)};
  if (thorough) out.push_back(make.by_reversal());
  auto const fits = [](search_start const& s) { return s.within_budget; };
  // Greed takes time with the square of the nodes.
  constexpr std::size_t small = 2000;
  if (d.size() <= small || std::none_of(out.begin(), out.end(), fits)) out.push_back(make.by_greed());
  if (std::none_of(out.begin(), out.end(), fits)) return {out.back()};  // greed, which repairs as it goes
  std::stable_sort(out.begin(), out.end(), [](search_start const& a, search_start const& b) {
    return a.within_budget != b.within_budget ? a.within_budget : a.time < b.time;
  });
  double const most = 1.5 * (out.front().time - d.base_time());
  auto const poor = [&](search_start const& s) { return !s.within_budget || s.time - d.base_time() > most; };
  out.erase(std::remove_if(out.begin() + 1, out.end(), poor), out.end());
  return out;
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
