// SPDX-License-Identifier: Apache-2.0
//
// Every strategy that takes solvers, with solvers that misbehave. The truth is known by brute force, so that
// a false claim shows. Two lies remain unseen. An integer solver's bound that is too high but not above any
// known plan: only solving the problem again would tell. And its "infeasible" where nothing refutes it:
// optimal looks for a schedule in stages with greedy and state_search, whose plans may lie outside the stages
// although dearer ones lie inside. windowed and automatic search all schedules of the fixed order themselves,
// and are never taken in on graphs as small as these.
#include <chrono>
#include <cmath>
#include <cstdint>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/clp.hpp>

#include "support/brute_force.hpp"
#include "support/faulty_backend.hpp"
#include "support/planners.hpp"
#include "support/random_problems.hpp"
#include "support/solver_planners.hpp"
#include "support/verdicts.hpp"

namespace {

using checkmate::bytes;
using checkmate::result;
using checkmate::schedule_space;
using checkmate::stop_reason;
using test::fault;

/// A problem with a budget that asks for recomputation, and the least times there are.
struct trial {
  test::problem what;
  bytes budget = 0;
  double in_stages = 0, in_order = 0;

  [[nodiscard]] double best(schedule_space space) const {
    return space == schedule_space::stages ? in_stages : in_order;
  }
};

/// Small problems where the solvers have something to do; in some nothing fits.
std::vector<trial> trials(std::size_t count) {
  std::vector<trial> out;
  for (std::uint64_t seed = 0; out.size() < count; ++seed) {
    trial t{test::random_problem(seed + 5000, 5, 7)};
    checkmate::dag const d = t.what.dag();
    if (d.value_count() > 9) continue;
    bytes const low = checkmate::smallest_conceivable_budget(d).budget;
    bytes const peak = checkmate::no_recompute_schedule(d).peak_memory;
    if (low >= peak) continue;
    t.budget = low + (peak - low) * static_cast<bytes>(seed % 3) / 3;
    t.in_stages = test::cheapest_in_stages(d, t.budget);
    t.in_order = test::cheapest_fixed_order(d, t.budget);
    out.push_back(t);
  }
  return out;
}

/// Whether greedy or state_search find a schedule in stages, which refutes "infeasible" for `optimal`.
bool stages_at_hand(trial const& t) {
  checkmate::dag const d = t.what.dag();
  checkmate::plan_options const options{.budget = t.budget};
  auto const in_stages = [&](result const& found) {
    return found.plan && checkmate::is_in_space(d, *found.plan, schedule_space::stages);
  };
  return in_stages(checkmate::state_search{}.plan(d, options)) ||
         in_stages(checkmate::greedy{}.plan(d, options));
}

/// Whether nothing that `how` looks at refutes the integer solver's "infeasible".
bool unseen_infeasible(trial const& t, test::planner const& how) {
  return how.name.starts_with("optimal") && !stages_at_hand(t);
}

/// Whether the claim of `found` is one of the two lies that remain unseen.
bool unseen(result const& found, trial const& t, test::planner const& how, bool integer_solver, fault what) {
  if (!integer_solver) return false;
  if (found.termination.reason == stop_reason::infeasible) {
    return what == fault::says_infeasible && unseen_infeasible(t, how);
  }
  bool const lie = what == fault::high_bound || what == fault::huge_bound || what == fault::says_infeasible;
  return lie && found.plan && found.bound.time <= found.plan->time * (1 + 1e-6);
}

/// The first false or missing thing in `found`; empty if there is none.
std::string falsehood(result const& found, trial const& t, test::planner const& how, bool integer_solver,
                      fault what) {
  test::verdict v{how.name, found};
  if (found.plan) {
    v.seen = test::replay(t.what.graph, found.plan->steps);
    std::string const wrong = test::fault_of_plan(found, v.seen, how);
    if (!wrong.empty()) return wrong;
  }
  stop_reason const why = found.termination.reason;
  bool const with_plan = why == stop_reason::optimal || why == stop_reason::feasible;
  if (with_plan && !found.plan) return "a reason without its plan";
  if (why == stop_reason::failed && found.termination.detail.empty()) return "failed without a word";
  if (why == stop_reason::failed && !found.plan) return "failed where there is nothing to fail with";
  if (std::isnan(found.bound.time) || found.bound.time == checkmate::infinity)
    return "the bound is no number";
  bool const is_one = found.plan && test::is_in(found.bound.space, v.seen);
  if (is_one && found.bound.time > found.plan->time * (1 + 1e-6)) return "a bound above the plan's own time";
  if (unseen(found, t, how, integer_solver, what)) return {};
  // Extra passes are planned in a space between the stages and the fixed order; its best is at least this.
  double const best = how.name == "optimal, a pass more" ? t.in_order : t.best(found.bound.space);
  double const margin = 1e-6;
  if (why == stop_reason::infeasible && t.best(found.termination.space) < test::no_schedule) {
    return "infeasible, which is false: " + found.termination.detail;
  }
  bool const bounds_all = how.name != "optimal, a pass more" || best == t.in_stages;
  if (bounds_all && found.bound.time > best * (1 + margin)) return "the bound is above the optimum";
  if (bounds_all && why == stop_reason::optimal && found.plan->time > best * (1 + 1e-4 + margin)) {
    return "optimal, which is false";
  }
  return {};
}

/// Asks all planners; `calls` counts how often the faulty solver was asked.
void check_planners(std::vector<trial> const& all, std::vector<test::planner> const& planners, fault what,
                    bool integer_solver, std::shared_ptr<int> const& calls) {
  CAPTURE(static_cast<int>(what));
  for (std::size_t i = 0; i < all.size(); ++i) {
    CAPTURE(i);
    trial const& t = all[i];
    checkmate::dag const d = t.what.dag();
    for (test::planner const& how : planners) {
      CAPTURE(how.name);
      checkmate::plan_options options{.budget = t.budget};
      bool const clocked = what == fault::never_returns || what == fault::late;
      if (clocked) options.time_limit = checkmate::seconds(0.05);
      if (clocked && i >= 2) continue;
      int const before = *calls;
      result const found = how.plan(d, options, t.what.forward);
      CHECK(falsehood(found, t, how, integer_solver, what) == "");
      // Whoever met a solver that throws says so, unless the question was settled otherwise.
      bool const settled = found.termination.reason == stop_reason::optimal ||
                           found.termination.reason == stop_reason::infeasible;
      if (what == fault::throws && *calls > before && !settled) {
        CHECK(found.termination.detail.find("license expired") != std::string::npos);
      }
    }
  }
  if (what == fault::throws) CHECK(*calls > 0);
}

}  // namespace

