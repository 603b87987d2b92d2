// SPDX-License-Identifier: Apache-2.0
//
// Checkpointing for any training graph, found in the dag alone.
//
// The pass in which memory grows is the forward pass: all nodes up to the one after which most bytes that can
// be made again are alive. It is cut into segments where little is alive across. What is alive across a cut
// is a snapshot; from one, all that follows can be replayed. The backward pass works on one segment after the
// other, last to first, and holds what it replays of a segment until it leaves it. Three families of plans
// result, from roomy to tight:
//   held from the forward pass   the last segments as they are, snapshots in front of all others
//   one replay                   snapshots in front of all segments (T. Chen et al., 2016)
//   few snapshots                placed as in binomial checkpointing, segments for its steps (A. Griewank,
//                                A. Walther, 2000), and moved as the reversal advances
// The executions follow from what is held where: least_recomputation (schedule/stages.hpp).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <checkmate/graph/dag.hpp>
#include <checkmate/memory/footprint.hpp>
#include <checkmate/schedule/stages.hpp>
#include <checkmate/search/binomial_checkpointing.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// The number of nodes in the pass in which memory grows: one more than the first node after which most bytes
/// that can be made again are alive without recomputation.
[[nodiscard]] inline node_index forward_length(dag const& d) {
  std::vector<bytes> change(d.size() + 1, 0);
  for (auto v : d.values()) {
    node_index const p = d.producer(v);
    if (d.run_once(p) || needed_at_end(d, v) || d.readers(v).empty()) continue;
    change[p] += d.memory(v);
    change[d.readers(v).back()] -= d.memory(v);
  }
  bytes alive = 0, most = 0;
  node_index length{};
  for (auto u : d.nodes()) {
    alive += change[u];
    if (alive > most) {
      most = alive;
      length = node_index(u + 1);
    }
  }
  return length;
}

/// The forward pass of a dag as seen by a reversal.
class forward_cuts {
 public:
  explicit forward_cuts(dag const& d) : dag_(d), length_(forward_length(d)) {
    across_.assign(length_ + 1, 0);
    tape_.assign(length_, 0);
    for (auto v : d.values()) {
      node_index const p = d.producer(v);
      auto const readers = d.readers(v);
      auto const backward = std::lower_bound(readers.begin(), readers.end(), length_);
      last_forward_read_.push_back(backward == readers.begin() ? p : backward[-1]);
      first_backward_read_.push_back(backward == readers.end() ? none : *backward);
      if (p >= length_ || d.run_once(p)) continue;
      across_[p] += d.memory(v);
      across_[last_forward_read_[v]] -= d.memory(v);
      if (first_backward_read_[v] != none) tape_[p] += d.memory(v);
    }
    for (node_index p{1}; p < length_; ++p) across_[p] += across_[p - 1];
  }

  static constexpr node_index none = std::numeric_limits<node_index>::max();

  [[nodiscard]] dag const& graph() const { return dag_; }
  [[nodiscard]] node_index length() const { return length_; }
  [[nodiscard]] node_index last_forward_read(value_index v) const { return last_forward_read_[v]; }
  [[nodiscard]] node_index first_backward_read(value_index v) const { return first_backward_read_[v]; }
  /// Bytes that can be made again and are alive across the place after forward node `p`.
  [[nodiscard]] bytes across(node_index p) const { return across_[p]; }
  /// Bytes of node `p` that backward nodes read.
  [[nodiscard]] bytes tape(node_index p) const { return tape_[p]; }

  /// Places (after a node) where no fewer bytes are alive across either neighbour, the end of the pass
  /// excluded.
  [[nodiscard]] std::vector<node_index> candidates() const {
    std::vector<node_index> out;
    for (node_index p{}; p + 1 < length_; ++p) {
      bool const low_before = p == 0 || across_[p] <= across_[p - 1];
      bool const low_after = p + 2 >= length_ || across_[p] <= across_[p + 1];
      if (low_before && low_after) out.push_back(p);
    }
    return out;
  }

 private:
  dag const& dag_;
  node_index length_;
  std::vector<node_index> last_forward_read_, first_backward_read_;  // by value
  std::vector<bytes> across_, tape_;                                 // by forward node
};

