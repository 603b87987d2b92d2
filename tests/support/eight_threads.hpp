// SPDX-License-Identifier: Apache-2.0
//
// Planning from eight threads at once: the tasks, and the comparison with one thread's answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>

#include "support/planners.hpp"
#include "support/properties.hpp"
#include "support/random_problems.hpp"

namespace test {
namespace eight_threads {

using checkmate::dag;
using checkmate::plan_options;
using checkmate::result;

inline constexpr std::size_t threads = 8;

struct task {
  dag const* d;
  plan_options options;
  checkmate::forward_mask const* forward;
  planner const* how;
  [[nodiscard]] result run() const { return how->plan(*d, options, *forward); }
};

/// Runs all tasks on eight threads, each of which begins elsewhere, and compares with what one thread found.
/// Nothing is shared but dags, planners and options, which are only read.
inline void check_tasks(std::vector<task> const& tasks) {
  std::vector<result> alone;
  for (task const& t : tasks) alone.push_back(t.run());
  std::vector<std::vector<result>> found(threads, std::vector<result>(tasks.size()));
  std::vector<std::thread> running;
  for (std::size_t k = 0; k < threads; ++k) {
    running.emplace_back([&, k] {
      for (std::size_t i = 0; i < tasks.size(); ++i) {
        std::size_t const at = (i + k * tasks.size() / threads) % tasks.size();
        found[k][at] = tasks[at].run();
      }
    });
  }
  for (std::thread& t : running) t.join();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    CAPTURE(tasks[i].how->name);
    for (std::size_t k = 0; k < threads; ++k) {
      CHECK(properties::difference(*tasks[i].d, alone[i], *tasks[i].d, found[k][i]) == "");
    }
  }
}

struct problems {
  std::vector<problem> all;
  std::vector<dag> dags;
  std::vector<task> tasks;

  problems(std::vector<planner> const& planners, std::size_t count, std::size_t least, std::size_t most) {
    for (std::uint64_t seed = 0; all.size() < count; ++seed) {
      problem p = shuffled(random_problem(seed + 300, least, most), seed);
      dag d = p.dag();
      if (checkmate::smallest_conceivable_budget(d).budget >=
          checkmate::no_recompute_schedule(d).peak_memory) {
        continue;
      }
      all.push_back(std::move(p));
      dags.push_back(std::move(d));
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      checkmate::bytes const low = checkmate::smallest_conceivable_budget(dags[i]).budget;
      checkmate::bytes const peak = checkmate::no_recompute_schedule(dags[i]).peak_memory;
      for (planner const& how : planners) {
        tasks.push_back({&dags[i], {.budget = low + (peak - low) / 2}, &all[i].forward, &how});
      }
    }
  }
};

}  // namespace eight_threads
}  // namespace test
