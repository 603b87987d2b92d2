// SPDX-License-Identifier: Apache-2.0
//
// The paper's picture of a schedule (Jain et al. 2020, section 4.2, Figure 7): the matrices R and S. Row t is
// the stage that ends with the first execution of node t. R[t, i] says that node i runs in stage t, S[t, v]
// that value v is held from stage t - 1 into stage t. For graphs whose nodes produce one value each, S is the
// paper's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <Eigen/Core>

#include <checkmate/core/error.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/schedule/lifetimes.hpp>
#include <checkmate/schedule/schedule.hpp>
#include <checkmate/schedule/stages.hpp>

namespace checkmate {
inline namespace v0 {

/// A matrix of truth values.
using mask_matrix = Eigen::Array<bool, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// R and S; rows are stages. Nodes and values are dag indices.
struct stage_masks {
  /// size() x size(): node i runs in stage t.
  mask_matrix R;
  /// size() x value_count(): value v is held from stage t - 1 into stage t.
  mask_matrix S;
};

namespace detail {

template <class Index>
Eigen::Index column(strong_index<Index> at) {
  return static_cast<Eigen::Index>(std::size_t{at});
}

/// Throws invalid_model where the masks have the wrong shape or break (1b), (1c) or (8a)-(8c) of the paper.
inline void check_masks(dag const& d, stage_masks const& m) {
  auto const n = static_cast<Eigen::Index>(d.size());
  auto const values = static_cast<Eigen::Index>(d.value_count());
  auto refuse = [](Eigen::Index t, std::string const& what) {
    throw invalid_model("stage " + std::to_string(t) + ": " + what);
  };
  if (m.R.rows() != n || m.R.cols() != n || m.S.rows() != n || m.S.cols() != values) {
    throw invalid_model("R must be " + std::to_string(n) + " x " + std::to_string(n) + " and S " +
                        std::to_string(n) + " x " + std::to_string(values));
  }
  for (Eigen::Index t = 0; t < n; ++t) {
    if (!m.R(t, t)) refuse(t, d.describe(static_cast<node_index>(t)) + " does not run in its own stage");
    for (Eigen::Index i = 0; i < n; ++i) {
      if (!m.R(t, i)) continue;
      auto const node = static_cast<node_index>(i);
      if (i > t) refuse(t, d.describe(node) + " runs before its own stage");
      if (i < t && d.run_once(node)) refuse(t, d.describe(node) + " must not run again");
      for (value_index v : d.reads(node)) {
        if (!m.S(t, detail::column(v)) && !m.R(t, detail::column(d.producer(v)))) {
          refuse(t, d.describe(node) + " reads a value of " + d.describe(d.producer(v)) +
                        ", which is neither kept nor computed");
        }
      }
    }
    for (Eigen::Index v = 0; v < values; ++v) {
      auto const from = detail::column(d.producer(static_cast<value_index>(v)));
      if (m.S(t, v) && (t == 0 || !(m.S(t - 1, v) || m.R(t - 1, from)))) {
        refuse(t, "a value of " + d.describe(static_cast<node_index>(from)) +
                      " is kept that the stage before neither kept nor computed");
      }
    }
  }
}

}  // namespace detail

/// The schedule that runs what R says, stage by stage; values live as the memory model says, so what S keeps
/// and nobody reads is released. Throws invalid_model, naming stage and node, where R and S are not a
/// schedule of the paper. Its time and peak are left 0: the simulator's to fill.
[[nodiscard]] inline schedule schedule_from_masks(dag const& d, stage_masks const& masks) {
  detail::check_masks(d, masks);
  std::vector<node_index> sequence;
  for (Eigen::Index t = 0; t < masks.R.rows(); ++t) {
    for (Eigen::Index i = 0; i <= t; ++i) {
      if (masks.R(t, i)) sequence.push_back(static_cast<node_index>(i));
    }
  }
  return schedule_from_sequence(d, {d, sequence});
}

/// R and S of `s`, S being what is resident between the stages; nothing if the schedule is not one of the
/// paper's (a node runs twice in a stage, or not in ascending order). `s` must be valid for the simulator.
[[nodiscard]] inline std::optional<stage_masks> masks_of_schedule(dag const& d, schedule const& s) {
  if (!split_into_stages(stage_space(d), sequence_of(d, s))) return std::nullopt;
  using flags = Eigen::Array<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  auto const n = static_cast<Eigen::Index>(d.size());
  auto const values = static_cast<Eigen::Index>(d.value_count());
  stage_matrices const m = matrices_of_schedule(d, s);
  return stage_masks{Eigen::Map<flags const>(m.R.data(), n, n).cast<bool>(),
                     Eigen::Map<flags const>(m.S.data(), n, values).cast<bool>()};
}

/// R and S where S keeps no more than `keep` and R is the least recomputation for it (Algorithm 2 of the
/// paper); see least_recomputation. `keep` is size() x value_count().
[[nodiscard]] inline stage_masks least_recomputation(dag const& d, mask_matrix const& keep) {
  auto const n = static_cast<Eigen::Index>(d.size());
  if (keep.rows() != n || keep.cols() != static_cast<Eigen::Index>(d.value_count())) {
    throw invalid_model("the values to keep must be a matrix of " + std::to_string(n) + " x " +
                        std::to_string(d.value_count()));
  }
  auto const runs = least_recomputation(stage_space(d), [&](std::size_t s, value_index v) {
    return keep(static_cast<Eigen::Index>(s), detail::column(v));
  });
  return *masks_of_schedule(d, schedule_from_sequence(d, sequence_of(d, runs)));
}

}  // namespace v0
}  // namespace checkmate
