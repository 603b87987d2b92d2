// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <random>
#include <stop_token>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/bounds/windowed.hpp>
#include <checkmate/checkmate.hpp>
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/clp.hpp>
#include <checkmate/solvers/exhaustive.hpp>
#include <checkmate/strategies/windowed.hpp>
#include <checkmate/zoo/zoo.hpp>

#include "support/brute_force.hpp"
#include "support/faulty_backend.hpp"
#include "support/random_graphs.hpp"

namespace {

using checkmate::node_index;

/// As many windows as there are nodes, with all of their groups.
checkmate::window_layout finest(checkmate::dag const& d) {
  checkmate::window_layout layout;
  for (node_index t{1}; t < d.size(); ++t) layout.cuts.push_back(t);
  auto const windows = static_cast<std::uint32_t>(layout.cuts.size() + 1);
  for (std::uint32_t a = 0; a < windows; ++a) {
    for (std::uint32_t b = a + 2; b <= windows; ++b) layout.groups.push_back({a, b});
  }
  return layout;
}

/// The bound against the best schedule that exists; how much of the extra time it proves.
double check_bound(checkmate::dag const& d, checkmate::bytes budget,
                   checkmate::windowed_options const& options) {
  checkmate::clp linear;
  checkmate::cbc integer;
  double const best = test::cheapest_fixed_order(d, budget);
  auto const found = checkmate::windowed_bound(d, budget, linear, integer, options);
  if (!options.integer) CHECK_FALSE(found.infeasible_by_word);
  if (found.infeasible) {
    CHECK(best == test::no_schedule);
    return 1;
  }
  CHECK(found.bound.time <= best * (1 + 1e-12));
  CHECK(found.linear_bound <= best * (1 + 1e-12));
  if (found.plan) {
    CHECK(checkmate::simulate(d, *found.plan, {.budget = budget}).valid());
    CHECK(found.plan->time >= best * (1 - 1e-12));
  }
  if (!(best > d.base_time()) || best == test::no_schedule) return 1;
  return (found.bound.time - d.base_time()) / (best - d.base_time());
}

}  // namespace

TEST_CASE(
    "windowed bound: never above the best schedule at any budget, infeasible only where there is none") {
  double proven = 0, cases = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    auto const d = test::random_dag(seed, test::everything(4 + seed % 4));
    auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
    auto const floor = checkmate::smallest_conceivable_budget(d).budget;
    for (checkmate::bytes budget = floor; budget < peak; ++budget) {
      CAPTURE(seed);
      CAPTURE(budget);
      proven += check_bound(d, budget, {});
      ++cases;
    }
  }
  CHECK(cases > 100);
  CHECK(proven > 0.9 * cases);
}

TEST_CASE("windowed bound: holds with every combination of the steps") {
  double proven = 0, cases = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    auto const d = test::random_dag(seed, test::everything(5 + seed % 3));
    auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
    auto const floor = checkmate::smallest_conceivable_budget(d).budget;
    if (floor >= peak || d.value_count() > 12) continue;
    auto const budget = floor + static_cast<checkmate::bytes>(seed % 4) * (peak - floor) / 4;
    auto const start = checkmate::greedy{}.plan(d, {.budget = budget});
    for (std::uint32_t code = 0; code < 256; ++code) {
      auto const on = [&](std::uint32_t bit) { return ((code >> bit) & 1) != 0; };
      checkmate::windowed_options options;
      options.steps = {.nested_rows = on(0),
                       .base_rows = on(1),
                       .rerun_rows = on(2),
                       .forced_rows = on(3),
                       .drop_long_nodes = on(4),
                       .skip_small_values = on(5),
                       .fix_columns = on(6),
                       .cutoff = on(7),
                       .hint = on(7)};
      options.max_windows = 5;
      if (start.plan) {
        options.target = start.plan->time;
        options.incumbent = checkmate::sequence_of(d, *start.plan);
      }
      CAPTURE(seed);
      CAPTURE(code);
      proven += check_bound(d, budget, options);
      ++cases;
    }
  }
  CHECK(cases > 1000);
  CHECK(proven > 0.5 * cases);
}

