// SPDX-License-Identifier: Apache-2.0
//
// checkmate compare GRAPH --budget B...
#include <algorithm>
#include <iostream>
#include <vector>

#include <nlohmann/json.hpp>

#include "interrupt.hpp"
#include "planning.hpp"
#include "size.hpp"
#include "text_table.hpp"
#include "units.hpp"

namespace cli {
namespace {

/// The strategies to run: those asked for, or all whose backend is there (and that keep the order, unless it
/// is free).
std::vector<strategy_entry const*> chosen(compare_options const& options) {
  std::vector<strategy_entry const*> out;
  for (auto const& name : options.only) out.push_back(&find_strategy(name));
  if (!out.empty()) return out;
  for (auto const& entry : strategies()) {
    bool const may_move = options.planning.free_order || !entry.needs_free_order;
    if (is_available(entry) && may_move) out.push_back(&entry);
  }
  return out;
}

/// A backend that was named goes to the strategies that can use it; others keep their default.
planning_options for_entry(planning_options options, strategy_entry const& how) {
  try {
    (void)choose_backend(how, options.backend);
  } catch (checkmate::invalid_option const&) {
    options.backend.clear();
  }
  return options;
}

std::vector<std::string> table_row(problem const& p, strategy_entry const& how,
                                   checkmate::result const& found) {
  if (!found) {
    return {how.name,
            std::string(to_string(found.termination.reason)),
            "",
            "",
            "",
            "",
            show_seconds(found.elapsed)};
  }
  return {how.name,
          show_percent(found.overhead()),
          show_time(found.plan->time, p.graph.time_unit),
          show_bytes(found.plan->peak_memory),
          show_count(found.recomputed_nodes),
          found.has_bound() ? show_percent(found.gap()) : "unknown",
          show_seconds(found.elapsed)};
}

}  // namespace

int run(compare_options const& options) {
  problem const p = load_problem(options.graph);
  std::vector<checkmate::bytes> budgets;
  for (auto const& text : options.budgets) budgets.push_back(parse_bytes(text, p.base.peak_memory));
  auto const entries = chosen(options);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  bool any = false;
  interrupt const ctrl_c;
  for (checkmate::bytes const budget : budgets) {
    text_table table({"strategy", "overhead", "time", "peak memory", "recomputed", "gap", "solved in"});
    for (strategy_entry const* how : entries) {
      if (ctrl_c.requested()) break;
      planning_options const mine = for_entry(options.planning, *how);
      auto const found = plan_once(p, *how, mine, library_options(mine, budget, ctrl_c.token()));
      any = any || found;
      if (options.json) {
        auto row = result_json(p, found);
        row["strategy"] = how->name;
        row["found_by"] = found.strategy;
        rows.push_back(std::move(row));
      } else {
        table.add(table_row(p, *how, found));
      }
    }
    if (!options.json) {
      glyphs const& with = terminal_glyphs();
      double const part = static_cast<double>(budget) /
                          static_cast<double>(std::max<checkmate::bytes>(p.base.peak_memory, 1));
      std::cout << p.graph.name << with.separator << "budget " << show_bytes(budget) << " ("
                << show_percent(part) << " of the no-recompute peak)\n"
                << table.text(with);
    }
  }
  if (options.json) {
    std::cout << rows.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  }
  note_interruption(ctrl_c.requested());
  return any ? done : not_found;
}

}  // namespace cli