/// One way to cut the forward pass, and where the backward pass works on which segment.
class segmentation {
 public:
  /// `cuts`: the last node of every segment but the last, ascending.
  segmentation(forward_cuts const& pass, std::vector<node_index> cuts) : pass_(pass), cuts_(std::move(cuts)) {
    dag const& d = pass.graph();
    segment_.resize(pass.length());
    std::uint32_t k = 0;
    for (node_index p{}; p < pass.length(); ++p) {
      segment_[p] = k;
      if (k < cuts_.size() && cuts_[k] == p) ++k;
    }
    begins_.assign(count(), pass.length());
    ends_.assign(count(), {});
    std::vector<std::vector<node_index>> reads(count());  // first backward reads of its values
    for (auto v : d.values()) {
      if (d.producer(v) >= pass.length() || pass.first_backward_read(v) == forward_cuts::none) continue;
      std::uint32_t const s = segment_[d.producer(v)];
      reads[s].push_back(pass.first_backward_read(v));
      ends_[s] = std::max(ends_[s], d.readers(v).back());
    }
    // Segments are worked on in descending order; a value that everything reads tells nothing.
    for (std::size_t s = count() - 1; s-- > 0;) {
      node_index begin = forward_cuts::none;
      for (node_index r : reads[s]) {
        if (r >= begins_[s + 1]) begin = std::min(begin, r);
      }
      begins_[s] = begin == forward_cuts::none ? begins_[s + 1] : begin;
    }
  }

  [[nodiscard]] forward_cuts const& pass() const { return pass_; }
  [[nodiscard]] std::size_t count() const { return cuts_.size() + 1; }
  [[nodiscard]] std::vector<node_index> const& cuts() const { return cuts_; }
  [[nodiscard]] std::uint32_t of(node_index p) const { return segment_[p]; }
  /// The first backward node that works on segment s, and the last that reads from it.
  [[nodiscard]] node_index begin(std::size_t s) const { return begins_[s]; }
  [[nodiscard]] node_index end(std::size_t s) const { return ends_[s]; }

 private:
  forward_cuts const& pass_;
  std::vector<node_index> cuts_;
  std::vector<std::uint32_t> segment_;     // by forward node
  std::vector<node_index> begins_, ends_;  // by segment
};

/// What a reversal holds from stage to stage: segments `held` and beyond from the forward pass on, of those
/// before `snapshots` snapshots at a time, or all where that is enough for one each.
class reversal_plan {
 public:
  reversal_plan(segmentation const& cut, std::size_t held, std::size_t snapshots, auto&& stop)
      : cut_(cut), held_(held), all_(snapshots >= held) {
    if (held < 2 || all_) return;
    auto const placed = revolve_snapshots(static_cast<std::uint32_t>(held - 2),
                                          static_cast<std::uint32_t>(snapshots), advance_tie::shortest, stop);
    if (!placed) return;
    active_.resize(held);
    for (snapshot const& s : *placed) {
      // Of segments: the snapshot behind segment `position` serves those behind it, up to last + 1. It is
      // taken by the forward pass, or when the replay for the last of them passes.
      bool const by_forward = s.last + 2 == held;
      node_index const since = by_forward ? node_index{} : cut.begin(s.last + 1);
      for (std::uint32_t k = s.first + 1; k <= s.last + 1; ++k) {
        active_[k].push_back({cut.cuts()[s.position], since});
      }
    }
    auto const earlier = [](active const& a, active const& b) { return a.cut < b.cut; };
    for (auto& of_segment : active_) std::sort(of_segment.begin(), of_segment.end(), earlier);
  }

  /// Stages are asked about in descending order.
  [[nodiscard]] bool operator()(std::size_t stage, value_index v) {
    forward_cuts const& pass = cut_.pass();
    node_index const p = pass.graph().producer(v);
    if (p >= pass.length() || stage < pass.length()) return true;
    std::uint32_t const s = cut_.of(p);
    if (stage <= cut_.end(s) && (s >= held_ || stage > cut_.begin(s))) return true;
    return s < held_ && in_snapshot(stage, v, p, s);
  }

 private:
  struct active {
    node_index cut;    // behind this node
    node_index since;  // held in later stages only
  };

  [[nodiscard]] bool in_snapshot(std::size_t stage, value_index v, node_index producer,
                                 std::uint32_t segment) {
    node_index const last = cut_.pass().last_forward_read(v);
    std::size_t const at = segment_at(stage);
    if (all_) return segment < at && cut_.cuts()[segment] < last;
    if (active_.empty()) return false;
    auto const& now = active_[at];
    auto it = std::lower_bound(now.begin(), now.end(), producer,
                               [](active const& a, node_index node) { return a.cut < node; });
    for (; it != now.end() && it->cut < last; ++it) {
      if (stage > it->since) return true;
    }
    return false;
  }

  /// The segment before `held_` that is worked on in `stage`, or comes next.
  [[nodiscard]] std::size_t segment_at(std::size_t stage) {
    if (stage > stage_) segment_ = 0;
    stage_ = stage;
    while (segment_ + 1 < held_ && cut_.begin(segment_) > stage) ++segment_;
    return segment_;
  }