TEST_CASE("windowed bound: holds for any cuts and groups, down to one window a node") {
  std::mt19937_64 random(3);
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    auto const d = test::random_dag(seed, test::everything(4 + seed % 3));
    auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
    auto const floor = checkmate::smallest_conceivable_budget(d).budget;
    if (floor >= peak) continue;
    auto const budget =
        floor + static_cast<checkmate::bytes>(random() % static_cast<std::uint64_t>(peak - floor));
    CAPTURE(seed);
    CAPTURE(budget);
    checkmate::windowed_options options;
    options.layouts = {finest(d), {}, {{node_index(d.size() / 2)}, {}}};
    (void)check_bound(d, budget, options);
    options.integer = false;
    (void)check_bound(d, budget, options);
  }
}

TEST_CASE("windowed bound: holds whatever the target, be it below the best schedule or above") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    auto const d = test::random_dag(seed, test::everything(6));
    auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
    auto const floor = checkmate::smallest_conceivable_budget(d).budget;
    for (checkmate::bytes budget = floor; budget < peak; budget += 3) {
      double const best = test::cheapest_fixed_order(d, budget);
      for (double target : {d.base_time() + 1.5, d.base_time() + 6.0, best}) {
        if (target == test::no_schedule) continue;
        CAPTURE(seed);
        CAPTURE(budget);
        checkmate::windowed_options options;
        options.target = target;
        checkmate::clp linear;
        checkmate::cbc integer;
        auto const found = checkmate::windowed_bound(d, budget, linear, integer, options);
        CHECK((found.infeasible ? best == test::no_schedule : found.bound.time <= best * (1 + 1e-12)));
      }
    }
  }
}

TEST_CASE("windowed bound: what a target rules out proves nothing beyond that target") {
  // The fourth node lacks two bytes. To run the first again costs 6; without that, as the target of 5 has it,
  // the second and third must, for 8.5.
  test::value_graph g;
  g.outputs = {1, 1, 1, 1, 1};
  g.read = {{}, {}, {}, {}, {{0, 0}, {1, 0}, {2, 0}}};
  g.keep.assign(5, {false});
  g.once.assign(5, false);
  g.costs = {{6, 4, 4.5, 1, 1}, {{3}, {1}, {1}, {0}, {1}}, {0, 0, 0, 4, 0}, 0};
  auto const d = checkmate::lower(g, g.costs);
  REQUIRE(test::cheapest_fixed_order(d, 7) == d.base_time() + 6);
  for (bool const whole : {false, true}) {
    checkmate::clp linear;
    checkmate::cbc integer;
    checkmate::windowed_options options;
    options.target = d.base_time() + 5;
    options.integer = whole;
    auto const found = checkmate::windowed_bound(d, 7, linear, integer, options);
    CHECK_FALSE(found.infeasible);
    CHECK(found.bound.time == doctest::Approx(options.target).epsilon(1e-6));
    CHECK(found.bound.time <= options.target);
  }
}

TEST_CASE("windowed bound: unit training chains are proven optimal, and the relaxation's point is a plan") {
  auto const d = test::unit_training_chain(5);
  checkmate::clp linear;
  checkmate::cbc integer;
  for (checkmate::bytes budget = 4; budget <= 6; ++budget) {
    CAPTURE(budget);
    double const best = test::cheapest_fixed_order(d, budget);
    auto const found = checkmate::windowed_bound(d, budget, linear, integer);
    CHECK(found.bound.time <= best);
    CHECK(found.bound.time > best - 1.0);
  }
}

namespace {

/// A solver that calls everything infeasible.
struct liar {
  [[nodiscard]] checkmate::backend_capabilities capabilities() const {
    return {.name = "liar", .integers = true};
  }
  [[nodiscard]] checkmate::solver_outcome solve(checkmate::linear_model const&,
                                                checkmate::solver_options const&) const {
    checkmate::solver_outcome out;
    out.status = checkmate::solve_status::infeasible;
    return out;
  }
};

}  // namespace

