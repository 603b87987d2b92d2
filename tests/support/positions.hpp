// SPDX-License-Identifier: Apache-2.0
//
// Positions and sequences written as plain numbers, and read back as such.
#pragma once

#include <cstddef>
#include <ostream>
#include <vector>

#include <checkmate/graph/dag.hpp>
#include <checkmate/memory/sequence.hpp>

namespace checkmate {

/// How doctest prints a position.
template <class Tag>
std::ostream& operator<<(std::ostream& out, strong_index<Tag> at) {
  return out << std::size_t{at};
}

}  // namespace checkmate

namespace test {

/// The numbers of positions, events or other things that convert to std::size_t.
template <class Range>
std::vector<std::size_t> numbers(Range const& positions) {
  std::vector<std::size_t> out;
  for (auto const& at : positions) {
    if constexpr (requires { at.node; }) {
      out.push_back(at.node);
    } else {
      out.push_back(at);
    }
  }
  return out;
}

/// Node positions from numbers.
inline std::vector<checkmate::node_index> nodes(std::vector<std::size_t> const& positions) {
  return {positions.begin(), positions.end()};
}

/// A sequence of executions, by position.
inline checkmate::event_sequence events(checkmate::dag const& d, std::vector<std::size_t> const& positions) {
  return {d, nodes(positions)};
}

}  // namespace test
