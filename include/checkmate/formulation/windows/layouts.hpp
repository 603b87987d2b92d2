// SPDX-License-Identifier: Apache-2.0
//
// Which layouts of windows are looked at: where the first cuts come, where a layout is split, and how one is
// varied when splitting does not help any more. Any layout gives a valid bound.
//
// Variations of the best layout, in turns:
//
//   finer     its widest windows halved, 1, 2, 4, ... of them
//   shifted   one cut moved by 1, 2, 4, ... positions, to either side
//   merged    one cut left out
//   afresh    cuts at equal distances, which owe nothing to it
//
// The finest layout, a cut at every position, has no point that a coarser one would not have, groups and
// small values aside: once its integer program is solved nothing is left to try. (From a point of the finer
// layout: rerun(u, I) = max over the fine windows in I. A row of the coarse window follows from that of the
// cut, or of the fine window, where its first execution or re-execution lies.)
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <checkmate/core/finite.hpp>
#include <checkmate/formulation/windows/model.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/memory/liveness.hpp>

namespace checkmate {
inline namespace v0 {

/// A layout that was tried.
struct tried_layout {
  std::vector<node_index> cuts;
  /// Whether its integer program was solved to the end: it has no more to give.
  bool solved = false;
  /// How often its program was begun, each time with another seed of the integer solver.
  std::uint32_t solves = 0;
  /// How often of these the integer solver ended without a proof although it had time.
  std::uint32_t given_up = 0;
  /// Seconds, the most that one of them took.
  double longest = 0;
};

/// Where `windowed_bound` stands, so that the next call goes on from there instead of beginning anew. Plain
/// data, of one graph and budget; the target, the incumbent, the seed and the limits of the calls may differ.
struct windowed_memory {
  /// What it is of: a call for another problem refuses it.
  struct problem {
    std::size_t nodes = 0;
    std::size_t values = 0;
    double base_time = 0;
    bytes budget = 0;
    friend bool operator==(problem const&, problem const&) = default;
  };
  problem of = {};
  /// In the order in which they were first tried; empty: nothing was.
  std::vector<tried_layout> tried = {};
  /// Where splitting stands; no cuts: it has not begun.
  window_layout at = {};
  /// Whether splitting `at` helps no more: variations are next.
  bool split_out = false;
  /// Whether variations were begun.
  bool varied = false;
  /// The layout of the highest bound, which is the one that is varied.
  window_layout best = {};
  /// The time that `best` proved, partly on an integer solver's word.
  double best_bound = -infinity;
  /// The highest time that a linear relaxation proved, in rounded-down arithmetic.
  double linear_bound = -infinity;
  /// The variation of `best` that is next.
  std::size_t next = 0;
  /// The last layout's point as a sequence (dag indices), which need not fit.
  event_sequence played = {};

  /// The entry of the layout with these cuts; null if it was not tried.
  [[nodiscard]] tried_layout const* find(std::vector<node_index> const& cuts) const {
    auto const at_cuts = [&](tried_layout const& t) { return t.cuts == cuts; };
    auto const it = std::find_if(tried.begin(), tried.end(), at_cuts);
    return it == tried.end() ? nullptr : &*it;
  }
  /// The same; an entry is made where there is none.
  [[nodiscard]] tried_layout& entry(std::vector<node_index> const& cuts) {
    if (tried_layout const* const known = find(cuts)) {
      return tried[static_cast<std::size_t>(known - tried.data())];
    }
    tried.push_back({cuts});
    return tried.back();
  }
};

namespace detail {

/// Base positions above the budget where base memory stands above both neighbours, highest first; at most
/// `count`. (The peak itself is often not the best cut: a node a little lower with a large working set is.)
inline std::vector<node_index> summits(dag const& d, bytes budget, std::size_t count) {
  std::vector<bytes> const base = base_memory(d);
  std::vector<node_index> out;
  for (node_index t{1}; t < d.size(); ++t) {
    bool const falls = t + 1 == d.size() || base[t + 1] < base[t];
    if (base[t] > budget - d.fixed_memory() && base[t] >= base[t - 1] && falls) out.push_back(t);
  }
  std::sort(out.begin(), out.end(),
            [&](node_index x, node_index y) { return base[x] != base[y] ? base[x] > base[y] : x < y; });
  if (out.size() > count) out.resize(count);
  return out;
}

/// The layout of these cuts (ascending), with groups: all runs of windows after the first while they are few,
/// later those that begin after the first cut or last to the end.
inline window_layout layout_of(std::vector<node_index> cuts) {
  window_layout out{std::move(cuts), {}};
  auto const windows = static_cast<std::uint32_t>(out.cuts.size() + 1);
  for (std::uint32_t from = 0; from < windows; ++from) {
    for (std::uint32_t to = from + 2; to <= windows; ++to) {
      bool const outer = from == 1 || (to == windows && windows <= 8 && from > 0);
      if (outer || (windows <= 4 && from > 0)) out.groups.push_back({from, to});
    }
  }
  return out;
}

/// The layout with one more cut.
inline window_layout with_cut(window_layout layout, node_index cut) {
  auto const at = std::lower_bound(layout.cuts.begin(), layout.cuts.end(), cut);
  if (at == layout.cuts.end() || *at != cut) layout.cuts.insert(at, cut);
  return layout_of(std::move(layout.cuts));
}

/// Where a played sequence breaks the budget or runs a node twice between two cuts: base positions by weight.
class split_finder {
 public:
  split_finder(dag const& d, window_layout const& layout, bytes budget)
      : dag_(d), layout_(layout), budget_(budget) {}

  /// Up to `count` base positions, the most telling first.
  [[nodiscard]] std::vector<node_index> positions(event_sequence const& sequence, std::size_t count) {
    weigh(sequence);
    std::vector<node_index> out;
    std::vector<node_index> taken = layout_.cuts;
    while (out.size() < count) {
      node_index best{};
      double most = 0;
      for (node_index t{1}; t < dag_.size(); ++t) {
        double const weight = weight_[t] * room(taken, t);
        if (weight > most) {
          most = weight;
          best = t;
        }
      }
      if (most == 0) break;
      taken.insert(std::lower_bound(taken.begin(), taken.end(), best), best);
      out.push_back(best);
    }
    return out;
  }

 private:
  /// Distance to the nearest cut, damped: 0 on a cut.
  static double room(std::vector<node_index> const& cuts, node_index t) {
    auto const it = std::lower_bound(cuts.begin(), cuts.end(), t);
    double distance = infinity;
    if (it != cuts.end()) distance = std::min(distance, static_cast<double>(*it - t));
    if (it != cuts.begin()) distance = std::min(distance, static_cast<double>(t - *(it - 1)));
    return is_finite(distance) ? std::sqrt(distance) : 1.0;
  }

  void weigh(event_sequence const& sequence) {
    weight_.assign(dag_.size(), 0.0);
    std::vector<bytes> const in_use = bytes_in_use(dag_, sequence);
    node_index next{};  // the first execution that comes next
    std::vector<std::uint32_t> last_rerun(dag_.size(), 0);
    auto const windows = [&](node_index t) {
      return static_cast<std::uint32_t>(std::lower_bound(layout_.cuts.begin(), layout_.cuts.end(), t) -
                                        layout_.cuts.begin()) +
             1;
    };
    for (std::size_t i = 0; i < sequence.size(); ++i) {
      node_index const u = sequence[i].node;
      node_index const at = std::min<node_index>(next, static_cast<node_index>(dag_.size() - 1));
      bytes const over = dag_.fixed_memory() + in_use[i] - budget_;
      weight_[at] =
          std::max(weight_[at], static_cast<double>(over) / static_cast<double>(std::max<bytes>(budget_, 1)));
      if (u == next) {
        ++next;
      } else {
        std::uint32_t const window = windows(at);
        if (last_rerun[u] == window && dag_.base_time() > 0) weight_[at] += dag_.time(u) / dag_.base_time();
        last_rerun[u] = window;
      }
    }
  }

  dag const& dag_;
  window_layout const& layout_;
  bytes budget_;
  std::vector<double> weight_;  // by base position
};

/// The variations of a layout on a graph of `nodes` nodes, by number.
class layout_variations {
 public:
  layout_variations(std::vector<node_index> cuts, std::size_t nodes)
      : cuts_(std::move(cuts)), nodes_(static_cast<node_index>(nodes)) {}

  static constexpr std::size_t kinds = 4;

  /// Numbers from here on name nothing.
  [[nodiscard]] std::size_t count() const {
    std::size_t const doublings = bits(nodes_);
    return kinds * std::max<std::size_t>({doublings, 2 * doublings * cuts_.size(), most_even});
  }

  /// Variation `number`: the cuts; nothing where it has none, or the layout itself.
  [[nodiscard]] std::optional<std::vector<node_index>> at(std::size_t number) const {
    std::size_t const k = number / kinds;
    std::size_t const kind = number % kinds;
    auto out = kind == 0 ? finer(k) : kind == 1 ? shifted(k) : kind == 2 ? merged(k) : afresh(k);
    if (out.empty() || out == cuts_) return std::nullopt;
    return out;
  }

 private:
  static constexpr std::size_t most_even = 32;

  static std::size_t bits(std::size_t n) {
    std::size_t out = 1;
    while (n >>= 1) ++out;
    return out;
  }

  /// Cuts in the middle of the widest windows, 2^k of them one after the other.
  [[nodiscard]] std::vector<node_index> finer(std::size_t k) const {
    if (k > bits(nodes_)) return {};
    std::vector<node_index> out = cuts_;
    for (std::size_t more = std::size_t{1} << k; more > 0 && out.size() + 1 < nodes_; --more)
      halve_widest(out);
    return out;
  }

  void halve_widest(std::vector<node_index>& cuts) const {
    std::size_t widest = 0;
    node_index middle, begin;
    for (std::size_t i = 0; i <= cuts.size(); ++i) {
      node_index const end = i < cuts.size() ? cuts[i] : nodes_;
      if (end - begin > widest) {
        widest = end - begin;
        middle = node_index(begin + widest / 2);
      }
      begin = end;
    }
    cuts.insert(std::lower_bound(cuts.begin(), cuts.end(), middle), middle);
  }

  /// One cut moved; none where another cut or an end of the graph is in the way.
  [[nodiscard]] std::vector<node_index> shifted(std::size_t k) const {
    if (cuts_.empty()) return {};
    std::size_t const which = k / 2 % cuts_.size(), doublings = k / 2 / cuts_.size();
    if (doublings >= bits(nodes_)) return {};
    std::size_t const by = std::size_t{1} << doublings;
    node_index const low = which == 0 ? node_index{} : cuts_[which - 1];
    node_index const high = which + 1 == cuts_.size() ? nodes_ : cuts_[which + 1];
    std::vector<node_index> out = cuts_;
    if (k % 2 == 0 ? high - out[which] <= by : out[which] - low <= by) return {};
    out[which] = node_index(k % 2 == 0 ? out[which] + by : out[which] - by);
    return out;
  }

  [[nodiscard]] std::vector<node_index> merged(std::size_t k) const {
    if (k >= cuts_.size()) return {};
    std::vector<node_index> out = cuts_;
    out.erase(out.begin() + static_cast<std::ptrdiff_t>(k));
    return out;
  }

  /// k + 2 windows of equal length.
  [[nodiscard]] std::vector<node_index> afresh(std::size_t k) const {
    if (k >= most_even || k + 2 > nodes_) return {};
    std::vector<node_index> out;
    for (std::size_t i = 1; i < k + 2; ++i)
      out.push_back(static_cast<node_index>(i * std::size_t{nodes_} / (k + 2)));
    return out;
  }

  std::vector<node_index> cuts_;
  node_index nodes_;
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
