// SPDX-License-Identifier: Apache-2.0
//
// max_batch: the largest size of a problem (batch, sequence length, resolution, ...) that can be planned in a
// given memory within an allowed time. The paper's Figure 6 is this search with equation (10): at most one
// extra forward pass.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/core/tolerances.hpp>
#include <checkmate/graph/forward.hpp>
#include <checkmate/planning/strategy.hpp>
#include <checkmate/solve.hpp>

namespace checkmate {
inline namespace v0 {

/// A callable that builds the problem of a size: size -> dag.
template <class M>
concept problem_maker = requires(M const& make, std::int64_t size) {
  { make(size) } -> std::same_as<dag>;
};

/// What trying one size gave.
struct size_probe {
  std::int64_t size = 0;
  bool fits = false;    ///< a schedule was found in memory and in the allowed time
  bool proven = false;  ///< does not fit, and no schedule can (of the spaces that the proof names)
  double time = std::numeric_limits<double>::infinity();          ///< of the schedule; infinity if none
  double allowed_time = std::numeric_limits<double>::infinity();  ///< what it was held to
};

/// How to search.
struct max_batch_options {
  std::int64_t smallest = 1;       ///< first size tried, >= 1
  std::int64_t largest = 1 << 20;  ///< never tries more, >= smallest
  plan_options plan = {};          ///< for every size; `plan.budget` is the memory, fixed memory included
  /// Largest time that a schedule may take, in the dag's unit; unset: any.
  std::function<double(dag const&)> allowed_time = {};
  std::function<void(size_probe const&)> on_probe = {};  ///< called after each size
};

/// What the search found.
struct max_batch_result {
  std::int64_t size = 0;                ///< the largest size that fits; 0 if none does
  result found = {};                    ///< its schedule
  std::int64_t refused = 0;             ///< the smallest size that did not fit; 0 if none was refused
  bool refusal_proven = false;          ///< `refused` cannot fit, so `size` is the best there is
  std::vector<size_probe> probes;       ///< every size tried, in order
  stop_limit limit = stop_limit::none;  ///< cancelled: the search did not end by itself
};

/// Equation (10) of Jain et al. (2020): at most one extra forward pass, that is the time of every node once
/// and of the forward nodes once more.
[[nodiscard]] inline std::function<double(dag const&)> one_extra_forward_pass(forward_mask forward) {
  return [forward = std::move(forward)](dag const& d) {
    if (forward.size() != d.size()) throw invalid_option("the mask of forward nodes has another size");
    double allowed = d.base_time();
    for (node_index node : d.nodes()) allowed += forward[d.id(node)] ? d.time(node) : 0;
    return allowed;
  };
}

namespace detail {

/// One search; `max_batch` is its only user.
template <problem_maker M, strategy S>
class size_search {
 public:
  size_search(M const& make, max_batch_options const& options, S const& how)
      : make_(make), options_(options), how_(how) {}

  max_batch_result run() {
    // Doubling until something is refused, then halving what lies between.
    std::int64_t next = options_.smallest;
    while (!cancelled()) {
      if (!fits(next) || next == options_.largest) break;
      next = next > options_.largest / 2 ? options_.largest : next * 2;
    }
    while (!cancelled() && out_.refused != 0) {
      std::int64_t const low = std::max(out_.size, options_.smallest - 1);
      if (out_.refused - low <= 1) break;
      fits(low + (out_.refused - low) / 2);
    }
    return std::move(out_);
  }

 private:
  bool cancelled() {
    if (options_.plan.stop.stop_requested()) out_.limit = stop_limit::cancelled;
    return out_.limit == stop_limit::cancelled;
  }

  bool fits(std::int64_t size) {
    dag const d = make_(size);
    result found = solve(d, options_.plan, how_);
    size_probe probe{.size = size};
    if (options_.allowed_time) probe.allowed_time = options_.allowed_time(d);
    if (is_nan(probe.allowed_time)) throw invalid_option("max_batch: allowed_time is not a number");
    // Sums of times differ in the last bits with the order of adding.
    double const allowed = probe.allowed_time * (1 + tolerance::sums);
    if (found.plan) probe.time = found.plan->time;
    probe.fits = found.plan && found.plan->time <= allowed;
    probe.proven = !probe.fits && (found.termination.reason == stop_reason::infeasible ||
                                   (found.has_bound() && found.bound.time > allowed));
    out_.probes.push_back(probe);
    if (probe.fits) {
      out_.size = size;
      out_.found = std::move(found);
    } else if (!options_.plan.stop.stop_requested()) {
      out_.refused = size;
      out_.refusal_proven = probe.proven;
    }
    if (options_.on_probe) options_.on_probe(probe);
    return probe.fits;
  }

  M const& make_;
  max_batch_options const& options_;
  S const& how_;
  max_batch_result out_;
};

}  // namespace detail

/// The largest size, found by doubling and then halving, for which `how` plans `make(size)` within
/// `options.plan.budget` and the allowed time. Takes for granted that a size that fits means that all smaller
/// ones do; a strategy that fails here and there may make the answer smaller than the largest size that it
/// can plan.
template <problem_maker M, strategy S>
[[nodiscard]] max_batch_result max_batch(M const& make, max_batch_options const& options, S const& how) {
  check_plan_options(options.plan);
  if (options.smallest < 1 || options.largest < options.smallest)
    throw invalid_option("max_batch: sizes must be 1 <= smallest <= largest");
  return detail::size_search<M, S>(make, options, how).run();
}

}  // namespace v0
}  // namespace checkmate
