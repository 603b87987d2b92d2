// SPDX-License-Identifier: Apache-2.0
//
// ONNX files made ready to be read as graphs (link checkmate::onnx): parsed, given a batch and sizes for the
// dimensions that the file leaves open, sorted, and with the shape of every value worked out. Everything here
// but onnx_sizes is an implementation detail of io/onnx.hpp.
#pragma once

#if !defined(ONNX_NAMESPACE) || !__has_include(<onnx/onnx_pb.h>)
#error "link checkmate::onnx: the headers of ONNX are missing (Debian: libonnx-dev libprotobuf-dev)"
#endif

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <limits>
#include <map>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/core/types.hpp>
#include <checkmate/graph/lower.hpp>
#include <checkmate/io/onnx_einsum.hpp>
#include <checkmate/io/onnx_guard.hpp>
#include <checkmate/io/onnx_integers.hpp>
#include <checkmate/io/onnx_operators.hpp>
#include <checkmate/io/recorded_graph.hpp>

namespace checkmate {
inline namespace v0 {

/// Sizes that an ONNX file leaves open, or that are to be others than the file says.
struct onnx_sizes {
  std::int64_t batch = 0;  ///< first dimension of the inputs; 0: as the file says, 1 where it leaves it open
  std::map<std::string, std::int64_t> dimensions = {};  ///< by the name that the file gives them, >= 1
};

namespace detail {

namespace pb = ONNX_NAMESPACE;

/// One value of a model: what it weighs.
struct onnx_value {
  std::vector<std::int64_t> shape;
  std::int32_t type = 0;
  bool known = false;

  [[nodiscard]] double elements() const {
    double product = 1;
    for (std::int64_t d : shape) product *= static_cast<double>(d);
    return product;
  }
  [[nodiscard]] std::int64_t element_bits() const {
    // In the order of TensorProto::DataType, from UNDEFINED on; last the float8 types of later versions.
    constexpr std::array bits = {32, 32, 8,  8,  16,  16, 32, 64, 32, 8, 16,
                                 64, 32, 64, 64, 128, 16, 8,  8,  8,  8};
    auto const at = static_cast<std::size_t>(type);
    return at < bits.size() ? bits[at] : 32;
  }
  [[nodiscard]] bytes size(std::string const& name) const {
    return whole(elements() * static_cast<double>(element_bits()) / 8, name);
  }
  /// Bytes of as many elements of a byte each.
  [[nodiscard]] bytes count(std::string const& name) const { return whole(elements(), name); }
  [[nodiscard]] bool floating() const {
    return type == pb::TensorProto::FLOAT || type == pb::TensorProto::DOUBLE ||
           type == pb::TensorProto::FLOAT16 || type == pb::TensorProto::BFLOAT16 ||
           (type >= 17 && type <= 20);
  }

 private:
  static bytes whole(double total, std::string const& name) {
    if (!detail::is_finite(total) || total >= 9e18)
      throw invalid_cost("value " + name + " has more than 2^63 bytes");
    return static_cast<bytes>(total);
  }
};

/// A model with the shape of every value. `unknown` are nodes whose operator or shape nobody knows.
class onnx_model {
 public:
  onnx_model(std::string file, onnx_sizes const& sizes) : file_(std::move(file)), sizes_(sizes) {
    parse();
    for (auto const& initializer : graph().initializer()) constant_.insert(initializer.name());
    set_input_sizes();
    sort_nodes();
    (void)pb::OpSchemaRegistry::Instance();  // made here, so that no child waits for another thread's making
    if (!child_survives([this] { infer_shapes(); })) fail("ONNX's shape inference does not survive it");
    infer_shapes();
  }

  [[nodiscard]] pb::ModelProto const& proto() const { return model_; }
  [[nodiscard]] pb::GraphProto const& graph() const { return model_.graph(); }
  [[nodiscard]] std::string const& file() const { return file_; }
  /// The value called `name`; throws invalid_file where the model does not have it.
  [[nodiscard]] onnx_value const& value(std::string const& name) const {
    auto const at = values_.find(name);
    if (at == values_.end()) fail("it reads a value '" + name + "' that nothing produces");
    return at->second;
  }
  /// Nodes with an operator that is not of the common set, or whose outputs' shapes had to be guessed.
  [[nodiscard]] std::set<std::string> const& unknown() const { return unknown_; }

  [[noreturn]] void fail(std::string const& what) const { throw invalid_file(file_ + ": " + what); }

  /// Whether a node's operator is one of ONNX itself.
  static bool is_own_domain(pb::NodeProto const& node) {
    return node.domain().empty() || node.domain() == "ai.onnx";
  }
  /// What the equation of an Einsum says; empty for other nodes, and where the operands do not fit it.
  [[nodiscard]] std::optional<onnx_einsum> einsum(pb::NodeProto const& node) const {
    auto const* const equation = find_attribute(node, "equation");
    if (node.op_type() != "Einsum" || equation == nullptr) return std::nullopt;
    std::vector<std::vector<std::int64_t>> shapes;
    for (auto const& input : node.input()) {
      onnx_value const* const value = find_shaped(input);
      if (value == nullptr) return std::nullopt;
      shapes.push_back(value->shape);
    }
    return read_einsum(equation->s(), shapes);
  }
  /// For messages and drawings: the node's name, or its operator and place.
  static std::string label(pb::NodeProto const& node, std::size_t place) {
    return node.name().empty() ? node.op_type() + "_" + std::to_string(place) : node.name();
  }

 private:
  /// The value called `name`; null where its shape is not known.
  [[nodiscard]] onnx_value const* find_shaped(std::string const& name) const {
    auto const at = values_.find(name);
    return at != values_.end() && at->second.known ? &at->second : nullptr;
  }

  void parse() {
    std::ifstream in(file_, std::ios::binary);
    if (!in) throw invalid_file(file_ + ": cannot be opened");
    if (!model_.ParsePartialFromIstream(&in) || !model_.has_graph() || graph().node_size() == 0) {
      fail("is not an ONNX model");
    }
    std::size_t place = 0;
    for (auto const& node : graph().node()) {
      if (node.output_size() == 0) fail("node " + label(node, place) + " has no output");
      refuse_control_flow(node, label(node, place));
      ++place;
    }
    import_domains();
    place = 0;
    for (auto const& node : graph().node()) refuse_missing_inputs(node, label(node, place++));
  }

  /// Inference reads on where inputs end.
  void refuse_missing_inputs(pb::NodeProto const& node, std::string const& name) const {
    if (!is_own_domain(node)) return;
    std::int64_t version = 1;
    for (auto const& set : model_.opset_import()) {
      if (set.domain() == node.domain()) version = set.version();
    }
    auto const latest = static_cast<int>(std::min<std::int64_t>(version, std::numeric_limits<int>::max()));
    auto const* const schema = pb::OpSchemaRegistry::Schema(node.op_type(), latest);
    if (schema == nullptr || node.input_size() >= schema->min_input()) return;
    fail("node " + name + " (" + node.op_type() + ") lacks input " + std::to_string(node.input_size()));
  }

  /// Bodies read values of the graph around them, without saying so, and hold values of their own.
  void refuse_control_flow(pb::NodeProto const& node, std::string const& name) const {
    bool const has_body =
        std::any_of(node.attribute().begin(), node.attribute().end(),
                    [](auto const& attribute) { return attribute.has_g() || attribute.graphs_size() > 0; });
    if (!has_body && !is_among(node.op_type(), "If Loop Scan SequenceMap")) return;
    fail(
        "node " + name + " (" + node.op_type() +
        ") is control flow, which cannot be planned: what its bodies hold, and what their gradients read, is "
        "not known. Fold, inline or unroll it first, or export a model without it");
  }

  /// Shape inference wants a version of every domain that there is, of those that nobody knows too.
  void import_domains() {
    std::set<std::string> imported;
    for (auto const& set : model_.opset_import()) imported.insert(set.domain());
    for (auto const& node : graph().node()) {
      if (!imported.insert(node.domain()).second) continue;
      auto& made = *model_.add_opset_import();
      made.set_domain(node.domain());
      made.set_version(1);
    }
  }

  void set_input_sizes() {
    if (sizes_.batch < 0) throw invalid_option("onnx: batch must be >= 0");
    std::string open;
    for (auto& input : *model_.mutable_graph()->mutable_input()) {
      if (constant_.count(input.name()) != 0) continue;  // old files list the weights, too
      if (!input.type().has_tensor_type() || !input.type().tensor_type().has_shape()) {
        fail("input '" + input.name() + "' is no tensor with a shape");
      }
      auto& shape = *input.mutable_type()->mutable_tensor_type()->mutable_shape();
      for (int d = 0; d < shape.dim_size(); ++d) set_dimension(*shape.mutable_dim(d), d, input.name(), open);
    }
    if (!open.empty()) {
      fail("these dimensions of its inputs have no size, say which (--dim NAME=SIZE in the program):" + open);
    }
  }

  void set_dimension(pb::TensorShapeProto::Dimension& dimension, int place, std::string const& input,
                     std::string& open) {
    std::string const name =
        dimension.dim_param().empty() ? input + "." + std::to_string(place) : dimension.dim_param();
    auto const given = sizes_.dimensions.find(name);
    if (given != sizes_.dimensions.end()) {
      if (given->second < 1) throw invalid_option("onnx: dimension " + name + " must be >= 1");
      dimension.set_dim_value(given->second);
    } else if (place == 0 && sizes_.batch > 0) {
      if (dimension.has_dim_value()) fixed_batch_ = dimension.dim_value();
      dimension.set_dim_value(sizes_.batch);
    } else if (place == 0 && dimension.dim_value() < 1) {
      dimension.set_dim_value(1);
    } else if (dimension.dim_value() < 1) {
      open += " " + name;
    }
  }

  /// Producers before their readers; files should be so, models in memory need not.
  void sort_nodes() {
    auto& nodes = *model_.mutable_graph()->mutable_node();
    std::unordered_map<std::string, node_id> producer;
    for (int v = 0; v < nodes.size(); ++v) {
      for (auto const& output : nodes[v].output()) {
        if (!output.empty() && !producer.emplace(output, static_cast<node_id>(v)).second)
          fail("two nodes produce the value '" + output + "'");
      }
    }
    raw_graph raw;
    raw.reads.resize(static_cast<std::size_t>(nodes.size()));
    for (auto const& node : nodes) {
      auto& after = raw.after.emplace_back();
      for (auto const& input : node.input()) {
        auto const from = producer.find(input);
        if (from != producer.end()) after.push_back(from->second);
      }
      sort_unique(after);
    }
    google::protobuf::RepeatedPtrField<pb::NodeProto> sorted;
    try {
      for (node_id v : topological_order(raw)) sorted.Add()->Swap(&nodes[static_cast<int>(v)]);
    } catch (invalid_graph const&) {
      fail("its nodes form a cycle");
    }
    nodes.Swap(&sorted);
  }

  void infer_shapes() {
    if (fixed_batch_ > 0 && fixed_batch_ != sizes_.batch) free_reshapes();
    auto& g = *model_.mutable_graph();
    g.clear_value_info();  // what the file says may be for another batch
    for (auto& output : *g.mutable_output()) output.mutable_type()->mutable_tensor_type()->clear_shape();
    // A node that inference cannot see through gets its first input's shape; then what follows it can be
    // seen.
    for (int guesses = 0;; ++guesses) {
      try {
        pb::shape_inference::InferShapes(model_, pb::OpSchemaRegistry::Instance(), {false, 0, true});
      } catch (std::bad_alloc const&) {
        throw;
      } catch (std::exception const& fault) {
        fail(std::string("its shapes contradict each other: ") + fault.what());
      }
      collect_values();
      if (!write_out_integers() && !guess_shapes()) return;
      if (guesses > g.node_size()) fail("its shapes cannot be worked out");
    }
  }

  /// Where the file's batch is fixed, it stands in the targets of reshapes, too.
  void free_reshapes() {
    auto& g = *model_.mutable_graph();
    std::set<std::string> targets;
    for (auto const& node : g.node()) {
      if (node.op_type() == "Reshape" && node.input_size() > 1) targets.insert(node.input(1));
    }
    for (auto& tensor : *g.mutable_initializer()) {
      if (targets.count(tensor.name()) != 0) free_reshape(tensor);
    }
    for (auto& node : *g.mutable_node()) {
      if (node.op_type() != "Constant" || targets.count(node.output(0)) == 0) continue;
      for (auto& found : *node.mutable_attribute()) {
        if (found.name() == "value") free_reshape(*found.mutable_t());
      }
    }
  }

  void free_reshape(pb::TensorProto& tensor) const {
    if (tensor.data_type() != pb::TensorProto::INT64) return;
    if (tensor.int64_data_size() > 1 && tensor.int64_data(0) == fixed_batch_) {
      tensor.set_int64_data(0, sizes_.batch);
    } else if (tensor.raw_data().size() > sizeof(std::int64_t)) {  // little endian, as the format says
      std::int64_t first = 0;
      std::memcpy(&first, tensor.raw_data().data(), sizeof first);
      if (first == fixed_batch_) std::memcpy(tensor.mutable_raw_data()->data(), &sizes_.batch, sizeof first);
    }
  }

  void collect_values() {
    values_.clear();
    auto collect = [&](auto const& infos) {
      for (auto const& info : infos) {
        if (!info.type().has_tensor_type() && info.type().value_case() != pb::TypeProto::VALUE_NOT_SET)
          fail("value '" + info.name() + "' is a sequence, a map or an option, whose size is not known");
        values_[info.name()] = read(info.type());
      }
    };
    collect(graph().input());
    collect(graph().output());
    collect(graph().value_info());
    for (auto const& tensor : graph().initializer()) {
      values_[tensor.name()] = {{tensor.dims().begin(), tensor.dims().end()}, tensor.data_type(), true};
    }
  }

  static onnx_value read(pb::TypeProto const& type) {
    onnx_value out;
    if (!type.has_tensor_type()) return out;
    out.type = type.tensor_type().elem_type();
    out.known = type.tensor_type().has_shape();
    for (auto const& d : type.tensor_type().shape().dim()) {
      out.known = out.known && d.has_dim_value() && d.dim_value() >= 0;
      out.shape.push_back(d.dim_value());
    }
    return out;
  }

  [[nodiscard]] bool has_unknown_output(pb::NodeProto const& node) const {
    return std::any_of(node.output().begin(), node.output().end(),
                       [&](auto const& output) { return !output.empty() && find_shaped(output) == nullptr; });
  }

  /// Where a node's shape is not known, and integers that it reads are: writes those down as constants. False
  /// if there was nothing new to write.
  bool write_out_integers() {
    auto& g = *model_.mutable_graph();
    if (std::none_of(g.node().begin(), g.node().end(),
                     [&](auto const& node) { return has_unknown_output(node); })) {
      return false;
    }
    onnx_integers const integers(g, [&](std::string const& name) -> std::optional<std::vector<std::int64_t>> {
      onnx_value const* const value = find_shaped(name);
      return value == nullptr ? std::nullopt : std::optional(value->shape);
    });
    bool written = false;
    for (auto& node : *g.mutable_node()) {
      if (!has_unknown_output(node)) continue;
      for (auto& input : *node.mutable_input()) {
        auto const* const found = integers.find(input);
        auto const type = values_.find(input);
        bool const whole = type != values_.end() && type->second.type == pb::TensorProto::INT64;
        if (found == nullptr || !whole || type->second.shape.size() > 1 || constant_.count(input) != 0)
          continue;
        write_out(*found, input);
        written = true;
      }
    }
    return written;
  }

  /// A constant of these integers in the place of the value called `name`.
  void write_out(std::vector<std::int64_t> const& integers, std::string& name) {
    bool const scalar = values_[name].shape.empty();
    name += ".written_out";
    if (constant_.count(name) != 0) return;
    auto& tensor = *model_.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(pb::TensorProto::INT64);
    if (!scalar) tensor.add_dims(static_cast<std::int64_t>(integers.size()));
    for (std::int64_t x : integers) tensor.add_int64_data(x);
    constant_.insert(name);
  }

  /// Gives the outputs of the first nodes with unknown shapes that of their first input. False if all is
  /// known.
  bool guess_shapes() {
    bool guessed = false;
    std::set<std::string> behind;  // values that hang on a guess of this round
    int place = -1;
    for (auto const& node : graph().node()) {
      ++place;
      bool const waits = std::any_of(node.input().begin(), node.input().end(),
                                     [&](auto const& name) { return behind.count(name) != 0; });
      for (auto const& output : node.output()) {
        if (output.empty() || find_shaped(output) != nullptr) continue;
        behind.insert(output);
        if (waits) continue;
        guess(node, output, static_cast<std::size_t>(place));
        guessed = true;
      }
    }
    return guessed;
  }

  void guess(pb::NodeProto const& node, std::string const& output, std::size_t place) {
    onnx_value like;
    like.type = pb::TensorProto::FLOAT;
    for (auto const& input : node.input()) {
      onnx_value const* const value = find_shaped(input);
      if (value == nullptr) continue;
      like = *value;
      break;
    }
    if (std::optional<onnx_einsum> const found = einsum(node)) {
      like.shape = found->output;
    } else {
      unknown_.insert(label(node, place) + " (" + node.op_type() + ")");
      if (auto const at = values_.find(output); at != values_.end()) like.shape = completed(at->second, like);
    }
    auto& g = *model_.mutable_graph();
    pb::ValueInfoProto* info = nullptr;
    for (auto* infos : {g.mutable_value_info(), g.mutable_output()}) {
      for (auto& known : *infos) {
        if (known.name() == output) info = &known;
      }
    }
    if (info == nullptr) info = g.add_value_info();
    info->set_name(output);
    auto& tensor = *info->mutable_type()->mutable_tensor_type();
    if (tensor.elem_type() == 0) tensor.set_elem_type(like.type);
    tensor.clear_shape();
    tensor.mutable_shape();
    for (std::int64_t d : like.shape) tensor.mutable_shape()->add_dim()->set_dim_value(d);
  }

  /// The shape of a value of which only some dimensions are known: the other's where those agree with it,
  /// else as many elements as that has, if they fit.
  static std::vector<std::int64_t> completed(onnx_value const& value, onnx_value const& like) {
    auto const agree = [](std::int64_t known, std::int64_t other) { return known < 1 || known == other; };
    if (value.shape.empty() ||
        std::equal(value.shape.begin(), value.shape.end(), like.shape.begin(), like.shape.end(), agree)) {
      return like.shape;
    }
    std::vector<std::int64_t> shape = value.shape;
    double known = 1;
    for (std::int64_t d : shape) known *= d > 0 ? static_cast<double>(d) : 1;
    auto rest = static_cast<std::int64_t>(std::clamp(like.elements() / known, 1.0, 4e18));
    for (std::int64_t& d : shape) {
      if (d < 1) d = std::exchange(rest, 1);
    }
    return shape;
  }

  std::string file_;
  onnx_sizes sizes_;
  pb::ModelProto model_;
  std::set<std::string> constant_;
  std::unordered_map<std::string, onnx_value> values_;
  std::set<std::string> unknown_;
  std::int64_t fixed_batch_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
