// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <checkmate/model/builder.hpp>
#include <checkmate/solvers/cbc.hpp>

TEST_CASE("cbc: a knapsack of three") {
  checkmate::linear_model_builder b;
  auto const x = b.add_binary(-3);
  auto const y = b.add_binary(-4);
  auto const z = b.add_binary(-5);
  b.begin_row(-checkmate::infinity, 5);
  b.add_term(x, 2);
  b.add_term(y, 3);
  b.add_term(z, 4);
  auto const found = checkmate::cbc{}.solve(b.finish(), {});
  CHECK(found.status == checkmate::solve_status::optimal);
  CHECK(found.objective == -7);
}
