// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>

#include "support/throws.hpp"

namespace {

using adjacency = std::vector<std::vector<checkmate::node_id>>;
using ids = std::vector<checkmate::node_id>;

adjacency drawn(checkmate::training_graph const& g) {
  adjacency out;
  for (checkmate::node_id v = 0; v < g.node_count(); ++v) out.push_back(g.inputs(v));
  return out;
}

}  // namespace

static_assert(checkmate::value_graph<checkmate::training_graph>);

TEST_CASE("training graph: a chain with the paper's rule is the graph drawn by hand") {
  adjacency const chain = {{}, {0}, {1}};
  auto const g = checkmate::make_training_graph(chain, checkmate::paper_rule);
  // 0 1 2 loss=3 grad2=4 grad1=5 grad0=6; each gradient reads its output, its user's output and gradient.
  CHECK(drawn(g) == adjacency{{}, {0}, {1}, {2}, {2, 3}, {1, 2, 4}, {0, 1, 5}});
  CHECK(g.loss() == 3);
  CHECK(g.role(3) == checkmate::training_role::loss);
  CHECK_FALSE(g.is_backward(3));
  CHECK(g.is_backward(4));
  CHECK(g.backward_of(0) == 6u);
  CHECK(g.forward_of(6) == 0);
  CHECK(g.label(6) == "grad_0");
}

TEST_CASE("training graph: the rule of each node decides what its backward node reads") {
  adjacency const chain = {{}, {0}, {1}, {2}};
  auto const rule = [](checkmate::node_id v) -> checkmate::backward_rule {
    if (v == 1) return {.inputs = true, .output = false};
    if (v == 2) return {.inputs = false, .output = true};
    if (v == 3) return checkmate::gradients_only_rule;
    return {};
  };
  auto const g = checkmate::make_training_graph(chain, rule);
  CHECK(drawn(g) == adjacency{{}, {0}, {1}, {2}, {3}, {4}, {2, 5}, {0, 6}, {0, 7}});
}

TEST_CASE("training graph: an exact rule says value by value what is read, and which inputs get a gradient") {
  adjacency const fan = {{}, {}, {0, 1}, {2}};  // 2 = gather(0, indices 1)
  using checkmate::exact_backward_rule;
  auto const rule = [](checkmate::node_id v) -> exact_backward_rule {
    if (v == 2) return {.reads = {{1, 0}, {1, 0}}, .receivers = {0, 0}, .exists = true};
    return {.reads = {{v, 0}}, .receivers = v == 3 ? ids{2} : ids{}, .exists = true, .retained = v == 0};
  };
  auto const g = checkmate::make_training_graph(fan, rule);
  // loss 4; grad3 5, grad2 6, grad0 7: the indices have none.
  CHECK(drawn(g) == adjacency{{}, {}, {0, 1}, {2}, {3}, {3, 4}, {1, 5}, {0, 6}});
  CHECK_FALSE(g.backward_of(1).has_value());
  CHECK(g.is_retained(7, 0));
  CHECK_FALSE(g.is_retained(6, 0));

  auto const none =
      checkmate::make_training_graph(fan, [](checkmate::node_id) { return exact_backward_rule{}; });
  CHECK(none.node_count() == 5);
}

TEST_CASE("training graph: an exact rule that names what is not there is refused by node") {
  adjacency const chain = {{}, {0}, {1}};
  using checkmate::exact_backward_rule;
  auto const refused = [&](exact_backward_rule const& rule) {
    return test::message_of<checkmate::invalid_graph>(
        [&] { (void)checkmate::make_training_graph(chain, [&](checkmate::node_id) { return rule; }); });
  };
  CHECK(refused({.reads = {{4, 0}}, .exists = true}) ==
        "the backward rule of node 2 reads output 0 of node 4, which the forward graph does not have");
  CHECK(refused({.reads = {{0, 1}}, .exists = true}) ==
        "the backward rule of node 2 reads output 1 of node 0, which the forward graph does not have");
  CHECK(refused({.receivers = {0}, .exists = true}) ==
        "the backward rule of node 2 hands a gradient to node 0, from which that node reads nothing");
}

TEST_CASE("training graph: gradients of a skip connection fan in as reads or through add nodes") {
  adjacency const skip = {{}, {0}, {0, 1}};  // 2 = add(0, f(0))
  auto const all = checkmate::make_training_graph(skip, checkmate::gradients_only_rule);
  CHECK(drawn(all) == adjacency{{}, {0}, {0, 1}, {2}, {3}, {4}, {4, 5}});

  auto const added = checkmate::make_training_graph(skip, checkmate::gradients_only_rule,
                                                    {.fan_in = checkmate::gradient_fan_in::add_nodes});
  // loss 3, grad2 4, grad1 5, add 6 of (4, 5), grad0 7
  CHECK(drawn(added) == adjacency{{}, {0}, {0, 1}, {2}, {3}, {4}, {4, 5}, {6}});
  CHECK(added.role(6) == checkmate::training_role::add);
  CHECK(added.forward_of(6) == 0);
  CHECK(added.is_backward(6));
}

