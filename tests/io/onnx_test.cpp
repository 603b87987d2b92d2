// SPDX-License-Identifier: Apache-2.0
//
// ONNX models as graphs: what is counted, what vanishes, what is refused. The models are written here, by
// ONNX's own classes.
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/onnx.hpp>

#include "support/onnx_model_file.hpp"
#include "support/throws.hpp"

namespace {

using checkmate::invalid_file;
using checkmate::load_onnx;
using checkmate::onnx_network;
using checkmate::onnx_options;
using checkmate::onnx_sizes;
using test::attribute;
using names = std::vector<std::string>;
using model = test::onnx_model_file;

/// A small image classifier: convolution, ReLU, flatten, matrix product with a bias.
void classifier(model& m, std::int64_t batch) {
  m.input("x", {batch, 3, 8, 8}).weights("w", {4, 3, 3, 3}).weights("fc", {256, 10}).weights("bias", {10});
  attribute(m.node("Conv", {"x", "w"}, {"conv"}), "pads", {1, 1, 1, 1});
  m.node("Relu", {"conv"}, {"relu"});
  m.node("Flatten", {"relu"}, {"flat"});
  m.node("Gemm", {"flat", "fc", "bias"}, {"scores"});
  m.output("scores");
}

std::string refusal(model& m, onnx_sizes const& given = {}) {
  return test::message_of<invalid_file>([&] { onnx_network(m.file(), given); });
}

bool holds(std::string const& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("onnx: operations, bytes and reads of a classifier") {
  model m;
  classifier(m, 0);
  onnx_network const net(m.file(), {.batch = 2, .dimensions = {}});
  REQUIRE(net.node_count() == 3);  // the flatten is a view
  CHECK(net.op(0) == "Conv");
  CHECK(net.flops(0) == 2.0 * (2 * 4 * 64) * 27);
  CHECK(net.output_bytes(0, 0) == 2 * 4 * 64 * 4);
  CHECK(net.constant_bytes(0) == 108 * 4);
  CHECK(net.flops(1) == 2 * 4 * 64);
  CHECK(net.flops(2) == 2.0 * (2 * 10) * 256);
  CHECK(net.inputs(0).empty());
  CHECK(net.inputs(2) == std::vector<checkmate::node_id>{1});
  CHECK(net.parameter_bytes() == (108 + 2560 + 10) * 4);
  CHECK(net.input_bytes() == 2 * 192 * 4);
  CHECK(net.outputs() == std::vector<checkmate::node_id>{2});
  CHECK(net.unknown().empty());
  CHECK(net.origin() == "ONNX model by a test, operators of version 13");
}

TEST_CASE("onnx: the training step has a loss, and backward nodes that read what their operator needs") {
  model m;
  classifier(m, 4);
  auto const g = load_onnx(m.file());
  REQUIRE(g.nodes.size() == 7);
  CHECK(g.nodes[3].op == "Loss");
  using reads = std::vector<checkmate::value_ref>;
  CHECK(g.nodes[4].name == "grad_scores");
  CHECK(g.nodes[4].reads == reads{{1, 0}, {3, 0}});  // a product's gradients need its factors
  CHECK(g.nodes[5].reads == reads{{1, 0}, {4, 0}});  // a ReLU's needs its output
  CHECK(g.nodes[6].reads == reads{{5, 0}});          // the image is fixed, and no node
  CHECK(g.nodes[6].backward);
  CHECK_FALSE(g.nodes[3].backward);
  CHECK(g.nodes[5].outputs == g.nodes[1].outputs);
  CHECK(g.fixed == 4 * 192 * 4 + 2 * (108 + 2560 + 10) * 4);
  CHECK(g.time_unit == "us");

  onnx_options slow{.sizes = {}, .device = {.flops_per_second = 1e6, .bytes_per_second = 1e12}};
  auto const timed = load_onnx(m.file(), slow);
  CHECK(timed.nodes[0].time == doctest::Approx(2.0 * (4 * 4 * 64) * 27));  // 1 us an operation
  CHECK(timed.nodes[6].time == doctest::Approx(2 * timed.nodes[0].time));
  slow.device = {.flops_per_second = 1e15, .bytes_per_second = 1e6};
  auto const starved = load_onnx(m.file(), slow);
  CHECK(starved.nodes[2].time ==
        doctest::Approx(4 * 256 * 4 + 4 * 10 * 4 + 2570 * 4));  // weights are read, too

  auto const found = checkmate::solve(g, g, {.budget = std::int64_t{1} << 40});
  REQUIRE(found);
  CHECK(found.overhead() == 0);
}

TEST_CASE("onnx: a batch takes the place of the file's, in reshapes too") {
  model m;
  m.input("x", {1, 8}).weights("w", {8, 6}).integers("shape", {1, 2, -1}).weights("v", {3, 5});
  m.node("MatMul", {"x", "w"}, {"product"});
  m.node("Reshape", {"product", "shape"}, {"heads"});
  m.node("MatMul", {"heads", "v"}, {"y"});
  m.output("y");
  onnx_network const as_it_is(m.file());
  onnx_network const larger(m.file(), {.batch = 32, .dimensions = {}});
  REQUIRE(larger.node_count() == 2);
  for (checkmate::node_id v : {0u, 1u}) {
    CHECK(larger.output_bytes(v, 0) == 32 * as_it_is.output_bytes(v, 0));
    CHECK(larger.flops(v) == 32 * as_it_is.flops(v));
  }
}

TEST_CASE("onnx: open dimensions are named, and may be given") {
  model m;
  m.input("x", {0, 3, -1, -2}).weights("w", {4, 3, 1, 1});
  m.node("Conv", {"x", "w"}, {"y"});
  m.output("y");
  CHECK(holds(refusal(m), "(--dim NAME=SIZE in the program): open1 open2"));
  CHECK(holds(refusal(m, {.batch = 0, .dimensions = {{"open1", 7}}}), ": open2"));
  onnx_network const net(m.file(), {.batch = 0, .dimensions = {{"open1", 7}, {"open2", 9}}});
  CHECK(net.output_bytes(0, 0) == 1 * 4 * 7 * 9 * 4);
}

TEST_CASE("onnx: shapes that the model works out itself are worked out") {
  for (int version : {11, 13}) {  // inference alone sees through the newer one at best
    CAPTURE(version);
    model m(version);
    m.input("x", {0, 6, 4}).integers("zero", {0}).integers("rest", {-1}).weights("w", {24, 5});
    m.node("Relu", {"x"}, {"a"});
    m.node("Shape", {"a"}, {"shape"});
    m.node("Gather", {"shape", "zero"}, {"first"});
    m.node("Concat", {"first", "rest"}, {"target"}).add_attribute()->set_name("axis");
    m.graph().mutable_node(3)->mutable_attribute(0)->set_type(onnx::AttributeProto::INT);
    m.node("Reshape", {"a", "target"}, {"flat"});
    m.node("MatMul", {"flat", "w"}, {"y"});
    m.output("y");
    onnx_network const net(m.file(), {.batch = 3, .dimensions = {}});
    REQUIRE(net.node_count() == 2);
    CHECK(net.flops(1) == 2.0 * (3 * 5) * 24);
    CHECK(net.unknown().empty());
  }
}

TEST_CASE("onnx: an operator that nobody knows is listed, and what follows it is still counted") {
  model m;
  m.input("x", {2, 8}).weights("w", {8, 4});
  m.node("MatMul", {"x", "w"}, {"a"});
  m.node("Whirl", {"a"}, {"b"}).set_domain("my.own");
  m.node("Relu", {"b"}, {"y"});
  m.output("y");
  onnx_network const net(m.file());
  CHECK(net.unknown() == names{"b (Whirl)"});
  REQUIRE(net.node_count() == 3);
  CHECK(net.output_bytes(1, 0) == 2 * 4 * 4);
  CHECK(net.flops(2) == 8);
  auto const step = checkmate::onnx_training_step(net);
  CHECK(step.nodes[5].op == "Whirl");  // its gradient may need all there is
  CHECK(step.nodes[5].reads.size() == 3);
}

TEST_CASE("onnx: what is known of a shape stays when the rest is guessed") {
  model m;
  m.input("x", {4, 6}).weights("w", {6, 6}).weights("zero", {});
  m.node("MatMul", {"x", "w"}, {"h"});
  m.node("Greater", {"h", "zero"}, {"b"});
  m.node("NonZero", {"b"}, {"places"});  // two rows of any length
  attribute(m.node("Transpose", {"places"}, {"rows"}), "perm", {1, 0});
  m.node("GatherND", {"h", "rows"}, {"y"});
  m.output("y");
  onnx_network const net(m.file());
  CHECK(net.unknown() == names{"places (NonZero)"});
  REQUIRE(net.node_count() == 5);
  CHECK(net.output_bytes(2, 0) == 4 * 6 * 8);
  CHECK(net.output_bytes(4, 0) == 4 * 6 / 2 * 4);
}

TEST_CASE("onnx: what follows from constants is no node, and is counted as what it is") {
  model m;
  m.input("x", {2, 8}).weights("w", {4, 8}).weights("half", {}).integers("unused", {1, 2, 3});
  m.node("Transpose", {"w"}, {"wt"});
  m.node("MatMul", {"x", "wt"}, {"a"});
  m.node("Mul", {"a", "half"}, {"b"});
  m.node("Identity", {"b"}, {"y"});
  m.output("y");
  onnx_network const net(m.file());
  REQUIRE(net.node_count() == 2);
  CHECK(net.parameter_bytes() == 32 * 4);
  CHECK(net.other_constant_bytes() == 4);
  auto const step = checkmate::onnx_training_step(net);
  using reads = std::vector<checkmate::value_ref>;
  CHECK(step.nodes[3].reads == reads{{2, 0}});  // the gradient of a product with one number needs no value
}

TEST_CASE("onnx: nodes may stand in any order, but not in a circle") {
  model m;
  m.input("x", {2, 8}).weights("w", {8, 4});
  m.node("Relu", {"a"}, {"y"});
  m.node("MatMul", {"x", "w"}, {"a"});
  m.output("y");
  CHECK(onnx_network(m.file()).op(0) == "MatMul");
  model circle;
  circle.input("x", {2, 8});
  circle.node("Add", {"x", "b"}, {"a"});
  circle.node("Relu", {"a"}, {"b"});
  circle.output("b");
  CHECK(holds(refusal(circle), "its nodes form a cycle"));
}

TEST_CASE("onnx: what is no model, or contradicts itself, is refused by name") {
  CHECK(holds(test::message_of<invalid_file>([] { onnx_network("/no/such/model.onnx"); }),
              "/no/such/model.onnx: cannot be opened"));
  model empty;
  CHECK(holds(refusal(empty), "is not an ONNX model"));
  std::string const text = empty.file();
  std::ofstream(text) << "neither is this";
  CHECK(holds(test::message_of<invalid_file>([&] { onnx_network{text}; }), "is not an ONNX model"));

  model missing;
  missing.input("x", {2, 8});
  missing.node("Add", {"x", "nowhere"}, {"y"});
  missing.output("y");
  CHECK(holds(refusal(missing), "'nowhere'"));

  model mute;
  mute.input("x", {2, 8});
  mute.graph().add_node()->set_op_type("Flatten");
  mute.graph().mutable_node(0)->add_input("x");
  mute.output("y");
  CHECK(holds(refusal(mute), "node Flatten_0 has no output"));

  model shapeless;  // a shape of nothing, which a Reshape waits for
  shapeless.input("x", {2, 8});
  shapeless.node("Shape", {}, {"s"});
  shapeless.node("Reshape", {"x", "s"}, {"y"});
  shapeless.output("y");
  CHECK(holds(refusal(shapeless), "node s (Shape) lacks input 0"));

  model twice;
  twice.input("x", {2, 8});
  twice.node("Relu", {"x"}, {"a"});
  twice.node("Sigmoid", {"x"}, {"a"});
  twice.output("a");
  CHECK(holds(refusal(twice), "two nodes produce the value 'a'"));

  model sequence;
  sequence.input("x", {2, 8});
  sequence.node("SequenceConstruct", {"x"}, {"all"});
  attribute(sequence.node("ConcatFromSequence", {"all"}, {"y"}), "axis", 0);
  sequence.output("y");
  CHECK(holds(refusal(sequence), "value 'all' is a sequence"));

  model mismatch;
  mismatch.input("x", {2, 7}).weights("w", {8, 4});
  auto& gemm = mismatch.node("Gemm", {"x", "w"}, {"y"});
  static_cast<void>(gemm);
  mismatch.output("y");
  CHECK(holds(refusal(mismatch), "node y sums over 7 products of one factor and 8 of the other"));

  model fixed;
  fixed.input("x", {2, 8});
  fixed.node("Relu", {"x"}, {"y"});
  fixed.output("y");
  CHECK_THROWS_AS(static_cast<void>(load_onnx(fixed.file())), checkmate::invalid_graph);  // nothing to train
  CHECK_THROWS_AS(onnx_network(fixed.file(), {.batch = -1, .dimensions = {}}), checkmate::invalid_option);
}

TEST_CASE("onnx: models that ONNX's shape inference does not survive are refused") {
  model flat;  // weights with more dimensions than what they are laid on
  flat.input("x", {1, 8}).weights("w", {4, 3, 3, 3});
  attribute(flat.node("Conv", {"x", "w"}, {"y"}), "pads", {});
  flat.output("y");

  model still;
  still.input("x", {1, 3, 8, 8}).weights("w", {4, 3, 3, 3});
  attribute(still.node("Conv", {"x", "w"}, {"y"}), "strides", {0, 0});
  still.output("y");

  auto const before = std::signal(SIGCHLD, SIG_IGN);  // a child's status is then lost
  std::string const unseen = refusal(still);
  std::signal(SIGCHLD, before);
  for (std::string const& said : {refusal(still), unseen, refusal(flat)}) {
    CHECK(holds(said, "ONNX's shape inference does not survive it"));
  }
}

TEST_CASE("onnx: the operators of the common set are ONNX's, by ONNX's own list") {
  names const newer = {
      "Gelu",     "Mish",   "Swish", "GroupNormalization", "RMSNormalization", "SimplifiedLayerNormalization",
      "Upsample", "Scatter"};  // the last two are deprecated
  int count = 0;
  for (auto const& group : checkmate::detail::onnx_operator_groups) {
    std::string_view rest = group.names;
    while (!rest.empty()) {
      std::string const name(rest.substr(0, rest.find(' ')));
      rest.remove_prefix(std::min(name.size() + 1, rest.size()));
      ++count;
      CAPTURE(name);
      bool const listed = onnx::OpSchemaRegistry::Schema(name) != nullptr ||
                          std::find(newer.begin(), newer.end(), name) != newer.end();
      CHECK(listed);
      CHECK(checkmate::find_onnx_operator(name) == &group.what);  // each name once
    }
  }
  CHECK(count > 100);
  CHECK(checkmate::find_onnx_operator("Con") == nullptr);
  CHECK(checkmate::find_onnx_operator("") == nullptr);
}

TEST_CASE("onnx: sizes that 63 bits do not hold are refused, not wrapped") {
  constexpr std::int64_t large = std::int64_t{1} << 60;  // numbers of 4 bytes: 2^62 bytes
  model inputs;
  inputs.input("x", {1, large}).input("y", {1, large}).weights("w", {4, 4});
  inputs.node("Add", {"x", "y"}, {"sum"});
  CHECK_THROWS_AS(onnx_network(inputs.file()), checkmate::invalid_cost);
  model weights;
  weights.input("x", {1, 4}).weights("w", {1, large}).weights("v", {1, large});
  weights.node("Sum", {"w", "v", "x"}, {"sum"});
  CHECK_THROWS_AS(onnx_network(weights.file()), checkmate::invalid_cost);
}

TEST_CASE("onnx: arithmetic on shapes that does not fit is not carried out") {
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  for (std::string const op : {"Mul", "Add", "Sub", "Div"}) {
    CAPTURE(op);
    model m;
    m.input("x", {2, 8}).integers("a", {least, least}).integers("b", {-1, 1});
    m.node(op, {"a", "b"}, {"shape"});
    m.node("Reshape", {"x", "shape"}, {"y"});
    m.node("Relu", {"y"}, {"z"});
    m.output("z");
    CHECK(m.graph().node_size() == 3);
    try {  // whatever ONNX makes of such a shape, nothing overflows here
      (void)onnx_network(m.file());
    } catch (checkmate::error const& refused) {
      CHECK(*refused.what() != '\0');
    }
  }
}
