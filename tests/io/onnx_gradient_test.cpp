// SPDX-License-Identifier: Apache-2.0
//
// What backward nodes of ONNX operators read, in models that people have: each must run while that is
// resident. tests/models/onnx_gradients.py checks the table itself, operator by operator.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/onnx.hpp>

#include "support/onnx_model_file.hpp"
#include "support/throws.hpp"

namespace {

using checkmate::recorded_graph;
using model = test::onnx_model_file;
using test::attribute;
using names = std::set<std::string>;
constexpr auto int64 = onnx::TensorProto::INT64;

checkmate::node_id node_called(recorded_graph const& g, std::string const& name) {
  for (checkmate::node_id v = 0; v < g.nodes.size(); ++v) {
    if (g.nodes[v].name == name) return v;
  }
  FAIL("no node is called " << name);
  return 0;
}

bool has_gradient(recorded_graph const& g, std::string const& name) {
  return std::any_of(g.nodes.begin(), g.nodes.end(),
                     [&](auto const& node) { return node.name == "grad_" + name; });
}

/// What of the forward pass the backward node of the node called `name` reads: "node", or "node:1" for a
/// further output.
names held_for(recorded_graph const& g, std::string const& name) {
  names out;
  for (checkmate::value_ref read : g.nodes[node_called(g, "grad_" + name)].reads) {
    auto const& from = g.nodes[read.node];
    if (from.backward || from.op == "Loss") continue;
    out.insert(from.name + (read.output == 0 ? "" : ":" + std::to_string(read.output)));
  }
  return out;
}

/// Whether, in a plan that recomputes nothing, the first output of `value` is there when the backward node of
/// the node called `name` runs.
bool is_there(recorded_graph const& g, std::string const& value, std::string const& name) {
  auto const found = checkmate::solve(g, g, {.budget = std::int64_t{1} << 40}, checkmate::checkpoint_all{});
  REQUIRE(found);
  checkmate::node_id const producer = node_called(g, value);
  checkmate::node_id const reader = node_called(g, "grad_" + name);
  bool resident = false;
  for (checkmate::step const& s : found.plan->steps) {
    if (s.node == producer && s.output == 0) resident = s.what == checkmate::action::compute;
    if (s.node == reader && s.what == checkmate::action::compute) return resident;
  }
  return false;
}

std::string refusal(model& m) {
  return test::message_of<checkmate::invalid_file>([&] { checkmate::onnx_network{m.file()}; });
}

/// h = x w, ready for an operator to be put behind it; `reader` closes a model with y = reader w2.
void start(model& m) {
  m.input("x", {16, 16}).weights("w1", {16, 16}).weights("w2", {16, 16});
  m.node("MatMul", {"x", "w1"}, {"h"});
}
recorded_graph finish(model& m, std::string const& last) {
  m.node("MatMul", {last, "w2"}, {"y"});
  m.output("y");
  return checkmate::load_onnx(m.file());
}

}  // namespace

TEST_CASE("onnx gradients: the grammar of the table") {
  using checkmate::find_onnx_clause;
  using checkmate::detail::is_onnx_gradient;
  CHECK(find_onnx_clause("0:x1 1~:x0y0|x* 2", 0)->reads == "x1");
  CHECK_FALSE(find_onnx_clause("0:x1 1~:x0y0|x* 2", 0)->computed_only);
  CHECK(find_onnx_clause("0:x1 1~:x0y0|x* 2", 1)->reads == "x0y0|x*");
  CHECK(find_onnx_clause("0:x1 1~:x0y0|x* 2", 1)->computed_only);
  CHECK(find_onnx_clause("0:x1 1~:x0y0|x* 2", 2)->reads.empty());
  CHECK_FALSE(find_onnx_clause("0:x1 1~:x0y0|x* 2", 3));
  CHECK_FALSE(find_onnx_clause("", 0));
  CHECK(find_onnx_clause("*:o", 41)->reads == "o");
  for (char const* good : {"", "0", "0 1", "*:x*y*", "0:x0y1|x9o 2~:x1"}) CHECK(is_onnx_gradient(good));
  for (char const* bad : {"x", "0:z1", "0:x", "0: x1 ", "10:x1", "~:x1", "0:x1y", ":x1"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_onnx_gradient(bad));
  }
}

