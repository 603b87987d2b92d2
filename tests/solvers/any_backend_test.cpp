// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <checkmate/solvers/any_backend.hpp>
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/exhaustive.hpp>

#include "solvers/models.hpp"

using checkmate::any_backend;

namespace {

/// Counts its solves, to show which object is asked.
struct counting {
  int solves = 0;
  [[nodiscard]] checkmate::backend_capabilities capabilities() const {
    return {.name = std::to_string(solves)};
  }
  [[nodiscard]] checkmate::solver_outcome solve(checkmate::linear_model const&,
                                                checkmate::solver_options const&) {
    ++solves;
    return {};
  }
};

static_assert(checkmate::linear_backend<any_backend>);

}  // namespace

TEST_CASE("any_backend: solves with what it holds, which may change") {
  any_backend any = checkmate::exhaustive{};
  CHECK(any.capabilities().name == "exhaustive");
  CHECK(any.solve(test::three_items(), {}).objective == -7);
  any = checkmate::cbc{};
  CHECK(any.capabilities().name == "cbc");
  CHECK(any.solve(test::three_items(), {}).objective == -7);
}

TEST_CASE("any_backend: copies are values, and a const one is left as it was") {
  any_backend first = counting{};
  static_cast<void>(first.solve({}, {}));
  any_backend second = first;
  static_cast<void>(second.solve({}, {}));
  CHECK(first.capabilities().name == "1");
  CHECK(second.capabilities().name == "2");
  static_cast<void>(std::as_const(second).solve({}, {}));
  CHECK(second.capabilities().name == "2");
  any_backend const moved = std::move(second);
  CHECK(moved.capabilities().name == "2");
}

TEST_CASE("any_backend: an empty one is false and says so when used") {
  any_backend none;
  CHECK_FALSE(none);
  CHECK(any_backend{checkmate::cbc{}});
  CHECK_THROWS_AS(static_cast<void>(none.capabilities()), checkmate::invalid_option);
  CHECK_THROWS_AS(static_cast<void>(none.solve({}, {})), checkmate::invalid_option);
  CHECK_THROWS_AS(static_cast<void>(std::as_const(none).solve({}, {})), checkmate::invalid_option);
}
