// SPDX-License-Identifier: Apache-2.0
//
// The integer program as Jain et al. print it (Checkmate, MLSys 2020, frontier-advancing form), for
// comparison and for its own sake. It knows one value per node and neither workspace, retained values nor
// run-once nodes; the model to solve is formulation/stages/model.hpp.
//
// With n nodes and m edges it has
//   3 n^2 + n m                      columns: R, S, U (n^2 each) and FREE (n m)
//   n (n - 1) + 3 n m + n^2          rows: (1c), (1b), two for each FREE (7), and U (2), (3).
// The authors' program has 2 n^2 + 3 rows more: it states 0 <= U <= budget as rows, and (8a)-(8c) as three
// sums over triangles. Here both are bounds of columns. VGG19 (n = 51, m = 99): 12,852 columns in both;
// 20,298 rows here and 25,503 there, the difference being 2 * 51^2 + 3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/formulation/scale.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/model/builder.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/schedule/stages.hpp>

namespace checkmate {
inline namespace v0 {
namespace formulation {

/// Which form of the paper's integer program.
enum class paper_form : std::uint8_t {
  frontier_advancing,  ///< (8a)-(8c): stage t ends with the first execution of node t
  unpartitioned        ///< (1d), (1e): n stages, any node in any of them
};

/// The paper's integer program of a dag and a budget. Keeps a reference to the dag.
class paper {
 public:
  using column = linear_model_builder::column;

  /// Builds the model; `budget` includes fixed memory. Throws invalid_model, naming the node, for graphs
  /// beyond the paper's: other than one value per node, workspace, retained values or run-once nodes. The
  /// unpartitioned form has one row more, (1e), and is there to show what the frontier is worth (the paper's
  /// section 4.6 and Appendix A).
  paper(dag const& d, bytes budget, paper_form form = paper_form::frontier_advancing)
      : dag_(&d), n_(d.size()), form_(form), bytes_(scale_of_bytes(d, budget)), times_(scale_of_times(d)) {
    check();
    edge_start_.push_back(0);
    for (node_index k{}; k < n_; ++k) edge_start_.push_back(edge_start_.back() + d.inputs(k).size());
    add_columns();
    for (std::size_t t = 1; t < n_; ++t) add_retention(t);
    for (std::size_t t = 0; t < n_; ++t) add_dependencies(t);
    for (std::size_t t = 0; t < n_; ++t) add_frees(t);
    for (std::size_t t = 0; t < n_; ++t) add_memory(t);
    if (form_ == paper_form::unpartitioned) add_completion();
    model_ = builder_.finish();
  }

  /// The number of columns and rows of the frontier-advancing form for n nodes and m edges.
  [[nodiscard]] static constexpr std::size_t column_count(std::size_t n, std::size_t m) {
    return 3 * n * n + n * m;
  }
  [[nodiscard]] static constexpr std::size_t row_count(std::size_t n, std::size_t m) {
    return n * (n - 1) + 3 * n * m + n * n;
  }

  [[nodiscard]] linear_model const& model() const noexcept { return model_; }
  [[nodiscard]] time_scale const& time_units() const noexcept { return times_; }

  /// Column of R[t,i], S[t,i] and U[t,k]; all indices 0 .. n - 1.
  [[nodiscard]] column R(std::size_t t, std::size_t i) const { return at(0, t, i); }
  [[nodiscard]] column S(std::size_t t, std::size_t i) const { return at(1, t, i); }
  [[nodiscard]] column U(std::size_t t, std::size_t k) const { return at(2, t, k); }
  /// Column of FREE[t,i,k], where i is the `input`-th of the dag's inputs(k).
  [[nodiscard]] column FREE(std::size_t t, node_index k, std::size_t input) const {
    return static_cast<column>(3 * n_ * n_ + t * dag_->edge_count() + edge_start_[k] + input);
  }

  /// The runs that R, rounded at 1/2, says at `point` (one entry per column).
  [[nodiscard]] stage_runs runs_at(std::span<double const> point) const {
    stage_runs out(n_);
    for (std::size_t t = 0; t < n_; ++t) {
      for (node_index i{}; i < (advances() ? t + 1 : n_); ++i) {
        if (point[static_cast<std::size_t>(R(t, i))] > 0.5) out[t].push_back(i);
      }
    }
    return out;
  }

 private:
  void check() const {
    for (node_index i{}; i < n_; ++i) {
      char const* what = nullptr;
      if (dag_->output_count(i) != 1) what = "produces other than one value";
      if (dag_->workspace(i) != 0) what = "has a workspace";
      if (dag_->run_once(i)) what = "must not run twice";
      if (dag_->output_count(i) == 1 && dag_->retained(dag_->first_value(i))) what = "has a retained value";
      if (what != nullptr) {
        throw invalid_model("formulation::paper: " + dag_->describe(i) + " " + what +
                            ", which the paper's program does not know");
      }
    }
    if (n_ > 20000) throw invalid_model("formulation::paper: more columns than 31-bit indices can name");
  }

  [[nodiscard]] column at(std::size_t block, std::size_t t, std::size_t i) const {
    return static_cast<column>((block * n_ + t) * n_ + i);
  }

  [[nodiscard]] bool advances() const noexcept { return form_ == paper_form::frontier_advancing; }

  /// (1a), (8a)-(8c) or (1d), and the bounds of U. The first executions are part of the objective here.
  void add_columns() {
    for (std::size_t t = 0; t < n_; ++t) {
      for (node_index i{}; i < n_; ++i) {
        bool const first = advances() && i == t;
        bool const may_run = !advances() || i <= t;
        builder_.add_column(first ? 1 : 0, may_run ? 1 : 0, times_(dag_->time(i)), true);
      }
    }
    for (std::size_t t = 0; t < n_; ++t) {
      for (node_index i{}; i < n_; ++i) {
        bool const may_be_kept = advances() ? i < t : t > 0;
        builder_.add_column(0, may_be_kept ? 1 : 0, 0, true);
      }
    }
    for (std::size_t j = 0; j < n_ * n_; ++j) builder_.add_column(0, bytes_.capacity, 0, false);
    for (std::size_t j = 0; j < n_ * dag_->edge_count(); ++j) builder_.add_column(0, 1, 0, true);
  }

  /// (1c): what is kept into stage t was there in stage t - 1.
  void add_retention(std::size_t t) {
    for (std::size_t i = 0; i < n_; ++i) {
      builder_.begin_row(-infinity, 0);
      builder_.add_term(S(t, i), 1);
      builder_.add_term(S(t - 1, i), -1);
      builder_.add_term(R(t - 1, i), -1);
    }
  }

  /// (1b): a node runs if its inputs are kept or run.
  void add_dependencies(std::size_t t) {
    for (node_index k{}; k < n_; ++k) {
      for (node_index i : dag_->inputs(k)) {
        builder_.begin_row(-infinity, 0);
        builder_.add_term(R(t, k), 1);
        builder_.add_term(R(t, i), -1);
        builder_.add_term(S(t, i), -1);
      }
    }
  }

  /// (7): i is freed after k exactly if k runs, nobody later in the stage needs i, and it is not kept.
  void add_frees(std::size_t t) {
    for (node_index k{}; k < n_; ++k) {
      auto const from = dag_->inputs(k);
      for (std::size_t e = 0; e < from.size(); ++e) {
        builder_.begin_row(0, infinity);  // 1 - FREE <= hazards
        add_hazards(t, from[e], k);
        builder_.add_term(FREE(t, k, e), 1);
        double const kappa = static_cast<double>(later_users(from[e], k)) + (t + 1 < n_ ? 2 : 1);
        builder_.begin_row(-infinity, kappa - 1);  // kappa (1 - FREE) >= hazards
        add_hazards(t, from[e], k);
        builder_.add_term(FREE(t, k, e), kappa);
      }
    }
  }

  [[nodiscard]] std::size_t later_users(node_index i, node_index k) const {
    std::size_t count = 0;
    for (node_index j : dag_->users(i)) count += j > k ? 1U : 0U;
    return count;
  }

  /// The hazards of freeing i after k, (1 - R[t,k]) + S[t+1,i] + sum of R[t,j] over later users, less the
  /// constant 1.
  void add_hazards(std::size_t t, node_index i, node_index k) {
    builder_.add_term(R(t, k), -1);
    if (t + 1 < n_) builder_.add_term(S(t + 1, i), 1);
    for (node_index j : dag_->users(i)) {
      if (j > k) builder_.add_term(R(t, j), 1);
    }
  }

  /// (2), (3).
  void add_memory(std::size_t t) {
    builder_.begin_row(0, 0);
    builder_.add_term(U(t, 0), -1);
    builder_.add_term(R(t, 0), size(node_index{}));
    for (node_index i{}; i < n_; ++i) builder_.add_term(S(t, i), size(i));
    for (node_index k{}; k + 1 < n_; ++k) {
      builder_.begin_row(0, 0);
      builder_.add_term(U(t, k + 1), -1);
      builder_.add_term(U(t, k), 1);
      builder_.add_term(R(t, k + 1), size(node_index(k + 1)));
      auto const from = dag_->inputs(k);
      for (std::size_t e = 0; e < from.size(); ++e) builder_.add_term(FREE(t, k, e), -size(from[e]));
    }
  }

  /// (1e): the last node runs in some stage.
  void add_completion() {
    builder_.begin_row(1, infinity);
    for (std::size_t t = 0; t < n_; ++t) builder_.add_term(R(t, n_ - 1), 1);
  }

  [[nodiscard]] double size(node_index i) const { return bytes_(dag_->memory(dag_->first_value(i))); }

  dag const* dag_;
  std::size_t n_;
  paper_form form_;
  byte_scale bytes_;
  time_scale times_;
  std::vector<std::size_t> edge_start_;
  linear_model_builder builder_;
  linear_model model_;
};

}  // namespace formulation
}  // namespace v0
}  // namespace checkmate
