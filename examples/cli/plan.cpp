// SPDX-License-Identifier: Apache-2.0
//
// checkmate plan GRAPH --budget B, or --overhead 5%
#include <iostream>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include <checkmate/io/json.hpp>
#include <checkmate/least_memory.hpp>
#include <checkmate/plot/svg.hpp>

#include "interrupt.hpp"
#include "picture.hpp"
#include "planning.hpp"
#include "size.hpp"
#include "text_table.hpp"
#include "units.hpp"

namespace cli {
namespace {

using checkmate::result;
using checkmate::stop_limit;
using checkmate::stop_reason;

/// What was asked for: a budget, or the least one within a time.
struct outcome {
  result found;
  std::optional<checkmate::least_memory_result> least = {};  ///< its `found` moved out
  double overhead = 0;                                       ///< that `least` was allowed
};

std::string headline(problem const& p, outcome const& what) {
  result const& found = what.found;
  glyphs const& with = terminal_glyphs();
  std::string text = p.graph.name;
  text.append(with.separator).append(found.strategy).append(with.separator);
  switch (found.termination.reason) {
    case stop_reason::optimal:
      text += what.least ? "the least memory" : "optimal within the gap asked for";
      break;
    case stop_reason::feasible:
      text += what.least ? "a plan of little memory" : "a plan";
      break;
    case stop_reason::infeasible:
      text += "infeasible";
      break;
    case stop_reason::no_solution:
      text += "no plan found";
      break;
    case stop_reason::failed:
      text += "failed";
      break;
  }
  if (found.termination.limit == stop_limit::time) text += ", stopped by the time limit";
  if (found.termination.limit == stop_limit::cancelled) text += ", interrupted";
  if (found.termination.limit == stop_limit::nodes) text += ", stopped by the node limit";
  return text + "\n";
}

text_table result_table(problem const& p, outcome const& what) {
  result const& found = what.found;
  std::string_view const unit = p.graph.time_unit;
  text_table table({"", "before", "after"});
  table.add({"budget", "", show_bytes(found.budget)});
  table.add({"peak memory", show_bytes(p.base.peak_memory), show_bytes(found.plan->peak_memory)});
  table.add({"time", show_time(found.base_time, unit), show_time(found.plan->time, unit)});
  table.add({"overhead", "", show_percent(found.overhead())});
  if (what.least) {
    table.add({"overhead allowed", "", show_percent(what.overhead)});
    table.rule();
    table.add({"proven lower bound on memory", "", show_bytes(what.least->lower_bound)});
    table.add({"budgets tried", "", show_count(what.least->probes.size())});
  }
  table.rule();
  table.add({"proven lower bound on time", "",
             found.has_bound() ? show_time(found.bound.time, unit) : std::string("none")});
  table.add({"gap to it", "", found.has_bound() ? show_percent(found.gap()) : std::string("unknown")});
  table.add(
      {"nodes recomputed", "0", show_count(found.recomputed_nodes) + " of " + show_count(p.dag.size())});
  table.add({"executions", show_count(p.dag.size()), show_count(p.dag.size() + found.recomputations)});
  table.add({"seconds to solve", "", show_seconds(found.elapsed)});
  return table;
}

void print_plan(problem const& p, outcome const& what) {
  result const& found = what.found;
  glyphs const& with = terminal_glyphs();
  std::cout << result_table(p, what).text(with);
  if (what.least) {
    std::cout << "The bound on memory (" << what.least->proof << ") holds for "
              << space_text(what.least->space) << " within the time allowed.\n";
  }
  if (found.has_bound()) {
    std::cout << (what.least ? "The bound on time (" : "The bound (") << found.proof << ") holds for "
              << space_text(found.bound.space) << ".\n";
  }
  std::cout << "\n"
            << memory_picture(checkmate::memory_curve(p.dag, p.base),
                              checkmate::memory_curve(p.dag, *found.plan),
                              {.budget = found.budget, .time_unit = p.graph.time_unit}, with);
}

void print_failure(problem const& p, result const& found) {
  if (!found.termination.detail.empty()) std::cout << found.termination.detail << "\n";
  if (found.termination.reason == stop_reason::infeasible) {
    std::cout << "This holds for " << space_text(found.termination.space) << ".\n";
  }
  std::cout << "budget " << show_bytes(found.budget) << terminal_glyphs().separator << "no-recompute peak "
            << show_bytes(p.base.peak_memory) << terminal_glyphs().separator << "smallest conceivable budget "
            << show_bytes(checkmate::smallest_conceivable_budget(p.dag).budget) << "\n";
}

nlohmann::ordered_json outcome_json(problem const& p, outcome const& what) {
  auto out = result_json(p, what.found);
  if (!what.least) return out;
  out["allowed_overhead"] = what.overhead;
  out["memory_lower_bound"] = what.least->lower_bound;
  out["memory_bound_space"] = to_string(what.least->space);
  out["memory_proof"] = what.least->proof;
  out["largest_refused_budget"] = what.least->refused;
  out["budgets_tried"] = what.least->probes.size();
  out["interrupted"] = what.least->limit == stop_limit::cancelled;
  return out;
}

/// The least memory within the overhead that was asked for.
outcome plan_within_time(plan_command const& options, problem const& p, strategy_entry const& how,
                         std::stop_token stop) {
  outcome out;
  out.overhead = parse_percent(options.overhead);
  checkmate::least_memory_options with;
  with.overhead = out.overhead;
  with.plan = library_options(options.planning, 0, std::move(stop));
  out.least = checkmate::least_memory(p.dag, with, named_strategy{p, how, options.planning});
  out.found = std::move(out.least->found);
  return out;
}

outcome plan_within_budget(plan_command const& options, problem const& p, strategy_entry const& how,
                           std::stop_token stop) {
  checkmate::bytes const budget = parse_bytes(options.budget, p.base.peak_memory);
  return {plan_once(p, how, options.planning, library_options(options.planning, budget, std::move(stop)))};
}

void draw(plan_command const& options, problem const& p, result const& found) {
  if (!options.svg.empty()) {
    checkmate::memory_svg_options with;
    with.title = p.graph.name + ": memory over one step";
    with.budget = found.budget;
    with.time_unit = p.graph.time_unit;
    checkmate::write_svg(options.svg, checkmate::memory_svg(p.dag, p.base, *found.plan, with));
  }
  if (!options.grid.empty()) {
    checkmate::write_svg(options.grid, checkmate::grid_svg(p.dag, *found.plan, p.graph.name));
  }
}

}  // namespace

int run(plan_command const& options) {
  check_writable(options.out);
  check_writable(options.svg);
  check_writable(options.grid);
  strategy_entry const& how =
      options.strategy.empty() ? strategies().front() : find_strategy(options.strategy);
  (void)choose_backend(how, options.planning.backend);
  problem const p = load_problem(options.graph);
  outcome what;
  {
    interrupt const ctrl_c;
    auto const plan = options.overhead.empty() ? plan_within_budget : plan_within_time;
    what = plan(options, p, how, ctrl_c.token());
  }
  result const& found = what.found;
  // The result first: what cannot be written should not cost it.
  if (options.json) {
    std::cout << outcome_json(p, what).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
              << "\n";
  } else {
    std::cout << headline(p, what);
    found ? print_plan(p, what) : print_failure(p, found);
  }
  std::cout.flush();
  if (!found) return not_found;
  if (!options.out.empty()) checkmate::save_schedule(options.out, checkmate::record(found, p.graph.name));
  draw(options, p, found);
  if (options.json) return done;
  if (!options.out.empty()) std::cout << "schedule written to " << options.out << "\n";
  if (!options.svg.empty()) std::cout << "drawing written to " << options.svg << "\n";
  if (!options.grid.empty()) std::cout << "drawing written to " << options.grid << "\n";
  return done;
}

}  // namespace cli