TEST_CASE("windowed bound: a solver that contradicts a known schedule is not believed") {
  auto const d = test::unit_training_chain(5);
  auto const known = checkmate::greedy{}.plan(d, {.budget = 5});
  REQUIRE(known);
  checkmate::clp linear;
  liar integer;
  checkmate::windowed_options options;
  options.incumbent = checkmate::sequence_of(d, *known.plan);
  auto const found = checkmate::windowed_bound(d, 5, linear, integer, options);
  CHECK(found.contradicted);
  CHECK_FALSE(found.infeasible);
  CHECK(found.bound.time <= test::cheapest_fixed_order(d, 5));
  CHECK(found.bound.time > d.base_time());
}

TEST_CASE("windowed bound: what only an integer solver says is told as its word") {
  auto const d = test::unit_training_chain(5);
  checkmate::clp linear;
  liar integer;
  auto const found = checkmate::windowed_bound(d, 5, linear, integer);
  CHECK(found.infeasible);
  CHECK(found.infeasible_by_word);
}

TEST_CASE("windowed bound: a backend without duals or integers is refused") {
  auto const d = test::unit_training_chain(3);
  checkmate::clp linear;
  checkmate::exhaustive without_duals;
  CHECK_THROWS_AS((void)checkmate::windowed_bound(d, 4, without_duals, without_duals),
                  checkmate::invalid_option);
  CHECK_THROWS_AS((void)checkmate::windowed_bound(d, 4, linear, linear), checkmate::invalid_option);
}

TEST_CASE("windowed strategy: plans are within the budget, claims agree with the best schedule") {
  checkmate::windowed const how{checkmate::clp{}, checkmate::cbc{}};
  int optimal = 0, cases = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    auto const d = test::random_dag(seed, test::everything(5 + seed % 3));
    auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
    for (auto budget = checkmate::smallest_conceivable_budget(d).budget - 1; budget <= peak; budget += 2) {
      CAPTURE(seed);
      CAPTURE(budget);
      if (budget < 0) continue;
      double const best = test::cheapest_fixed_order(d, budget);
      auto const found = how.plan(d, {.budget = budget});
      if (found.termination.reason == checkmate::stop_reason::infeasible) CHECK(best == test::no_schedule);
      if (!found) continue;
      CHECK(checkmate::simulate(d, *found.plan, {.budget = budget}).valid());
      CHECK(found.plan->time >= best * (1 - 1e-9));
      CHECK(found.bound.time <= best * (1 + 1e-9));
      if (found.termination.reason == checkmate::stop_reason::optimal) {
        CHECK(found.plan->time <= best * (1 + 1e-4));
        ++optimal;
      }
      ++cases;
    }
  }
  CHECK(optimal > cases / 2);
}

TEST_CASE("windowed strategy: with a free order the bound for the fixed order is not claimed") {
  auto const d = test::unit_training_chain(6);
  checkmate::windowed const how{checkmate::clp{}, checkmate::cbc{}};
  auto const found = how.plan(d, {.budget = 5, .order = checkmate::execution_order::free});
  CHECK(found.bound.time == d.base_time());
  CHECK(found.bound.space == checkmate::schedule_space::any_order);
}

TEST_CASE("windowed bound: prices of memory are where the budget binds, and only there") {
  auto const d = test::unit_training_chain(12);
  checkmate::clp linear;
  checkmate::cbc integer;
  auto const tight = checkmate::windowed_bound(d, 8, linear, integer);
  REQUIRE(tight.memory_price.size() == d.size());
  CHECK(*std::max_element(tight.memory_price.begin(), tight.memory_price.end()) > 0);
  CHECK(tight.memory_price.front() == 0);
}

namespace {

/// CBC, but for the first calls that `gives_up` names: those find nothing and prove nothing.
struct quitter {
  std::function<bool(checkmate::solver_options const&)> gives_up = [](auto const&) { return true; };
  std::shared_ptr<int> calls = std::make_shared<int>(0);