  segmentation const& cut_;
  std::size_t held_;
  bool all_;
  std::vector<std::vector<active>> active_;  // by segment, by cut
  std::size_t segment_ = 0, stage_ = 0;
};

/// Tries cuts of several lengths; for each the family that the budget allows.
template <class Stop, class Offer>
class reversal_search {
 public:
  /// `offer(sequence)` is called with every sequence made, and says whether it is within budget.
  reversal_search(dag const& d, Stop stop, Offer offer)
      : pass_(d), space_(d), stop_(std::move(stop)), offer_(std::move(offer)) {}

  /// Makes at most `tries` sequences.
  void run(std::size_t tries) {
    tries_ = tries;
    for (std::vector<node_index>& cuts : choices()) {
      if (done()) return;
      try_cuts(segmentation(pass_, std::move(cuts)));
    }
  }

 private:
  [[nodiscard]] bool done() const { return tries_ == 0 || stop_(); }

  /// Sets of cuts, those first that need least for one replay.
  [[nodiscard]] std::vector<std::vector<node_index>> choices() const {
    std::vector<node_index> const candidates = pass_.candidates();
    bytes total = 0;
    for (node_index p{}; p < pass_.length(); ++p) total += pass_.tape(p);
    std::vector<std::pair<bytes, std::vector<node_index>>> ranked;
    for (double parts = 2; parts < 2.0 * static_cast<double>(candidates.size() + 1) && parts < most_segments;
         parts = std::ceil(parts * 1.35)) {
      std::vector<node_index> cuts =
          cut_by_bytes(candidates, static_cast<bytes>(static_cast<double>(total) / parts));
      if (cuts.empty() || (!ranked.empty() && cuts.size() <= ranked.back().second.size())) continue;
      bytes const need = one_replay(cuts);
      ranked.emplace_back(need, std::move(cuts));
    }
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](auto const& a, auto const& b) { return a.first < b.first; });
    std::vector<std::vector<node_index>> out;
    for (auto& r : ranked) out.push_back(std::move(r.second));
    return out;
  }

  /// Cuts where the backward pass reads more than `segment` bytes since the last cut.
  [[nodiscard]] std::vector<node_index> cut_by_bytes(std::vector<node_index> const& candidates,
                                                     bytes segment) const {
    std::vector<node_index> cuts;
    bytes since = 0;
    auto next = candidates.begin();
    for (node_index p{}; p < pass_.length() && next != candidates.end(); ++p) {
      since += pass_.tape(p);
      if (*next != p) continue;
      ++next;
      if (since < segment) continue;
      cuts.push_back(p);
      since = 0;
    }
    return cuts;
  }

  /// What one replay holds, roughly: all snapshots and the largest segment.
  [[nodiscard]] bytes one_replay(std::vector<node_index> const& cuts) const {
    bytes sum = 0, largest = 0, segment = 0;
    auto next = cuts.begin();
    for (node_index p{}; p < pass_.length(); ++p) {
      segment += pass_.tape(p);
      largest = std::max(largest, segment);
      if (next == cuts.end() || *next != p) continue;
      ++next;
      sum += pass_.across(p);
      segment = 0;
    }
    return sum + largest;
  }

  void try_cuts(segmentation const& cut) {
    std::size_t const all = cut.count() - 1;  // the last segment is worked on at once
    if (fits(cut, all, all)) {
      narrow(0, all, [&](std::size_t held) { return fits(cut, held, held); });
    } else if (all > 2) {
      narrow(all, 1, [&](std::size_t snapshots) { return fits(cut, all, snapshots); });
    }
  }

  /// Bisects between `bad` and `good`, which may be above it or below.
  void narrow(std::size_t bad, std::size_t good, auto fits_at) {
    while (!done() && (bad > good ? bad - good : good - bad) > 1) {
      std::size_t const middle = std::min(bad, good) + (bad > good ? bad - good : good - bad) / 2;
      (fits_at(middle) ? good : bad) = middle;
    }
    if (bad > good && good == 1) fits_at(good);
  }

  [[nodiscard]] bool fits(segmentation const& cut, std::size_t held, std::size_t snapshots) {
    if (done()) return false;
    --tries_;
    auto const runs = least_recomputation(space_, reversal_plan(cut, held, snapshots, stop_), stop_);
    return runs && offer_(sequence_of(space_.graph(), *runs));
  }

  static constexpr double most_segments = 4000;

  forward_cuts pass_;
  stage_space space_;
  Stop stop_;
  Offer offer_;
  std::size_t tries_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
