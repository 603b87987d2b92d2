// SPDX-License-Identifier: Apache-2.0
#include <compare>
#include <concepts>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/core/index.hpp>
#include <checkmate/core/types.hpp>

#include "support/positions.hpp"

using checkmate::node_id;
using checkmate::node_index;
using checkmate::value_index;

namespace {

template <class A, class B>
concept comparable = requires(A a, B b) {
  a == b;
}
|| requires(A a, B b) {
  a < b;
};
template <class A, class B>
concept addable = requires(A a, B b) {
  a + b;
};

// A position is a subscript and nothing else; only explicit code makes one of a number.
static_assert(std::is_convertible_v<node_index, std::size_t>);
static_assert(std::is_convertible_v<value_index, std::size_t>);
static_assert(!std::is_convertible_v<node_index, node_id>);
static_assert(!std::is_convertible_v<value_index, node_id>);
static_assert(!std::is_convertible_v<node_index, int>);
static_assert(!std::is_convertible_v<node_index, double>);
static_assert(!std::is_convertible_v<node_id, node_index>);
static_assert(!std::is_convertible_v<std::size_t, node_index>);
static_assert(!std::is_convertible_v<int, value_index>);
static_assert(std::is_constructible_v<node_index, node_id>);
static_assert(std::is_constructible_v<node_index, std::size_t>);
static_assert(!std::is_constructible_v<node_index, double>);

// Nodes and values stay apart.
static_assert(!std::is_convertible_v<node_index, value_index>);
static_assert(!std::is_convertible_v<value_index, node_index>);
static_assert(!std::is_constructible_v<node_index, value_index>);
static_assert(!std::is_constructible_v<value_index, node_index>);
static_assert(!std::is_assignable_v<node_index&, node_id>);
static_assert(!std::is_assignable_v<node_index&, value_index>);
static_assert(!comparable<node_index, value_index>);
static_assert(comparable<node_index, node_index>);
static_assert(comparable<node_index, std::size_t>);
static_assert(comparable<int, node_index>);

// Numbers come of arithmetic, not positions.
static_assert(std::same_as<decltype(node_index{} + 1), std::size_t>);
static_assert(std::same_as<decltype(1 + node_index{}), std::size_t>);
static_assert(std::same_as<decltype(node_index{} - 1), std::size_t>);
static_assert(std::same_as<decltype(node_index{} - node_index{}), std::size_t>);
static_assert(!addable<node_index, node_index>);
static_assert(!addable<node_index, value_index>);

}  // namespace

TEST_CASE("index: subscripts, steps and arithmetic") {
  node_index at(2);
  CHECK(std::vector<int>{10, 11, 12, 13}[at] == 12);
  CHECK(at + 3 == 5);
  CHECK(3 + at == 5);
  CHECK(at - 1 == 1);
  CHECK(node_index{7} - at == 5);
  CHECK(at++ == 2);
  CHECK(at == 3);
  CHECK(++at == 4);
  CHECK(at-- == 4);
  CHECK(at == 3);
  CHECK(--at == 2);
  CHECK(node_index{} == 0);
}

TEST_CASE("index: order among themselves and with numbers, whatever their width") {
  node_index const a(1), b(2);
  CHECK(a == node_index{1});
  CHECK(a != b);
  CHECK(a < b);
  CHECK(b >= a);
  CHECK(a < 2);
  CHECK(2 > a);
  CHECK(b == 2U);
  CHECK(std::size_t{2} == b);
  CHECK((a <=> b) == std::strong_ordering::less);
  std::size_t const wide = (std::size_t{1} << 32) + 1;  // 1, were it cut to 32 bits
  CHECK(a != wide);
  CHECK(a < wide);
}

TEST_CASE("index: the largest stands for none") {
  CHECK(std::numeric_limits<node_index>::max() == std::numeric_limits<node_id>::max());
  CHECK(std::numeric_limits<node_index>::max() > node_index{1000});
}

TEST_CASE("index: ranges are ascending, and empty where they end as they begin") {
  checkmate::index_range<value_index> const some{value_index{2}, value_index{5}};
  CHECK(some.size() == 3);
  CHECK(test::numbers(some) == std::vector<std::size_t>{2, 3, 4});
  checkmate::index_range<value_index> const none{value_index{2}, value_index{2}};
  CHECK(none.size() == 0);
  CHECK(test::numbers(none).empty());
}
