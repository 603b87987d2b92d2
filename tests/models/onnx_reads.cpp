// SPDX-License-Identifier: Apache-2.0
//
// What the library makes of ONNX operators, for onnx_gradients.py.
//
//   onnx_reads --table      each operator of the common set, and "none" behind those without gradients
//   onnx_reads FILE...      per model a line "model FILE", then one per backward node: its name, and what it
//                           reads of the forward pass as NODE:OUTPUT
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include <checkmate/io/onnx.hpp>

namespace {

void print_table() {
  for (auto const& group : checkmate::detail::onnx_operator_groups) {
    std::string_view rest = group.names;
    while (!rest.empty()) {
      std::string const name(checkmate::detail::cut(rest, ' '));
      std::printf("%s%s\n", name.c_str(), group.what.gradients.empty() ? " none" : "");
    }
  }
}

void print_reads(checkmate::recorded_graph const& g) {
  for (auto const& node : g.nodes) {
    if (!node.backward) continue;
    std::printf("%s", node.name.c_str());
    for (checkmate::value_ref read : node.reads) {
      auto const& from = g.nodes[read.node];
      if (!from.backward && from.op != "Loss") std::printf(" %s:%u", from.name.c_str(), read.output);
    }
    std::printf("\n");
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 2 && std::string_view(argv[1]) == "--table") {
    print_table();
    return 0;
  }
  for (int i = 1; i < argc; ++i) {
    std::printf("model %s\n", argv[i]);
    checkmate::onnx_network const network(argv[i]);
    if (!network.outputs().empty()) print_reads(checkmate::onnx_training_step(network));
  }
  return 0;
} catch (std::exception const& wrong) {
  std::fprintf(stderr, "%s\n", wrong.what());
  return 1;
}
