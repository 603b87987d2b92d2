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
  for (checkmate::step& s : steps) s.node = d.index_of(s.node);
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
    plans += found.plan ? 1 : 0;
    recomputing += found.plan && found.recomputations > 0 ? 1 : 0;
    infeasible += found.termination.reason == checkmate::stop_reason::infeasible ? 1 : 0;
    proven += found.termination.reason == checkmate::stop_reason::optimal && found.recomputations > 0 ? 1 : 0;
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
  for (checkmate::node_id v = 0; v < d.size(); ++v) index[v] = d.index_of(v);
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

/// With its own peak as the budget and itself as the hint, a plan is not made worse.
inline std::string check_own_peak(problem const& p, bytes budget, planner const& how) {
  dag const d = p.dag();
  result const found = how.plan(d, {.budget = budget}, p.forward);
  if (!found.plan) return {};
  plan_options options{.budget = found.plan->peak_memory};
  if (how.heeds_hint) options.hint = &*found.plan;
  result const again = how.plan(d, options, p.forward);
  if (!how.heeds_hint && !again.plan) return {};
  if (!again.plan) return "no plan at the peak of a plan";
  if (how.heeds_hint && again.plan->time > found.plan->time * (1 + sums_agree)) return "worse than its hint";
  return {};
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