TEST_CASE("onnx gradients: what a clause reads, where outputs are left out too") {
  auto const read = [](std::string_view reads, std::size_t place, std::size_t outputs) {
    std::string out;
    checkmate::for_each_onnx_read(
        reads, place, 3, outputs, [&](std::size_t k) { return k < outputs; },
        [&](std::size_t i) { out += "x" + std::to_string(i); },
        [&](std::size_t k) { out += "y" + std::to_string(k); });
    return out;
  };
  CHECK(read("", 0, 2) == "");
  CHECK(read("x1y0", 0, 2) == "x1y0");
  CHECK(read("o", 1, 2) == "x0x2");
  CHECK(read("x*y*", 1, 2) == "x0x1x2y0y1");
  CHECK(read("y1|x0", 0, 2) == "y1");
  CHECK(read("y1|x0", 0, 1) == "x0");
  CHECK(read("y1|y0", 0, 0) == "y0");  // the last one, whatever there is
}

TEST_CASE("onnx gradients: a square by Mul holds its operand") {
  model m;
  start(m);
  m.node("Mul", {"h", "h"}, {"s"});
  auto const g = finish(m, "s");
  CHECK(held_for(g, "s") == names{"h"});
  CHECK(is_there(g, "h", "s"));
}

TEST_CASE("onnx gradients: a number over a value holds the value") {
  model m;
  start(m);
  m.weights("one", {});
  m.node("Div", {"one", "h"}, {"s"});
  auto const g = finish(m, "s");
  CHECK(held_for(g, "s") == names{"h"});
  CHECK(is_there(g, "h", "s"));
}

TEST_CASE("onnx gradients: products with numbers hold nothing, with parameters what the parameter needs") {
  model m;
  start(m);
  m.weights("number", {}).weights("scale", {16});
  m.node("Mul", {"h", "number"}, {"a"});
  m.node("Div", {"a", "number"}, {"b"});
  m.node("Mul", {"scale", "b"}, {"c"});
  m.node("Div", {"c", "scale"}, {"d"});
  m.node("Mul", {"d", "x"}, {"e"});
  auto const g = finish(m, "e");
  CHECK(held_for(g, "a").empty());
  CHECK(held_for(g, "b").empty());
  CHECK(held_for(g, "c") == names{"b"});
  CHECK(held_for(g, "d") == names{"c"});
  CHECK(held_for(g, "e").empty());  // the input is fixed
}

TEST_CASE("onnx gradients: two computed factors hold each other, the same one twice itself") {
  model m;
  start(m);
  m.node("Transpose", {"h"}, {"t"});
  m.node("Relu", {"x"}, {"given"});  // computed, but without a gradient
  m.node("MatMul", {"h", "t"}, {"a"});
  m.node("MatMul", {"a", "a"}, {"b"});
  m.node("MatMul", {"b", "given"}, {"c"});
  auto const g = finish(m, "c");
  CHECK(held_for(g, "a") == names{"h", "t"});
  CHECK(held_for(g, "b") == names{"a"});
  CHECK(held_for(g, "c") == names{"given"});
  CHECK(held_for(g, "t").empty());
  CHECK_FALSE(has_gradient(g, "given"));
}

TEST_CASE("onnx gradients: computed indices are held for the scatter") {
  model m;
  start(m);
  m.weights("wr", {16, 16});
  m.node("MatMul", {"x", "wr"}, {"l"});
  auto& index = m.node("ArgMax", {"l"}, {"i"});
  attribute(index, "axis", 1);
  attribute(index, "keepdims", 0);
  m.node("Gather", {"h", "i"}, {"r"});
  m.node("Relu", {"r"}, {"a"});
  auto const g = finish(m, "a");
  CHECK(held_for(g, "r") == names{"i"});
  CHECK(is_there(g, "i", "r"));
  CHECK_FALSE(has_gradient(g, "i"));
  CHECK_FALSE(has_gradient(g, "l"));
}

TEST_CASE("onnx gradients: the values of TopK have one, its indices scatter it") {
  model m;
  start(m);
  m.weights("w4", {4, 16}).integers("k", {4});
  m.node("TopK", {"h", "k"}, {"v", "i"});
  m.node("MatMul", {"v", "w4"}, {"z"});
  auto const g = finish(m, "z");
  CHECK(held_for(g, "v") == names{"v:1"});
  CHECK(has_gradient(g, "h"));
  CHECK(g.nodes[node_called(g, "grad_v")].outputs ==
        std::vector<checkmate::bytes>{16 * 4 * 4});  // no indices

  model only_indices;  // no gradient enters by an output of whole numbers
  start(only_indices);
  only_indices.integers("k", {4});
  only_indices.node("TopK", {"h", "k"}, {"v", "i"});
  only_indices.output("i");
  CHECK_THROWS_AS((void)checkmate::load_onnx(only_indices.file()), checkmate::invalid_graph);
}

