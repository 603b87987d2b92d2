// SPDX-License-Identifier: Apache-2.0
//
// A program of a user of the onnx component: a model of one matrix product, written and read.
#include <iostream>
#include <string>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/onnx.hpp>

void write_model(std::string const& file);

int main() {
  write_model("consumer.onnx");
  checkmate::onnx_network const network("consumer.onnx", {.batch = 2, .dimensions = {}});
  std::cout << "onnx " << network.flops(0) << '\n';
}
