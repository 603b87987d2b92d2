// SPDX-License-Identifier: Apache-2.0
//
// The properties themselves: what must be true of every strategy on every problem. Each function returns the
// first fault as a sentence, and an empty string where there is none.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/checkmate.hpp>
#include <checkmate/formulation/scale.hpp>

#include "support/planners.hpp"
#include "support/random_problems.hpp"
#include "support/reference_simulator.hpp"
#include "support/verdicts.hpp"

namespace test {

namespace properties {

using checkmate::bytes;
using checkmate::dag;
using checkmate::plan_options;
using checkmate::result;

/// A budget from one byte below what is conceivable to one above what is needed without recomputation, most
/// of them between.
inline bytes some_budget(dag const& d, std::uint64_t seed) {
  random_source random(seed + 5);
  bytes const low = std::max<bytes>(0, checkmate::smallest_conceivable_budget(d).budget - 1);
  bytes const high = checkmate::no_recompute_schedule(d).peak_memory + 1;
  std::uint64_t const part = random.below(20);
  return low + static_cast<bytes>(static_cast<double>(high - low) * static_cast<double>(part) / 19);
}

/// The sequence of a plan in dag indices, releases too: what is left of it without the caller's ids.
inline std::vector<checkmate::step> by_index(dag const& d, result const& found) {
  std::vector<checkmate::step> steps = found.plan->steps;
  for (checkmate::step& s : steps) s.node = static_cast<checkmate::node_id>(std::size_t{d.index_of(s.node)});
  return steps;
}

/// Whether two results have the same plan, up to ids, and the same claims up to the factor of times.
inline std::string difference(dag const& d, result const& a, dag const& e, result const& b,
                              double of_times = 1) {
  if (a.plan.has_value() != b.plan.has_value()) return "one has a plan, the other has none";
  if (a.termination.reason != b.termination.reason) return "different reasons";
  if (a.plan && by_index(d, a) != by_index(e, b)) return "different schedules";
  if (a.plan && a.plan->time * of_times != b.plan->time) return "different times";
  if (std::isfinite(a.bound.time) && a.bound.time * of_times != b.bound.time) return "different bounds";
  return {};
}

/// How often the interesting things happened, so that a test can see that it tests something.
struct tally {
  std::size_t plans = 0, recomputing = 0, infeasible = 0, proven = 0;
  void add(result const& found) {
    plans += found.plan ? 1U : 0U;
    recomputing += found.plan && found.recomputations > 0 ? 1U : 0U;
    infeasible += found.termination.reason == checkmate::stop_reason::infeasible ? 1U : 0U;
    proven +=
        found.termination.reason == checkmate::stop_reason::optimal && found.recomputations > 0 ? 1U : 0U;
  }
};

/// Asks every planner, and each answer about itself and the others.
inline std::string check_all(problem const& p, bytes budget, std::vector<planner> const& planners,
                             tally& seen) {
  dag const d = p.dag();
  plan_options const options{.budget = budget};
  std::vector<verdict> verdicts;
  for (planner const& how : planners) {
    verdicts.push_back({how.name, how.plan(d, options, p.forward)});
    std::string const fault = fault_of(p, options, verdicts.back(), how);
    if (!fault.empty()) return fault;
    seen.add(verdicts.back().found);
  }
  return disagreement(verdicts);
}

inline std::string check_repeatable(problem const& p, bytes budget, planner const& how) {
  dag const d = p.dag();
  plan_options const options{.budget = budget, .seed = 7};
  return difference(d, how.plan(d, options, p.forward), d, how.plan(d, options, p.forward));
}

/// Nothing but dag indices decides: with ids that are those indices the plan is the same.
inline std::string check_ids(problem const& p, bytes budget, planner const& how) {
  dag const d = p.dag();
  std::vector<checkmate::node_id> index(d.size());
  for (checkmate::node_id v = 0; v < d.size(); ++v)
    index[v] = static_cast<checkmate::node_id>(std::size_t{d.index_of(v)});
  problem const q = relabelled(p, index);
  dag const e = q.dag();
  plan_options const options{.budget = budget};
  return difference(d, how.plan(d, options, p.forward), e, how.plan(e, options, q.forward));
}

inline std::string check_scaled(problem const& p, bytes budget, planner const& how, bytes of_bytes,
                                double of_times) {
  problem const q = scaled(p, of_bytes, of_times);
  dag const d = p.dag(), e = q.dag();
  result const a = how.plan(d, {.budget = budget}, p.forward);
  result const b = how.plan(e, {.budget = budget * of_bytes}, q.forward);
  return difference(d, a, e, b, of_times);
}

/// Whether models have the same coefficients in every unit of bytes: where sizes are small multiples of one
/// size that is the unit. Elsewhere models are scaled by a power of two, and any other factor moves
/// coefficients, their rounding and the solver's choice among points that are equal within its tolerances.
inline bool same_models_in_any_unit(dag const& d, bytes budget) {
  bytes const unit = checkmate::byte_quantum(d);
  if (unit == 0) return true;
  bytes const units = checkmate::formulation::scale_of_bytes(d, budget).available / unit;
  return static_cast<double>(units) <= checkmate::formulation::small_integers;
}

/// The same with any factor of bytes, for strategies that take solvers: where the models differ an exact one
/// still finds a plan that is as good within the gap, and the others owe nothing.
inline std::string check_scaled_models(problem const& p, bytes budget, planner const& how, bytes of_bytes,
                                       double of_times) {
  if (same_models_in_any_unit(p.dag(), budget)) return check_scaled(p, budget, how, of_bytes, of_times);
  if (!how.exact) return {};
  problem const q = scaled(p, of_bytes, of_times);
  result const a = how.plan(p.dag(), {.budget = budget}, p.forward);
  result const b = how.plan(q.dag(), {.budget = budget * of_bytes}, q.forward);
  if (a.plan.has_value() != b.plan.has_value()) return "one has a plan, the other has none";
  if (a.termination.reason != b.termination.reason) return "different reasons";
  double const gap = plan_options{}.relative_gap;
  bool const same = !a.plan || std::abs(a.plan->time * of_times - b.plan->time) <= gap * b.plan->time;
  return same ? "" : "times that differ by more than the gap";
}

/// How often an exact strategy had a plan at its own peak that is worse, and did not call it optimal: it ran
/// into a limit of its own, or its solver into trouble.
struct own_peak_tally {
  std::size_t exact = 0, excused = 0;
};

/// With its own peak as the budget and itself as the hint, a plan is not made worse.
inline std::string check_hint(problem const& p, result const& found, planner const& how) {
  plan_options const options{.budget = found.plan->peak_memory, .hint = &*found.plan};
  result const again = how.plan(p.dag(), options, p.forward);
  if (!again.plan) return "no plan at the peak of a plan that is the hint";
  return again.plan->time > found.plan->time * (1 + sums_agree) ? "worse than its hint" : "";
}

/// With its own peak as the budget and no hint an exact strategy finds a plan that is no worse than the gap
/// allows, if the plan is one of the space that it is exact in.
inline std::string check_exact_again(problem const& p, result const& found, planner const& how,
                                     own_peak_tally& seen) {
  if (!is_in(*how.exact, replay(p.graph, found.plan->steps))) return {};
  plan_options const options{.budget = found.plan->peak_memory};
  result const again = how.plan(p.dag(), options, p.forward);
  ++seen.exact;
  double const gap = std::max(options.relative_gap, 3e-7);
  double const enough = found.plan->time * (1 + sums_agree) / (1 - gap);
  if (again.plan && again.plan->time <= enough) return {};
  if (again.termination.reason == checkmate::stop_reason::optimal)
    return "optimal, but worse at its own peak";
  if (again.termination.reason == checkmate::stop_reason::infeasible) return "infeasible at its own peak";
  ++seen.excused;
  return {};
}

/// With its own peak as the budget, the same schedule or one that costs no more.
inline std::string check_same_again(problem const& p, result const& found, planner const& how) {
  result const again = how.plan(p.dag(), {.budget = found.plan->peak_memory}, p.forward);
  if (!again.plan) return "no plan at the peak of its own plan";
  return again.plan->time > found.plan->time ? "worse at the peak of its own plan" : "";
}

/// A plan's own peak is budget enough for a plan that is no worse.
inline std::string check_own_peak(problem const& p, bytes budget, planner const& how, own_peak_tally& seen) {
  result const found = how.plan(p.dag(), {.budget = budget}, p.forward);
  if (!found.plan) return {};
  std::string fault;
  if (how.heeds_hint) fault = check_hint(p, found, how);
  if (fault.empty() && how.exact) fault = check_exact_again(p, found, how, seen);
  if (fault.empty() && how.same_at_own_peak) fault = check_same_again(p, found, how);
  return fault;
}

/// A strategy of the caller's, for `sweep`.
struct as_strategy {
  planner const& how;
  checkmate::forward_mask const& forward;
  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    return how.plan(d, options, forward);
  }
};

/// Over a sweep times fall, bounds fall, no bound exceeds a plan's time, and every plan holds.
inline std::string check_sweep(problem const& p, planner const& how) {
  dag const d = p.dag();
  checkmate::sweep_options options{.points = 6};
  if (how.free_order) options.plan.order = checkmate::execution_order::free;
  auto const curve = checkmate::sweep(d, options, as_strategy{how, p.forward});
  double time = checkmate::infinity, bound = checkmate::infinity;
  for (auto const& point : curve) {
    verdict v{how.name, point.found};
    std::string const fault = fault_of(p, {.budget = point.found.budget}, v, how);
    if (!fault.empty()) return fault;
    if (!v.found.plan && time < checkmate::infinity) return "a larger budget has no plan";
    if (v.found.plan && v.found.plan->time > time) return "a larger budget costs more time";
    if (v.found.plan) time = v.found.plan->time;
    if (v.found.has_bound() && v.found.bound.time > bound) return "a larger budget has a larger bound";
    if (v.found.has_bound() && v.found.bound.space == checkmate::schedule_space::any_order) continue;
    if (v.found.has_bound()) bound = v.found.bound.time;
  }
  return {};
}

}  // namespace properties
}  // namespace test