TEST_CASE("misbehaving integer solvers: no wrong schedule, no false claim that could have been seen") {
  auto const all = trials(14);
  for (fault what : test::all_faults) {
    test::faulty<checkmate::cbc> const backend{{}, what};
    check_planners(all, test::solver_planners(backend, backend), what, true, backend.calls);
  }
}

TEST_CASE("misbehaving linear solvers: no wrong schedule and no false claim at all") {
  auto const all = trials(14);
  for (fault what : test::all_faults) {
    test::faulty<checkmate::clp> const backend{{}, what};
    std::vector<test::planner> planners;
    for (test::planner& how : test::solver_planners(backend, checkmate::cbc{})) {
      bool const asks_it = how.name.starts_with("lp_rounding") || how.name == "windowed";
      if (asks_it) planners.push_back(std::move(how));
    }
    REQUIRE(planners.size() == 5);
    check_planners(all, planners, what, false, backend.calls);
  }
}

TEST_CASE("misbehaving solvers: over a sweep plans hold, times fall, and bounds stay below the plans") {
  for (fault what : {fault::says_infeasible, fault::huge_bound, fault::wrong_point, fault::throws}) {
    CAPTURE(static_cast<int>(what));
    test::faulty<checkmate::cbc> const backend{{}, what};
    for (trial const& t : trials(6)) {
      checkmate::dag const d = t.what.dag();
      auto const curve =
          checkmate::sweep(d, {.points = 5}, checkmate::optimal<test::faulty<checkmate::cbc>>(backend));
      double time = checkmate::infinity;
      for (auto const& point : curve) {
        result const& found = point.found;
        if (!found.plan) {
          CHECK(time == checkmate::infinity);
          continue;
        }
        CHECK(found.plan->time <= time);
        CHECK(found.termination.reason != stop_reason::infeasible);
        time = found.plan->time;
        auto const seen = test::replay(t.what.graph, found.plan->steps);
        CHECK(seen.fault == "");
        CHECK(seen.peak <= found.budget);
        if (test::is_in(found.bound.space, seen)) CHECK(found.bound.time <= time * (1 + 1e-6));
      }
    }
  }
}

TEST_CASE("misbehaving solvers: one that only a stop ends is ended by it, and the best plan comes back") {
  trial const t = [] {
    for (trial& candidate : trials(20)) {
      if (checkmate::greedy{}.plan(candidate.what.dag(), {.budget = candidate.budget})) return candidate;
    }
    return trial{};
  }();
  checkmate::dag const d = t.what.dag();
  test::faulty<checkmate::cbc> const backend{{}, fault::never_returns};
  for (test::planner const& how : test::solver_planners(backend, backend)) {
    CAPTURE(how.name);
    std::stop_source source;
    std::jthread const impatient([&source](std::stop_token const& over) {
      for (int i = 0; i < 30 && !over.stop_requested(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      source.request_stop();
    });
    result const found = how.plan(d, {.budget = t.budget, .stop = source.get_token()}, t.what.forward);
    CHECK(falsehood(found, t, how, true, fault::never_returns) == "");
    bool const plans_first = !how.name.starts_with("lp_rounding") && how.name != "optimal, alone";
    if (plans_first) CHECK(found.plan);
  }
}

TEST_CASE("misbehaving solvers: what callbacks throw reaches the caller, and so does misuse") {
  trial const t = trials(1).front();
  checkmate::dag const d = t.what.dag();
  struct enough {};
  checkmate::optimal<checkmate::cbc> const how(checkmate::cbc{}, {.use_greedy = false});
  checkmate::plan_options options{.budget = t.budget};
  options.on_progress = [](checkmate::progress const&) { throw enough{}; };
  CHECK_THROWS_AS((void)how.plan(d, options), enough);
  checkmate::optimal<checkmate::cbc> const unknown(checkmate::cbc{}, {.raw = {{"no such option", "1"}}});
  CHECK_THROWS_AS((void)unknown.plan(d, {.budget = t.budget}), checkmate::invalid_option);
}
