// SPDX-License-Identifier: Apache-2.0
//
// ONNX models without memory. ONNX and protobuf are not ours, so every call is made in a child.
#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/onnx.hpp>

#include "allocation/failing_child.hpp"

using test::ending;

TEST_CASE(
    "allocation failure: reading an ONNX model ends in an exception, or what the reader's libraries say") {
  std::string const file = std::string(CHECKMATE_SOURCE_DIR) + "/tests/fuzz/corpus/onnx/classifier.onnx";
  auto const load = [&] { return checkmate::load_onnx(file).nodes.size(); };
  std::size_t const nodes = load();
  test::check_failures_in_children([&] { return load() == nodes; }, 16,
                                   {ending::whole, ending::bad_alloc, ending::error, ending::terminated}, 20);
}
