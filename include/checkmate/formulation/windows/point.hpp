// SPDX-License-Identifier: Apache-2.0
//
// Between schedules and points of the windowed relaxation: the 0/1 point that a sequence of executions maps
// to (a start and a cutoff for a solver, and the strongest test of the rows), and the sequence that a point
// suggests.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <checkmate/formulation/windows/model.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/memory/liveness.hpp>

namespace checkmate {
inline namespace v0 {

namespace detail {

/// `sequence` without the runs of a node that another run follows before the next node's first execution:
/// only re-executions lie between the two and none can read its values, so the last of them can be the first.
/// That moves first executions back, the next node's before this one's: the scan is from the end.
inline std::vector<event> without_early_runs(dag const& d, event_sequence const& sequence) {
  std::vector<std::uint32_t> left = run_counts(d, sequence);
  std::vector<std::uint8_t> passed(d.size());  // whether the scan is before the node's (new) first execution
  std::vector<event> kept;
  for (std::size_t i = sequence.size(); i-- > 0;) {
    node_index const u = sequence[i].node;
    if (passed[u] != 0) continue;
    --left[u];
    if (u + 1 < d.size() ? passed[u + 1] != 0 : left[u] == 0) passed[u] = 1;
    kept.push_back({u});
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

/// For each cut, which values are resident while its node runs for the first time; values live as briefly as
/// the reads of `sequence` allow. Indexed by cut * value_count + value, cut 0 being the empty start.
inline std::vector<std::uint8_t> resident_at_cuts(dag const& d, window_layout const& layout,
                                                  event_sequence const& sequence) {
  std::size_t const values = d.value_count();
  std::vector<std::uint32_t> runs = run_counts(d, sequence);
  backward_liveness live(d);
  std::vector<std::uint8_t> out((layout.cuts.size() + 2) * values, 0);
  auto const write = [&](std::size_t row) {
    std::copy(live.flags().begin(), live.flags().end(),
              out.begin() + static_cast<std::ptrdiff_t>(row * values));
  };
  write(layout.cuts.size() + 1);
  std::size_t c = layout.cuts.size();
  for (std::size_t i = sequence.size(); i-- > 0;) {
    node_index const u = sequence[i].node;
    live.step_back(u);
    if (--runs[u] != 0 || c == 0 || layout.cuts[c - 1] != u) continue;
    // While u runs: what is needed before it, and its outputs.
    write(c);
    for (auto v : d.outputs(u)) out[c * values + v] = 1;
    --c;
  }
  return out;
}

/// How often each node runs in each window beyond its first execution: window * size + node.
inline std::vector<std::uint32_t> reruns_in_windows(dag const& d, window_model const& w,
                                                    event_sequence const& sequence) {
  std::vector<std::uint32_t> out(w.window_count() * d.size(), 0);
  std::vector<std::uint8_t> ran(d.size(), 0);
  std::size_t window = 0;
  for (auto const [u] : sequence) {
    if (ran[u] != 0) {
      ++out[window * d.size() + u];
    } else {
      ran[u] = 1;
      if (window < w.layout().cuts.size() && w.layout().cuts[window] == u) ++window;
    }
  }
  return out;
}

/// Turns a point of the relaxation into a sequence: values are dropped where the point has them gone, and
/// produced again just before they are read. Executions that the point does not have are added where needed.
class point_player {
 public:
  point_player(dag const& d, window_model const& w, std::span<double const> x)
      : dag_(d), model_(w), x_(x), there_(d.value_count(), 0), pending_(d.size(), 0) {}

  [[nodiscard]] event_sequence play() {
    std::size_t const windows = model_.window_count();
    node_index t{};
    for (std::size_t k = 0; k < windows; ++k) {
      open_window(k, t);
      node_index const cut = k + 1 < windows ? model_.layout().cuts[k] : static_cast<node_index>(dag_.size());
      for (; t < cut; ++t) first_run(t);
      for (auto v : dag_.values()) {
        if (dag_.producer(v) < cut && !model_.is_free(v) && on(model_.alive(v, k + 1))) fetch(v);
      }
      if (cut < dag_.size()) {
        first_run(cut);
        t = node_index(cut + 1);
      }
    }
    return {dag_, out_};
  }

 private:
  [[nodiscard]] bool on(affine what) const { return what.at(x_) > 0.5; }

  /// Drops what the point does not hold at the cut, and what is to be produced again in the window.
  void open_window(std::size_t k, node_index begin) {
    for (auto u : dag_.nodes()) pending_[u] = on(model_.rerun(u, k)) ? 1 : 0;
    for (value_index v{}; v < dag_.first_value(begin); ++v) {
      bool const held = k > 0 && on(model_.alive(v, k));
      if (!held || pending_[dag_.producer(v)] != 0) drop(v);
    }
  }
  void drop(value_index v) {
    if (!dag_.run_once(dag_.producer(v))) there_[v] = 0;
  }
  void first_run(node_index t) {
    for (value_index v : dag_.reads(t)) fetch(v);
    run(t);
    // A value that will be produced again in this window goes as soon as it has been read.
    for (value_index v : dag_.reads(t)) {
      if (pending_[dag_.producer(v)] != 0) drop(v);
    }
  }
  void run(node_index u) {
    out_.push_back(u);
    for (auto v : dag_.outputs(u)) there_[v] = 1;
  }
  /// Makes v resident, and first whatever that needs; a stack of its own stands in for recursion.
  void fetch(value_index v) {
    if (there_[v] != 0) return;
    std::vector<node_index> stack = {dag_.producer(v)};
    while (!stack.empty()) {
      node_index const u = stack.back();
      auto const read = dag_.reads(u);
      auto const missing =
          std::find_if(read.begin(), read.end(), [&](value_index r) { return there_[r] == 0; });
      if (missing != read.end()) {
        stack.push_back(dag_.producer(*missing));
        continue;
      }
      stack.pop_back();
      pending_[u] = 0;
      run(u);
    }
  }

  dag const& dag_;
  window_model const& model_;
  std::span<double const> x_;
  std::vector<std::uint8_t> there_;    // by value
  std::vector<std::uint8_t> pending_;  // by node: to be produced again in this window
  std::vector<node_index> out_;
};

}  // namespace detail

/// `sequence` without the repeated executions that the relaxation leaves out, none of which can be worth its
/// time (proofs at window_model::find_needs): those whose outputs nobody reads before they are next produced,
/// and that are not a retained value's last; those made only for values of at most `free_below` bytes; and
/// those that come before the next node's first execution. Values of no bytes are taken to stay resident once
/// they are produced.
[[nodiscard]] inline event_sequence windowed_normal_form(dag const& d, event_sequence const& sequence,
                                                         bytes free_below = 0) {
  return {d, detail::without_unneeded(d, detail::without_early_runs(d, sequence), free_below)};
}

/// The point of the relaxation that a valid `sequence` (dag indices, first executions in order) maps to. Its
/// objective times w.unit() is at most the sequence's extra time. Useless executions are left out.
[[nodiscard]] inline std::vector<double> point_of_sequence(dag const& d, window_model const& w,
                                                           event_sequence const& sequence) {
  event_sequence const useful = windowed_normal_form(d, sequence, w.limits().free_below);
  std::vector<std::uint8_t> const resident = detail::resident_at_cuts(d, w.layout(), useful);
  std::vector<std::uint32_t> const reruns = detail::reruns_in_windows(d, w, useful);
  std::vector<double> x(w.column_count(), 0.0);
  auto set = [&](detail::affine what, bool value) {
    if (what.column >= 0) x[static_cast<std::size_t>(what.column)] = value ? 1 : 0;
  };
  for (std::size_t k = 0; k < w.window_count(); ++k) {
    for (auto u : d.nodes()) set(w.rerun(u, k), reruns[k * d.size() + u] > 0);
    for (auto v : d.values()) {
      set(w.alive(v, k + 1), resident[(k + 1) * d.value_count() + v] != 0);
    }
  }
  for (std::size_t k = 0; k < w.window_count(); ++k) {
    for (auto v : d.values()) {
      detail::affine const through = w.through(v, k);
      if (through.column < 0 || through.coefficient != 1 || through.column == w.alive(v, k + 1).column)
        continue;
      set(through, w.alive(v, k + 1).at(x) - w.rerun(d.producer(v), k).at(x) > 0.5);
    }
  }
  for (std::size_t g = 0; g < w.layout().groups.size(); ++g) {
    for (auto u : d.nodes()) {
      bool any = false;
      for (std::size_t k = w.layout().groups[g].first; k < w.layout().groups[g].last; ++k) {
        any = any || w.rerun(u, k).at(x) > 0.5;
      }
      set(w.group_rerun(u, g), any);
    }
  }
  return x;
}

/// A valid sequence that follows the point `x`: what it keeps across cuts and executes again. It may take
/// more memory and more time than the point, which then shows where windows should be split.
[[nodiscard]] inline event_sequence sequence_of_point(dag const& d, window_model const& w,
                                                      std::span<double const> x) {
  return detail::point_player(d, w, x).play();
}

}  // namespace v0
}  // namespace checkmate
