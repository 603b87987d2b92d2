// SPDX-License-Identifier: Apache-2.0
//
// Wrong uses that only running shows, as a newcomer makes them, with the sentence that each one is told.
// (Those that do not compile are beside this file, in cases/.) A changed message is no bug; it is to be
// looked at as help.
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/cost/roofline.hpp>
#include <checkmate/solvers/any_backend.hpp>
#include <checkmate/strategies/optimal.hpp>
#include <checkmate/sweep.hpp>
#include <checkmate/zoo/training.hpp>
#include <checkmate/zoo/zoo.hpp>

#include "support/throws.hpp"

using checkmate::functional_cost;
using checkmate::node_id;
using checkmate::uniform_cost;

namespace {

using graph = std::vector<std::vector<int>>;

/// What `call` is told: it must throw one of checkmate's errors.
std::string told(std::function<void()> const& call) {
  return test::message_of<checkmate::error>(call);
}

/// What planning `g` is told.
std::string told_of(graph const& g, checkmate::plan_options const& options = {.budget = 8}) {
  return told([&] { (void)checkmate::solve(g, uniform_cost{}, options); });
}

/// Two nodes; the second reads an output that the first does not have.
struct misread {
  [[nodiscard]] std::size_t node_count() const { return 2; }
  [[nodiscard]] std::vector<node_id> inputs(node_id v) const {
    return v == 0 ? std::vector<node_id>{} : std::vector<node_id>{0};
  }
  [[nodiscard]] std::vector<checkmate::value_ref> reads(node_id v) const {
    return v == 0 ? std::vector<checkmate::value_ref>{} : std::vector<checkmate::value_ref>{{0, 3}};
  }
  [[nodiscard]] std::string label(node_id v) const { return v == 0 ? "conv" : "relu"; }
};

}  // namespace

TEST_CASE("messages: graphs that are none") {
  CHECK(told_of({{2}, {0}, {1}}) == "the graph has a cycle: node 0 -> node 1 -> node 2 -> node 0");
  CHECK(told_of({{}, {1}}) == "node 1 reads itself");
  CHECK(told_of({{}, {5}}) == "node 1 reads node 5, but ids are 0..1");
  CHECK(told_of({{}, {-1}}) == "node 1 reads node -1, but ids are 0..1");
  CHECK(told_of({}) == "the graph has no nodes");
  CHECK(told([] { (void)checkmate::solve(misread{}, uniform_cost{}, {.budget = 8}); }) ==
        "node 1 (relu) reads output 3 of node 0 (conv), which has 1");
}

TEST_CASE("messages: costs that cannot be") {
  graph const g = {{}, {0}, {1}};
  auto const one = [](node_id) { return 1.0; };
  auto with_memory = [&](auto memory) {
    return told([&] { (void)checkmate::solve(g, functional_cost(one, memory), {.budget = 8}); });
  };
  CHECK(with_memory([](node_id v) { return v == 1 ? -4 : 4; }) == "memory of node 1 is negative: -4");
  CHECK(with_memory([](node_id) { return std::numeric_limits<std::int64_t>::max(); }) ==
        "the bytes add up to more than 2^62, at memory of node 0");
  auto const no_time = [](node_id v) { return v == 2 ? std::nan("") : 1.0; };
  auto const four = [](node_id) { return 4; };
  CHECK(told([&] { (void)checkmate::solve(g, functional_cost(no_time, four), {.budget = 8}); }) ==
        "time of node 2 must be finite and >= 0, it is nan");
  CHECK(told([&] {
          (void)checkmate::lower(g, checkmate::table_cost::of_nodes({1, 1}, {4, 4}));
        }) == "table_cost: times has 2 entries, node 2 is asked for");
  CHECK(told([] {
          (void)checkmate::lower(checkmate::zoo::vgg16(), checkmate::roofline_cost{.flops_per_second = 0});
        }) == "roofline_cost: throughputs must be > 0 and launch_seconds >= 0");
}

TEST_CASE("messages: options out of their range") {
  graph const g = {{}, {0}, {1, 0}};
  CHECK(told_of(g, {.budget = -1}) == "budget must be >= 0 bytes, it is -1");
  CHECK(told_of(g, {.budget = 8, .relative_gap = -0.5}) == "relative_gap must be >= 0, it is -0.5");
  CHECK(told_of(g, {.budget = 8, .threads = 0}) == "threads must be >= 1, it is 0");
  CHECK(told_of(g, {.budget = 8, .time_limit = checkmate::seconds(-1)}) ==
        "time_limit must be >= 0 s, it is -1");
  CHECK(told([&] {
          auto const d = checkmate::lower(g, uniform_cost{});
          (void)checkmate::sweep_budgets(d, 1);
        }) == "a sweep needs at least 2 points, not 1");
  CHECK(told([] { (void)checkmate::zoo::vgg16({.batch = 0}); }) == "vgg16: batch must be >= 1");
}

TEST_CASE("messages: things that are not there") {
  graph const g = {{}, {0}, {1, 0}};
  CHECK(told([] { (void)checkmate::zoo::make_network("resnet18"); }) ==
        "no network is called \"resnet18\"; there are vgg16, vgg19, mobilenet, resnet50, unet, fcn8, segnet, "
        "gpt2");
  CHECK(told([&] {
          (void)checkmate::solve(g, uniform_cost{}, {.budget = 2},
                                 checkmate::optimal(checkmate::any_backend{}));
        }) == "any_backend: there is no backend in it");
  CHECK(told([&] { (void)checkmate::make_training_graph(g, checkmate::paper_rule, {.loss_inputs = {7}}); }) ==
        "the loss reads node 7, but forward ids are 0..2");
}

TEST_CASE("messages: a budget that no schedule fits is no misuse, and the result says why") {
  auto const found = checkmate::solve(graph{{}, {0}, {0, 1}}, uniform_cost{}, {.budget = 2});
  CHECK_FALSE(found);
  CHECK(found.termination.reason == checkmate::stop_reason::infeasible);
  CHECK(found.termination.detail ==
        "the budget is 2 bytes, but node 2 alone needs 3 bytes: 2 inputs 2 (node 0 1, node 1 1); output 1 "
        "(node 2 1)");
}

TEST_CASE("messages: a schedule of another graph, or with a step lost, is told where it goes wrong") {
  auto const d = checkmate::lower(graph{{}, {0}, {0, 1}, {2, 0}}, uniform_cost{});
  auto const other = checkmate::lower(graph{{}, {0}}, uniform_cost{});
  auto s = checkmate::no_recompute_schedule(d);
  CHECK(checkmate::simulate(other, s).error->message == "step 2: there is no node 2");
  s.steps.erase(s.steps.begin());
  CHECK(checkmate::simulate(d, s).error->message ==
        "step 0: node 1 reads output 0 of node 0, which is not resident");
}
