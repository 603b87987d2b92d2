// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <support/throws.hpp>

#include <checkmate/checkmate.hpp>

using checkmate::invalid_option;
using checkmate::stop_reason;
using test::message_of;
using namespace checkmate::literals;
using nested = std::vector<std::vector<int>>;

namespace {

nested const chain = {{}, {0}, {1}, {2}};

/// A strategy of a user's that returns a schedule without looking at it.
struct reckless {
  checkmate::schedule returned;
  [[nodiscard]] checkmate::result plan(checkmate::dag const&, checkmate::plan_options const&) const {
    checkmate::result out;
    out.plan = returned;
    out.termination.reason = stop_reason::optimal;
    return out;
  }
};
static_assert(checkmate::strategy<reckless>);
static_assert(checkmate::strategy<checkmate::checkpoint_all>);

}  // namespace

TEST_CASE("solve: within the no-recompute peak the plan is optimal and says so") {
  auto const r = checkmate::solve(chain, checkmate::uniform_cost{}, {.budget = 2});
  REQUIRE(r);
  CHECK(r.termination.reason == stop_reason::optimal);
  CHECK(r.overhead() == 0);
  CHECK(r.gap() == 0);
  CHECK(r.bound.time == 4);
  CHECK(r.plan->peak_memory == 2);
  CHECK(r.base_time == 4);
}

TEST_CASE("solve: below what one node needs the answer is infeasible and names it") {
  auto const r = checkmate::solve(chain, checkmate::uniform_cost{}, {.budget = 1});
  CHECK_FALSE(r);
  CHECK(r.termination.reason == stop_reason::infeasible);
  CHECK(r.termination.detail.find("node 1 alone needs 2") != std::string::npos);
  CHECK(std::isinf(r.gap()));
}

TEST_CASE("solve: a strategy's schedule is judged before it is returned") {
  checkmate::schedule wrong{{{checkmate::action::compute, 1, 0}}};
  auto const r = checkmate::solve(chain, checkmate::uniform_cost{}, {.budget = 2}, reckless{wrong});
  CHECK_FALSE(r);
  CHECK(r.termination.reason == stop_reason::failed);
  CHECK(r.termination.detail.find("not resident") != std::string::npos);
}

TEST_CASE("solve: options out of range are refused by name") {
  auto error = [](checkmate::plan_options const& options) {
    return message_of<invalid_option>(
        [&] { (void)checkmate::solve(chain, checkmate::uniform_cost{}, options); });
  };
  CHECK(error({.budget = -1}) == "budget must be >= 0 bytes, it is -1");
  CHECK(error({.budget = 1, .time_limit = std::chrono::seconds(-1)}).find("time_limit must be >= 0") == 0);
  CHECK(error({.budget = 1, .relative_gap = std::nan("")}).find("relative_gap must be >= 0") == 0);
  CHECK(error({.budget = 1, .threads = 0}) == "threads must be >= 1, it is 0");
}

TEST_CASE("literals: bytes with suffixes") {
  CHECK(2_KiB == 2048);
  CHECK(3_MiB == 3145728);
  CHECK(8_GiB == 8589934592);
}