  [[nodiscard]] checkmate::backend_capabilities capabilities() const {
    return checkmate::cbc{}.capabilities();
  }
  [[nodiscard]] checkmate::solver_outcome solve(checkmate::linear_model const& model,
                                                checkmate::solver_options const& options) const {
    ++*calls;
    if (!gives_up(options)) return checkmate::cbc{}.solve(model, options);
    checkmate::solver_outcome out;
    out.status = checkmate::solve_status::no_solution;
    out.limit = checkmate::solve_limit::other;
    return out;
  }
};

/// Far more than any of the small programs here takes.
constexpr checkmate::seconds an_hour(3600);

/// A random graph whose gap is open at a budget half-way, and that budget.
struct open_case {
  checkmate::dag d;
  checkmate::bytes budget = 0;
  checkmate::windowed_options options;
};
open_case some_case(std::uint64_t seed, std::size_t nodes) {
  open_case out{test::random_dag(seed, test::everything(nodes)), 0, {}};
  auto const peak = checkmate::no_recompute_schedule(out.d).peak_memory;
  auto const floor = checkmate::smallest_conceivable_budget(out.d).budget;
  out.budget = floor + (peak - floor) / 3;
  out.options.time_limit = an_hour;
  auto const start = checkmate::greedy{}.plan(out.d, {.budget = out.budget});
  if (!start.plan) return out;
  out.options.target = start.plan->time;
  out.options.incumbent = checkmate::sequence_of(out.d, *start.plan);
  return out;
}

}  // namespace

TEST_CASE("windowed bound: ends before its time only at the target, or with nothing finer left") {
  int exhausted = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    CAPTURE(seed);
    auto of = some_case(seed, 5 + seed % 4);
    of.options.max_windows = 2 + seed % 3;
    checkmate::clp linear;
    checkmate::cbc integer;
    auto const found = checkmate::windowed_bound(of.d, of.budget, linear, integer, of.options);
    double const best = std::min(of.options.target, found.plan ? found.plan->time : checkmate::infinity);
    switch (found.end) {
      case checkmate::windowed_end::target_reached:
        CHECK(best - found.bound.time <= of.options.relative_gap * best);
        break;
      case checkmate::windowed_end::infeasible:
        CHECK(test::cheapest_fixed_order(of.d, of.budget) == test::no_schedule);
        break;
      default:
        CHECK(found.end == checkmate::windowed_end::exhausted);
        CHECK(found.finest == of.d.size());
        if (std::isfinite(best)) CHECK(best - found.bound.time > of.options.relative_gap * best);
        ++exhausted;
    }
    if (std::isfinite(best))
      CHECK(found.bound.time <= test::cheapest_fixed_order(of.d, of.budget) * (1 + 1e-9));
  }
  CHECK(exhausted > 0);
}

TEST_CASE("windowed bound: where one cut a window is not enough, variations close the gap") {
  int closed = 0, cases = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    auto of = some_case(seed, 8);
    of.options.max_windows = 2;
    of.options.target = test::cheapest_fixed_order(of.d, of.budget);
    of.options.incumbent = {};
    if (of.options.target == test::no_schedule) continue;
    auto const bound = [&](std::size_t patience) {
      of.options.patience = patience;
      checkmate::clp linear;
      checkmate::cbc integer;
      return checkmate::windowed_bound(of.d, of.budget, linear, integer, of.options);
    };
    auto const without = bound(0);
    if (without.end == checkmate::windowed_end::target_reached) continue;
    auto const with = bound(1000);
    CAPTURE(seed);
    CHECK(with.bound.time >= without.bound.time);
    if (with.end == checkmate::windowed_end::target_reached) ++closed;
    ++cases;
  }
  CHECK(cases > 0);
  CHECK(2 * closed > cases);
}

TEST_CASE("windowed bound: a program that the solver gives up is solved in another way") {
  using checkmate::solver_options;
  std::vector<std::function<bool(solver_options const&)>> const all = {
      [](solver_options const& how) { return how.cutoff.has_value(); },
      [](solver_options const& how) { return how.cutoff.has_value() || !how.hint.empty(); },
      [](solver_options const& how) { return how.seed == 7U; }};
  int asked = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    auto of = some_case(seed, 8);
    of.options.seed = 7;
    checkmate::clp linear;
    quitter honest{[](solver_options const&) { return false; }};
    auto const known = checkmate::windowed_bound(of.d, of.budget, linear, honest, of.options);
    for (auto const& gives_up : all) {
      CAPTURE(seed);
      quitter integer{gives_up};
      auto const found = checkmate::windowed_bound(of.d, of.budget, linear, integer, of.options);
      CHECK(found.end == known.end);
      CHECK(found.bound.time == doctest::Approx(known.bound.time).epsilon(1e-6));
      asked += *integer.calls > *honest.calls ? 1 : 0;
    }
  }
  CHECK(asked > 10);
}

