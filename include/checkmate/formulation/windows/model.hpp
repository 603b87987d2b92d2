// SPDX-License-Identifier: Apache-2.0
//
// The windowed relaxation: an integer program whose optimum is a lower bound on the extra time of every
// schedule in the fixed order.
//
// Cuts p_1 < p_2 < ... are base positions; cut c is the moment at which node p_c runs for the first time.
// Window k holds the executions strictly between cut k and cut k + 1; cut 0 is the empty start, the last cut
// the end. For a schedule whose values live as briefly as its reads allow and in which no execution is
// useless:
//
//   alive(v, c)   = 1 if value v is resident at cut c                       (binary)
//   rerun(u, k)   = 1 if node u runs in window k although it ran before     (binary, costs time(u) once)
//   through(v, k) = max(0, alive(v, k + 1) - rerun(u, k)), u the producer   (continuous)
//
// `through` is 1 where v stands at the cut that ends window k and was not produced again inside: then v was
// resident from cut k, or from its first production in the window, to cut k + 1. Rows, each true of every
// such schedule:
//
// clang-format off
//   cut     what is alive at cut c and the workspace of p_c fit the budget
//   carry   alive(v, k + 1) <= alive(v, k) + rerun(u, k)    where u runs first at or before cut k
//   read    1 <= alive(v, k) + rerun(u, k)                  where a first execution in window k reads v
//   chain   rerun(j, k) <= alive(v, k) + rerun(u, k)        where j reads v, and u runs first by cut k
//   base    at the first execution of t inside window k these fit together: t's working set; v that a first
//           execution after t in the window reads, unless rerun(u, k); and v with through(v, k)
//   re-run  if rerun(u, k), these fit together: u's working set, and through(v, k) for every v produced by
//           cut k or before u
//   forced  if v is not alive at cut k and s is its first base reader inside, u runs between cut k and s: its
//           working set, and every older value that is resident from cut k to s, fit together
//   nested  for a group I of consecutive windows, rerun(u, I) = max over I of rerun(u, k): the rows read and
//           chain again with I in the place of k. In whole numbers they follow from the others; the
//           relaxation needs them, for with fine windows alone it executes half of a node in each of two.
// clang-format on
//
// A node that is executed several times in a window is counted once; that values produced inside a window may
// be dropped and produced again inside it is left to the base rows. Everything that is left out only lowers
// the optimum. Columns that are 0 in every such schedule (a value that nothing can read any more, a run-once
// node) and those that are always 1 do not exist; zero-byte values count as always alive.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/memory/footprint.hpp>
#include <checkmate/model/builder.hpp>

