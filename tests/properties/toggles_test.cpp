// SPDX-License-Identifier: Apache-2.0
//
// Every combination of the options of the strategies that take solvers, on a few tiny graphs: schedules hold
// whatever is chosen, bounds stay below the optimum, and exact strategies find what brute force finds.
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/solvers/any_backend.hpp>
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/clp.hpp>
#include <checkmate/strategies/lp_rounding.hpp>
#include <checkmate/strategies/windowed.hpp>

#include "support/brute_force.hpp"
#include "support/random_problems.hpp"
#include "support/reference_simulator.hpp"

namespace {

using checkmate::any_backend;
using checkmate::bytes;
using checkmate::dag;
using checkmate::plan_options;
using checkmate::result;
using checkmate::stop_reason;

/// A problem, a budget that asks for recomputation, and the optima of three spaces.
struct instance {
  test::problem what;
  bytes budget = 0;
  double in_stages = 0, in_more_stages = 0, in_order = 0;
  checkmate::schedule hint = {};  // some schedule that fits; empty if there is none
};

std::vector<instance> instances(std::size_t count) {
  std::vector<instance> out;
  for (std::uint64_t seed = 0; out.size() < count; ++seed) {
    instance one{test::random_problem(seed + 900, 5, 7)};
    dag const d = one.what.dag();
    bytes const low = checkmate::smallest_conceivable_budget(d).budget;
    bytes const peak = checkmate::no_recompute_schedule(d).peak_memory;
    if (low >= peak || d.value_count() > 9) continue;
    one.budget = low + (peak - low) * static_cast<bytes>(seed % 3) / 3;
    one.in_stages = test::cheapest_in_stages(d, one.budget);
    one.in_more_stages = test::cheapest_in_stages(d, one.budget, 1);
    one.in_order = test::cheapest_fixed_order(d, one.budget);
    // All but one have a schedule.
    if (one.in_order == test::no_schedule && !out.empty()) continue;
    if (auto const found = checkmate::greedy{}.plan(d, {.budget = one.budget})) one.hint = *found.plan;
    out.push_back(one);
  }
  return out;
}

bool same(double a, double b) {
  return a == b || std::abs(a - b) <= 1e-6 * std::abs(b);
}

/// The first thing wrong with a result whose plan must be at least `least` and whose bound at most `most`.
std::string wrong(instance const& of, result const& found, double least, double most) {
  if (found.bound.time > most * (1 + 1e-6)) return "a bound above the optimum";
  if (found.termination.reason == stop_reason::failed) return "failed: " + found.termination.detail;
  if (!found.plan) return {};
  auto const seen = test::replay(of.what.graph, found.plan->steps);
  if (!seen.fault.empty()) return seen.fault;
  if (seen.peak > of.budget || seen.peak != found.plan->peak_memory) return "another peak";
  if (found.plan->time < least * (1 - 1e-9)) return "better than the best";
  if (found.termination.reason == stop_reason::optimal && found.plan->time > most * (1 + 2e-4)) {
    return "optimal, which is false";
  }
  return {};
}

}  // namespace

TEST_CASE("optimal: every combination of its options finds the optimum of its stages") {
  auto const all = instances(4);
  for (unsigned bits = 0; bits < 128; ++bits) {
    auto const on = [bits](unsigned k) { return ((bits >> k) & 1) != 0; };
    if (!on(4) && !on(5)) continue;  // one of R and S must be integral
    checkmate::optimal_options how{.passes = on(0) ? 1 : 0,
                                   .use_greedy = on(1),
                                   .use_hint = on(2),
                                   .packing_rows = on(3),
                                   .integer_R = on(4),
                                   .integer_S = on(5)};
    for (instance const& one : all) {
      CAPTURE(bits);
      plan_options options{.budget = one.budget, .relative_gap = 0};
      if (on(6) && !one.hint.empty()) options.hint = &one.hint;
      result const found =
          checkmate::solve(one.what.dag(), options, checkmate::optimal(checkmate::cbc{}, how));
      double const best = on(0) ? one.in_more_stages : one.in_stages;
      CHECK(wrong(one, found, one.in_order, best) == "");
      // Greedy and a hint may lie outside the stages, and then be better.
      bool const only_stages = !on(1) && !on(6);
      CHECK((found.plan ? found.plan->time : test::no_schedule) <= best * (1 + 1e-6));
      if (only_stages) CHECK(same(found.plan ? found.plan->time : test::no_schedule, best));
    }
  }
}

