// SPDX-License-Identifier: Apache-2.0
//
// A network recorded at some batch sizes, at any other.
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/batched_graph.hpp>
#include <checkmate/zoo/zoo.hpp>

#include "support/throws.hpp"

namespace {

using checkmate::batched_graph;
using checkmate::bytes;
using checkmate::recorded_graph;

/// Two nodes; of the first everything grows with the batch, of the second only the time.
recorded_graph recorded(std::int64_t batch) {
  recorded_graph g;
  g.name = "g";
  g.time_unit = "us";
  g.fixed = 1000 + 4 * batch;
  g.nodes = {{.name = "a",
              .time = 5 + 0.5 * static_cast<double>(batch),
              .outputs = {8 * batch, 100 - batch},
              .workspace = 3 + 2 * batch},
             {.name = "b",
              .time = 1,
              .outputs = {64},
              .reads = {{0, 0}, {0, 1}},
              .retained = {0},
              .backward = true}};
  return g;
}

std::string refusal(std::function<void(recorded_graph&)> const& change) {
  recorded_graph other = recorded(8);
  change(other);
  return test::message_of<checkmate::invalid_graph>([&] { batched_graph({{4, recorded(4)}, {8, other}}); });
}

}  // namespace

TEST_CASE("batched_graph: what is a line in the batch is that line, between the recordings and beyond") {
  batched_graph const all({{32, recorded(32)}, {8, recorded(8)}});
  for (std::int64_t const batch : {1, 7, 8, 9, 20, 32, 33, 99}) {
    CAPTURE(batch);
    CHECK(all.at(batch) == recorded(batch));
  }
  CHECK(all.at(1000).nodes[0].outputs[1] == 0);  // 100 - 1000 is no size
}

TEST_CASE("batched_graph: a recorded batch gives the recording, and lines go through the nearest two") {
  auto const with = [](bytes size, double time) {
    recorded_graph g = recorded(1);
    g.nodes[0].outputs[0] = size;
    g.nodes[0].time = time;
    return g;
  };
  batched_graph const all({{1, with(10, 1)}, {2, with(20, 4)}, {4, with(100, 5)}});
  CHECK(all.at(2).nodes[0].outputs[0] == 20);
  CHECK(all.at(3).nodes[0].outputs[0] == 60);
  CHECK(all.at(3).nodes[0].time == 4.5);
  CHECK(all.at(6).nodes[0].outputs[0] == 180);
  CHECK(all.at(6).nodes[0].time == 6);
}

TEST_CASE("batched_graph: parts of a byte count as a byte, and sizes beyond 2^53 are exact") {
  auto const with = [](bytes size) {
    recorded_graph g = recorded(1);
    g.nodes[0].outputs[0] = size;
    return g;
  };
  batched_graph const thirds({{1, with(0)}, {4, with(1)}});
  CHECK(thirds.at(2).nodes[0].outputs[0] == 1);
  CHECK(thirds.at(8).nodes[0].outputs[0] == 3);
  batched_graph const falling({{1, with(10)}, {4, with(9)}});
  CHECK(falling.at(2).nodes[0].outputs[0] == 10);
  CHECK(falling.at(7).nodes[0].outputs[0] == 8);
  bytes const odd = (bytes{1} << 60) + 1;
  batched_graph const huge({{1, with(1)}, {2, with(odd)}});
  CHECK(huge.at(4).nodes[0].outputs[0] == 3 * (odd - 1) + 1);
  CHECK_THROWS_AS((void)huge.at(1000), checkmate::invalid_cost);
}

TEST_CASE(
    "batched_graph: recordings that are not of one network are refused, with the node and what differs") {
  CHECK(refusal([](recorded_graph& g) { g.nodes.pop_back(); }) ==
        "the recordings at batch 4 and 8 are not of one network: 2 nodes and 1");
  CHECK(refusal([](recorded_graph& g) {
          g.nodes[1].reads.pop_back();
        }).find("node 1 differs in what it reads") != std::string::npos);
  CHECK(refusal([](recorded_graph& g) {
          g.nodes[0].outputs.push_back(1);
        }).find("the number of its outputs") != std::string::npos);
  CHECK(refusal([](recorded_graph& g) { g.nodes[1].retained.clear(); }).find("retained") !=
        std::string::npos);
  CHECK(refusal([](recorded_graph& g) { g.nodes[1].run_once = true; }).find("run once") != std::string::npos);
  CHECK(refusal([](recorded_graph& g) { g.nodes[0].backward = true; }).find("backward") != std::string::npos);
  CHECK(refusal([](recorded_graph& g) { g.nodes[0].op = "conv"; }).find("op") != std::string::npos);
  CHECK(refusal([](recorded_graph& g) { g.time_unit = "ns"; }).find("\"us\" and in \"ns\"") !=
        std::string::npos);
  auto const told = [](std::vector<checkmate::batch_recording> recordings) {
    return test::message_of<checkmate::invalid_graph>([&] { batched_graph made(std::move(recordings)); });
  };
  CHECK(told({}).find("two batch sizes") != std::string::npos);
  CHECK(told({{4, recorded(4)}}).find("two batch sizes") != std::string::npos);
  CHECK(told({{4, recorded(4)}, {4, recorded(4)}}).find("two recordings are of batch 4") !=
        std::string::npos);
  CHECK(told({{0, recorded(4)}, {4, recorded(4)}}).find("must be >= 1") != std::string::npos);
  batched_graph const good({{4, recorded(4)}, {8, recorded(8)}});
  CHECK_THROWS_AS((void)good.at(0), checkmate::invalid_option);
}

TEST_CASE(
    "batched_graph: the largest batch from two recordings of a network of the zoo is that of the network") {
  auto const build = [](std::int64_t batch) {
    auto const step =
        checkmate::zoo::training_step_of(checkmate::zoo::make_network("vgg16", {.batch = batch}));
    return checkmate::lower(step.graph, step.costs);
  };
  auto const record = [&](std::int64_t batch) {
    checkmate::dag const d = build(batch);
    recorded_graph g;
    g.fixed = d.fixed_memory();
    for (auto v : d.nodes()) {
      checkmate::recorded_node node{.time = d.time(v), .workspace = d.workspace(v)};
      for (std::uint32_t k = 0; k < d.output_count(v); ++k) {
        node.outputs.push_back(d.memory(d.output(v, k)));
        if (d.retained(d.output(v, k))) node.retained.push_back(k);
      }
      for (checkmate::value_index x : d.reads(v)) node.reads.push_back(d.ref(x));
      g.nodes.push_back(node);
    }
    return g;
  };
  batched_graph const lines({{4, record(4)}, {16, record(16)}});
  checkmate::max_batch_options options;
  options.plan.budget = 4'000'000'000;
  auto const expected = checkmate::max_batch(build, options, checkmate::greedy{});
  auto const got = checkmate::max_batch(
      [&](std::int64_t batch) {
        auto const g = lines.at(batch);
        return checkmate::lower(g, g);
      },
      options, checkmate::greedy{});
  CHECK(got.size == expected.size);
  CHECK(got.size > 16);
  CHECK(got.found.plan->peak_memory == expected.found.plan->peak_memory);
}