TEST_CASE("windowed bound: the optimum of U-Net at an odd budget is proven with any seed") {
  // CBC calls a program with a cut-off just above its start infeasible, with most seeds.
  auto const step = checkmate::zoo::training_step_of(checkmate::zoo::unet());
  auto const d = checkmate::lower(step.graph, step.costs);
  checkmate::bytes const budget = 400293937;
  auto const start = checkmate::local_search{.moves = 20000}.plan(d, {.budget = budget, .seed = 3});
  REQUIRE(start.plan);
  for (std::uint32_t seed = 0; seed < 4; ++seed) {
    CAPTURE(seed);
    checkmate::windowed_options options;
    options.time_limit = an_hour;
    options.target = start.plan->time;
    options.incumbent = checkmate::sequence_of(d, *start.plan);
    options.relative_gap = 1e-4;
    options.seed = seed;
    checkmate::clp linear;
    checkmate::cbc integer;
    auto const found = checkmate::windowed_bound(d, budget, linear, integer, options);
    CHECK(found.end == checkmate::windowed_end::target_reached);
  }
}

TEST_CASE("windowed bound: a solver that never proves anything is asked a bounded number of times") {
  auto const d = test::unit_training_chain(5);
  checkmate::windowed_options options;
  options.time_limit = an_hour;
  checkmate::clp linear;
  quitter integer;
  auto const found = checkmate::windowed_bound(d, 5, linear, integer, options);
  CHECK(found.end == checkmate::windowed_end::exhausted);
  CHECK(found.finest == d.size());
  CHECK(*integer.calls > 50);
  CHECK(*integer.calls < 5000);
}

TEST_CASE("windowed bound: a solver that fails again and again ends it") {
  auto const d = test::unit_training_chain(5);
  checkmate::windowed_options options;
  options.time_limit = an_hour;
  checkmate::clp linear;
  test::faulty<checkmate::cbc> integer{checkmate::cbc{}, test::fault::throws};
  auto const found = checkmate::windowed_bound(d, 5, linear, integer, options);
  CHECK(found.end == checkmate::windowed_end::failed);
  CHECK(found.fault != "");
  CHECK(*integer.calls < 50);
}

TEST_CASE("windowed bound: without a time limit its patience ends it, however much there is to try") {
  auto const d = test::unit_training_chain(20);
  checkmate::windowed_options options;
  options.time_limit.reset();
  options.target = 3 * d.base_time();
  options.max_windows = 2;
  options.integer = false;
  auto const tried = [&] {
    checkmate::clp linear;
    checkmate::cbc integer;
    auto const found = checkmate::windowed_bound(d, 8, linear, integer, options);
    CHECK(found.end == checkmate::windowed_end::exhausted);
    return found.memory.tried.size();
  };
  options.patience = 0;
  CHECK(tried() <= 2);
  options.patience = 2;
  std::size_t const few = tried();
  options.patience.reset();
  CHECK(tried() > few);
}

TEST_CASE("windowed bound: the same call does the same, layout for layout") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    auto of = some_case(seed, 7);
    of.options.max_windows = 2;
    checkmate::clp linear;
    checkmate::cbc integer;
    auto const one = checkmate::windowed_bound(of.d, of.budget, linear, integer, of.options);
    auto const two = checkmate::windowed_bound(of.d, of.budget, linear, integer, of.options);
    CHECK(one.bound.time == two.bound.time);
    CHECK(one.end == two.end);
    CHECK(one.sequence == two.sequence);
    REQUIRE(one.memory.tried.size() == two.memory.tried.size());
    for (std::size_t i = 0; i < one.memory.tried.size(); ++i) {
      CHECK(one.memory.tried[i].cuts == two.memory.tried[i].cuts);
      CHECK(one.memory.tried[i].solves == two.memory.tried[i].solves);
    }
  }
}

