// SPDX-License-Identifier: Apache-2.0
//
// The same headers in a second translation unit, which writes the model that the first one reads.
#include <fstream>
#include <string>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/onnx.hpp>

void write_model(std::string const& file);

// x (batch, 3) times w (3, 4).
void write_model(std::string const& file) {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(13);
  auto& graph = *model.mutable_graph();
  auto& input = *graph.add_input();
  input.set_name("x");
  input.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  auto& shape = *input.mutable_type()->mutable_tensor_type()->mutable_shape();
  shape.add_dim()->set_dim_param("batch");
  shape.add_dim()->set_dim_value(3);
  auto& weights = *graph.add_initializer();
  weights.set_name("w");
  weights.set_data_type(onnx::TensorProto::FLOAT);
  weights.add_dims(3);
  weights.add_dims(4);
  auto& node = *graph.add_node();
  node.set_op_type("MatMul");
  node.add_input("x");
  node.add_input("w");
  node.add_output("y");
  graph.add_output()->set_name("y");
  std::ofstream out(file, std::ios::binary);
  model.SerializeToOstream(&out);
}
