// SPDX-License-Identifier: Apache-2.0
//
// Segment checkpointing: what all baselines of Chen et al. (2016) and their generalisations by Jain et al.
// (2020, section 6.1) share. A baseline picks checkpoints among the forward nodes; between two of them lies a
// segment.
//
//   - In the forward pass nothing is recomputed: a value lives until its last forward reader.
//   - Checkpoints and gradients are kept until their last reader.
//   - When the backward pass comes to a segment, what is needed of it is computed once more, all at once, and
//     kept until the backward pass leaves the segment.
//   - Anything else that a stage lacks is recomputed from what is there, and no more than that: the least
//     recomputation for the values kept (Algorithm 2 of Jain et al.).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkmate/planning/ledger.hpp>
#include <checkmate/planning/strategy.hpp>
#include <checkmate/planning/traits.hpp>
#include <checkmate/schedule/stages.hpp>
#include <checkmate/search/forward_pass.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// The card of a method that must be told the forward pass; none of them looks at node times.
constexpr strategy_traits forward_card(std::string_view name, std::string_view title,
                                       std::string_view citation, extent graphs, extent memory) {
  return {name, title, citation, graphs, extent::no, memory, true};
}

/// The executions of each stage for `checkpoints` (positions in the forward pass, ascending). The last
/// forward node, the loss as a rule, always is one. Nothing once `stop()` says so.
std::optional<stage_runs> segment_runs(dag const& d, forward_pass const& pass,
                                       std::vector<std::uint32_t> const& checkpoints, auto&& stop) {
  struct stage_span {
    std::size_t first = std::numeric_limits<std::size_t>::max(), last = 0;
  };
  std::vector<std::uint8_t> kept(pass.size(), 0);
  for (std::uint32_t p : checkpoints) kept[p] = 1;
  kept.back() = 1;
  std::vector<std::uint32_t> segment(pass.size());
  std::uint32_t number = 0;
  for (std::size_t p = 0; p < pass.size(); ++p) segment[p] = number += kept[p];

  std::vector<stage_span> spans(number + 1);
  for (node_index node : d.nodes()) {
    if (pass.works_at[node] == forward_pass::none) continue;
    stage_span& w = spans[segment[pass.works_at[node]]];
    w.first = std::min<std::size_t>(w.first, node);
    w.last = node;
  }
  stage_space const space(d);
  auto const keep = [&](std::size_t stage, value_index v) {
    std::uint32_t const p = pass.position[d.producer(v)];
    if (p == forward_pass::none || kept[p] != 0) return true;
    if (pass.is_forward(static_cast<node_index>(stage))) return true;
    stage_span const& w = spans[segment[p]];
    return w.first < stage && stage <= w.last;
  };
  return least_recomputation(space, keep, stop);
}

/// Every k-th of `candidates` with k = floor(sqrt(their number)).
inline std::vector<std::uint32_t> every_sqrt(std::vector<std::uint32_t> const& candidates) {
  auto const k = static_cast<std::size_t>(std::sqrt(static_cast<double>(candidates.size())));
  std::vector<std::uint32_t> picked;
  for (std::size_t i = k; k > 0 && i <= candidates.size(); i += k) picked.push_back(candidates[i - 1]);
  return picked;
}

/// Chen et al.'s Algorithm 3: a candidate becomes a checkpoint when the outputs since the last one weigh more
/// than `segment` bytes.
inline std::vector<std::uint32_t> every_so_many_bytes(dag const& d, forward_pass const& pass,
                                                      std::vector<std::uint32_t> const& candidates,
                                                      bytes segment) {
  std::vector<std::uint32_t> picked;
  bytes since = 0;
  auto next = candidates.begin();
  for (std::uint32_t p = 0; p < pass.size() && next != candidates.end(); ++p) {
    since += output_bytes(d, pass.nodes[p]);
    if (*next != p) continue;
    ++next;
    if (since > segment) {
      picked.push_back(p);
      since = 0;
    }
  }
  return picked;
}

/// Collects the tries of a baseline: the cheapest schedule in budget is kept, the smaller of two as cheap.
class baseline_search {
 public:
  baseline_search(dag const& d, plan_options const& options, deadline const& clock, result& out)
      : dag_(d), options_(options), clock_(clock), out_(out), book_(d, options, out) {}

  [[nodiscard]] bool expired() const { return clock_.expired(); }

  /// Says whether the schedule is valid and within budget. Nothing is not.
  bool consider(std::optional<stage_runs> const& runs) {
    return runs && consider(schedule_from_sequence(dag_, sequence_of(dag_, *runs)));
  }
  bool consider(schedule made) {
    simulation const seen = simulate(dag_, made);
    smallest_ = std::min(smallest_, seen.peak_memory);
    if (!seen.valid()) out_.termination.detail = seen.error->message;
    auto const before = std::pair(book_.time(), out_.plan ? out_.plan->peak_memory : 0);
    auto const smaller = [](simulation const& a, schedule const& b) { return a.peak_memory < b.peak_memory; };
    bool const accepted = book_.offer(std::move(made), out_.strategy, smaller).has_value();
    if (accepted && options_.on_progress && before != std::pair(book_.time(), out_.plan->peak_memory))
      options_.on_progress({clock_.elapsed(), out_.plan->time, out_.bound.time, out_.strategy});
    return accepted;
  }

