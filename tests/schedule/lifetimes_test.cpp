// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>

#include "support/positions.hpp"

using checkmate::action;
using checkmate::node_id;
using checkmate::schedule_from_sequence;
using checkmate::step;
using nested = std::vector<std::vector<int>>;

namespace {

step compute(node_id v) {
  return {action::compute, v, 0};
}
step release(node_id v, std::uint32_t k = 0) {
  return {action::release, v, k};
}

struct kept_first : nested {
  using nested::nested;
};
bool is_retained(kept_first const&, node_id v, std::uint32_t) {
  return v == 0;
}

std::vector<step> steps_of(checkmate::dag const& d, std::vector<std::size_t> const& sequence) {
  return schedule_from_sequence(d, test::events(d, sequence)).steps;
}

}  // namespace

TEST_CASE("lifetimes: a value is released right after its last read") {
  auto const d = checkmate::lower(nested{{}, {0}, {0}, {1}}, checkmate::uniform_cost{});
  CHECK(steps_of(d, {0, 1, 2, 3}) == std::vector<step>{compute(0), compute(1), compute(2), release(0),
                                                       release(2), compute(3), release(1), release(3)});
}

TEST_CASE("lifetimes: before a recomputation a value lives only to its last read before it") {
  auto const d = checkmate::lower(nested{{}, {0}, {1}, {0}}, checkmate::uniform_cost{});
  CHECK(steps_of(d, {0, 1, 2, 0, 3}) == std::vector<step>{compute(0), compute(1), release(0), compute(2),
                                                          release(1), release(2), compute(0), compute(3),
                                                          release(0), release(3)});
}

TEST_CASE("lifetimes: a recomputation that nothing reads is released at once") {
  auto const d = checkmate::lower(nested{{}, {0}}, checkmate::uniform_cost{});
  CHECK(steps_of(d, {0, 0, 1}) ==
        std::vector<step>{compute(0), release(0), compute(0), compute(1), release(0), release(1)});
}

TEST_CASE("lifetimes: of a retained value only the last instance stays") {
  auto const d = checkmate::lower(kept_first{{}, {0}}, checkmate::uniform_cost{});
  CHECK(steps_of(d, {0, 1}) == std::vector<step>{compute(0), compute(1), release(1)});
  CHECK(steps_of(d, {0, 1, 0}) ==
        std::vector<step>{compute(0), compute(1), release(0), release(1), compute(0)});
}

TEST_CASE("lifetimes: ids are the caller's and sequences come back") {
  auto const d = checkmate::lower(nested{{1}, {}}, checkmate::uniform_cost{});
  auto const sequence = test::events(d, {0, 1, 0});
  auto const s = schedule_from_sequence(d, sequence);
  CHECK(s.steps.front() == compute(1));
  CHECK(checkmate::sequence_of(d, s) == sequence);
}
