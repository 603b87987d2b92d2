// SPDX-License-Identifier: Apache-2.0
//
// Your own cost model. One graph, four models: two lambdas, a table that a profiler wrote, a struct of yours
// with workspaces and weights, and the same struct for a larger batch.
#include <cstdint>
#include <iostream>
#include <vector>

#include <checkmate/checkmate.hpp>

namespace {

using checkmate::node_id;
using graph_t = std::vector<std::vector<node_id>>;

// conv1 -> conv2 -> conv3 -> loss, then the gradients back, each reading what its layer read.
graph_t const training_step = {{}, {0}, {1}, {2}, {3, 2}, {4, 1}, {5, 0}};

/// A profile of your machine, in whatever form you keep it; here for one image, scaled to a batch.
struct profile {
  std::int64_t batch = 1;
  std::vector<double> microseconds = {90, 120, 120, 5, 240, 240, 180};
  std::vector<std::int64_t> activation = {4096, 2048, 2048, 4, 1024, 1024, 512};
  std::vector<std::int64_t> scratch = {1024, 8192, 8192, 0, 8192, 8192, 1024};
  std::int64_t weights = 16384;

  /// Required: time of one execution, any unit, and bytes of the value (of value k, where nodes have
  /// several).
  double time(graph_t const&, node_id v) const { return static_cast<double>(batch) * microseconds[v]; }
  std::int64_t memory(graph_t const&, node_id v) const { return batch * activation[v]; }
  /// Optional: bytes needed only while v runs, and bytes that are always resident.
  std::int64_t workspace(graph_t const&, node_id v) const { return scratch[v]; }
  std::int64_t fixed_memory(graph_t const&) const { return weights; }
};

template <class Costs>
void plan(char const* what, Costs const& costs, double share) {
  checkmate::dag const d = checkmate::lower(training_step, costs);  // lower once, plan as often as you like
  auto const most = checkmate::no_recompute_schedule(d).peak_memory;
  auto const budget = static_cast<checkmate::bytes>(share * static_cast<double>(most));
  auto const found = checkmate::solve(d, {.budget = budget}, checkmate::greedy{});
  std::cout << what << ": ";
  if (found) {
    std::cout << "peak " << found.plan->peak_memory << " of " << most << ", " << 100 * found.overhead()
              << " % more time\n";
  } else {
    std::cout << found.termination.detail << '\n';
  }
}

}  // namespace

int main() {
  plan("two lambdas",
       checkmate::functional_cost([](node_id v) { return v < 3 ? 3.0 : 1.0; },
                                  [](node_id) { return std::int64_t{64}; }),
       0.8);
  plan("a table",
       checkmate::table_cost::of_nodes({90, 120, 120, 5, 240, 240, 180}, {64, 32, 32, 4, 16, 16, 8}), 0.9);
  plan("a profile, batch 1", profile{}, 0.95);
  plan("a profile, batch 256", profile{.batch = 256}, 0.8);

  // What a model must not say is refused, by name.
  try {
    plan(
        "a model with a bug",
        checkmate::functional_cost([](node_id v) { return v == 5 ? -1.0 : 1.0; }, [](node_id) { return 64; }),
        1);
  } catch (checkmate::invalid_cost const& e) {
    std::cout << "refused: " << e.what() << '\n';
  }
}
