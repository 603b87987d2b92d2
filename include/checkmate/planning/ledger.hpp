// SPDX-License-Identifier: Apache-2.0
//
// The ledger of one planning run: the best plan, the best bound, the best bound that needs nobody's word, and
// the first fault; and the one decision of when a plan refutes a claim.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <checkmate/core/text.hpp>
#include <checkmate/core/tolerances.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/planning/strategy.hpp>
#include <checkmate/schedule/lifetimes.hpp>
#include <checkmate/schedule/schedule.hpp>
#include <checkmate/schedule/simulate.hpp>
#include <checkmate/schedule/stages.hpp>

namespace checkmate {
inline namespace v0 {

/// Whether the valid schedule `s` is one of `space`. For the stages, useless executions do not count.
[[nodiscard]] inline bool is_in_space(dag const& d, schedule const& s, schedule_space space) {
  if (space.between == stage_rule::any) return space.order == execution_order::free || simulate(d, s).valid();
  return split_into_stages(stage_space(d), without_useless_executions(d, sequence_of(d, s))).has_value();
}

/// Whether `bound` is above `time`, that of a schedule which it speaks of, by more than rounding and margins.
[[nodiscard]] inline bool is_above(time_bound const& bound, double time) {
  return bound.time > time * (1 + tolerance::refutation);
}

/// Whether `known`, simulated and within the budget, refutes `bound`.
[[nodiscard]] inline bool refutes(dag const& d, schedule const& known, time_bound const& bound) {
  return is_above(bound, known.time) && is_in_space(d, known, bound.space);
}

/// Whether `known`, simulated and within the budget, refutes that `end` calls the problem infeasible.
[[nodiscard]] inline bool refutes(dag const& d, schedule const& known, termination const& end) {
  return end.reason == stop_reason::infeasible && is_in_space(d, known, end.space);
}

namespace detail {

inline std::string refutation(std::string const& who, double bound, double known) {
  return who + " claims that no schedule takes less than " + text_of(bound) + ", but one takes " +
         text_of(known);
}

}  // namespace detail

/// Takes a bound out of `out` that `known` refutes, says so, and leaves the base time. Whether it did.
inline bool drop_refuted_bound(dag const& d, schedule const& known, result& out) {
  if (!refutes(d, known, out.bound)) return false;
  out.termination.detail =
      detail::refutation(out.proof.empty() ? out.strategy : out.proof, out.bound.time, known.time);
  claim_base_time(d, out);
  return true;
}

/// What a plan must be beyond valid: that its peak fits the budget.
[[nodiscard]] inline bool fits_peak(plan_options const& options, simulation const& seen) {
  return seen.peak_memory <= options.budget;
}

/// Keeps the books of one run in a result, whose bound is one that needs nobody's word.
class ledger {
 public:
  using acceptance = bool (*)(plan_options const&, simulation const&);

  /// What it is given must outlive it.
  ledger(dag const& d, plan_options const& options, result& out, acceptance accepts = fits_peak)
      : dag_(d),
        options_(options),
        out_(out),
        accepts_(accepts),
        sure_bound_(out.bound),
        sure_proof_(out.proof) {}

  [[nodiscard]] std::optional<schedule> const& plan() const { return out_.plan; }
  /// Of the best plan; infinity if there is none.
  [[nodiscard]] double time() const {
    return out_.plan ? out_.plan->time : std::numeric_limits<double>::infinity();
  }
  [[nodiscard]] time_bound const& bound() const { return out_.bound; }
  /// Whether the plan is within the gap asked for, or `least_gap` if that is larger.
  [[nodiscard]] bool proven(double least_gap = 0) const {
    return out_.gap() <= std::max(options_.relative_gap, least_gap);
  }
  [[nodiscard]] bool refused() const { return out_.termination.reason == stop_reason::infeasible; }
  [[nodiscard]] bool has_fault() const { return !fault_.empty(); }

  /// Takes `candidate`, found by `from`, if it is acceptable and faster than the best plan, or as fast where
  /// `prefers` says so of the two. Its time if it is acceptable, better or not.
  std::optional<double> offer(schedule candidate, std::string from, auto&& prefers) {
    simulation const seen = simulate(dag_, candidate, {.order = options_.order});
    if (!seen.valid() || !accepts_(options_, seen)) return std::nullopt;
    bool const better =
        !out_.plan || seen.time < time() || (seen.time == time() && prefers(seen, *out_.plan));
    if (!better) return seen.time;
    detail::put_plan(std::move(candidate), seen, out_);
    out_.strategy = std::move(from);
    return seen.time;
  }
  std::optional<double> offer(schedule candidate, std::string from) {
    return offer(std::move(candidate), std::move(from), [](auto const&, auto const&) { return false; });
  }
  std::optional<double> offer(event_sequence const& sequence, std::string from) {
    return offer(schedule_from_sequence(dag_, sequence), std::move(from));
  }

  /// Takes a higher bound.
  void raise(time_bound bound, std::string proof) {
    if (!(bound.time > out_.bound.time)) return;
    out_.bound = bound;
    out_.proof = std::move(proof);
  }
  /// Takes a higher bound that was proven in the library's own arithmetic.
  void raise_surely(time_bound bound, std::string const& proof) {
    if (bound.time > sure_bound_.time) {
      sure_bound_ = bound;
      sure_proof_ = proof;
    }
    raise(bound, proof);
  }
  /// No bound counts for more than the time of the plan, which may lie outside its space.
  void cap_bound() { out_.bound.time = std::min(out_.bound.time, time()); }

  /// Whether the plan refutes `bound`, which is recorded as a fault of `who`.
  bool refute(time_bound const& bound, std::string const& who) {
    if (!out_.plan || !refutes(dag_, *out_.plan, bound)) return false;
    record_fault(detail::refutation(who, bound.time, time()));
    return true;
  }
  /// Falls back on what was proven surely if the bound is above `known`, the time of a schedule which it
  /// speaks of; records that as a fault of `who`.
  void refute_by(double known, std::string const& who) {
    if (!is_above(out_.bound, known)) return;
    record_fault(detail::refutation(who, out_.bound.time, known));
    fall_back();
  }
  /// Takes back whatever is not proven surely.
  void fall_back() {
    out_.bound = sure_bound_;
    out_.proof = sure_proof_;
  }

  /// No schedule of `space` fits the budget.
  void refuse(schedule_space space, std::string detail, std::optional<memory_need> need = {}) {
    out_.termination = {stop_reason::infeasible, stop_limit::none, space, std::move(detail), std::move(need)};
  }
  void refuse(termination why) { out_.termination = std::move(why); }

  /// The first thing that a solver got wrong.
  void record_fault(std::string what) {
    if (fault_.empty()) fault_ = std::move(what);
  }

  /// Sets the reason, unless there is no plan and the problem was refused.
  void finish(stop_limit limit, double least_gap = 0) {
    if (!out_.plan && refused()) return;
    bool const done = proven(least_gap);
    stop_reason const with_plan = done ? stop_reason::optimal : stop_reason::feasible;
    out_.termination.reason = out_.plan ? with_plan : stop_reason::no_solution;
    out_.termination.limit = done ? stop_limit::none : limit;
    if (has_fault()) out_.termination.detail = fault_;
  }
  /// For those whose plan is worth no more than its solver: a fault is a failure unless the plan is proven.
  void fail_by_fault() {
    if (has_fault() && out_.termination.reason == stop_reason::feasible)
      out_.termination.reason = stop_reason::failed;
  }

 private:
  dag const& dag_;
  plan_options const& options_;
  result& out_;
  acceptance accepts_;
  time_bound sure_bound_;
  std::string sure_proof_;
  std::string fault_;
};

}  // namespace v0
}  // namespace checkmate
