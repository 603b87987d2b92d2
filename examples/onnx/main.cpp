// SPDX-License-Identifier: Apache-2.0
//
// From an ONNX model to a plan. `checkmate plan model.onnx --budget 50% --batch 32` does the same from the
// shell.
//
//   example_onnx MODEL.onnx [BATCH]    plans a training step of it at half of its memory
//   example_onnx                       writes a small model and does that with it
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/onnx.hpp>

namespace {

/// Twenty-four convolutions with ReLUs between, as some framework would export them: the batch is left open.
void write_model(std::string const& file) {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(13);
  auto& graph = *model.mutable_graph();
  auto& input = *graph.add_input();
  input.set_name("image");
  input.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  auto& shape = *input.mutable_type()->mutable_tensor_type()->mutable_shape();
  shape.add_dim()->set_dim_param("batch");
  for (int size : {16, 64, 64}) shape.add_dim()->set_dim_value(size);
  std::string last = "image";
  for (int layer = 0; layer < 24; ++layer) {
    auto& weights = *graph.add_initializer();
    weights.set_name("w" + std::to_string(layer));
    weights.set_data_type(onnx::TensorProto::FLOAT);
    for (int size : {16, 16, 1, 1}) weights.add_dims(size);
    auto& conv = *graph.add_node();
    conv.set_op_type("Conv");
    conv.add_input(last);
    conv.add_input(weights.name());
    conv.add_output("conv" + std::to_string(layer));
    auto& relu = *graph.add_node();
    relu.set_op_type("Relu");
    relu.add_input(conv.output(0));
    relu.add_output(last = "relu" + std::to_string(layer));
  }
  graph.add_output()->set_name(last);
  std::ofstream out(file, std::ios::binary);
  model.SerializeToOstream(&out);
}

}  // namespace

int main(int argc, char** argv) try {
  std::string const file = argc > 1 ? argv[1] : "example.onnx";
  if (argc < 2) write_model(file);

  checkmate::onnx_options options;  // .device is an A100's data sheet unless you say otherwise
  options.sizes.batch = argc > 2 ? std::atoi(argv[2]) : 32;
  checkmate::onnx_network const network(file, options.sizes);
  for (auto const& guess : network.unknown()) std::printf("not of the common operators: %s\n", guess.c_str());
  auto const step = checkmate::onnx_training_step(network, options);

  auto const d = checkmate::lower(step, step);
  auto const peak = checkmate::no_recompute_schedule(d).peak_memory;
  auto const found = checkmate::solve(d, {.budget = peak / 2, .time_limit = checkmate::seconds(5)});
  std::printf("%zu operators, %zu in the training step, %.1f MiB\n", network.node_count(), d.size(),
              static_cast<double>(peak) / (1 << 20));
  if (!found) {
    std::printf("%s\n", found.termination.detail.c_str());
    return 1;
  }
  std::printf("in %.1f MiB: %.1f %% more time, %zu recomputations\n",
              static_cast<double>(found.plan->peak_memory) / (1 << 20), 100 * found.overhead(),
              found.recomputations);
  return 0;
} catch (std::exception const& wrong) {
  std::printf("%s\n", wrong.what());
  return 1;
}