TEST_CASE("onnx gradients: Dropout holds its mask alone, which it makes where the model leaves it out") {
  for (bool const given : {true, false}) {
    CAPTURE(given);
    model m;
    start(m);
    m.node("Dropout", {"h"}, given ? std::vector<std::string>{"d", "mask"} : std::vector<std::string>{"d"});
    m.node("Neg", {"d"}, {"n"});
    auto const g = finish(m, "n");
    CHECK(g.nodes[1].outputs == std::vector<checkmate::bytes>{16 * 16 * 4, 16 * 16});
    CHECK(g.nodes[1].run_once);
    CHECK(held_for(g, "d") == names{"d:1"});
    CHECK(g.nodes[node_called(g, "grad_d")].outputs == std::vector<checkmate::bytes>{16 * 16 * 4});
  }
}

TEST_CASE("onnx gradients: maxima hold the places that they came from, where the model gives those") {
  for (bool const given : {true, false}) {
    CAPTURE(given);
    model m;
    m.input("x", {1, 1, 8, 8}).weights("w", {4, 1, 1, 1}).weights("w2", {4, 16});
    m.node("Conv", {"x", "w"}, {"h"});
    auto& pool =
        m.node("MaxPool", {"h"}, given ? std::vector<std::string>{"p", "i"} : std::vector<std::string>{"p"});
    attribute(pool, "kernel_shape", {2, 2});
    attribute(pool, "strides", {2, 2});
    m.output("p");
    CHECK(held_for(checkmate::load_onnx(m.file()), "p") == (given ? names{"p:1"} : names{"h"}));
  }
}

TEST_CASE("onnx gradients: attributes decide where they matter") {
  for (float const slope : {0.1F, -0.1F}) {
    CAPTURE(slope);
    model m;
    start(m);
    attribute(m.node("LeakyRelu", {"h"}, {"a"}), "alpha", slope);
    CHECK(held_for(finish(m, "a"), "a") == (slope > 0 ? names{"a"} : names{"h"}));
  }
  for (std::string const mode : {"", "none", "add", "mul"}) {
    CAPTURE(mode);
    model m(16);
    start(m);
    m.input("at", {2, 1}, int64).weights("w3", {16, 16});
    m.node("Abs", {"at"}, {"i"});
    m.node("MatMul", {"x", "w3"}, {"u"});
    m.node("Gather", {"u", "two"}, {"rows"});
    m.integers("two", {0, 1});
    auto& scatter = m.node("ScatterND", {"h", "i", "rows"}, {"s"});
    if (!mode.empty()) attribute(scatter, "reduction", mode);
    names const all = {"h", "i", "rows"};
    CHECK(held_for(finish(m, "s"), "s") == (mode == "mul" ? all : names{"i"}));
  }
}

TEST_CASE("onnx gradients: where the model skips an input, the others keep their places") {
  model m;
  start(m);
  m.input("low", {1}).input("high", {1});
  m.node("Neg", {"high"}, {"limit"});
  m.integers("axes", {0});
  m.node("Squeeze", {"limit", "axes"}, {"top"});
  m.node("Clip", {"h", "", "top"}, {"c"});
  auto const g = finish(m, "c");
  CHECK(held_for(g, "c") == names{"c", "limit"});
}

TEST_CASE("onnx gradients: a view of a computed shape is a node that reads it") {
  model m;
  start(m);
  m.input("sizes", {2}, int64);
  m.node("Abs", {"sizes"}, {"shape"});
  m.node("Reshape", {"h", "shape"}, {"r"});
  m.node("Reshape", {"r", "sizes"}, {"view"});  // what is given is known before anything runs
  m.node("Relu", {"view"}, {"y"});
  m.output("y");
  auto const g = checkmate::load_onnx(m.file());
  CHECK(g.nodes[node_called(g, "r")].reads.size() == 2);
  CHECK(held_for(g, "r").empty());
  CHECK(g.nodes[node_called(g, "y")].reads == std::vector<checkmate::value_ref>{{node_called(g, "r"), 0}});
}

