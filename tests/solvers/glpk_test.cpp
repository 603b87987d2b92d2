// SPDX-License-Identifier: Apache-2.0
//
// What is GLPK's alone; what it shares with other backends is in the conformance suite, which runs here, so
// that the program of the other backends does not need GLPK.
#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <checkmate/solvers/any_backend.hpp>
#include <checkmate/solvers/glpk.hpp>
#include <checkmate/strategies/optimal.hpp>

#include "solvers/conformance.hpp"
#include "support/eight_threads.hpp"
#include "support/throws.hpp"

using checkmate::glpk;
using checkmate::infinity;
using checkmate::solve_status;
using checkmate::solver_options;
using namespace std::chrono_literals;

TEST_CASE("conformance: glpk, integer models") {
  test::conforms(glpk{}, true);
}
TEST_CASE("conformance: glpk, continuous models") {
  test::conforms(glpk{}, false);
}
TEST_CASE("conformance: any_backend holding glpk") {
  test::conforms(checkmate::any_backend{glpk{}}, true);
}

TEST_CASE("glpk: agrees with enumeration whatever its cuts and heuristics") {
  using option = std::pair<std::string, std::string>;
  for (option const& changed : {option{"gmi_cuts", "off"}, option{"mir_cuts", "off"}, option{"fp_heur", "on"},
                                option{"br_tech", "pch"}, option{"bt_tech", "dfs"}}) {
    CAPTURE(changed.first);
    test::agrees_with_enumeration(glpk{}, true, 150, {.raw = {changed}});
    test::agrees_with_enumeration(glpk{}, false, 150, {.raw = {changed}});
  }
}

TEST_CASE("glpk: integer and continuous columns together") {
  // min -x - 2y - 3z, x + y + z <= 4.5, y + 2z <= 5.25, x an integer up to 3: against each x tried in turn.
  for (int seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    test::dice roll(static_cast<std::uint32_t>(seed));
    std::vector<double> cost, first, second;
    for (int j = 0; j < 4; ++j) {
      cost.push_back(roll(-9, 9));
      first.push_back(roll(-5, 9));
      second.push_back(roll(-5, 9));
    }
    auto model_with = [&](double low, double high, bool whole) {
      checkmate::linear_model_builder b;
      b.add_column(low, high, cost[0], whole);
      for (std::size_t j = 1; j < 4; ++j) b.add_column(0, 2.5, cost[j], false);
      test::add_row(b, -4.25, 4.5, first);
      test::add_row(b, -infinity, 5.25, second);
      return b.finish();
    };
    double best = infinity;
    for (int x = 0; x <= 3; ++x) best = std::min(best, glpk{}.solve(model_with(x, x, false), {}).objective);
    CHECK(test::solved(glpk{}, model_with(0, 3.5, true)).objective == doctest::Approx(best));
  }
}

TEST_CASE("glpk: row duals are those of the model as given, whatever its scale") {
  // min -u x0 - 2u x1, x0 + x1 <= 4, x0 + 3 x1 <= 6: the optimum (3, 1) has duals 0 and -2u/3.
  for (double unit : {1e-9, 1.0, 1e9}) {
    CAPTURE(unit);
    checkmate::linear_model_builder b;
    b.add_column(0, 2, -unit, false);
    b.add_column(0, 4, -2 * unit, false);
    test::add_row(b, -infinity, 4, {1, 1});
    test::add_row(b, -infinity, 6, {1, 3});
    auto const out = glpk{}.solve(b.finish(), {});
    REQUIRE(out.row_duals.size() == 2);
    CHECK(out.row_duals[0] == doctest::Approx(0));
    CHECK(out.row_duals[1] / unit == doctest::Approx(-2.0 / 3));
  }
}

TEST_CASE("glpk: its own options by name, and the words that they take") {
  auto const model = test::three_items();
  CHECK(glpk{}.solve(model, {.raw = {{"br_tech", "mfv"}, {"pp_tech", "root"}}}).objective == -7);
  auto refusal = [&](std::string name, std::string word) {
    return test::message_of<checkmate::invalid_option>([&] {
      static_cast<void>(glpk{}.solve(model, {.raw = {{name, word}}}));
    });
  };
  CHECK(refusal("noSuchOption", "1") == "glpk: unknown raw option 'noSuchOption'");
  CHECK(refusal("bt_tech", "up") == "glpk: raw option 'bt_tech' takes dfs, bfs, blb, bph, not 'up'");
  CHECK(refusal("br_tech", "") == "glpk: raw option 'br_tech' takes ffv, lfv, mfv, dth, pch, not ''");
}