TEST_CASE("lp_rounding: every combination of its options gives schedules that hold and bounds that do") {
  using checkmate::rounding;
  using cuts = std::vector<std::size_t>;
  auto const all = instances(4);
  std::vector<checkmate::lp_rounding_options> choices;
  for (double threshold : {0.0, 0.5, 0.9})
    choices.push_back({.how = rounding::fixed, .threshold = threshold});
  choices.push_back({.how = rounding::sweep});
  for (int samples : {1, 8}) choices.push_back({.how = rounding::randomised, .samples = samples});
  choices.push_back({.how = rounding::both, .samples = 2});
  for (checkmate::lp_rounding_options how : choices) {
    for (unsigned bits = 0; bits < 24; ++bits) {
      how.allowance = bits % 3 == 0 ? 0.0 : bits % 3 == 1 ? 0.1 : 0.9;
      how.allowance_search = bits / 3 % 2 == 0 ? 0 : 2;
      how.passes = bits / 6 % 2 == 0 ? 0 : 1;
      how.windows = bits / 12 == 0 ? cuts{} : cuts{1, 3};
      how.stages = how.windows.empty() || bits % 2 == 0;
      for (instance const& one : all) {
        CAPTURE(bits);
        result const found = checkmate::solve(one.what.dag(), {.budget = one.budget},
                                              checkmate::lp_rounding(checkmate::clp{}, how));
        double const best = how.passes == 0 ? one.in_stages : one.in_more_stages;
        // Rounded windows may lie outside the stages, and then be better.
        CHECK(wrong(one, found, how.windows.empty() ? best : one.in_order, best) == "");
        if (found.termination.reason == stop_reason::infeasible) CHECK(best == test::no_schedule);
      }
    }
  }
}

TEST_CASE("windowed: every combination of its steps gives schedules that hold and bounds that do") {
  auto const all = instances(3);
  std::size_t proven = 0;
  for (unsigned bits = 0; bits < 512; ++bits) {
    auto const on = [bits](unsigned k) { return ((bits >> k) & 1) != 0; };
    checkmate::window_steps const steps{.nested_rows = on(0),
                                        .base_rows = on(1),
                                        .rerun_rows = on(2),
                                        .forced_rows = on(3),
                                        .drop_long_nodes = on(4),
                                        .skip_small_values = on(5),
                                        .fix_columns = on(6),
                                        .cutoff = on(7),
                                        .hint = on(8)};
    instance const& one = all[bits % all.size()];
    for (std::size_t windows : {std::size_t{1}, std::size_t{3}, std::size_t{16}}) {
      CAPTURE(bits);
      CAPTURE(windows);
      checkmate::windowed<checkmate::clp, checkmate::cbc> const how{{}, {}, windows, steps};
      result const found = checkmate::solve(one.what.dag(), {.budget = one.budget}, how);
      CHECK(wrong(one, found, one.in_order, one.in_order) == "");
      if (found.termination.reason == stop_reason::infeasible) CHECK(one.in_order == test::no_schedule);
      proven += found.termination.reason == stop_reason::optimal ? 1 : 0;
    }
  }
  CHECK(proven > 300);
}

TEST_CASE(
    "automatic: with every solver, and whatever is left out, its plans are proven or not worse than it "
    "says") {
  auto const all = instances(4);
  std::vector<any_backend> const solvers = {checkmate::cbc{}, checkmate::cbc{.reentrant = true}};
  for (instance const& one : all) {
    for (any_backend const& solver : solvers) {
      for (std::size_t exact_nodes : {std::size_t{0}, std::size_t{60}}) {
        for (double gap : {0.0, 1e-4, 0.5}) {
          checkmate::automatic<any_backend> how(solver);
          how.exact_nodes = exact_nodes;
          result const found =
              checkmate::solve(one.what.dag(), {.budget = one.budget, .relative_gap = gap}, how);
          CAPTURE(exact_nodes);
          CAPTURE(gap);
          // A gap asked for is a gap allowed.
          if (gap < 0.5) CHECK(wrong(one, found, one.in_order, one.in_order) == "");
          CHECK(found.plan.has_value() == (one.in_order < test::no_schedule));
          if (found.plan) CHECK(found.plan->time <= one.in_order * (1 + gap / (1 - gap) + 1e-6));
        }
      }
    }
  }
}

TEST_CASE("solvers: every way that a backend can be told to solve gives the same optimum") {
  auto const all = instances(4);
  std::vector<any_backend> integer, linear;
  for (bool reentrant : {false, true}) integer.push_back(checkmate::cbc{.reentrant = reentrant});
  for (auto method : {checkmate::clp_method::dual, checkmate::clp_method::primal,
                      checkmate::clp_method::barrier, checkmate::clp_method::automatic}) {
    for (bool presolve : {false, true})
      linear.push_back(checkmate::clp{.method = method, .presolve = presolve});
  }
  linear.push_back(checkmate::cbc{});
  for (instance const& one : all) {
    dag const d = one.what.dag();
    for (any_backend const& solver : integer) {
      result const found = checkmate::solve(d, {.budget = one.budget, .relative_gap = 0},
                                            checkmate::optimal<any_backend>(solver, {.use_greedy = false}));
      CHECK(same(found.plan ? found.plan->time : test::no_schedule, one.in_stages));
    }
    double bound = -1;
    for (any_backend const& solver : linear) {
      result const found =
          checkmate::solve(d, {.budget = one.budget}, checkmate::lp_rounding<any_backend>(solver));
      CHECK(wrong(one, found, one.in_stages, one.in_stages) == "");
      if (found.termination.reason == stop_reason::infeasible) continue;
      if (bound >= 0) CHECK(found.bound.time == doctest::Approx(bound).epsilon(1e-6));
      bound = found.bound.time;
    }
  }
}
