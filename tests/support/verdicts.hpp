// SPDX-License-Identifier: Apache-2.0
//
// What must be true of any result of any strategy, and of the results of several strategies together. Each
// function returns the first fault as a sentence, and an empty string where there is none.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include <checkmate/planning/strategy.hpp>

#include "support/planners.hpp"
#include "support/random_problems.hpp"
#include "support/reference_simulator.hpp"

namespace test {

/// A result with what the second simulator says of its plan.
struct verdict {
  std::string name;
  checkmate::result found;
  replayed seen = {};
};

/// Sums of times may differ by the rounding of their terms.
inline constexpr double sums_agree = 1e-12;

/// Whether a plan that was replayed is one of the schedules of `space`.
inline bool is_in(checkmate::schedule_space space, replayed const& seen) {
  if (space == checkmate::schedule_space::any_order) return true;
  return space == checkmate::schedule_space::fixed_order ? seen.in_order : seen.in_stages;
}

/// Plan, peak, time and counts against the second simulator.
inline std::string fault_of_plan(checkmate::result const& found, replayed const& seen, planner const& how) {
  if (!seen.fault.empty()) return "invalid: " + seen.fault;
  if (how.frees_early && !seen.untidy.empty()) return "not as short-lived as promised: " + seen.untidy;
  if (!how.free_order && !seen.in_order) return "first executions are out of order";
  if (found.plan->peak_memory > found.budget) return "over budget";
  if (found.plan->peak_memory != seen.peak) {
    return "peak " + std::to_string(found.plan->peak_memory) + ", replayed " + std::to_string(seen.peak);
  }
  auto const time = static_cast<double>(seen.time);
  if (std::abs(found.plan->time - time) > sums_agree * time) return "time differs from the replayed time";
  if (seen.repeated != found.recomputed_nodes) return "another number of recomputed nodes";
  return {};
}

/// Whether reason, plan, bound and gap fit together.
inline std::string fault_of_claims(checkmate::plan_options const& options, verdict const& v) {
  using checkmate::stop_reason;
  checkmate::result const& r = v.found;
  stop_reason const why = r.termination.reason;
  if (r.budget != options.budget) return "another budget";
  if (why == stop_reason::failed) return "failed: " + r.termination.detail;
  bool const has_plan = why == stop_reason::optimal || why == stop_reason::feasible;
  if (has_plan != r.plan.has_value())
    return has_plan ? "a reason without its plan" : "a plan without its reason";
  if (why == stop_reason::infeasible && r.termination.detail.empty()) return "infeasible without a word";
  if (std::isnan(r.bound.time) || r.bound.time == HUGE_VAL) return "the bound is no number";
  double const gap = std::max(options.relative_gap, 3e-7);
  if (why == stop_reason::optimal && !(r.gap() <= gap)) return "optimal with a gap";
  if (why == stop_reason::feasible && r.gap() <= options.relative_gap) return "feasible without a gap";
  return {};
}

/// What one result says must hold by itself.
inline std::string fault_of(problem const& p, checkmate::plan_options const& options, verdict& v,
                            planner const& how) {
  std::string fault = fault_of_claims(options, v);
  if (fault.empty() && v.found.plan) {
    v.seen = replay(p.graph, v.found.plan->steps);
    fault = fault_of_plan(v.found, v.seen, how);
    long double base = 0;
    for (double t : p.graph.costs.times) base += t;
    if (v.found.recomputations != v.seen.executions - p.graph.node_count())
      fault = "recomputations miscounted";
    if (std::abs(v.found.base_time - static_cast<double>(base)) > sums_agree * v.found.base_time) {
      fault = "another base time";
    }
  }
  return fault.empty() ? fault : v.name + ": " + fault;
}

/// What results for one problem and budget say of each other: no plan is below a bound, or refutes an
/// "infeasible", of a space of schedules that it is in.
inline std::string disagreement(std::vector<verdict> const& all) {
  for (verdict const& claim : all) {
    for (verdict const& other : all) {
      if (!other.found.plan) continue;
      checkmate::result const& c = claim.found;
      bool const infeasible = c.termination.reason == checkmate::stop_reason::infeasible;
      if (infeasible && is_in(c.termination.space, other.seen)) {
        return claim.name + " says infeasible, " + other.name + " has a plan: " + c.termination.detail;
      }
      double const time = other.found.plan->time;
      if (is_in(c.bound.space, other.seen) && c.bound.time > time * (1 + sums_agree)) {
        return claim.name + " bounds by " + std::to_string(c.bound.time) + " (" + c.proof + "), " +
               other.name + " takes " + std::to_string(time);
      }
    }
  }
  return {};
}

}  // namespace test