TEST_CASE("glpk: whenever it is stopped, what it has is feasible and its bound holds") {
  auto const model = test::knapsack(40, 10, 11);
  double const best = glpk{}.solve(model, {}).objective;
  for (int milliseconds : {1, 3, 6, 10, 20, 35, 60, 90}) {
    CAPTURE(milliseconds);
    auto const limited = test::solved(glpk{}, model, {.time_limit = milliseconds * 1ms});
    CHECK(limited.bound <= best + 1e-6);
    CHECK(limited.objective >= best);

    std::stop_source source;
    std::jthread const stopper([&] {
      std::this_thread::sleep_for(milliseconds * 1ms);
      source.request_stop();
    });
    auto const stopped = test::solved(glpk{}, model, {.stop = source.get_token()});
    CHECK(stopped.bound <= best + 1e-6);
    CHECK(stopped.objective >= best);
  }
}

TEST_CASE("glpk: a stop ends a long search with its incumbent") {
  std::stop_source source;
  solver_options options{.time_limit = 60s, .stop = source.get_token()};
  options.on_incumbent = [&](checkmate::incumbent_event const& event) {
    if (event.objective < infinity) source.request_stop();
  };
  auto const out = test::solved(glpk{}, test::knapsack(250, 40, 1), options);
  CHECK(out.status == solve_status::feasible);
  CHECK(out.limit == checkmate::solve_limit::stopped);
  CHECK(out.bound > -infinity);
}

TEST_CASE("glpk: log lines arrive whole, and only if asked for") {
  std::vector<std::string> lines;
  solver_options options;
  options.on_log = [&](std::string_view line) { lines.emplace_back(line); };
  static_cast<void>(glpk{}.solve(test::knapsack(40, 8, 3), options));
  CHECK(lines.size() > 3);
  for (auto const& line : lines) CHECK(line.find('\n') == std::string::npos);
}

TEST_CASE("glpk: a callback may solve another model, and both go on in silence") {
  double inner = 0;
  solver_options options;
  options.on_incumbent = [&](checkmate::incumbent_event const&) {
    inner = glpk{}.solve(test::three_items(), {}).objective;
  };
  checkmate::solver_outcome out;
  std::string const text =
      test::captured_output([&] { out = glpk{}.solve(test::knapsack(26, 5, 4), options); });
  CHECK(out.status == solve_status::optimal);
  CHECK(out.objective == glpk{}.solve(test::knapsack(26, 5, 4), {}).objective);
  CHECK(inner == -7);
  CHECK(text == "");
}

TEST_CASE("glpk: a program's own problems in GLPK outlive our solves, its terminal stays on") {
  glp_prob* const mine = glp_create_prob();
  glp_set_prob_name(mine, "mine");
  static_cast<void>(glpk{}.solve(test::three_items(), {}));
  CHECK(std::string(glp_get_prob_name(mine)) == "mine");
  CHECK(glp_term_out(GLP_ON) == GLP_ON);
  glp_delete_prob(mine);
  glp_free_env();
}

TEST_CASE("glpk: where GLPK would abort the program, the problem is given up instead") {
  auto const model = test::three_items();
  solver_options const options;
  std::string words;
  std::string const text = test::captured_output([&] {
    checkmate::solve_watch watch(model, options);
    checkmate::detail::glpk_session session(watch);
    checkmate::detail::glpk_problem problem(session, model);
    REQUIRE(problem.ok());
    problem.run([](glp_prob* p) { glp_set_obj_coef(p, 99, 1); });
    CHECK_FALSE(problem.ok());
    words = session.last_message();
  });
  CHECK(text == "");
  CAPTURE(words);
  CHECK(words.find("rror") != std::string::npos);
  CHECK(glpk{}.solve(model, {}).objective == -7);
}

TEST_CASE("glpk: planning from eight threads gives the answers of one thread") {
  std::vector<test::planner> const planners = {
      test::planner_of("optimal", checkmate::optimal<glpk>{}),
      test::planner_of("optimal, alone",
                       checkmate::optimal<glpk>(glpk{}, {.use_greedy = false, .use_hint = false}))};
  test::eight_threads::check_tasks(test::eight_threads::problems(planners, 4, 4, 7).tasks);
}
