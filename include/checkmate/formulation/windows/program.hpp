// SPDX-License-Identifier: Apache-2.0
//
// The program of one layout of windows: the relaxation (model.hpp) with the memory rows that were
// found to matter, and the steps that may be left out of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include <checkmate/formulation/windows/model.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/model/linear_model.hpp>

namespace checkmate {
inline namespace v0 {

/// The steps that make the relaxation stronger or its programs smaller. Each may be left out: the bound holds
/// whatever is chosen, since a row that is missing only adds points, and a column or a point that is cut away
/// belongs to no schedule below the target.
struct window_steps {
  /// Rows over groups of windows (model.hpp: nested). With fine windows alone a fraction of a node in
  /// each of several windows serves a reader in every one of them. Valid: rerun(u, I) = max over I.
  bool nested_rows = true;
  /// Memory at base positions inside windows, not only at cuts. Valid: those values are resident then.
  bool base_rows = true;
  /// Memory while a node is executed again. Valid: a re-execution holds its working set, and what stands at
  /// both ends of the window and is not produced again in it.
  bool rerun_rows = true;
  /// Memory while a value that is gone at the window's start, and read inside, is produced again. Valid: its
  /// producer must run between the cut and that reader.
  bool forced_rows = true;
  /// No re-execution of nodes that take longer than all the extra time below the target. Valid for the
  /// schedules below the target, to which the bound is limited.
  bool drop_long_nodes = true;
  /// Values of less than a part in 10^5 of the budget get no columns where there are three cuts or more; they
  /// count in the working sets that hold them. Valid: they are taken to be there for nothing.
  bool skip_small_values = true;
  /// Fixes columns by the proven reduced costs of the linear relaxation and the target. Valid: the other
  /// value would take the objective past the target (safe_dual.hpp).
  bool fix_columns = true;
  /// The target as the integer solver's cut-off. Valid: what it prunes is not below the target.
  bool cutoff = true;
  /// The incumbent's point as the integer solver's start; says nothing about the bound.
  bool hint = true;
};

namespace detail {

/// The relaxation over one layout, with the memory rows that were found to matter.
class windowed_program {
 public:
  /// `stop` is asked now and then; once it says so, rows may be missing, which only weakens the relaxation.
  windowed_program(dag const& d, bytes budget, window_layout layout, window_limits limits,
                   window_steps const& steps = {}, std::function<bool()> stop = {})
      : model_(d, budget, without_groups_unless(steps.nested_rows, std::move(layout)), limits),
        stop_(stop ? std::move(stop) : [] { return false; }),
        candidates_(model_.candidate_rows(stop_)) {
    auto const left_out = [&](window_memory_row const& row) {
      return (row.kind == memory_row_kind::base && !steps.base_rows) ||
             (row.kind == memory_row_kind::rerun && !steps.rerun_rows) ||
             (row.kind == memory_row_kind::forced && !steps.forced_rows);
    };
    candidates_.erase(std::remove_if(candidates_.begin(), candidates_.end(), left_out), candidates_.end());
    for (window_memory_row const& row : candidates_) {
      if (row.kind == memory_row_kind::cut) take(row);
    }
  }

  [[nodiscard]] window_model const& model() const { return model_; }
  [[nodiscard]] linear_model program() const { return model_.make(rows_); }

  /// Adds the memory rows that `x` violates most, a few of each kind and window; the number added.
  std::size_t separate(std::span<double const> x, double tolerance) {
    std::vector<std::pair<double, window_memory_row>> violated;
    for (window_memory_row const& row : candidates_) {
      if (taken_.count(row) != 0) continue;
      if (stop_()) break;
      auto const terms = model_.memory_terms(row);
      double sum = -terms.upper;
      for (auto const& [column, coefficient] : terms.terms)
        sum += coefficient * x[static_cast<std::size_t>(column)];
      if (sum > tolerance) violated.emplace_back(sum, row);
    }
    std::sort(violated.begin(), violated.end(), [](auto const& a, auto const& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    std::map<std::pair<memory_row_kind, std::uint32_t>, int> count;
    std::size_t added = 0;
    for (auto const& [excess, row] : violated) {
      if (++count[{row.kind, row.window}] > rows_at_once) continue;
      take(row);
      ++added;
    }
    return added;
  }

  /// The prices of the memory rows, which are the last of the program's rows, summed by base position. Those
  /// of re-executions have no position of their own and stand at the cut that ends their window.
  [[nodiscard]] std::vector<double> prices(dag const& d, std::span<double const> row_duals) const {
    std::vector<double> out(d.size(), 0.0);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      window_memory_row const& row = rows_[i];
      auto const& cuts = model_.layout().cuts;
      std::size_t const ends = std::min<std::size_t>(row.window, cuts.size() - (cuts.empty() ? 0 : 1));
      node_index at = cuts.empty() ? node_index{} : cuts[ends];
      if (row.kind == memory_row_kind::cut) at = cuts[row.window - 1];
      if (row.kind == memory_row_kind::base) at = row.node;
      out[at] -= std::min(0.0, row_duals[row_duals.size() - rows_.size() + i]);
    }
    return out;
  }

 private:
  static constexpr int rows_at_once = 6;

  [[nodiscard]] static window_layout without_groups_unless(bool wanted, window_layout layout) {
    if (!wanted) layout.groups.clear();
    return layout;
  }

  void take(window_memory_row const& row) {
    if (taken_.insert(row).second) rows_.push_back(row);
  }

  window_model model_;
  std::function<bool()> stop_;
  std::vector<window_memory_row> candidates_, rows_;
  std::set<window_memory_row> taken_;
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