TEST_CASE("onnx gradients: operators that are not in the table hold all that they read and produce") {
  for (std::string const domain : {"", "com.somebody"}) {
    CAPTURE(domain);
    model m;
    start(m);
    m.node("Relu", {"x"}, {"given"});
    m.node("Whirl", {"h", "given", "w2"}, {"a", "b"}).set_domain(domain);
    m.node("Add", {"a", "b"}, {"c"});
    auto const g = finish(m, "c");
    CHECK(held_for(g, "a") == names{"h", "given", "a", "a:1"});
    CHECK(has_gradient(g, "h"));
  }
}

TEST_CASE("onnx gradients: control flow is refused by name, in whatever it reads") {
  onnx::GraphProto body;
  body.set_name("body");
  auto& inside = *body.add_node();
  inside.set_op_type("Relu");
  inside.add_input("h");  // of the graph around it
  inside.add_output("inside");
  body.add_output()->set_name("inside");
  for (std::string const op : {"If", "Loop", "Scan", "SequenceMap", "OfTheirOwn"}) {
    CAPTURE(op);
    model m;
    start(m);
    m.input("condition", {}, onnx::TensorProto::BOOL);
    auto& node = m.node(op, {"condition"}, {"choice"});
    if (op == "OfTheirOwn") node.set_domain("com.somebody");
    auto& branch = *node.add_attribute();
    branch.set_name("body");
    branch.set_type(onnx::AttributeProto::GRAPH);
    *branch.mutable_g() = body;
    m.node("Add", {"choice", "h"}, {"y"});
    m.output("y");
    std::string const said = refusal(m);
    CHECK(said.find("node choice (" + op + ") is control flow") != std::string::npos);
  }
}

namespace {

/// Nodes as exporters write them, with names that tests can ask for.
class block : public model {
 public:
  using model::model;

  std::string op(std::string const& kind, std::vector<std::string> const& from, std::string const& to) {
    last_ = &node(kind, from, {to});
    return to;
  }
  template <class... Value>
  std::string with(std::string const& name, Value... value) {
    attribute(*last_, name, value...);
    return last_->output(0);
  }
  std::string along(std::string const& name, std::initializer_list<std::int64_t> values) {
    attribute(*last_, name, values);
    return last_->output(0);
  }
  std::string linear(std::string const& x, std::string const& to, std::int64_t in, std::int64_t out) {
    weights(to + ".w", {in, out});
    return op("MatMul", {x, to + ".w"}, to);
  }
  std::string heads(std::string const& x, std::string const& to, std::initializer_list<std::int64_t> order) {
    op("Reshape", {x, "split"}, to + ".view");
    op("Transpose", {to + ".view"}, to);
    return along("perm", order);
  }
  std::string merged(std::string const& x, std::string const& to) {
    op("Transpose", {x}, to + ".turned");
    along("perm", {0, 2, 1, 3});
    return op("Reshape", {to + ".turned", "merge"}, to);
  }
  std::string softmax(std::string const& x, std::string const& to) {
    op("Softmax", {x}, to);
    return with("axis", -1);
  }

 private:
  onnx::NodeProto* last_ = nullptr;
};

/// x / sqrt(mean(x^2) + epsilon) * weight, spelled out as PyTorch's exporter does.
std::string rms_norm(block& m, std::string const& x, std::string const& to) {
  m.weights(to + ".weight", {16});
  m.op("Pow", {x, "two"}, to + ".square");
  m.op("ReduceMean", {to + ".square"}, to + ".mean");
  m.along("axes", {-1});
  m.op("Add", {to + ".mean", "epsilon"}, to + ".shifted");
  m.op("Sqrt", {to + ".shifted"}, to + ".root");
  m.op("Div", {"one", to + ".root"}, to + ".inverse");
  m.op("Mul", {x, to + ".inverse"}, to + ".normal");
  return m.op("Mul", {to + ".weight", to + ".normal"}, to);
}

/// x cos + turned(x) sin.
std::string rotary(block& m, std::string const& x, std::string const& to) {
  m.op("Slice", {x, "zero", "half", "last"}, to + ".low");
  m.op("Slice", {x, "half", "end", "last"}, to + ".high");
  m.op("Neg", {to + ".high"}, to + ".negative");
  m.op("Concat", {to + ".negative", to + ".low"}, to + ".turned");
  m.with("axis", -1);
  m.op("Mul", {x, "cos"}, to + ".straight");
  m.op("Mul", {to + ".turned", "sin"}, to + ".crossed");
  return m.op("Add", {to + ".straight", to + ".crossed"}, to);
}

/// A plan in half of what is not fixed and needed at one time anyway.
void check_that_it_can_be_planned(recorded_graph const& g) {
  auto const d = checkmate::lower(g, g);
  checkmate::bytes const peak = checkmate::no_recompute_schedule(d).peak_memory;
  auto const found = checkmate::solve(d, {.budget = peak - (peak - g.fixed) / 4}, checkmate::greedy{});
  REQUIRE(found);
  CHECK(checkmate::simulate(d, *found.plan).peak_memory == found.plan->peak_memory);
}

}  // namespace

