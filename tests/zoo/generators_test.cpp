// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>

TEST_CASE("residual_training_graph: the stated number of nodes, one source, one sink") {
  auto const g = checkmate::residual_training_graph({.blocks = 5, .depth = 2});
  auto const d = checkmate::lower(g, g);
  CHECK(d.size() == 2 * 5 * 3 + 2);
  for (auto v : d.nodes()) {
    CHECK(d.inputs(v).empty() == (v == 0));
    CHECK(d.users(v).empty() == (v + 1 == d.size()));
  }
}

TEST_CASE("residual_training_graph: the first layers are kept longest") {
  auto const g = checkmate::residual_training_graph({.blocks = 3, .depth = 1});
  auto const d = checkmate::lower(g, g);
  CHECK(d.users(checkmate::node_index{0}).back() == d.size() - 1);
}

TEST_CASE("residual_training_graph: a seed is a graph") {
  auto const a = checkmate::residual_training_graph({.seed = 1});
  auto const b = checkmate::residual_training_graph({.seed = 1});
  auto const c = checkmate::residual_training_graph({.seed = 2});
  CHECK(a.sizes == b.sizes);
  CHECK(a.times == b.times);
  CHECK(a.sizes != c.sizes);
}
