// SPDX-License-Identifier: Apache-2.0
//
// ONNX models without memory. ONNX and protobuf are not ours, so every call is made in a child.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/onnx.hpp>

#include "allocation/failing_new.hpp"
#include "allocation/in_child.hpp"

using test::ending;

TEST_CASE(
    "allocation failure: reading an ONNX model ends in an exception, or what the reader's libraries say") {
  std::string const file = std::string(CHECKMATE_SOURCE_DIR) + "/tests/fuzz/corpus/onnx/classifier.onnx";
  auto const load = [&] { return checkmate::load_onnx(file).nodes.size(); };
  std::size_t const nodes = load();
  std::int64_t const all = test::run_with(test::never_fails, [&] { (void)load(); }).requests;
  int failed = 0;
  for (std::int64_t k = 0; k < all; k += 1 + k / 16) {
    CAPTURE(k);
    ending const found = test::ending_in_child([&] {
      test::grant_requests(k);
      std::size_t const seen = load();
      test::grant_requests(test::never_fails);
      return seen == nodes;
    });
    CAPTURE(static_cast<int>(found));
    CHECK((found == ending::whole || found == ending::bad_alloc || found == ending::error ||
           found == ending::terminated));
    if (found == ending::bad_alloc) ++failed;
  }
  CHECK(failed > 20);
}
