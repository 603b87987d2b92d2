// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <stop_token>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/strategies/baselines.hpp>
#include <checkmate/zoo/zoo.hpp>

namespace {

namespace zoo = checkmate::zoo;

auto problem_of(zoo::network (*make)(zoo::network_options const&)) {
  return [make](std::int64_t batch) {
    auto const step = zoo::training_step_of(make({.batch = batch}));
    return checkmate::lower(step.graph, step.costs);
  };
}

checkmate::forward_mask forward_of(zoo::network const& net) {
  return checkmate::forward_nodes(zoo::training_step_of(net).graph);
}

}  // namespace

TEST_CASE("max_batch: the answer fits and one more does not, proven where memory rules it out") {
  auto const make = problem_of(zoo::vgg16);
  constexpr checkmate::bytes memory = 16'000'000'000;
  std::size_t told = 0;
  auto const r =
      checkmate::max_batch(make, {.plan = {.budget = memory}, .on_probe = [&](auto const&) { ++told; }},
                           checkmate::checkpoint_all{});
  CHECK(told == r.probes.size());
  CHECK(r.refused == r.size + 1);
  CHECK(checkmate::no_recompute_schedule(make(r.size)).peak_memory <= memory);
  CHECK(checkmate::no_recompute_schedule(make(r.size + 1)).peak_memory > memory);
  CHECK_FALSE(r.refusal_proven);  // checkpoint_all cannot know
  CHECK(r.probes.size() < 25);
}

TEST_CASE("max_batch: VGG19 reaches the proven 289 of the paper in 16 GB with one extra forward pass") {
  auto const forward = forward_of(zoo::vgg19());
  // The authors leave the input out of their budget.
  auto const make = [](std::int64_t batch) {
    auto const net = zoo::vgg19({.batch = batch});
    auto step = zoo::training_step_of(net);
    step.costs.fixed -= net.input_bytes();
    return checkmate::lower(step.graph, step.costs);
  };
  checkmate::max_batch_options options{.plan = {.budget = 16'000'000'000}};
  options.allowed_time = checkmate::one_extra_forward_pass(forward);
  auto const best = checkmate::max_batch(make, options, checkmate::rotor{});
  CHECK(best.size == 289);
  CHECK(best.refused == 290);
  CHECK(best.refusal_proven);
  auto const chen = checkmate::max_batch(make, options, checkmate::ap_greedy{forward});
  CHECK(chen.size <= best.size);
  CHECK(chen.size >= 266);  // published
}

TEST_CASE("max_batch: no size, a limit, and a stop are told apart") {
  auto const make = problem_of(zoo::vgg16);
  auto const none = checkmate::max_batch(make, {.plan = {.budget = 1000}}, checkmate::checkpoint_all{});
  CHECK(none.size == 0);
  CHECK(none.refused == 1);
  CHECK(none.refusal_proven);
  CHECK_FALSE(none.found);

  auto const capped = checkmate::max_batch(make, {.largest = 6, .plan = {.budget = 16'000'000'000}},
                                           checkmate::checkpoint_all{});
  CHECK(capped.size == 6);
  CHECK(capped.refused == 0);

  std::stop_source stop;
  checkmate::max_batch_options options{.plan = {.budget = 16'000'000'000}};
  options.plan.stop = stop.get_token();
  options.on_probe = [&](checkmate::size_probe const& p) {
    if (p.size >= 4) stop.request_stop();
  };
  auto const stopped = checkmate::max_batch(make, options, checkmate::checkpoint_all{});
  CHECK(stopped.limit == checkmate::stop_limit::cancelled);
  CHECK(stopped.size == 4);
  CHECK_THROWS_AS((void)checkmate::max_batch(make, {.smallest = 0}, checkmate::checkpoint_all{}),
                  checkmate::invalid_option);
}

TEST_CASE("max_batch: a size whose planning was stopped is neither taken nor refused") {
  auto const problem = problem_of(zoo::vgg16);
  std::stop_source stop;
  checkmate::max_batch_options options{.plan = {.budget = 16'000'000'000}};
  options.plan.stop = stop.get_token();
  bool armed = false;
  auto const make = [&](std::int64_t batch) {
    if (armed && batch == 256) stop.request_stop();
    return problem(batch);
  };
  REQUIRE(checkmate::max_batch(make, options, checkmate::greedy{}).size >= 256);
  armed = true;
  auto const stopped = checkmate::max_batch(make, options, checkmate::greedy{});
  CHECK(stopped.limit == checkmate::stop_limit::cancelled);
  CHECK(stopped.size == 128);
  CHECK(stopped.refused == 0);
  REQUIRE_FALSE(stopped.probes.empty());
  CHECK(stopped.probes.back().size == 256);
  CHECK_FALSE(stopped.probes.back().proven);
}