TEST_CASE("onnx gradients: a Llama block holds what each of its gradients reads") {
  block m;
  m.input("ids", {1, 8}, int64).input("positions", {1, 8}, int64);
  m.weights("table", {100, 16})
      .weights("cos_table", {64, 8})
      .weights("sin_table", {64, 8})
      .weights("mask", {8, 8});
  for (char const* number : {"two", "one", "epsilon", "scale"}) m.weights(number, {});
  m.integers("split", {0, 0, 2, 8}).integers("merge", {0, 0, 16});
  m.integers("zero", {0}).integers("half", {4}).integers("end", {8}).integers("last", {3});
  m.op("Gather", {"table", "ids"}, "tokens");
  m.op("Gather", {"cos_table", "positions"}, "cos");
  m.op("Gather", {"sin_table", "positions"}, "sin");
  std::string const normal = rms_norm(m, "tokens", "norm1");
  m.heads(m.linear(normal, "q", 16, 16), "q.heads", {0, 2, 1, 3});
  m.heads(m.linear(normal, "k", 16, 16), "k.heads", {0, 2, 1, 3});
  m.heads(m.linear(normal, "v", 16, 16), "v.heads", {0, 2, 1, 3});
  m.op("Transpose", {rotary(m, "k.heads", "k.rotary")}, "k.turned");
  m.along("perm", {0, 1, 3, 2});
  m.op("MatMul", {rotary(m, "q.heads", "q.rotary"), "k.turned"}, "products");
  m.op("Mul", {"products", "scale"}, "scaled");
  m.op("Add", {"scaled", "mask"}, "masked");
  m.op("MatMul", {m.softmax("masked", "attention"), "v.heads"}, "mixed");
  m.op("Add", {"tokens", m.linear(m.merged("mixed", "merged"), "o", 16, 16)}, "middle");
  rms_norm(m, "middle", "norm2");
  m.linear("norm2", "gate", 16, 32);
  m.op("Sigmoid", {"gate"}, "sigmoid");
  m.op("Mul", {"gate", "sigmoid"}, "swish");
  m.op("Mul", {"swish", m.linear("norm2", "up", 16, 32)}, "gated");
  m.op("Add", {"middle", m.linear("gated", "down", 32, 16)}, "result");
  m.linear("result", "logits", 16, 100);
  m.output("logits");

  checkmate::onnx_network const net(m.file());
  CHECK(net.unknown().empty());
  auto const g = checkmate::onnx_training_step(net);
  CHECK(held_for(g, "tokens").empty());  // the identities are given
  CHECK(held_for(g, "norm2.square") == names{"middle"});
  CHECK(held_for(g, "norm2.mean").empty());
  CHECK(held_for(g, "norm2.shifted").empty());
  CHECK(held_for(g, "norm2.root") == names{"norm2.root"});
  CHECK(held_for(g, "norm2.inverse") == names{"norm2.root"});
  CHECK(held_for(g, "norm2.normal") == names{"middle", "norm2.inverse"});
  CHECK(held_for(g, "norm2") == names{"norm2.normal"});
  CHECK(held_for(g, "q.rotary.low").empty());
  CHECK(held_for(g, "q.rotary.turned").empty());
  CHECK(held_for(g, "q.rotary.straight") == names{"cos", "q.heads"});
  CHECK(held_for(g, "q.rotary.crossed") == names{"sin", "q.rotary.turned"});
  CHECK(held_for(g, "products") == names{"k.turned", "q.rotary"});
  CHECK(held_for(g, "scaled").empty());
  CHECK(held_for(g, "attention") == names{"attention"});
  CHECK(held_for(g, "mixed") == names{"attention", "v.heads"});
  CHECK(held_for(g, "sigmoid") == names{"sigmoid"});
  CHECK(held_for(g, "swish") == names{"gate", "sigmoid"});
  CHECK(held_for(g, "gated") == names{"swish", "up"});
  CHECK(held_for(g, "down") == names{"gated"});
  check_that_it_can_be_planned(g);
}