namespace checkmate {
inline namespace v0 {

/// A group of consecutive windows: first .. last - 1.
struct window_group {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  friend bool operator==(window_group const&, window_group const&) = default;
};

/// Where the windows are.
struct window_layout {
  /// Base positions (dag indices), strictly ascending; k cuts make k + 1 windows.
  std::vector<node_index> cuts;
  std::vector<window_group> groups;  ///< groups of two or more windows that get nested rows
};

/// What a window_model may leave out, to be smaller.
struct window_limits {
  /// Nodes whose time is not below this are never re-executed: the bound then holds for the schedules whose
  /// extra time is below it.
  double reruns_below = infinity;
  /// Values of at most this many bytes count only in the working sets of the nodes that read or produce them
  /// and are otherwise taken to be always there: a weaker bound, for every schedule.
  bytes free_below = 0;
};

namespace detail {

/// constant + coefficient * column; no column where `column` is negative.
struct affine {
  double constant = 0;
  double coefficient = 0;
  std::int32_t column = -1;

  [[nodiscard]] double at(std::span<double const> x) const {
    return column < 0 ? constant : constant + coefficient * x[static_cast<std::size_t>(column)];
  }
};

}  // namespace detail

/// Which memory row: at a cut, at a base position inside a window, at a re-execution, or at one that is
/// forced.
enum class memory_row_kind : std::uint8_t { cut, base, rerun, forced };

/// One memory row: its kind, the window (the cut for `cut`), and the node (base, rerun) or the value
/// (forced).
struct window_memory_row {
  memory_row_kind kind{};
  std::uint32_t window = 0;
  node_index node{};
  value_index value{};
  friend auto operator<=>(window_memory_row const&, window_memory_row const&) = default;
};

/// Columns and rows of the relaxation for one graph, budget and layout. The columns and the structural rows
/// are fixed at construction; memory rows, of which few bind, are chosen by the caller.
class window_model {
 public:
  /// Throws invalid_option if the layout is not ascending, names a node that is not there, or a group of
  /// fewer than two windows.
  window_model(dag const& d, bytes budget, window_layout layout, window_limits limits = {})
      : dag_(&d), budget_(budget - d.fixed_memory()), layout_(std::move(layout)), limits_(limits) {
    check_layout();
    unit_ = d.base_time() > 0 ? d.base_time() / objective_of_base_time : 1.0;
    find_needs();
    add_columns();
  }

  /// The objective is in units of base time / this.
  static constexpr double objective_of_base_time = 1e4;

  [[nodiscard]] std::size_t window_count() const noexcept { return layout_.cuts.size() + 1; }
  [[nodiscard]] window_layout const& layout() const noexcept { return layout_; }
  /// Time of one unit of the objective.
  [[nodiscard]] double unit() const noexcept { return unit_; }
  [[nodiscard]] window_limits const& limits() const noexcept { return limits_; }
  /// Whether value v counts as always there.
  [[nodiscard]] bool is_free(value_index v) const { return dag_->memory(v) <= limits_.free_below; }

  /// Whether value v is resident at cut c (0 .. window_count()).
  [[nodiscard]] detail::affine alive(value_index v, std::size_t c) const {
    if (c == 0) return {};
    return decode(alive_[c * dag_->value_count() + v]);
  }
  /// Whether node u is executed again in window k.
  [[nodiscard]] detail::affine rerun(node_index u, std::size_t k) const {
    return decode(rerun_[k * dag_->size() + u]);
  }
  /// Whether value v stands at the end of window k and is not produced again in it.
  [[nodiscard]] detail::affine through(value_index v, std::size_t k) const {
    std::int32_t const code = through_[k * dag_->value_count() + v];
    if (code == one_minus_rerun) return unless_rerun(v, k);
    return decode(code);
  }
  /// 1 - rerun(producer of v, k).
  [[nodiscard]] detail::affine unless_rerun(value_index v, std::size_t k) const {
    detail::affine const r = rerun(dag_->producer(v), k);
    return {1 - r.constant, -r.coefficient, r.column};
  }
  /// Whether node u is executed again in some window of group g.
  [[nodiscard]] detail::affine group_rerun(node_index u, std::size_t g) const {
    return decode(group_[g * dag_->size() + u]);
  }

  [[nodiscard]] std::size_t column_count() const noexcept { return lower_.size(); }

  /// The model with the structural rows and `rows`. A row that no column can help (the budget is too small
  /// whatever is done) makes the model infeasible: it is then a row without terms that asks for too much.
  [[nodiscard]] linear_model make(std::span<window_memory_row const> rows) const {
    linear_model_builder b;
    for (std::size_t j = 0; j < lower_.size(); ++j) {
      b.add_column(lower_[j], upper_[j], cost_[j], integer_[j] != 0);
    }
    add_structure(b);
    for (window_memory_row const& row : rows) {
      row_terms const terms = memory_terms(row);
      b.begin_row(-infinity, terms.upper);
      for (auto const& [column, coefficient] : terms.terms) b.add_term(column, coefficient);
    }
    return b.finish();
  }

  /// sum of coefficient * column <= upper. Bytes are divided by the budget.
  struct row_terms {
    std::vector<std::pair<std::int32_t, double>> terms;
    double upper = 0;
  };
  /// One memory row. Its right side is relaxed by `slack`, so that a point that fits to the byte keeps clear
  /// of a solver's tolerances.
  [[nodiscard]] row_terms memory_terms(window_memory_row const& row) const {
    switch (row.kind) {
      case memory_row_kind::cut:
        return cut_terms(row.window);
      case memory_row_kind::base:
        return base_terms(row.window, row.node);
      case memory_row_kind::rerun:
        return rerun_terms(row.window, row.node);
      case memory_row_kind::forced:
        break;
    }
    return forced_terms(row.window, row.value);
  }

  /// Part of the budget by which memory rows are relaxed: ten times a solver's usual feasibility tolerance.
  static constexpr double slack = 1e-6;

  /// Every memory row that could bind: with the largest values of its terms it exceeds the budget. `stop()`
  /// is asked before each row is looked at; once it says so, the rows so far are all.
  [[nodiscard]] std::vector<window_memory_row> candidate_rows(auto const& stop) const {
    std::vector<window_memory_row> out;
    bool stopped = false;
    auto offer = [&](window_memory_row const& row) {
      stopped = stopped || stop();
      if (!stopped && can_bind(row)) out.push_back(row);
    };
    for (std::uint32_t k = 0; k < window_count() && !stopped; ++k) {
      bool const last = k == layout_.cuts.size();
      if (!last) offer({memory_row_kind::cut, k + 1, {}, {}});
      for (node_index t = first(k); t < end(k); ++t) {
        if (last || t + 1 < end(k)) offer({memory_row_kind::base, k, t, {}});
      }
      for (node_index u{}; u < end(k); ++u) {
        if (rerun(u, k).column >= 0) offer({memory_row_kind::rerun, k, u, {}});
      }
      for (value_index v{}; k > 0 && v < dag_->first_value(first(k)); ++v) {
        if (alive(v, k).column >= 0 && first_reader_in(v, k) != 0) offer({memory_row_kind::forced, k, {}, v});
      }
    }
    return out;
  }
  [[nodiscard]] std::vector<window_memory_row> candidate_rows() const {
    return candidate_rows([] { return false; });
  }

 private:
  static constexpr std::int32_t zero = -1, one = -2, one_minus_rerun = -3;

  static detail::affine decode(std::int32_t code) {
    if (code >= 0) return {0, 1, code};
    return {code == one ? 1.0 : 0.0, 0, -1};
  }

  void check_layout() const {
    auto const& cuts = layout_.cuts;
    for (std::size_t c = 0; c < cuts.size(); ++c) {
      if (cuts[c] >= dag_->size() || (c > 0 && cuts[c] <= cuts[c - 1])) {
        throw invalid_option("window_layout: cuts must be ascending positions below " +
                             std::to_string(dag_->size()));
      }
    }
    for (window_group const& g : layout_.groups) {
      if (g.first + 1 >= g.last || g.last > window_count()) {
        throw invalid_option("window_layout: a group must hold two windows or more of the " +
                             std::to_string(window_count()));
      }
    }
  }

  [[nodiscard]] node_index cut_before(std::size_t k) const { return layout_.cuts[k - 1]; }
  /// Whether node u runs for the first time at or before cut c.
  [[nodiscard]] bool done_by(node_index u, std::size_t c) const {
    return c > 0 && (c > layout_.cuts.size() || u <= cut_before(c));
  }

  /// Position after which window k begins: its first executions are first(k) .. end(k) - 1, the node of the
  /// cut that ends it included.
  [[nodiscard]] node_index first(std::size_t k) const { return node_index(k == 0 ? 0 : cut_before(k) + 1); }
  [[nodiscard]] node_index end(std::size_t k) const {
    return node_index(k < layout_.cuts.size() ? layout_.cuts[k] + 1 : dag_->size());
  }

  /// The last base reader of v inside window k or at the cut that ends it; 0 if none (node 0 reads nothing).
  [[nodiscard]] node_index last_reader_in(value_index v, std::size_t k) const {
    auto const readers = dag_->readers(v);
    auto const past = std::lower_bound(readers.begin(), readers.end(), end(k));
    if (past == readers.begin() || *(past - 1) < first(k)) return {};
    return *(past - 1);
  }
  [[nodiscard]] node_index first_reader_in(value_index v, std::size_t k) const {
    auto const readers = dag_->readers(v);
    auto const at = std::lower_bound(readers.begin(), readers.end(), first(k));
    return at == readers.end() || *at >= end(k) ? node_index{} : *at;
  }
  [[nodiscard]] bool can_rerun(node_index u) const {
    return !dag_->run_once(u) && dag_->time(u) < limits_.reruns_below;
  }

  /// Collects bytes * affine terms and turns them into a row scaled by the budget.
  class memory_sum {
   public:
    void add(bytes amount, detail::affine what) {
      if (what.constant != 0) fixed_ += amount;  // constants are 0 or 1
      if (what.column >= 0) terms_.emplace_back(what.column, what.coefficient * static_cast<double>(amount));
    }
    void add_fixed(bytes amount) { fixed_ += amount; }
    /// sum <= budget.
    [[nodiscard]] row_terms finish(bytes budget) {
      double const scale = static_cast<double>(std::max<bytes>(budget, 1));
      for (auto& [column, coefficient] : terms_) coefficient /= scale;
      return {std::move(terms_), static_cast<double>(budget - fixed_) / scale + slack};
    }

   private:
    bytes fixed_ = 0;
    std::vector<std::pair<std::int32_t, double>> terms_;
  };

  /// Whether `node`'s working set holds v.
  [[nodiscard]] bool in_working_set(value_index v, node_index node) const {
    auto const held = dag_->reads(node);
    return dag_->producer(v) == node || std::binary_search(held.begin(), held.end(), v);
  }

  /// Bytes that node t holds at its first execution and that no term of a row over older values counts: its
  /// workspace, and those of its working set first produced after cut `k`, or that node u's working set has
  /// too.
  [[nodiscard]] bytes apart(node_index t, std::size_t k, node_index u) const {
    bytes sum = dag_->workspace(t);
    auto note = [&](value_index v) {
      if (!done_by(dag_->producer(v), k) || in_working_set(v, u)) sum += dag_->memory(v);
    };
    for (value_index v : dag_->reads(t)) note(v);
    for (auto v : dag_->outputs(t)) note(v);
    return sum;
  }

  [[nodiscard]] row_terms cut_terms(std::size_t c) const {
    memory_sum sum;
    sum.add_fixed(dag_->workspace(cut_before(c)));
    for (auto v : dag_->values()) {
      if (!is_free(v)) sum.add(dag_->memory(v), alive(v, c));
    }
    return sum.finish(budget_);
  }

  [[nodiscard]] row_terms base_terms(std::size_t k, node_index t) const {
    memory_sum sum;
    sum.add_fixed(working_set(*dag_, t));
    for (value_index v{}; v < dag_->first_value(t); ++v) {
      if (is_free(v) || in_working_set(v, t)) continue;
      sum.add(dag_->memory(v), last_reader_in(v, k) > t ? unless_rerun(v, k) : through(v, k));
    }
    return sum.finish(budget_);
  }

  /// The row's coefficient is what u's working set takes beyond `held`, the bytes that some first execution
  /// at which the other terms stand holds besides them: without the re-execution the row is that one's.
  [[nodiscard]] row_terms rerun_terms(std::size_t k, node_index u) const {
    memory_sum sum;
    bytes held = 0;
    bool const old = done_by(u, k);
    for (node_index t = old ? first(k) : node_index(u + 1); t < end(k); ++t) {
      // A value produced before u in this window is one of the terms; t's own outputs are not.
      held = std::max(held, old ? apart(t, k, u) : detail::new_bytes(*dag_, t));
    }
    bytes const own = working_set(*dag_, u);
    sum.add_fixed(held);
    if (own > held) sum.add(own - held, rerun(u, k));
    value_index const limit = old ? dag_->first_value(first(k)) : dag_->first_value(u);
    for (value_index v{}; v < limit; ++v) {
      if (!is_free(v) && !in_working_set(v, u)) sum.add(dag_->memory(v), through(v, k));
    }
    return sum.finish(budget_);
  }

  [[nodiscard]] row_terms forced_terms(std::size_t k, value_index v) const {
    memory_sum sum;
    node_index const u = dag_->producer(v);
    node_index const s = first_reader_in(v, k);
    bytes const held = apart(s, k, u);
    bytes const own = working_set(*dag_, u);
    detail::affine const stands = alive(v, k);
    sum.add_fixed(held);
    if (own > held) sum.add(own - held, {1 - stands.constant, -stands.coefficient, stands.column});
    for (value_index x{}; x < dag_->first_value(first(k)); ++x) {
      if (is_free(x) || in_working_set(x, u)) continue;
      sum.add(dag_->memory(x), last_reader_in(x, k) >= s ? unless_rerun(x, k) : through(x, k));
    }
    return sum.finish(budget_);
  }

  [[nodiscard]] bool can_bind(window_memory_row const& row) const {
    row_terms const t = memory_terms(row);
    double most = 0;
    for (auto const& [column, coefficient] : t.terms) {
      most += std::max(0.0, coefficient * upper_[static_cast<std::size_t>(column)]);
    }
    return most > t.upper;
  }

  /// An execution of u beyond its first is useful only if a chain of reads leads from it to a first execution
  /// later, or to a value retained at the end. Two things narrow that down. A value of no bytes is never
  /// dropped, so nothing runs for its sake. And nothing runs again for the first execution of node u + 1:
  /// between the two only re-executions lie, none of them reads a value of u, so the earlier run of u could
  /// have been left out.
  void find_needs() {
    last_use_.assign(dag_->size(), {});
    for (auto u = static_cast<node_index>(dag_->size()); u-- > 0;) {
      for (auto v : dag_->outputs(u)) {
        if (is_free(v)) continue;
        if (dag_->retained(v)) last_use_[u] = static_cast<node_index>(dag_->size());
        for (node_index j : dag_->readers(v)) {
          if (j > u + 1) last_use_[u] = std::max(last_use_[u], j);
          if (can_rerun(j)) last_use_[u] = std::max(last_use_[u], last_use_[j]);
        }
      }
    }
  }

  void add_columns() {
    std::size_t const windows = window_count();
    alive_.assign((windows + 1) * dag_->value_count(), zero);
    rerun_.assign(windows * dag_->size(), zero);
    through_.assign(windows * dag_->value_count(), zero);
    for (std::size_t k = 0; k < windows; ++k) {
      add_alive(k + 1);
      add_reruns(k);
      add_through(k);
    }
    add_groups();
  }

  void add_alive(std::size_t c) {
    bool const at_end = c > layout_.cuts.size();
    for (auto v : dag_->values()) {
      std::int32_t& code = alive_[c * dag_->value_count() + v];
      node_index const u = dag_->producer(v);
      if (!done_by(u, c)) continue;
      if (at_end) {
        code = dag_->retained(v) ? one : zero;
        continue;
      }
      node_index const p = cut_before(c);
      auto const held = dag_->reads(p);
      if (u == p || is_free(v) || std::binary_search(held.begin(), held.end(), v)) {
        code = one;
        continue;
      }
      bool in_base = dag_->retained(v);
      bool useful = in_base;
      for (node_index j : dag_->readers(v)) {
        in_base = in_base || j > p;
        useful = useful || j > p || (can_rerun(j) && last_use_[j] > p);
      }
      if (!useful) continue;
      code = in_base && !can_rerun(u) ? one : new_column(1, 0, true);
    }
  }

  void add_reruns(std::size_t k) {
    node_index const begin = first(k);
    for (node_index u{}; u < end(k); ++u) {
      // The node of the cut that ends the window cannot run again before it.
      bool const ran_before = u + 1 < end(k) || k == layout_.cuts.size();
      if (!ran_before || !can_rerun(u) || last_use_[u] < begin) continue;
      rerun_[k * dag_->size() + u] = new_column(1, dag_->time(u) / unit_, true);
    }
  }

  void add_through(std::size_t k) {
    for (auto v : dag_->values()) {
      detail::affine const stands = alive(v, k + 1);
      detail::affine const again = rerun(dag_->producer(v), k);
      std::int32_t& code = through_[k * dag_->value_count() + v];
      if (is_free(v)) continue;
      if (stands.column < 0) {
        if (stands.constant == 1) code = one_minus_rerun;
      } else if (again.column < 0) {
        code = stands.column;
      } else {
        code = new_column(1, 0, false);
      }
    }
  }

  void add_groups() {
    group_.assign(layout_.groups.size() * dag_->size(), zero);
    for (std::size_t g = 0; g < layout_.groups.size(); ++g) {
      for (auto u : dag_->nodes()) {
        bool any = false;
        for (std::size_t k = layout_.groups[g].first; k < layout_.groups[g].last; ++k) {
          any = any || rerun(u, k).column >= 0;
        }
        if (any) group_[g * dag_->size() + u] = new_column(1, 0, false);
      }
    }
  }

  void add_structure(linear_model_builder& b) const {
    for (std::size_t k = 0; k < window_count(); ++k) add_window_rows(b, k);
    for (std::size_t g = 0; g < layout_.groups.size(); ++g) add_group_rows(b, g);
  }

  void add_window_rows(linear_model_builder& b, std::size_t k) const {
    detail::affine const required{1, 0, -1};
    for (auto v : dag_->values()) {
      if (is_free(v)) continue;
      node_index const u = dag_->producer(v);
      detail::affine const again = rerun(u, k);
      detail::affine const stands = alive(v, k + 1);
      std::int32_t const code = through_[k * dag_->value_count() + v];
      if (code >= 0 && code != stands.column) add_at_most(b, stands, {0, 1, code}, again);
      if (!done_by(u, k)) continue;
      detail::affine const before = alive(v, k);
      if (first_reader_in(v, k) != 0) {
        add_at_most(b, required, before, again);
      } else {
        add_at_most(b, stands, before, again);
      }
      for (node_index j : dag_->readers(v)) {
        detail::affine const reader = rerun(j, k);
        if (reader.column >= 0) add_at_most(b, reader, before, again);
      }
    }
  }

  void add_group_rows(linear_model_builder& b, std::size_t g) const {
    auto const [from, to] = layout_.groups[g];
    detail::affine const required{1, 0, -1};
    for (auto u : dag_->nodes()) {
      detail::affine const any = group_rerun(u, g);
      if (any.column < 0) continue;
      b.begin_row(-infinity, 0);  // max <= sum
      b.add_term(any.column, 1);
      for (std::size_t k = from; k < to; ++k) {
        if (rerun(u, k).column >= 0) b.add_term(rerun(u, k).column, -1);
      }
      for (std::size_t k = from; k < to; ++k) add_at_most(b, rerun(u, k), any, {});
    }
    for (auto v : dag_->values()) {
      node_index const u = dag_->producer(v);
      if (is_free(v) || !done_by(u, from)) continue;
      detail::affine const before = alive(v, from);
      detail::affine const again = group_rerun(u, g);
      bool read = false;
      for (std::size_t k = from; k < to; ++k) read = read || first_reader_in(v, k) != 0;
      if (read) add_at_most(b, required, before, again);
      for (node_index j : dag_->readers(v)) {
        detail::affine const reader = group_rerun(j, g);
        if (reader.column >= 0) add_at_most(b, reader, before, again);
      }
    }
  }

  /// less <= a + c
  void add_at_most(linear_model_builder& b, detail::affine less, detail::affine a, detail::affine c) const {
    double const constant = a.constant + c.constant - less.constant;
    double room = constant;
    for (auto const& [term, sign] : {std::pair{less, -1.0}, std::pair{a, 1.0}, std::pair{c, 1.0}}) {
      if (term.column >= 0) room += std::min(0.0, sign * term.coefficient);
    }
    if (room >= 0) return;  // holds whatever the columns are
    b.begin_row(-constant, infinity);
    for (auto const& [term, sign] : {std::pair{less, -1.0}, std::pair{a, 1.0}, std::pair{c, 1.0}}) {
      if (term.column >= 0) b.add_term(term.column, sign * term.coefficient);
    }
  }
  [[nodiscard]] std::int32_t new_column(double upper, double cost, bool integer) {
    lower_.push_back(0);
    upper_.push_back(upper);
    cost_.push_back(cost);
    integer_.push_back(integer ? 1 : 0);
    return static_cast<std::int32_t>(lower_.size() - 1);
  }

  dag const* dag_;
  bytes budget_;
  window_layout layout_;
  window_limits limits_;
  double unit_ = 1;
  std::vector<node_index> last_use_;  // by node: the last first execution that an execution of it could serve
  std::vector<std::int32_t> alive_;   // by cut and value: a column, `zero` or `one`
  std::vector<std::int32_t> rerun_, through_, group_;
  std::vector<double> lower_, upper_, cost_;
  std::vector<std::uint8_t> integer_;
};

}  // namespace v0
}  // namespace checkmate