  /// Says what was missing, if there is no plan.
  void finish() {
    if (!out_.plan && out_.termination.detail.empty() && smallest_ < std::numeric_limits<bytes>::max()) {
      out_.termination.detail =
          "the smallest peak of its schedules is " + std::to_string(smallest_) + " bytes";
    }
  }

 private:
  dag const& dag_;
  plan_options const& options_;
  deadline const& clock_;
  result& out_;
  ledger book_;
  bytes smallest_ = std::numeric_limits<bytes>::max();
};

/// What every baseline begins and ends with. `body(pass, search)` makes the tries; a non-empty text that it
/// returns says why the method does not apply.
result plan_baseline(dag const& d, plan_options const& options, forward_mask const& forward,
                     std::string_view name, auto&& body) {
  check_plan_options(options);
  result out = empty_result(d, options, std::string(name));
  if (forward.empty()) {
    out.termination.detail = std::string(name) +
                             " must be told which nodes are the forward pass (its member `forward`, see "
                             "forward_nodes); a dag alone does not say";
    return out;
  }
  forward_pass const pass = make_forward_pass(d, forward);
  if (pass.size() == 0) {
    out.termination.detail = "the mask of forward nodes names none";
    return out;
  }
  return plan_within(d, options, name, [&](deadline const& clock, result& found) {
    baseline_search search(d, options, clock, found);
    std::string const refusal = body(pass, search);
    search.finish();
    if (!refusal.empty()) found.termination.detail = refusal;
  });
}

/// Which forward nodes may become checkpoints.
enum class candidate_kind : std::uint8_t { chain, articulation_points, all };

/// The candidates of a kind, as positions; none, and why, where a chain is asked for and there is none. On a
/// chain the three kinds agree: every forward node but the first and the last.
inline std::vector<std::uint32_t> checkpoint_candidates(dag const& d, forward_pass const& pass,
                                                        candidate_kind kind, std::string& refusal) {
  if (kind == candidate_kind::articulation_points) return articulation_search(d, pass).find();
  if (kind == candidate_kind::chain && !is_chain(d, pass)) {
    refusal = "the forward pass is not a chain, which this method needs";
    return {};
  }
  std::vector<std::uint32_t> all;
  for (std::uint32_t p = 1; p + 1 < pass.size(); ++p) all.push_back(p);
  return all;
}

/// Checkpoints at every sqrt(n)-th candidate.
inline result plan_sqrt(dag const& d, plan_options const& options, forward_mask const& forward,
                        candidate_kind kind, std::string_view name) {
  return plan_baseline(d, options, forward, name, [&](forward_pass const& pass, baseline_search& search) {
    std::string refusal;
    auto const candidates = checkpoint_candidates(d, pass, kind, refusal);
    if (refusal.empty())
      search.consider(segment_runs(d, pass, every_sqrt(candidates), [&] { return search.expired(); }));
    return refusal;
  });
}

/// Checkpoints every b bytes, the best b of a geometric series from the largest single output to all outputs
/// together (Chen et al. search around one value; the paper sweeps), equal picks tried once.
inline result plan_greedy(dag const& d, plan_options const& options, forward_mask const& forward,
                          candidate_kind kind, int tries, std::string_view name) {
  if (tries < 1) throw invalid_option(std::string(name) + ": tries must be >= 1");
  return plan_baseline(d, options, forward, name, [&](forward_pass const& pass, baseline_search& search) {
    std::string refusal;
    auto const candidates = checkpoint_candidates(d, pass, kind, refusal);
    if (!refusal.empty()) return refusal;
    double total = 1;
    for (node_index node : pass.nodes) total += static_cast<double>(output_bytes(d, node));
    double const smallest = std::max(1.0, total / (4.0 * static_cast<double>(pass.size())));
    std::vector<std::vector<std::uint32_t>> tried;
    for (int i = 0; i <= tries && !search.expired(); ++i) {
      double const b = i == 0 ? 0 : smallest * std::pow(total / smallest, (i - 1.0) / std::max(1, tries - 1));
      auto picked = every_so_many_bytes(d, pass, candidates, static_cast<bytes>(b));
      if (std::find(tried.begin(), tried.end(), picked) != tried.end()) continue;
      search.consider(segment_runs(d, pass, picked, [&] { return search.expired(); }));
      tried.push_back(std::move(picked));
    }
    return refusal;
  });
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
