// SPDX-License-Identifier: Apache-2.0
//
// What the library does when there is no memory: this program's operator new fails at the k-th request, for
// many k. Either std::bad_alloc arrives at the caller or the result is whole, and the next call is as good as
// the first. (Leaks are the sanitizers' to find.)
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <new>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/graph/training.hpp>
#include <checkmate/strategies/baselines.hpp>
#include <checkmate/strategies/least_peak_order.hpp>
#include <checkmate/sweep.hpp>

#include "support/random_graphs.hpp"

namespace {

constexpr std::int64_t never = std::int64_t{1} << 60;
std::atomic<std::int64_t> requests_left =
    never;  // of operator new; the one after these fails, and all others

void* allocate(std::size_t size) {
  if (requests_left.fetch_sub(1) <= 0) throw std::bad_alloc();
  if (void* const memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void* operator new(std::size_t size, std::nothrow_t const&) noexcept {
  try {
    return allocate(size);
  } catch (std::bad_alloc const&) {
    return nullptr;
  }
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::nothrow_t const&) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

using namespace checkmate;

/// Requests that `call` makes for memory, `limit` of them granted; whether it ended.
struct attempt {
  bool ended = false;
  std::int64_t requests = 0;
};

attempt run_with(std::int64_t limit, std::function<void()> const& call) {
  attempt out;
  requests_left = limit;
  try {
    call();
    out.ended = true;
  } catch (std::bad_alloc const&) {
  }
  out.requests = limit - requests_left.exchange(never);
  return out;
}

/// The first failures one by one, later ones further and further apart, down to the last request of all.
std::vector<std::int64_t> failing_requests(std::int64_t all) {
  std::vector<std::int64_t> out;
  for (std::int64_t k = 0; k < all; k += 1 + k / 24) out.push_back(k);
  out.push_back(all - 1);
  return out;
}

/// `call` returns a number that says what it found; the same one every time that it ends.
void check_every_failure(std::string const& what, std::function<double()> const& call) {
  CAPTURE(what);
  double expected = 0;
  attempt const whole = run_with(never, [&] { expected = call(); });
  REQUIRE(whole.ended);
  std::size_t failed = 0;
  for (std::int64_t const k : failing_requests(whole.requests)) {
    CAPTURE(k);
    double found = expected;
    attempt const part = run_with(k, [&] { found = call(); });
    CHECK(found == expected);  // the library may do with less memory (a sort without a buffer), but not worse
    if (!part.ended) ++failed;
  }
  CHECK(failed > 0);
  CHECK(call() == expected);
}

struct instance {
  test::value_graph graph = test::random_graph(5, test::everything(24));
  dag lowered = lower(graph, graph.costs);
  plan_options options = [this] {
    plan_options out;
    bytes const least = smallest_conceivable_budget(lowered).budget;
    out.budget = least + (no_recompute_schedule(lowered).peak_memory - least) / 2;
    return out;
  }();
};

double time_of(result const& found) {
  return found.plan ? found.plan->time : -1;
}

}  // namespace

TEST_CASE("allocation failure: lowering, schedules, the simulator") {
  instance const at;
  check_every_failure("lower", [&] { return lower(at.graph, at.graph.costs).base_time(); });
  check_every_failure("no_recompute_schedule", [&] { return no_recompute_schedule(at.lowered).time; });
  schedule const all = no_recompute_schedule(at.lowered);
  check_every_failure("simulate", [&] { return simulate(at.lowered, all).time; });
  std::vector<std::vector<node_id>> const forward = {{}, {0}, {1}, {1, 2}, {3}};
  check_every_failure("make_training_graph", [&] {
    return static_cast<double>(make_training_graph(forward, paper_rule).node_count());
  });
}

TEST_CASE("allocation failure: strategies") {
  instance const at;
  auto const check = [&](std::string const& what, auto const& how) {
    check_every_failure(what, [&] { return time_of(solve(at.lowered, at.options, how)); });
  };
  check("greedy", greedy{});
  check("local_search", local_search{.moves = 2000});
  check("state_search", state_search{.max_states = 300});
  check("checkpoint_last", checkpoint_last{});
  forward_mask forward(at.lowered.size(), false);
  std::fill(forward.begin(), forward.begin() + 12, true);
  visit_baselines(forward, [&](auto const& how) { check(std::string(how.traits.name), how); });
  check_every_failure("sweep", [&] {
    sweep_options how;
    how.points = 4;
    return time_of(sweep(at.lowered, how, greedy{}).front().found);
  });
}

TEST_CASE("allocation failure: on a thread of local_search") {
  instance at;
  at.options.threads = 3;
  check_every_failure("local_search with threads",
                      [&] { return time_of(solve(at.lowered, at.options, local_search{.moves = 1000})); });
}

TEST_CASE("allocation failure: the default portfolio") {
  instance const at;
  check_every_failure("automatic", [&] {
    plan_options options = at.options;
    options.relative_gap = 0.05;
    return time_of(solve(at.lowered, options));
  });
}
