// SPDX-License-Identifier: Apache-2.0
//
// checkmate info GRAPH
#include <iostream>

#include <nlohmann/json.hpp>

#include "planning.hpp"
#include "text_table.hpp"
#include "units.hpp"

namespace cli {
namespace {

struct facts {
  std::size_t backward = 0, run_once = 0, retained = 0;
  checkmate::bytes retained_bytes = 0;
};

facts count(problem const& p) {
  facts out;
  for (auto const& node : p.graph.nodes) {
    out.backward += node.backward ? 1 : 0;
    out.run_once += node.run_once ? 1 : 0;
    out.retained += node.retained.size();
    for (std::uint32_t k : node.retained) out.retained_bytes += node.outputs[k];
  }
  return out;
}

void print_json(problem const& p, facts const& seen, checkmate::budget_floor const& floor) {
  nlohmann::ordered_json out = {{"graph", p.graph.name},
                                {"nodes", p.dag.size()},
                                {"values", p.dag.value_count()},
                                {"edges", p.dag.edge_count()},
                                {"backward_nodes", seen.backward},
                                {"run_once_nodes", seen.run_once},
                                {"retained_values", seen.retained},
                                {"retained_memory", seen.retained_bytes},
                                {"time", p.dag.base_time()},
                                {"time_unit", p.graph.time_unit},
                                {"fixed_memory", p.dag.fixed_memory()},
                                {"peak_memory", p.base.peak_memory},
                                {"smallest_budget", floor.budget},
                                {"smallest_budget_node", p.dag.id(floor.node)},
                                {"smallest_budget_parts", need_json(checkmate::need_of(p.dag, floor))}};
  std::cout << out.dump(2) << "\n";
}

void print_table(problem const& p, facts const& seen, checkmate::budget_floor const& floor) {
  text_table table({p.graph.name, ""});
  table.add({"nodes", show_count(p.dag.size())});
  table.add({"  of the backward pass", show_count(seen.backward)});
  if (seen.run_once > 0) table.add({"  that must run once", show_count(seen.run_once)});
  table.add({"values", show_count(p.dag.value_count())});
  table.add({"edges", show_count(p.dag.edge_count())});
  table.add({"time, every node once", show_time(p.dag.base_time(), p.graph.time_unit)});
  table.rule();
  table.add({"fixed memory", show_bytes(p.dag.fixed_memory())});
  table.add({"retained to the end", show_bytes(seen.retained_bytes)});
  table.add({"no-recompute peak", show_bytes(p.base.peak_memory)});
  table.add({"smallest conceivable budget", show_bytes(floor.budget)});
  auto const need = checkmate::need_of(p.dag, floor);
  table.add({"  set by", need.at_end ? std::string("the end") : p.dag.describe(floor.node)});
  for (auto const& [kind, size] : checkmate::bytes_by_kind(need)) {
    table.add({"  " + std::string(checkmate::name_of(kind)), show_bytes(size)});
  }
  std::cout << table.text(terminal_glyphs());
  if (!p.graph.source.empty()) std::cout << p.graph.source << "\n";
}

}  // namespace

int run(info_options const& options) {
  problem const p = load_problem(options.graph);
  auto const floor = checkmate::smallest_conceivable_budget(p.dag);
  (options.json ? print_json : print_table)(p, count(p), floor);
  return done;
}

}  // namespace cli
