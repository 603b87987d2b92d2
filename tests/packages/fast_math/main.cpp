// SPDX-License-Identifier: Apache-2.0
//
// What the library must refuse, drop or survive although it is compiled with -ffast-math: numbers of callers
// and of backends that are NaN or infinite. Prints what went wrong; nothing, and exit code 0, if nothing did.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/bounds/windowed.hpp>
#include <checkmate/checkmate.hpp>
#include <checkmate/cost/roofline.hpp>
#include <checkmate/least_memory.hpp>
#include <checkmate/max_batch.hpp>
#include <checkmate/solvers/dual_bound.hpp>
#include <checkmate/solvers/exhaustive.hpp>
#include <checkmate/strategies/lp_rounding.hpp>
#include <checkmate/strategies/windowed.hpp>

namespace {

using net = std::vector<std::vector<int>>;

/// Read at run time, so that no compiler knows what they are.
double const volatile run_time_nan = std::numeric_limits<double>::quiet_NaN();
double const volatile run_time_infinity = std::numeric_limits<double>::infinity();

int failures = 0;

void expect(bool holds, std::string const& what) {
  if (holds) return;
  ++failures;
  std::printf("wrong: %s\n", what.c_str());
}

/// Refused with a sentence that holds `word`; a plan, or trouble of another kind, is wrong.
void expect_refusal(std::string const& word, std::function<void()> const& call) {
  try {
    call();
    expect(false, word + " was not refused");
  } catch (checkmate::error const& refused) {
    expect(std::string(refused.what()).find(word) != std::string::npos,
           word + " is not in: " + refused.what());
  }
}

/// A chain of `layers` and its backward pass; values of 10 bytes.
struct costs {
  std::vector<double> times;
  double time(net const&, checkmate::node_id v) const { return times[v]; }
  std::int64_t memory(net const&, checkmate::node_id) const { return 10; }
};
struct problem {
  net graph;
  costs cost;
};
problem chain(int layers) {
  problem out;
  auto add = [&out](std::vector<int> reads, double time) {
    out.graph.push_back(std::move(reads));
    out.cost.times.push_back(time);
  };
  for (int i = 0; i < layers; ++i) add(i > 0 ? std::vector<int>{i - 1} : std::vector<int>{}, 1 + i % 3);
  for (int i = 0; i < layers; ++i) add({layers + i - 1, layers - 1 - i}, 2);
  return out;
}

void costs_are_refused() {
  for (double const bad :
       {double(run_time_nan), -run_time_nan, double(run_time_infinity), -run_time_infinity, -1.0}) {
    problem p = chain(24);
    p.cost.times[3] = bad;
    expect_refusal("time of node 3 must be finite and >= 0",
                   [&] { (void)checkmate::solve(p.graph, p.cost, {.budget = 130}); });
  }
  problem p = chain(24);
  p.cost.times[3] = p.cost.times[4] = std::numeric_limits<double>::max();
  expect_refusal("add up to more than a double holds", [&] { (void)checkmate::lower(p.graph, p.cost); });
}

void options_are_refused() {
  problem const p = chain(8);
  checkmate::dag const d = checkmate::lower(p.graph, p.cost);
  for (double const bad : {double(run_time_nan), double(run_time_infinity), -run_time_infinity, -1.0}) {
    expect_refusal("relative_gap must be >= 0",
                   [&] { (void)checkmate::solve(d, {.budget = 60, .relative_gap = bad}); });
    expect_refusal("time_limit must be >= 0",
                   [&] { (void)checkmate::solve(d, {.budget = 60, .time_limit = checkmate::seconds(bad)}); });
    checkmate::linear_model const none;
    checkmate::backend_capabilities const can{.name = "any"};
    expect_refusal("relative_gap must be >= 0",
                   [&] { checkmate::check_solver_options(can, none, {.relative_gap = bad}); });
    expect_refusal("time_limit must be >= 0", [&] {
      checkmate::check_solver_options(can, none, {.time_limit = checkmate::seconds(bad)});
    });
    checkmate::linear_model_builder builder;
    expect_refusal("cost that is no number",
                   [&] { builder.add_column(0, 1, bad == -1.0 ? double(run_time_nan) : bad, false); });
    expect_refusal("roofline_cost: throughputs", [&] {
      struct counted {
        std::size_t node_count() const { return 1; }
        std::vector<int> inputs(checkmate::node_id) const { return {}; }
        double flops(checkmate::node_id) const { return 1; }
        std::int64_t output_bytes(checkmate::node_id, std::uint32_t) const { return 1; }
      };
      checkmate::roofline_cost const device{.launch_seconds = bad};
      (void)checkmate::lower(counted{}, device);
    });
    expect_refusal("threshold must be in [0, 1)", [&] {
      checkmate::lp_rounding<checkmate::exhaustive> const how({}, {.threshold = bad});
      (void)checkmate::solve(d, {.budget = 60}, how);
    });
    expect_refusal("overhead must be a fraction",
                   [&] { (void)checkmate::least_memory(d, {.overhead = bad}, checkmate::greedy{}); });
    checkmate::max_batch_options sizes;
    sizes.plan.budget = 60;
    sizes.allowed_time = [](checkmate::dag const&) { return double(run_time_nan); };
    expect_refusal("allowed_time is not a number", [&] {
      (void)checkmate::max_batch([&](std::int64_t) { return d; }, sizes, checkmate::checkpoint_all{});
    });
  }
}

void bounds_are_none_where_there_are_none() {
  problem const p = chain(24);
  auto const low = checkmate::solve(p.graph, p.cost, {.budget = 20});
  expect(!low && !low.has_bound(), "a budget below the floor has a bound");
  expect(!std::signbit(low.gap()) && low.gap() > 1e300, "a gap without a plan is not infinite");
  for (double const odd : {double(run_time_nan), double(run_time_infinity), -run_time_infinity}) {
    checkmate::result r;
    r.bound.time = odd;
    expect(!r.has_bound(), "has_bound of a time that is no finite number");
  }
}

void plans_are_found() {
  problem const p = chain(24);
  auto const found = checkmate::solve(p.graph, p.cost, {.budget = 130});
  expect(found && found.plan->peak_memory <= 130, "no plan for a chain");
  expect(found.has_bound() && found.bound.time <= found.plan->time, "no bound for a chain");
  auto const all = checkmate::solve(p.graph, p.cost, {.budget = 1000});
  expect(all && all.overhead() == 0 && all.termination.reason == checkmate::stop_reason::optimal,
         "a budget for everything is not optimal at no extra time");
}

/// Answers everything with one outcome, of the right sizes.
struct odd_backend {
  double value = 0, bound = 0, dual = 0;
  checkmate::solve_status status = checkmate::solve_status::optimal;
  [[nodiscard]] checkmate::backend_capabilities capabilities() const {
    return {.name = "odd", .integers = true, .threads = true, .hint = true, .duals = true};
  }
  [[nodiscard]] checkmate::solver_outcome solve(checkmate::linear_model const& model,
                                                checkmate::solver_options const& options) const {
    checkmate::solver_outcome out;
    out.status = status;
    out.values.assign(model.column_count(), value);
    out.objective = bound;
    out.bound = bound;
    out.row_duals.assign(model.row_count(), dual);
    if (options.on_incumbent) options.on_incumbent({.objective = value, .bound = bound});
    return out;
  }
};

void expect_honest(checkmate::dag const& d, checkmate::result const& found, std::string const& who) {
  if (found.plan) expect(checkmate::simulate(d, *found.plan, {.budget = 60}).valid(), who + ": invalid plan");
  if (found.plan && found.has_bound())
    expect(found.bound.time <= found.plan->time * (1 + 1e-9), who + ": a bound above its plan");
  if (found.has_bound()) expect(found.bound.time >= 0 && found.bound.time < 1e6, who + ": an absurd bound");
  expect(found.termination.reason != checkmate::stop_reason::infeasible,
         who + ": infeasible, which it is not");
}

void odd_backends_are_survived() {
  problem const p = chain(8);
  checkmate::dag const d = checkmate::lower(p.graph, p.cost);
  double const odd_numbers[] = {run_time_nan, run_time_infinity, -run_time_infinity, 1e300, 0.5};
  for (double const value : odd_numbers) {
    for (double const bound : odd_numbers) {
      odd_backend const odd{.value = value, .bound = bound, .dual = bound == 0.5 ? value : bound};
      checkmate::plan_options const options{.budget = 60, .time_limit = checkmate::seconds(1)};
      std::string const name = " with " + std::to_string(value) + ", " + std::to_string(bound);
      expect_honest(d, checkmate::solve(d, options, checkmate::optimal(odd)), "optimal" + name);
      expect_honest(d, checkmate::solve(d, options, checkmate::lp_rounding(odd)), "lp_rounding" + name);
      expect_honest(d, checkmate::solve(d, options, checkmate::windowed<odd_backend, odd_backend>{odd, odd}),
                    "windowed" + name);
    }
  }
  checkmate::linear_model_builder builder;
  builder.add_binary(1);
  builder.begin_row(0.5, checkmate::infinity);
  builder.add_term(0, 1);
  checkmate::linear_model const model = builder.finish();
  for (double const odd : {double(run_time_nan), double(run_time_infinity), -run_time_infinity}) {
    odd_backend backend{.value = odd, .bound = 0};
    auto const point = checkmate::checked_solve(backend, model, {});
    expect(point.status == checkmate::solve_status::failed && point.values.empty(),
           "an odd point is believed");
    odd_backend claims{.value = 1, .bound = odd};
    auto const bounded = checkmate::checked_solve(claims, model, {});
    expect(bounded.bound <= bounded.objective && bounded.has_values(), "an odd bound is believed");
    expect(checkmate::safe_dual_bound(model, std::vector<double>{odd}).value <= 1,
           "an odd price proves something");
    expect(checkmate::dual_bound(model, std::vector<double>{odd}) <= 1, "an odd dual proves something");
    expect(!(checkmate::infeasibility(model, std::vector<double>{odd}) < 1e300), "an odd point is feasible");
    expect(checkmate::round_if_feasible(model, {odd}).empty(), "an odd point is rounded");
  }
  auto const best = checkmate::exhaustive{}.solve(model, {});
  expect(best.status == checkmate::solve_status::optimal && best.objective == 1,
         "a row without an upper bound");
}

}  // namespace

int main() {
  try {
    costs_are_refused();
    options_are_refused();
    bounds_are_none_where_there_are_none();
    plans_are_found();
    odd_backends_are_survived();
  } catch (std::exception const& wrong) {
    expect(false, std::string("an exception: ") + wrong.what());
  }
  return failures == 0 ? 0 : 1;
}
