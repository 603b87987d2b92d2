// SPDX-License-Identifier: Apache-2.0
//
// onnx_model_file: an ONNX model that a test writes down, node by node.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

namespace test {

/// A model under construction, and a file of it that is gone afterwards.
class onnx_model_file {
 public:
  explicit onnx_model_file(int version = 13) {
    proto_.set_ir_version(8);
    proto_.set_producer_name("a test");
    proto_.add_opset_import()->set_version(version);
  }
  onnx_model_file(onnx_model_file const&) = delete;
  onnx_model_file& operator=(onnx_model_file const&) = delete;
  ~onnx_model_file() { std::filesystem::remove(file_); }

  /// Dimensions below 1 are open: named by their number.
  onnx_model_file& input(std::string const& name, std::vector<std::int64_t> const& shape,
                         std::int32_t type = onnx::TensorProto::FLOAT) {
    auto& made = *graph().add_input();
    made.set_name(name);
    auto& tensor = *made.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    tensor.mutable_shape();
    for (std::int64_t size : shape) {
      auto& d = *tensor.mutable_shape()->add_dim();
      size > 0 ? d.set_dim_value(size) : d.set_dim_param("open" + std::to_string(-size));
    }
    return *this;
  }
  onnx_model_file& weights(std::string const& name, std::vector<std::int64_t> const& shape) {
    auto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (std::int64_t size : shape) tensor.add_dims(size);
    return *this;
  }
  onnx_model_file& integers(std::string const& name, std::vector<std::int64_t> const& values) {
    auto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.add_dims(static_cast<std::int64_t>(values.size()));
    for (std::int64_t x : values) tensor.add_int64_data(x);
    return *this;
  }
  onnx::NodeProto& node(std::string const& op, std::vector<std::string> const& from,
                        std::vector<std::string> const& to) {
    auto& made = *graph().add_node();
    made.set_op_type(op);
    made.set_name(to.front());
    for (auto const& name : from) made.add_input(name);
    for (auto const& name : to) made.add_output(name);
    return made;
  }
  onnx_model_file& output(std::string const& name) {
    graph().add_output()->set_name(name);
    return *this;
  }
  onnx::GraphProto& graph() { return *proto_.mutable_graph(); }

  std::string const& file() {
    std::ofstream out(file_, std::ios::binary);
    proto_.SerializeToOstream(&out);
    return file_;
  }

 private:
  onnx::ModelProto proto_;
  std::string file_ = (std::filesystem::temp_directory_path() /
                       ("checkmate_test_" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + ".onnx"))
                          .string();
};

/// An attribute of several integers.
inline void attribute(onnx::NodeProto& node, std::string const& name,
                      std::initializer_list<std::int64_t> values) {
  auto& made = *node.add_attribute();
  made.set_name(name);
  made.set_type(onnx::AttributeProto::INTS);
  for (std::int64_t x : values) made.add_ints(x);
}

/// An attribute of one integer.
inline void attribute(onnx::NodeProto& node, std::string const& name, int value) {
  auto& made = *node.add_attribute();
  made.set_name(name);
  made.set_type(onnx::AttributeProto::INT);
  made.set_i(value);
}

/// An attribute of text.
inline void attribute(onnx::NodeProto& node, std::string const& name, std::string const& value) {
  auto& made = *node.add_attribute();
  made.set_name(name);
  made.set_type(onnx::AttributeProto::STRING);
  made.set_s(value);
}

/// An attribute of one number with a fraction.
inline void attribute(onnx::NodeProto& node, std::string const& name, float value) {
  auto& made = *node.add_attribute();
  made.set_name(name);
  made.set_type(onnx::AttributeProto::FLOAT);
  made.set_f(value);
}

}  // namespace test
