// SPDX-License-Identifier: Apache-2.0
//
// checkmate check GRAPH SCHEDULE
#include <algorithm>
#include <cmath>
#include <iostream>

#include <nlohmann/json.hpp>

#include <checkmate/io/json.hpp>

#include "commands.hpp"
#include "size.hpp"
#include "text_table.hpp"
#include "units.hpp"

namespace cli {
namespace {

/// What is wrong with the schedule or with what its file claims; empty if nothing.
std::string fault_of(problem const& p, checkmate::recorded_schedule const& s,
                     checkmate::simulation const& seen) {
  if (seen.error) return seen.error->message;
  auto const differs = [](double a, double b) {
    return std::abs(a - b) > 1e-9 * std::max(std::abs(a), std::abs(b));
  };
  if (s.plan.peak_memory != seen.peak_memory) {
    return "the file claims a peak of " + std::to_string(s.plan.peak_memory) + " bytes, the replay reaches " +
           std::to_string(seen.peak_memory);
  }
  if (differs(s.plan.time, seen.time)) {
    return "the file claims a time of " + std::to_string(s.plan.time) + ", the replay takes " +
           std::to_string(seen.time);
  }
  if (differs(s.base_time, p.dag.base_time())) {
    return "the file claims a base time of " + std::to_string(s.base_time) + ", it is " +
           std::to_string(p.dag.base_time());
  }
  if (s.lower_bound && *s.lower_bound > seen.time * (1 + 1e-9)) {
    return "the file claims a lower bound of " + std::to_string(*s.lower_bound) + ", above its own time";
  }
  return {};
}

void print_json(checkmate::simulation const& seen, checkmate::bytes budget, std::string const& fault) {
  nlohmann::ordered_json out = {{"valid", fault.empty()}};
  if (!fault.empty()) out["reason"] = fault;
  if (seen.error) {
    out["step"] = seen.error->step;
    out["node"] = seen.error->value.node;
  } else {
    out.update({{"time", seen.time},
                {"peak_memory", seen.peak_memory},
                {"executions", seen.executions},
                {"recomputations", seen.recomputations},
                {"recomputed_nodes", seen.recomputed_nodes}});
  }
  out["budget"] = budget;
  std::cout << out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

void print_text(problem const& p, checkmate::simulation const& seen, checkmate::bytes budget,
                std::string const& fault) {
  if (!fault.empty()) {
    std::cout << "invalid: " << fault << "\n";
    return;
  }
  glyphs const& with = terminal_glyphs();
  double const base = p.dag.base_time();
  std::cout << "valid" << with.separator << show_count(seen.executions) << " executions" << with.separator
            << show_count(seen.recomputations) << " of them again" << with.separator << "peak "
            << show_bytes(seen.peak_memory) << " of " << show_bytes(budget) << with.separator << "time "
            << show_time(seen.time, p.graph.time_unit) << " (+"
            << show_percent(base > 0 ? std::max(0.0, seen.time / base - 1) : 0) << ")\n";
}

}  // namespace

int run(check_options const& options) {
  problem const p = load_problem(options.graph);
  auto const s = checkmate::load_schedule(options.schedule);
  checkmate::bytes const budget =
      options.budget.empty() ? s.budget : parse_bytes(options.budget, p.base.peak_memory);
  auto const order =
      options.free_order ? checkmate::execution_order::free : checkmate::execution_order::fixed;
  auto const seen = checkmate::simulate(p.dag, s.plan, {.budget = budget, .order = order});
  std::string const fault = fault_of(p, s, seen);
  if (!s.graph.empty() && s.graph != p.graph.name) {
    std::cerr << "checkmate: note: the schedule says that it is for " << s.graph << ", not for "
              << p.graph.name << "\n";
  }
  if (options.json) {
    print_json(seen, budget, fault);
  } else {
    print_text(p, seen, budget, fault);
  }
  return fault.empty() ? done : not_found;
}

}  // namespace cli
