// SPDX-License-Identifier: Apache-2.0
//
// A schedule that outlives the process: planned once, stored, loaded, checked against the graph that is there
// then, and run. A schedule names nodes by the caller's ids, so it fits whatever graph gives them the same
// meaning.
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <vector>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/json.hpp>

namespace {

struct engine {
  void compute(checkmate::node_id v) { std::cout << " run " << v; }
  void release(checkmate::node_id v, std::uint32_t) { std::cout << " free " << v; }
};

}  // namespace

int main() {
  std::vector<std::vector<int>> const graph = {{}, {0}, {1}, {2}, {3}, {4, 2}, {5, 1}, {6, 0}};
  auto const file = std::filesystem::temp_directory_path() / "checkmate_stored_schedule.json.gz";

  auto const found = checkmate::solve(graph, checkmate::uniform_cost{}, {.budget = 4});
  if (!found) return 1;
  checkmate::save_schedule(file, checkmate::record(found, "eight nodes"));

  // Later, in another process perhaps. What a file claims is believed once the simulator has replayed it.
  checkmate::recorded_schedule const stored = checkmate::load_schedule(file);
  std::filesystem::remove(file);
  auto const problem = checkmate::lower(graph, checkmate::uniform_cost{});
  auto const seen = checkmate::simulate(problem, stored.plan, {.budget = stored.budget});
  std::cout << (seen.valid() ? "valid" : seen.error->message) << ", peak " << seen.peak_memory << '\n';
  checkmate::execute(stored.plan, engine{});
  std::cout << '\n';

  // The same schedule where values have become twice as large: refused, and a start for planning anew.
  auto const larger = checkmate::lower(graph, checkmate::uniform_cost{.value_bytes = 2});
  auto const again = checkmate::simulate(larger, stored.plan, {.budget = stored.budget});
  std::cout << (again.valid() ? "valid" : again.error->message) << '\n';
  auto const anew = checkmate::solve(larger, {.budget = 8, .hint = &stored.plan});
  return seen.valid() && !again.valid() && anew && anew.plan->peak_memory <= 8 ? 0 : 1;
}
