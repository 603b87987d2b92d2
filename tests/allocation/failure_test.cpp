// SPDX-License-Identifier: Apache-2.0
//
// What the library does when there is no memory: this program's operator new fails at the k-th request, for
// many k. Either std::bad_alloc arrives at the caller or the result is whole, and the next call is as good as
// the first. (Leaks are the sanitizers' to find.)
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/strategies/baselines.hpp>
#include <checkmate/strategies/least_peak_order.hpp>
#include <checkmate/sweep.hpp>
#include <checkmate/zoo/training.hpp>

#include "allocation/failing_new.hpp"
#include "support/random_graphs.hpp"

namespace {

using namespace checkmate;
using test::check_every_failure;

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

TEST_CASE("allocation failure: the order of least peak") {
  instance at;
  at.options.order = execution_order::free;
  at.options.budget = no_recompute_schedule(at.lowered).peak_memory;  // the given order fits
  check_every_failure("least_peak_order",
                      [&] { return time_of(solve(at.lowered, at.options, least_peak_order{.moves = 500})); });
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
