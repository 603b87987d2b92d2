// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>

using checkmate::node_id;

namespace {

struct recorder {
  std::string log;
  void compute(node_id v) { log += "c" + std::to_string(v); }
  void release(node_id v, std::uint32_t k) { log += "r" + std::to_string(v) + "." + std::to_string(k); }
};
struct misspelled {
  void compute(node_id) {}
  void relase(node_id, std::uint32_t) {}
};
struct release_without_output {
  void compute(node_id) {}
  void release(node_id) {}
};

static_assert(checkmate::schedule_handler<recorder>);
static_assert(!checkmate::schedule_handler<misspelled>);
static_assert(!checkmate::schedule_handler<release_without_output>);

}  // namespace

TEST_CASE("execute: the handler sees every step in order, with the caller's ids") {
  std::vector<std::vector<int>> const g = {{1}, {}};
  auto const r = checkmate::solve(g, checkmate::uniform_cost{}, {.budget = 2});
  REQUIRE(r);
  recorder engine;
  checkmate::execute(*r.plan, engine);
  CHECK(engine.log == "c1c0r1.0r0.0");
}

TEST_CASE("execute: what the handler throws passes through and ends the run") {
  struct thrower {
    int calls = 0;
    void compute(node_id) {
      if (++calls == 2) throw std::runtime_error("engine");
    }
    void release(node_id, std::uint32_t) {}
  } engine;
  checkmate::schedule const s{{{}, {}, {}}};
  CHECK_THROWS_AS(checkmate::execute(s, engine), std::runtime_error);
  CHECK(engine.calls == 2);
}
