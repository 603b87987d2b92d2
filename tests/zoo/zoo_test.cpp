// SPDX-License-Identifier: Apache-2.0
//
// The zoo against the graph files of the paper's networks, node by node.
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/json_graph.hpp>
#include <checkmate/zoo/zoo.hpp>

#include "support/data.hpp"

namespace {

namespace zoo = checkmate::zoo;

/// Checks a training step against a file: order, edges, bytes, FLOPs, fixed memory, backward flags, names.
void same_as_file(zoo::training_step const& step, checkmate::recorded_graph const& file, bool names) {
  REQUIRE(step.graph.node_count() == file.nodes.size());
  CHECK(step.costs.fixed == file.fixed);
  for (checkmate::node_id v = 0; v < file.nodes.size(); ++v) {
    CAPTURE(v);
    CAPTURE(file.nodes[v].name);
    CHECK(step.graph.inputs(v) == file.inputs(v));
    CHECK(step.costs.memories[v] == file.nodes[v].outputs);
    CHECK(step.costs.times[v] == file.nodes[v].time);
    CHECK(step.graph.is_backward(v) == file.nodes[v].backward);
    if (names) CHECK(step.graph.label(v) == file.nodes[v].name);
  }
}

checkmate::recorded_graph file_of(std::string const& name) {
  return checkmate::load_graph(test::example_data("paper/" + name + ".json"));
}

}  // namespace

TEST_CASE("zoo: the paper's networks are those of the files, node by node, at both batches") {
  struct file {
    char const* network;
    std::int64_t batch;
  };
  for (file const& f :
       {file{"vgg16", 1}, file{"vgg16", 256}, file{"vgg19", 1}, file{"vgg19", 167}, file{"mobilenet", 1},
        file{"mobilenet", 512}, file{"resnet50", 1}, file{"resnet50", 96}, file{"unet", 1}, file{"unet", 32},
        file{"fcn8", 1}, file{"fcn8", 32}, file{"segnet", 1}, file{"segnet", 32}}) {
    CAPTURE(f.network);
    CAPTURE(f.batch);
    auto const step = zoo::training_step_of(zoo::make_network(f.network, {.batch = f.batch}));
    same_as_file(step, file_of(f.network + ("_b" + std::to_string(f.batch))), true);
  }
}

TEST_CASE("zoo: unit chains are those of the files but for the names of backward nodes") {
  for (std::int64_t length : {8, 16, 32}) {
    CAPTURE(length);
    same_as_file(zoo::unit_chain_step(length), file_of("chain" + std::to_string(length) + "_unit"), false);
  }
}

TEST_CASE("zoo: parameter counts are the published ones") {
  CHECK(zoo::vgg16().parameters() == 138'357'544);
  CHECK(zoo::vgg19().parameters() == 143'667'240);
  CHECK(zoo::mobilenet().parameters() == 4'253'864);
  CHECK(zoo::resnet50().parameters() == 25'636'712);
  CHECK(zoo::unet().parameters() == 12'332'755);
  CHECK(zoo::fcn8().parameters() == 134'456'985);
  CHECK(zoo::segnet().parameters() == 3'707'411);
  CHECK(zoo::gpt().parameters() == 124'439'808);
}

TEST_CASE("zoo: batch, element size, resolution and classes scale what they should") {
  auto const one = zoo::vgg16();
  auto const half = zoo::vgg16({.batch = 8, .element_bytes = 2});
  CHECK(half.flops(3) == 8 * one.flops(3));
  CHECK(half.output_bytes(3) == 4 * one.output_bytes(3));
  CHECK(half.fixed_memory(half) == 8 * one.input_bytes() / 2 + one.parameter_bytes());
  CHECK(zoo::resnet50({.classes = 10}).parameters() == 25'636'712 - 990 * 2049);
  auto const large = zoo::mobilenet({.height = 448, .width = 448});
  CHECK(large.parameters() == 4'253'864);
  CHECK(large.output_bytes(10) > 3 * zoo::mobilenet().output_bytes(10));
}

TEST_CASE("zoo: backward nodes that follow their operators read less than the paper's") {
  auto const net = zoo::resnet50();
  auto const paper = zoo::training_step_of(net);
  auto const real = zoo::training_step_of(net, {.gradients = zoo::gradient_model::operators});
  auto const a = checkmate::lower(paper.graph, paper.costs);
  auto const b = checkmate::lower(real.graph, real.costs);
  CHECK(a.size() == b.size());
  CHECK(b.edge_count() < a.edge_count());
  CHECK(checkmate::no_recompute_schedule(b).peak_memory < checkmate::no_recompute_schedule(a).peak_memory);
  auto const added = zoo::training_step_of(net, {.fan_in = checkmate::gradient_fan_in::add_nodes});
  CHECK(added.graph.node_count() == paper.graph.node_count() + 16);  // one a residual block
}

TEST_CASE("zoo: the transformer's training step can be planned") {
  auto const step =
      zoo::training_step_of(zoo::gpt({.blocks = 2, .heads = 2, .width = 64, .tokens = 32, .vocabulary = 100}),
                            {.gradients = zoo::gradient_model::operators});
  auto const d = checkmate::lower(step.graph, step.costs);
  CHECK(d.size() == 2 * (1 + 2 * 12 + 3) + 1);
  CHECK(checkmate::simulate(d, checkmate::no_recompute_schedule(d)).valid());
  CHECK_THROWS_AS((void)zoo::gpt({.heads = 5, .width = 64}), checkmate::invalid_option);
}

TEST_CASE("zoo: a wrong name or shape is refused, naming it") {
  CHECK_THROWS_WITH_AS((void)zoo::make_network("vgg17"), doctest::Contains("vgg17"),
                       checkmate::invalid_option);
  CHECK_THROWS_AS((void)zoo::vgg16({.batch = 0}), checkmate::invalid_option);
  CHECK_THROWS_AS((void)zoo::vgg16({.height = 8, .width = 8}), checkmate::invalid_graph);
  zoo::network net("mine", {4, 4, 3}, {});
  auto const a = net.conv2d("a", net.input(), {.filters = 8});
  CHECK_THROWS_WITH_AS(net.add("sum", a, net.input()), doctest::Contains("sum"), checkmate::invalid_graph);
}

TEST_CASE("zoo: sizes that 63 bits do not hold are refused, not wrapped") {
  CHECK_THROWS_WITH_AS((void)zoo::vgg16({.classes = (std::int64_t{1} << 40) + 1}), doctest::Contains("2^40"),
                       checkmate::invalid_option);
  std::int64_t const large = std::int64_t{1} << 40;
  CHECK_THROWS_AS((void)zoo::vgg16({.height = large, .width = large}), checkmate::invalid_cost);
  CHECK_THROWS_AS((void)zoo::gpt({.tokens = large}), checkmate::invalid_option);
  zoo::network net("mine", {1, 1, large}, {.element_bytes = large});
  CHECK_THROWS_AS((void)net.input_bytes(), checkmate::invalid_cost);
  net.append({.name = "a", .op = "Dense", .inputs = {}, .parameters = std::int64_t{1} << 62}, {net.input()});
  CHECK_THROWS_AS((void)net.parameter_bytes(), checkmate::invalid_cost);
  net.append({.name = "b", .op = "Dense", .inputs = {}, .parameters = std::int64_t{1} << 62}, {net.input()});
  CHECK_THROWS_AS((void)net.parameters(), checkmate::invalid_cost);
}