TEST_CASE("onnx gradients: a GPT block holds what each of its gradients reads") {
  block m(17);
  m.input("ids", {2, 8}, int64).input("positions", {1, 8}, int64);
  m.weights("table", {100, 16}).weights("places", {64, 16});
  for (char const* number : {"root2", "one", "half", "scale", "least"}) m.weights(number, {});
  for (char const* vector : {"g1", "b1", "g2", "b2"}) m.weights(vector, {16});
  m.integers("split", {0, 0, 2, 8}).integers("merge", {0, 0, 16}).weights("f.b", {32}).integers("k", {1});
  m.op("Gather", {"table", "ids"}, "words");
  m.op("Gather", {"places", "positions"}, "placed");
  m.op("Add", {"words", "placed"}, "tokens");
  m.op("LayerNormalization", {"tokens", "g1", "b1"}, "norm1");
  m.heads(m.linear("norm1", "q", 16, 16), "q.heads", {0, 2, 1, 3});
  m.heads(m.linear("norm1", "k.all", 16, 16), "k.turned", {0, 2, 3, 1});
  m.heads(m.linear("norm1", "v", 16, 16), "v.heads", {0, 2, 1, 3});
  m.op("MatMul", {"q.heads", "k.turned"}, "products");
  m.op("Div", {"products", "scale"}, "scaled");
  m.op("Greater", {"positions", "ids"}, "hidden");  // a mask that is computed
  m.integers("middle", {1, 2});
  m.op("Unsqueeze", {"hidden", "middle"}, "hidden.view");
  m.op("Where", {"hidden.view", "least", "scaled"}, "masked");
  m.softmax("masked", "attention");
  m.node("Dropout", {"attention"}, {"dropped", "dropped.mask"});
  m.op("MatMul", {"dropped", "v.heads"}, "mixed");
  m.op("Add", {"tokens", m.linear(m.merged("mixed", "merged"), "o", 16, 16)}, "middle.tokens");
  m.op("LayerNormalization", {"middle.tokens", "g2", "b2"}, "norm2");
  m.op("Add", {m.linear("norm2", "f", 16, 32), "f.b"}, "f.biased");
  m.op("Div", {"f.biased", "root2"}, "f.scaled");
  m.op("Erf", {"f.scaled"}, "erf");
  m.op("Add", {"erf", "one"}, "f.shifted");
  m.op("Mul", {"f.biased", "f.shifted"}, "f.both");
  m.op("Mul", {"f.both", "half"}, "gelu");
  m.op("Add", {"middle.tokens", m.linear("gelu", "down", 32, 16)}, "result");
  m.linear("result", "logits", 16, 100);
  m.output("logits");

  checkmate::onnx_network const net(m.file());
  CHECK(net.unknown().empty());
  auto const g = checkmate::onnx_training_step(net);
  CHECK(held_for(g, "norm1") == names{"tokens"});
  CHECK(held_for(g, "tokens").empty());
  CHECK(held_for(g, "products") == names{"k.turned", "q.heads"});
  CHECK(held_for(g, "scaled").empty());
  CHECK(held_for(g, "masked") == names{"hidden"});  // not the scores
  CHECK(held_for(g, "attention") == names{"attention"});
  CHECK(held_for(g, "dropped") == names{"dropped:1"});
  CHECK(held_for(g, "mixed") == names{"dropped", "v.heads"});
  CHECK(held_for(g, "f.biased").empty());
  CHECK(held_for(g, "f.scaled").empty());
  CHECK(held_for(g, "erf") == names{"f.scaled"});
  CHECK(held_for(g, "f.both") == names{"f.biased", "f.shifted"});
  CHECK(held_for(g, "gelu").empty());
  CHECK_FALSE(has_gradient(g, "hidden"));
  check_that_it_can_be_planned(g);
}
