// SPDX-License-Identifier: Apache-2.0
//
// Griewank and Walther, "Algorithm 799: Revolve" (2000): binomial checkpointing of a chain. With c snapshots,
// a chain of l steps of equal cost is reversed with the least possible number of recomputed steps
// t(l, c) = r l - binom(c + r, r - 1), where r is the smallest number with binom(c + r, c) >= l.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <checkmate/memory/footprint.hpp>
#include <checkmate/schedule/stages.hpp>
#include <checkmate/search/forward_pass.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Recomputed steps of reversing `length` >= 1 steps with `snapshots` >= 1, the starting one included.
inline std::uint64_t revolve_steps(std::uint64_t length, std::uint64_t snapshots) {
  std::uint64_t repeats = 0;
  std::uint64_t reach = 1;  // binom(snapshots + repeats, snapshots)
  std::uint64_t sum = 0;    // of the reaches below: binom(snapshots + repeats, repeats - 1)
  while (reach < length) {
    sum += reach;
    ++repeats;
    reach = reach * (snapshots + repeats) / repeats;
  }
  return repeats * length - sum;
}

/// Which of several best advances to take: early snapshots far apart, or close together.
enum class advance_tie : std::uint8_t { shortest, longest };

/// Where to put the next snapshot: how many steps to advance, 1 .. length - 1. The number of recomputed steps
/// is convex in that, so that where it stops falling is found by bisection.
inline std::uint64_t revolve_advance(std::uint64_t length, std::uint64_t snapshots, advance_tie tie) {
  auto const steps = [&](std::uint64_t m) {
    return m + revolve_steps(length - m, snapshots - 1) + revolve_steps(m, snapshots);
  };
  std::uint64_t low = 1, high = length - 1;
  while (low < high) {
    std::uint64_t const middle = low + (high - low) / 2;
    bool const onward =
        tie == advance_tie::longest ? steps(middle + 1) <= steps(middle) : steps(middle + 1) < steps(middle);
    if (onward) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/// The output at `position`, held for the backward stages that work at positions first .. last.
struct snapshot {
  std::uint32_t position, first, last;
};

/// The snapshots that reverse positions 0 .. deepest. State 0 is the network's input, which is always there;
/// state p + 1 is the output at position p, which is what the backward stage of position p needs. Nothing
/// once `stop()`, asked before each snapshot is placed, says so.
std::optional<std::vector<snapshot>> revolve_snapshots(std::uint32_t deepest, std::uint32_t snapshots,
                                                       advance_tie tie, auto&& stop) {
  struct range {
    std::uint32_t begin, end, snapshots;
  };  // states begin .. end - 1
  std::vector<snapshot> out;
  std::vector<range> open = {{0, deepest + 2, snapshots}};
  while (!open.empty()) {
    range const r = open.back();
    open.pop_back();
    if (r.end - r.begin < 2 || r.snapshots < 2) continue;
    if (stop()) return std::nullopt;
    auto const middle =
        r.begin + static_cast<std::uint32_t>(revolve_advance(r.end - r.begin, r.snapshots, tie));
    out.push_back({middle - 1, middle - 1, r.end - 2});
    open.push_back({middle, r.end, r.snapshots - 1});
    open.push_back({r.begin, middle, r.snapshots});
  }
  return out;
}

/// Which forward values a chain's reversal holds from stage to stage.
class revolve_plan {
 public:
  revolve_plan(dag const& d, forward_pass const& pass, std::vector<snapshot> const& snapshots,
               std::uint32_t deepest)
      : dag_(d),
        pass_(pass),
        held_(pass.size()),
        came_from_(d.size(), forward_pass::none),
        deepest_(deepest) {
    for (snapshot const& s : snapshots) held_[s.position].push_back(s);
    std::uint32_t before = deepest_;
    for (auto node : d.nodes()) {
      if (pass.works_at[node] == forward_pass::none) continue;
      came_from_[node] = before;
      before = pass.works_at[node];
    }
  }

  /// Gradients, the last forward value, snapshots, and what the stage before reads too, which is there
  /// anyway.
  [[nodiscard]] bool operator()(std::size_t stage, value_index v) const {
    std::uint32_t const p = pass_.position[dag_.producer(v)];
    if (p == forward_pass::none || p + 1 == pass_.size()) return true;
    std::uint32_t const at = pass_.works_at[stage];
    if (at == forward_pass::none) return true;
    node_index const node(stage), before(stage - 1);
    if (!pass_.is_forward(before) && reads(before, v) && reads(node, v)) return true;
    for (snapshot const& s : held_[p]) {
      // A snapshot is taken by the forward pass, or while its first stage advances past it.
      if (s.first <= at && at <= s.last && (came_from_[stage] <= s.last || s.last == deepest_)) return true;
    }
    return false;
  }

 private:
  [[nodiscard]] bool reads(node_index node, value_index v) const {
    auto const all = dag_.reads(node);
    return std::binary_search(all.begin(), all.end(), v);
  }

  dag const& dag_;
  forward_pass const& pass_;
  std::vector<std::vector<snapshot>> held_;  // by position
  std::vector<std::uint32_t> came_from_;     // by stage: where the backward stage before worked
  std::uint32_t deepest_;
};

/// Executions of reversing a chain with `snapshots`, the network's input counting as one. Nothing once
/// `stop()` says so.
std::optional<stage_runs> revolve_runs(dag const& d, forward_pass const& pass, std::uint32_t snapshots,
                                       advance_tie tie, auto&& stop) {
  std::uint32_t deepest = 0;  // position that a backward stage works at
  for (std::uint32_t at : pass.works_at) {
    if (at != forward_pass::none) deepest = std::max(deepest, at);
  }
  auto const placed = revolve_snapshots(deepest, snapshots, tie, stop);
  if (!placed) return std::nullopt;
  return least_recomputation(stage_space(d), revolve_plan(d, pass, *placed, deepest), stop);
}

/// How many forward values of mean size fit into the budget.
inline std::uint32_t snapshots_that_fit(dag const& d, forward_pass const& pass, bytes budget) {
  double all = 0;
  for (node_index node : pass.nodes) all += static_cast<double>(output_bytes(d, node));
  double const mean = std::max(1.0, all / static_cast<double>(pass.size()));
  double const room = static_cast<double>(budget - d.fixed_memory());
  return static_cast<std::uint32_t>(std::clamp(room / mean, 1.0, static_cast<double>(pass.size())));
}

/// Offers the executions for the most snapshots that fit, which recompute least: offer(runs) says whether
/// they do. Looked for from `guess` on, by doubling the distance and then by bisection.
template <class Stop, class Offer>
void search_snapshots(dag const& d, forward_pass const& pass, std::uint32_t guess, Stop const& stop,
                      Offer const& offer) {
  auto const fits = [&](std::uint32_t snapshots, advance_tie tie) {
    auto const runs = revolve_runs(d, pass, snapshots, tie, stop);
    return runs && offer(*runs);
  };
  auto const steps = static_cast<std::uint32_t>(pass.size());
  std::uint32_t good = 0, bad = steps + 1, stride = 1 + guess / 16;
  auto const next = [&] {
    if (good > 0 && bad <= steps) return good + (bad - good) / 2;
    if (good > 0) return std::min(steps, good + std::exchange(stride, 2 * stride));
    if (bad <= steps) return bad - std::min(bad - 1, std::exchange(stride, 2 * stride));
    return std::clamp<std::uint32_t>(guess, 1, steps);
  };
  while (bad - good > 1 && !stop()) {
    std::uint32_t const count = next();
    if (revolve_steps(steps, count) > most_executions) break;
    (fits(count, advance_tie::shortest) ? good : bad) = count;
  }
  if (good > 0) fits(good, advance_tie::longest);
  if (good < steps && !stop() && revolve_steps(steps, good + 1) <= most_executions)
    fits(good + 1, advance_tie::longest);
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