TEST_CASE("windowed bound: a call that resumes another repeats nothing and loses nothing") {
  int resumed = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    auto of = some_case(seed, 5 + seed % 4);
    of.options.max_windows = 2;
    checkmate::clp linear;
    checkmate::cbc integer;
    auto const whole = checkmate::windowed_bound(of.d, of.budget, linear, integer, of.options);
    // The same in pieces: each call is stopped at its third line of log.
    checkmate::windowed_result piece;
    double before = -checkmate::infinity;
    for (int call = 0; call < 200; ++call) {
      std::stop_source enough;
      int lines = 0;
      auto part = of.options;
      part.stop = enough.get_token();
      part.on_log = [&](std::string_view) {
        if (++lines == 3) enough.request_stop();
      };
      part.resume = piece.memory;
      auto const tried = piece.memory.tried;
      piece = checkmate::windowed_bound(of.d, of.budget, linear, integer, part);
      CAPTURE(seed);
      CAPTURE(call);
      CHECK(piece.bound.time >= before);
      before = piece.bound.time;
      REQUIRE(piece.memory.tried.size() >= tried.size());
      for (std::size_t i = 0; i < tried.size(); ++i) {
        CHECK(piece.memory.tried[i].cuts == tried[i].cuts);
        if (tried[i].solved) CHECK(piece.memory.tried[i].solves == tried[i].solves);
      }
      if (piece.end != checkmate::windowed_end::cancelled) break;
      ++resumed;
    }
    CAPTURE(seed);
    CHECK(piece.end == whole.end);
    CHECK(piece.bound.time == doctest::Approx(whole.bound.time).epsilon(1e-6));
  }
  CHECK(resumed > 20);
}

TEST_CASE("windowed bound: another graph's or budget's memory is refused") {
  checkmate::clp linear;
  checkmate::cbc integer;
  auto const d = test::unit_training_chain(6);
  checkmate::windowed_options options;
  options.resume = checkmate::windowed_bound(d, 6, linear, integer, {.target = 3 * d.base_time()}).memory;
  REQUIRE_FALSE(options.resume.tried.empty());
  CHECK_NOTHROW((void)checkmate::windowed_bound(d, 6, linear, integer, options));
  CHECK_THROWS_AS((void)checkmate::windowed_bound(d, 7, linear, integer, options), checkmate::invalid_option);
  auto const other = test::unit_training_chain(5);
  CHECK_THROWS_AS((void)checkmate::windowed_bound(other, 6, linear, integer, options),
                  checkmate::invalid_option);
}

TEST_CASE("windowed strategy: an open gap without a limit is explained, and a free order's too") {
  checkmate::windowed const how{checkmate::clp{}, checkmate::cbc{}};
  int explained = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    auto const of = some_case(seed, 5 + seed % 4);
    checkmate::plan_options options{.budget = of.budget, .time_limit = an_hour};
    if (seed % 3 == 0) options.order = checkmate::execution_order::free;
    auto const found = how.plan(of.d, options);
    CAPTURE(seed);
    CHECK(found.termination.limit == checkmate::stop_limit::none);
    bool const settled = found.termination.reason == checkmate::stop_reason::optimal ||
                         found.termination.reason == checkmate::stop_reason::infeasible;
    if (settled) continue;
    CHECK(found.termination.detail != "");
    ++explained;
  }
  CHECK(explained > 0);
}

TEST_CASE("windowed strategy: a limit that ends it is named") {
  auto const d = test::unit_training_chain(40);
  checkmate::windowed const how{checkmate::clp{}, checkmate::cbc{}};
  std::stop_source stop;
  stop.request_stop();
  CHECK(how.plan(d, {.budget = 9, .stop = stop.get_token()}).termination.limit ==
        checkmate::stop_limit::cancelled);
  CHECK(how.plan(d, {.budget = 9, .time_limit = checkmate::seconds(0)}).termination.limit ==
        checkmate::stop_limit::time);
}
