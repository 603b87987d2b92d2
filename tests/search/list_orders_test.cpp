// SPDX-License-Identifier: Apache-2.0
//
// List schedules: valid orders of every problem, and of training steps with updates at their end the least
// peak that there is.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/memory/floor.hpp>
#include <checkmate/schedule/no_recompute.hpp>
#include <checkmate/search/list_orders.hpp>

#include "support/random_graphs.hpp"
#include "support/random_problems.hpp"

namespace {

using checkmate::bytes;
using checkmate::dag;
using checkmate::node_id;
using namespace checkmate::detail;

bool never() {
  return false;
}

std::vector<measured_order> orders_of(dag const& d, bytes budget) {
  return list_orders(d, exact_sizes(d).limit(budget), never);
}

checkmate::simulation replay_of(dag const& d, checkmate::event_sequence const& order) {
  return checkmate::simulate(d, checkmate::schedule_from_sequence(d, order),
                             {.order = checkmate::execution_order::free});
}

/// A training step under construction: unit times, one value per node.
struct builder {
  std::vector<std::vector<node_id>> reads = {};
  std::vector<bytes> sizes = {};
  node_id add(bytes size, std::vector<node_id> from) {
    reads.push_back(std::move(from));
    sizes.push_back(size);
    return static_cast<node_id>(reads.size() - 1);
  }
  [[nodiscard]] dag lowered() const {
    return checkmate::lower(reads,
                            checkmate::table_cost::of_nodes(std::vector<double>(reads.size(), 1.0), sizes));
  }
};

/// Layers whose activations take 10 bytes and whose weight gradients take 100; gradients of the first layer
/// come last.
std::vector<node_id> forward_and_backward(builder& b, std::size_t layers) {
  std::vector<node_id> forward, gradients(layers);
  for (std::size_t i = 0; i < layers; ++i) {
    forward.push_back(b.add(10, i > 0 ? std::vector<node_id>{forward.back()} : std::vector<node_id>{}));
  }
  node_id passed = b.add(10, {forward.back()});
  for (std::size_t i = layers; i-- > 0;) {
    gradients[i] =
        b.add(100, i > 0 ? std::vector<node_id>{forward[i - 1], passed} : std::vector<node_id>{passed});
    passed = b.add(10, {passed});
  }
  return gradients;
}

/// How an optimizer reads gradients.
enum class optimizer : std::uint8_t { one_node, four_nodes, in_passes, shared_rate, shared_norm, one_end };

dag training_step(std::size_t layers, optimizer how) {
  builder b;
  std::vector<node_id> const gradients = forward_and_backward(b, layers);
  std::vector<node_id> last;
  if (how == optimizer::one_node || how == optimizer::one_end) {
    for (node_id g : gradients) last.push_back(b.add(0, {g}));
    if (how == optimizer::one_end) b.add(0, last);
  } else if (how == optimizer::four_nodes) {
    for (node_id g : gradients) {
      node_id const first = b.add(100, {g}), second = b.add(100, {g});
      b.add(0, {b.add(50, {first, second})});
    }
  } else if (how == optimizer::in_passes) {
    for (node_id g : gradients) last.push_back(b.add(100, {g}));
    for (std::size_t i = 0; i < layers; ++i) last[i] = b.add(150, {last[i], gradients[i]});
    for (node_id u : last) b.add(0, {u});
  } else if (how == optimizer::shared_rate) {
    node_id const rate = b.add(4, {b.add(4, {})});
    for (node_id g : gradients) b.add(0, {g, rate});
  } else {  // the norm reads a small part of each gradient, and so does what it scales
    std::vector<node_id> parts;
    for (node_id g : gradients) parts.push_back(b.add(4, {g}));
    for (node_id g : gradients) last.push_back(b.add(10, {g}));
    node_id const norm = b.add(4, parts);
    for (node_id u : last) b.add(0, {u, norm});
  }
  return b.lowered();
}

}  // namespace

TEST_CASE("list orders: each is an order of every problem, with the peak that it says") {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    dag const d = test::shuffled(test::random_problem(seed, 2, 20), seed).dag();
    bytes const floor = checkmate::smallest_conceivable_budget(d).budget;
    auto const found = orders_of(d, floor);
    exact_sizes const sizes(d);
    for (measured_order const& one : found) {
      auto const seen = replay_of(d, one.order);
      REQUIRE((seen.error ? seen.error->message : "") == "");
      CHECK(seen.executions == d.size());
      CHECK(one.peak + sizes.fixed == static_cast<double>(seen.peak_memory));
      CHECK(found.front().overflow <= one.overflow);
    }
  }
}

TEST_CASE("list orders: weight updates move to where their gradients are, whatever their optimizer is like") {
  // What the forward pass leaves and the two gradients on their way, and what one layer's update needs.
  struct expectation {
    optimizer how;
    bytes own;
  };
  for (expectation const& e :
       {expectation{optimizer::one_node, 100}, expectation{optimizer::one_end, 100},
        expectation{optimizer::four_nodes, 300}, expectation{optimizer::in_passes, 350},
        expectation{optimizer::shared_rate, 108}}) {
    for (std::size_t layers : {4U, 40U, 1000U}) {
      CAPTURE(static_cast<int>(e.how));
      CAPTURE(layers);
      dag const d = training_step(layers, e.how);
      bytes const budget = 10 * static_cast<bytes>(layers) + 10 + e.own;
      auto const found = orders_of(d, budget);
      CHECK(found.front().overflow == 0);
      CHECK(replay_of(d, found.front().order).peak_memory <= budget);
      if (layers > 4) CHECK(checkmate::no_recompute_schedule(d).peak_memory > 2 * budget);
    }
  }
  // A norm keeps 14 bytes a layer until it is known.
  dag const d = training_step(40, optimizer::shared_norm);
  CHECK(orders_of(d, 40 * 14 + 150).front().overflow == 0);
}

TEST_CASE("list orders: what is read late is made late, and what waits holds nothing back") {
  // Three parameters of 100 bytes are made first, and each is read alone, by one node of its own.
  builder b;
  node_id const p = b.add(100, {}), q = b.add(100, {}), r = b.add(100, {});
  for (node_id from : {p, q, r}) b.add(1, {from});
  dag const d = b.lowered();
  CHECK(checkmate::no_recompute_schedule(d).peak_memory == 301);
  CHECK(orders_of(d, 101).front().peak == 101);
}

TEST_CASE("list schedule: runs what lowers memory most, and stopped early ends in the given order") {
  dag const d = test::random_dag(3, test::everything(30));
  checkmate::event_sequence const given(d);
  CHECK(list_schedule(d, [] { return true; }) == given);
  auto const found = list_orders(d, 0, [] { return true; });
  CHECK(found.size() == 1);
  CHECK(found.front().order == given);
}
