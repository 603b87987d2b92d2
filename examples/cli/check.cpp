// SPDX-License-Identifier: Apache-2.0
//
// checkmate check GRAPH SCHEDULE
#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <checkmate/io/json.hpp>

#include "commands.hpp"
#include "size.hpp"
#include "text_table.hpp"
#include "units.hpp"

namespace cli {
namespace {

/// What a replay says of a schedule and of its file's claims.
struct verdict {
  checkmate::simulation seen;
  std::string fault = {};                  ///< what makes it invalid; empty if nothing
  std::vector<std::string> warnings = {};  ///< claims that hold for other sizes or times than the graph's
};

bool differs(double a, double b) {
  return std::abs(a - b) > 1e-9 * std::max(std::abs(a), std::abs(b));
}

/// The steps may be sound and within the budget although the file was made for other sizes: then its peak is
/// of interest, but no fault. Nor are its times, if all of them are of other costs.
void judge_claims(problem const& p, checkmate::recorded_schedule const& s, verdict& out) {
  if (s.plan.peak_memory != out.seen.peak_memory) {
    out.warnings.push_back("the file claims a peak of " + std::to_string(s.plan.peak_memory) +
                           " bytes; with the sizes of this graph it is " +
                           std::to_string(out.seen.peak_memory));
  }
  std::string const time = "the file claims a time of " + std::to_string(s.plan.time) +
                           ", the replay takes " + std::to_string(out.seen.time);
  std::string const base = "the file claims a base time of " + std::to_string(s.base_time) + ", it is " +
                           std::to_string(p.dag.base_time());
  bool const other_time = differs(s.plan.time, out.seen.time);
  bool const other_base = differs(s.base_time, p.dag.base_time());
  if (other_time && other_base) {
    out.warnings.push_back(time + "; " + base + ": it was made for other times");
    return;
  }
  if (other_time) {
    out.fault = time;
  } else if (other_base) {
    out.fault = base;
  } else if (s.bound && s.bound->space.contains(checkmate::schedule_space::fixed_order) &&
             s.bound->time > out.seen.time * (1 + 1e-9)) {
    out.fault = "the file claims a lower bound of " + std::to_string(s.bound->time) + ", above its own time";
  }
}

verdict judge(problem const& p, checkmate::recorded_schedule const& s, checkmate::simulate_options with) {
  verdict out{checkmate::simulate(p.dag, s.plan, with)};
  if (!out.seen.error) {
    judge_claims(p, s, out);
    return out;
  }
  out.fault = out.seen.error->message;
  if (out.seen.error->kind == checkmate::violation_kind::over_budget) {
    with.budget = std::numeric_limits<checkmate::bytes>::max();
    auto const unlimited = checkmate::simulate(p.dag, s.plan, with);
    if (!unlimited.error) out.fault += "; its peak is " + std::to_string(unlimited.peak_memory);
  }
  return out;
}

void print_json(verdict const& found, checkmate::bytes budget) {
  auto const& [seen, fault, warnings] = found;
  nlohmann::ordered_json out = {{"valid", fault.empty()}};
  if (!fault.empty()) out["reason"] = fault;
  out["warnings"] = warnings;
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

void print_text(problem const& p, verdict const& found, checkmate::bytes budget) {
  auto const& [seen, fault, warnings] = found;
  for (auto const& warning : warnings) std::cerr << "checkmate: warning: " << warning << "\n";
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
  if (options.graph.file == "-" && options.schedule == "-") {
    throw checkmate::invalid_option("only one of GRAPH and SCHEDULE can be - (the standard input)");
  }
  problem const p = load_problem(options.graph);
  auto const s = checkmate::parse_schedule(read_input(options.schedule), input_name(options.schedule));
  checkmate::bytes const budget =
      options.budget.empty() ? s.budget : parse_bytes(options.budget, p.base.peak_memory);
  auto const order =
      options.free_order ? checkmate::execution_order::free : checkmate::execution_order::fixed;
  verdict const found = judge(p, s, {.budget = budget, .order = order});
  if (!s.graph.empty() && s.graph != p.graph.name) {
    std::cerr << "checkmate: note: the schedule says that it is for " << s.graph << ", not for "
              << p.graph.name << "\n";
  }
  if (options.json) {
    print_json(found, budget);
  } else {
    print_text(p, found, budget);
  }
  return found.fault.empty() ? done : not_found;
}

}  // namespace cli
