// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/io/onnx.hpp>

#include "support/onnx_model_file.hpp"
#include "support/throws.hpp"

using checkmate::detail::read_einsum;
using sizes = std::vector<std::int64_t>;

TEST_CASE("einsum: an equation gives the shape of the output and the size of the index space") {
  auto const product = read_einsum("ij,jk->ik", {{2, 3}, {3, 5}});
  REQUIRE(product);
  CHECK(product->output == sizes{2, 5});
  CHECK(product->products == 2 * 3 * 5);
  CHECK(read_einsum("b h i d , b h j d -> b h i j", {{2, 4, 8, 3}, {2, 4, 8, 3}})->output ==
        sizes{2, 4, 8, 8});
  CHECK(read_einsum("ii->i", {{4, 4}})->output == sizes{4});
  CHECK(read_einsum("ij->", {{2, 3}})->output.empty());
  CHECK(read_einsum("ij,jk", {{2, 3}, {3, 5}})->output == sizes{2, 5});
  CHECK(read_einsum("cb,a", {{2, 3}, {5}})->output == sizes{5, 3, 2});  // in the order of the alphabet
}

TEST_CASE("einsum: what dots stand for is broadcast") {
  auto const found = read_einsum("...ij,...jk->...ik", {{7, 1, 2, 3}, {6, 3, 5}});
  REQUIRE(found);
  CHECK(found->output == sizes{7, 6, 2, 5});
  CHECK(found->products == 7.0 * 6 * 2 * 3 * 5);
  CHECK(read_einsum("...i->...", {{4}})->output.empty());
  CHECK(read_einsum("i...,i", {{2, 3}, {2}})->output == sizes{3});
}

TEST_CASE("einsum: equations that do not fit the operands give nothing") {
  CHECK_FALSE(read_einsum("ij->ij", {{2, 3, 4}}));
  CHECK_FALSE(read_einsum("ij,jk->ik", {{2, 3}, {3}}));
  CHECK_FALSE(read_einsum("ij->ik", {{2, 3}}));
  CHECK_FALSE(read_einsum("ij->ij", {{2, 3}, {2, 3}}));
  CHECK_FALSE(read_einsum("", {{2, 3}}));
  CHECK_FALSE(read_einsum("...i...->i", {{2, 3}}));
}

TEST_CASE("onnx: an Einsum of any rank is counted, and holds all operands but the one of the gradient") {
  test::onnx_model_file m;
  m.input("x", {2, 8, 3}).weights("w", {3, 4}).weights("v", {3, 4});
  m.node("MatMul", {"x", "w"}, {"a"});
  m.node("MatMul", {"x", "v"}, {"b"});
  test::attribute(m.node("Einsum", {"a", "b"}, {"y"}), "equation", "bid,bjd->bij");
  m.output("y");
  checkmate::onnx_network const net(m.file());
  REQUIRE(net.node_count() == 3);
  CHECK(net.unknown().empty());
  CHECK(net.output_bytes(2, 0) == 2 * 8 * 8 * 4);
  CHECK(net.flops(2) == 2.0 * 2 * 8 * 8 * 4);
  CHECK(net.rule(2).reads == std::vector<checkmate::value_ref>{{0, 0}, {1, 0}});

  test::onnx_model_file wrong;
  wrong.input("x", {2, 8, 3}).weights("w", {3, 4});
  test::attribute(wrong.node("Einsum", {"x", "w"}, {"y"}), "equation", "bid,de->bif");
  wrong.output("y");
  std::string const said =
      test::message_of<checkmate::invalid_file>([&] { checkmate::onnx_network{wrong.file()}; });
  CHECK(said.find(wrong.file()) != std::string::npos);
}
