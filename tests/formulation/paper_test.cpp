// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/formulation/paper.hpp>
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/clp.hpp>
#include <checkmate/zoo/zoo.hpp>

#include "support/brute_force.hpp"
#include "support/random_graphs.hpp"

using namespace checkmate;

TEST_CASE("paper model: columns, rows and non-zeros are those of the closed formulas") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    auto const d = test::random_dag(seed, {.nodes = 2 + seed % 9});
    formulation::paper const p(d, 20);
    std::size_t const n = d.size(), m = d.edge_count();
    CHECK(p.model().column_count() == 3 * n * n + n * m);
    CHECK(p.model().row_count() == n * (n - 1) + 3 * n * m + n * n);
    CHECK(p.model().column_count() == formulation::paper::column_count(n, m));
    CHECK(p.model().row_count() == formulation::paper::row_count(n, m));
  }
}

TEST_CASE("paper model: VGG19 has the authors' size but for bounds that they state as rows") {
  auto const step = zoo::training_step_of(zoo::make_network("vgg19"));
  auto const d = lower(step.graph, step.costs);
  REQUIRE(d.size() == 51);
  REQUIRE(d.edge_count() == 99);
  formulation::paper const p(d, d.fixed_memory() + 51'380'224);
  linear_model const& model = p.model();
  std::size_t const n = 51;
  CHECK(model.column_count() == 12'852);
  std::size_t integers = 0;
  for (auto i : model.integer) integers += i;
  CHECK(integers == 10'251);
  // They state 0 <= U <= budget as 2 n^2 rows and (8a)-(8c) as 3 rows.
  CHECK(model.row_count() == 25'503 - 2 * n * n - 3);
  // Those rows have 2 n^2 + n + n (n - 1) / 2 + n (n + 1) / 2 non-zeros.
  CHECK(model.nonzero_count() == 83'442 - (2 * n * n + n + n * (n - 1) / 2 + n * (n + 1) / 2));
}

TEST_CASE("paper model: integrality gaps with and without the frontier are those of Appendix A") {
  auto const step = zoo::unit_chain_step(8);
  auto const d = lower(step.graph, step.costs);
  double const best = solve(d, {.budget = 4}, optimal{cbc{}}).plan->time;
  auto gap = [&](formulation::paper_form form) {
    formulation::paper const p(d, 4, form);
    return best / (p.time_units().divisor * clp{}.solve(relaxed(p.model()), {}).objective);
  };
  CHECK(gap(formulation::paper_form::unpartitioned) == doctest::Approx(21.56).epsilon(0.0005));
  CHECK(gap(formulation::paper_form::frontier_advancing) == doctest::Approx(1.18).epsilon(0.005));
  formulation::paper const loose(d, 4, formulation::paper_form::unpartitioned);
  CHECK(loose.model().row_count() == formulation::paper::row_count(d.size(), d.edge_count()) + 1);
}

TEST_CASE("paper model: without the frontier the optimum is no larger") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    // Every node feeds the last one: without the frontier nothing else has to run.
    auto const d = test::random_dag(seed, {.nodes = 4, .edge_chance = 50});
    if (d.inputs(node_index{3}).size() < 2 || d.users(node_index{0}).empty() ||
        d.users(node_index{1}).empty() || d.users(node_index{2}).empty())
      continue;
    bytes const low = smallest_conceivable_budget(d).budget;
    CAPTURE(seed);
    formulation::paper const p(d, low, formulation::paper_form::unpartitioned);
    solver_outcome const found = cbc{}.solve(p.model(), {.relative_gap = 0});
    double const best = test::cheapest_in_stages(d, low);
    if (best == test::no_schedule) continue;
    REQUIRE(found.has_values());
    CHECK(found.objective <= p.time_units()(best) * (1 + 1e-9));
    CHECK(found.objective >= p.time_units()(d.base_time()) * (1 - 1e-9));
  }
}

TEST_CASE("paper model: its optimum is the brute force's") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    auto const d = test::random_dag(seed, {.nodes = 3 + seed % 4});
    bytes const peak = no_recompute_schedule(d).peak_memory;
    bytes const low = smallest_conceivable_budget(d).budget;
    for (bytes budget : {low, (low + peak) / 2}) {
      CAPTURE(seed);
      CAPTURE(budget);
      formulation::paper const p(d, budget);
      double const best = test::cheapest_in_stages(d, budget);
      solver_outcome const found = cbc{}.solve(p.model(), {.relative_gap = 0});
      if (best == test::no_schedule) {
        CHECK(found.status == solve_status::infeasible);
        continue;
      }
      REQUIRE(found.has_values());
      CHECK(found.objective == doctest::Approx(p.time_units()(best)));
      auto const plan = schedule_from_sequence(d, sequence_of(d, p.runs_at(found.values)));
      auto const seen = simulate(d, plan, {.budget = budget});
      CHECK(seen.valid());
      CHECK(seen.time == doctest::Approx(best));
    }
  }
}

TEST_CASE("paper model: graphs beyond the paper's are refused, naming the node") {
  test::value_graph g;
  g.read = {{}, {{0, 0}}};
  g.outputs = {1, 1};
  g.keep = {{false}, {false}};
  g.once = {false, false};
  g.costs = table_cost::of_nodes({1, 1}, {1, 1});
  auto refused = [](test::value_graph const& graph) {
    auto const d = lower(graph, graph.costs);
    CHECK_THROWS_WITH_AS((formulation::paper(d, 10)), doctest::Contains("node 1"), invalid_model);
  };
  CHECK_NOTHROW((formulation::paper(lower(g, g.costs), 10)));
  auto bad = g;
  bad.once[1] = true;
  refused(bad);
  bad = g;
  bad.keep[1][0] = true;
  refused(bad);
  bad = g;
  bad.costs.workspaces = {0, 1};
  refused(bad);
  bad = g;
  bad.outputs[1] = 0;
  bad.keep[1].clear();
  bad.costs.memories[1].clear();
  refused(bad);
}