TEST_CASE("training graph: a U-Net shape hands gradients across the skip connection") {
  // down 0 1 2, up 3, concatenation 4 of (0, 3), head 5
  adjacency const unet = {{}, {0}, {1}, {2}, {0, 3}, {4}};
  auto const g = checkmate::make_training_graph(unet, checkmate::paper_rule);
  // loss 6; grad5 7, grad4 8, grad3 9, grad2 10, grad1 11, grad0 12
  CHECK(drawn(g) == adjacency{{},
                              {0},
                              {1},
                              {2},
                              {0, 3},
                              {4},
                              {5},
                              {5, 6},
                              {4, 5, 7},
                              {3, 4, 8},
                              {2, 3, 9},
                              {1, 2, 10},
                              {0, 1, 4, 8, 11}});
}

TEST_CASE("training graph: three users of one node need two add nodes, each as early as it can be") {
  adjacency const fan = {{}, {0}, {0}, {0}};
  auto const g = checkmate::make_training_graph(fan, checkmate::gradients_only_rule,
                                                {.fan_in = checkmate::gradient_fan_in::add_nodes});
  // loss 4; grad3 5; grad2 6, add 7 (5, 6); grad1 8, add 9 (7, 8); grad0 10
  CHECK(drawn(g) == adjacency{{}, {0}, {0}, {0}, {1, 2, 3}, {4}, {4}, {5, 6}, {4}, {7, 8}, {9}});
}

TEST_CASE("training graph: no gradient passes a node that has none") {
  adjacency const g = {{}, {0}, {1}, {2}};
  auto const rule = [](checkmate::node_id v) {
    checkmate::backward_rule r = checkmate::gradients_only_rule;
    r.exists = v != 2;
    return r;
  };
  auto const t = checkmate::make_training_graph(g, rule);
  CHECK(t.node_count() == 6);  // four forward nodes, the loss, the backward node of 3
  CHECK(t.backward_of(3) == 5u);
  CHECK_FALSE(t.backward_of(2).has_value());
  CHECK_FALSE(t.backward_of(0).has_value());
}

TEST_CASE("training graph: the loss reads what it is told to") {
  adjacency const two_heads = {{}, {0}, {0}};
  auto const both = checkmate::make_training_graph(two_heads, checkmate::paper_rule);
  CHECK(both.inputs(3) == ids{1, 2});
  auto const one = checkmate::make_training_graph(two_heads, checkmate::paper_rule, {.loss_inputs = {2}});
  CHECK(one.inputs(3) == ids{2});
  CHECK_FALSE(one.backward_of(1).has_value());
  CHECK_THROWS_AS(
      (void)checkmate::make_training_graph(two_heads, checkmate::paper_rule, {.loss_inputs = {9}}),
      checkmate::invalid_graph);
}

TEST_CASE("training graph: ids that are no topological order still give an order of execution") {
  adjacency const backwards = {{1}, {2}, {}};
  auto const g = checkmate::make_training_graph(backwards, checkmate::gradients_only_rule);
  // 2 -> 1 -> 0 -> loss 3 -> grad0 4 -> grad1 5 -> grad2 6
  CHECK(drawn(g) == adjacency{{1}, {2}, {}, {0}, {3}, {4}, {5}});
  CHECK(g.backward_of(2) == 6u);
}

TEST_CASE("training graph: values, flags and labels of the forward graph are kept") {
  struct two_outputs {
    std::size_t node_count() const { return 2; }
    ids inputs(checkmate::node_id v) const { return v == 0 ? ids{} : ids{0}; }
    std::vector<checkmate::value_ref> reads(checkmate::node_id v) const {
      if (v == 0) return {};
      return {{0, 1}};
    }
    std::size_t output_count(checkmate::node_id v) const { return v == 0 ? 2 : 1; }
    bool is_retained(checkmate::node_id v, std::uint32_t k) const { return v == 0 && k == 0; }
    bool is_run_once(checkmate::node_id v) const { return v == 1; }
    std::string label(checkmate::node_id v) const { return v == 0 ? "split" : "norm"; }
  };
  two_outputs const forward;
  auto const g = checkmate::make_training_graph(forward, {.inputs = true, .output = false, .retained = true});
  CHECK(g.reads(1) == std::vector<checkmate::value_ref>{{0, 1}});
  CHECK(g.is_retained(0, 0));
  CHECK_FALSE(g.is_retained(0, 1));
  CHECK(g.is_run_once(1));
  CHECK_FALSE(g.is_run_once(*g.backward_of(1)));
  CHECK(g.reads(*g.backward_of(1)) == std::vector<checkmate::value_ref>{{0, 1}, {2, 0}});
  CHECK(g.is_retained(*g.backward_of(0), 0));
  CHECK(g.label(*g.backward_of(0)) == "grad_split");

  checkmate::table_cost const forward_costs{{3, 5}, {{10, 20}, {40}}, {7, 8}, 100};
  auto const costs = checkmate::training_costs(g, forward, forward_costs,
                                               {.backward_time = 3, .loss_time = 1, .loss_bytes = 4});
  CHECK(costs.times == std::vector<double>{3, 5, 1, 15, 9});
  CHECK(costs.memories == std::vector<std::vector<checkmate::bytes>>{{10, 20}, {40}, {4}, {40}, {30}});
  CHECK(costs.workspaces == std::vector<checkmate::bytes>{7, 8, 0, 8, 7});
  CHECK(costs.fixed == 100);
  CHECK(checkmate::lower(g, costs).size() == 5);
}
