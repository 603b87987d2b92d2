// SPDX-License-Identifier: Apache-2.0
//
// Tests of the engine: every gradient against finite differences, and every promise that main.cpp builds on.
//
// This program is built with Eigen's assertions on and its allocations forbidden while kernels run, so that a
// temporary behind the account's back is a failure, not a footnote.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>

#include "training.hpp"

namespace engine {
namespace {

bool const eigen_may_allocate = Eigen::internal::set_is_malloc_allowed(false);

/// The sum of all numbers of x, each with a weight of its own: a loss whose gradient is known.
operation weigh(shape const& from) {
  random_stream const weights(11, 0);
  auto const weight = [=](index i) { return weights.uniform(static_cast<std::uint64_t>(i), -1, 1); };
  return {.name = "weigh",
          .forward =
              [=](call const& c) {
                double sum = 0;
                for (index i = 0; i < from.size(); ++i) {
                  sum += static_cast<double>(weight(i)) * static_cast<double>(c.in(0).data()[i]);
                }
                c.out(0)(0, 0) = static_cast<scalar>(sum);
              },
          .outputs = {{.batch = 1}},
          .backward =
              [=](call const& c) {
                for (index i = 0; i < from.size(); ++i) c.out(0).data()[i] = weight(i);
              },
          .backward_reads = {}};
}

/// Distinct numbers around 0, a tenth apart and none closer to 0 than half of that: finite differences do not
/// see the kinks of ReLU and max-pool.
void spread_out(scalar* data, index size) {
  index stride = 37;
  while (std::gcd(stride, size) != 1) ++stride;
  for (index i = 0; i < size; ++i) {
    data[i] = (static_cast<scalar>(i * stride % size - size / 2) + .5F) *
              std::min(.1F, 8.F / static_cast<scalar>(size));
  }
}

/// Compares the gradient of each parameter, element by element, with a central difference.
template <class Build>
void check_gradients(Build build) {
  network net;
  tensor y = build(net);
  if (y.dims.size() != 1) y = net.apply(weigh(y.dims), {y});
  auto const forward_nodes = net.node_count();
  net.differentiate(y);

  memory_account account;
  fixed_memory fixed(net, account);
  for (std::size_t p = 0; p < net.parameters().size(); ++p) {
    spread_out(fixed.weights[p].data(), net.parameters()[p].dims.size());
  }
  for (std::size_t k = 0; k < net.data().size(); ++k) {
    for (index i = 0; i < net.data()[k].size(); ++i)
      fixed.inputs[k].data()[i] = static_cast<scalar>(i * 2 % 3);
  }
  executor engine(net, account, fixed);
  auto const run = [&](std::size_t nodes) {
    for (node_id v = 0; v < nodes; ++v) engine.compute(v);
    return static_cast<double>(*engine.value(net.loss()));
  };
  run(net.node_count());
  for (std::size_t p = 0; p < net.parameters().size(); ++p) {
    parameter const& of = net.parameters()[p];
    REQUIRE(of.gradient);
    scalar const* gradient = engine.value(*of.gradient);
    auto const largest = static_cast<double>(const_view(gradient, 1, of.dims.size()).cwiseAbs().maxCoeff());
    for (index i = 0; i < of.dims.size(); ++i) {
      constexpr scalar h = 1e-2F;
      scalar& w = fixed.weights[p].data()[i];
      scalar const before = w;
      w = before + h;
      double const above = run(forward_nodes);
      w = before - h;
      double const below = run(forward_nodes);
      w = before;
      double const difference = (above - below) / (2 * static_cast<double>(h));
      CAPTURE(p);
      CAPTURE(i);
      CHECK(std::abs(difference - static_cast<double>(gradient[i])) < 2e-3 * (1 + largest));
    }
  }
}

/// A tensor of numbers whose gradient is checked.
tensor variable(network& net, shape const& dims) {
  return net.add_parameter(dims, 0, 1);
}

constexpr shape pictures{.batch = 2, .height = 4, .width = 4, .channels = 3};

TEST_CASE("convolution: gradients by picture and weights, for every size and stride") {
  for (index size : {1, 3}) {
    for (index stride : {1, 2}) {
      check_gradients([&](network& net) {
        tensor const x = variable(net, pictures);
        tensor const w = variable(net, {.batch = size * size * 3, .channels = 2});
        return net.apply(convolution(x.dims, 2, size, stride), {x, w});
      });
    }
  }
}

TEST_CASE("dense: gradients by rows, weights and bias") {
  check_gradients([](network& net) {
    tensor const x = variable(net, {.batch = 5, .channels = 4});
    tensor const w = variable(net, {.batch = 4, .channels = 3});
    return net.apply(dense(x.dims, 3), {x, w, variable(net, {.batch = 1, .channels = 3})});
  });
}

TEST_CASE("relu, dropout, max-pool, mean-pool and upsampling: gradients by pictures") {
  using make = operation (*)(shape const&);
  for (make op : {make{relu}, make{max_pool}, make{mean_pool}, make{upsample},
                  make{[](shape const& s) { return dropout(s, 0.3F, 5); }}}) {
    check_gradients([&](network& net) {
      tensor const x = variable(net, pictures);
      return net.apply(op(x.dims), {x});
    });
  }
}

TEST_CASE("concatenation: gradients by both sides") {
  check_gradients([](network& net) {
    tensor const a = variable(net, pictures), b = variable(net, pictures.with_channels(2));
    return net.apply(concatenate(a.dims, b.dims), {a, b});
  });
}

TEST_CASE("a residual block: the gradients of several readers are added") {
  check_gradients([](network& net) {
    tensor const x = variable(net, {.batch = 3, .channels = 4});
    tensor const h = net.apply(relu(x.dims), {x});
    tensor const w = variable(net, {.batch = 4, .channels = 4});
    tensor const r = net.apply(dense(h.dims, 4), {h, w, variable(net, {.batch = 1, .channels = 4})});
    tensor const sum = net.apply(add(h.dims), {r, h});
    return net.apply(add(h.dims), {sum, h});
  });
}

TEST_CASE("batch norm and layer norm: gradients by rows, scale and shift") {
  using make = operation (*)(shape const&);
  for (make op : {make{batch_norm}, make{layer_norm}}) {
    check_gradients([&](network& net) {
      tensor const x = variable(net, {.batch = 6, .channels = 5});
      tensor const g = variable(net, {.batch = 1, .channels = 5});
      return net.apply(op(x.dims), {x, g, variable(net, {.batch = 1, .channels = 5})});
    });
  }
}

TEST_CASE("attention: gradients by queries, keys and values") {
  check_gradients([](network& net) {
    tensor const x = variable(net, {.batch = 2, .height = 1, .width = 5, .channels = 3 * 4});
    return net.apply(attention(x.dims, 2), {x});
  });
}

TEST_CASE("embedding: gradients by table and positions") {
  check_gradients([](network& net) {
    tensor const letters = net.add_input({.batch = 2, .height = 1, .width = 4, .channels = 1});
    tensor const table = variable(net, {.batch = 3, .channels = 5});
    tensor const positions = variable(net, {.batch = 4, .channels = 5});
    return net.apply(embedding(letters.dims, 5), {letters, table, positions});
  });
}

TEST_CASE("softmax cross-entropy: gradients by scores") {
  check_gradients([](network& net) {
    tensor const scores = variable(net, {.batch = 6, .channels = 3});
    tensor const target = net.add_input({.batch = 6});
    return net.apply(softmax_cross_entropy(scores.dims), {scores, target});
  });
}

TEST_CASE("shapes that an operator cannot divide are refused") {
  CHECK_THROWS_AS((void)max_pool({.batch = 1, .height = 4, .width = 5, .channels = 1}),
                  std::invalid_argument);
  CHECK_THROWS_AS((void)attention({.batch = 1, .height = 1, .width = 4, .channels = 3 * 5}, 2),
                  std::invalid_argument);
}

TEST_CASE("attention sees no letter that comes later") {
  network net;
  tensor const x = variable(net, {.batch = 1, .height = 1, .width = 6, .channels = 3 * 4});
  net.apply(attention(x.dims, 2), {x});
  memory_account account;
  fixed_memory fixed(net, account);
  executor engine(net, account, fixed);
  engine.compute(0);
  std::vector<scalar> const before(engine.value({0, 0}), engine.value({0, 0}) + 6 * 4);
  for (index i = 0; i < 12; ++i) fixed.weights[0].data()[5 * 12 + i] += 1;  // the last letter
  engine.compute(0);
  std::vector<scalar> const after(engine.value({0, 0}), engine.value({0, 0}) + 6 * 4);
  CHECK(std::equal(before.begin(), before.begin() + 5 * 4, after.begin()));
  CHECK_FALSE(std::equal(before.begin(), before.end(), after.begin()));
}

TEST_CASE("dropout draws another mask in another step, and the same mask in the same step") {
  network net;
  tensor const x = variable(net, {.batch = 100, .channels = 10});
  net.apply(dropout(x.dims, 0.3F, 1), {x});
  memory_account account;
  fixed_memory fixed(net, account);
  executor engine(net, account, fixed);
  auto const draw = [&](std::uint64_t step) {
    engine.start(step);
    engine.compute(0);
    return std::vector<scalar>(engine.value({0, 0}), engine.value({0, 0}) + 1000);
  };
  auto const first = draw(1), other = draw(2), again = draw(1);
  CHECK(first == again);
  CHECK(first != other);
  auto const dropped = std::count(first.begin(), first.end(), scalar{0});
  CHECK(dropped > 230);
  CHECK(dropped < 370);
}

/// Executions in the graph's order, with random nodes executed again in between.
std::vector<checkmate::node_index> with_repetitions(std::size_t nodes, std::uint64_t seed) {
  random_stream const dice(seed, 0);
  std::vector<checkmate::node_index> sequence;
  for (std::uint64_t v = 0; v < nodes; ++v) {
    sequence.push_back(checkmate::node_index(v));
    if (dice.below(2 * v, 3) == 0) {
      sequence.push_back(checkmate::node_index(dice.below(2 * v + 1, v + 1)));
    }
  }
  return sequence;
}

TEST_CASE("any schedule: the peak is the predicted one to the byte and the gradients are the same bits") {
  for (std::string const name : {"resnet", "unet", "gpt"}) {
    CAPTURE(name);
    trainer of(make_task(name));
    checkmate::dag const lowered = checkmate::lower(of.net(), of.costs());
    std::vector<checkmate::schedule> plans = {
        *checkmate::solve(lowered, {}, checkmate::checkpoint_all{}).plan};
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      checkmate::schedule plan =
          checkmate::schedule_from_sequence(lowered, {lowered, with_repetitions(lowered.size(), seed)});
      checkmate::simulation const seen = checkmate::simulate(lowered, plan);
      REQUIRE(seen.valid());
      REQUIRE(seen.recomputations > 10);
      plan.peak_memory = seen.peak_memory;
      plans.push_back(plan);
    }
    for (outcome const& seen : of.train(plans, 3)) {
      CHECK(seen.peak == seen.plan.peak_memory);
      CHECK(seen.steps_equal == 3);
    }
  }
}

TEST_CASE("the time predicted for a schedule counts each node as often as it runs") {
  trainer of(make_task("unet"));
  checkmate::dag const lowered = checkmate::lower(of.net(), of.costs());
  std::vector<checkmate::node_index> const sequence = with_repetitions(lowered.size(), 1);
  checkmate::schedule const plan = checkmate::schedule_from_sequence(lowered, {lowered, sequence});
  std::vector<double> seconds(lowered.size());
  double expected = 0;
  for (std::size_t v = 0; v < seconds.size(); ++v) {
    seconds[v] = static_cast<double>(v + 1);
    expected += seconds[v] * static_cast<double>(std::count(sequence.begin(), sequence.end(), v));
  }
  CHECK(time_of(plan, seconds) == expected);
}

TEST_CASE("one byte less than the peak is refused") {
  trainer of(make_task("resnet"));
  checkmate::schedule plan = *checkmate::solve(of.net(), of.costs(), {}, checkmate::checkpoint_all{}).plan;
  plan.peak_memory -= 1;
  CHECK_THROWS_AS((void)of.train(std::vector{plan}, 1), out_of_budget);
}

TEST_CASE("an account keeps what it is told") {
  memory_account account;
  account.start(100);
  {
    buffer const a(account, 10), b(account, 15);
    CHECK(account.in_use() == 100);
    CHECK_THROWS_AS(buffer(account, 1), out_of_budget);
    CHECK(account.in_use() == 100);
  }
  CHECK(account.in_use() == 0);
  CHECK(account.peak() == 100);
}

}  // namespace
}  // namespace engine
