// SPDX-License-Identifier: Apache-2.0
#include "planning.hpp"

#include <iostream>
#include <optional>
#include <utility>

#include <checkmate/core/finite.hpp>
#include <checkmate/io/recorded_schedule.hpp>

#include "progress_bar.hpp"

namespace cli {

namespace {

nlohmann::ordered_json finite_or_null(double number) {
  return checkmate::detail::is_finite(number) ? nlohmann::ordered_json(number) : nlohmann::ordered_json();
}

}  // namespace

checkmate::plan_options library_options(planning_options const& options, checkmate::bytes budget,
                                        std::stop_token stop) {
  checkmate::plan_options out;
  out.budget = budget;
  if (options.time_limit) out.time_limit = checkmate::seconds(*options.time_limit);
  out.relative_gap = options.gap;
  out.threads = options.threads;
  out.seed = options.seed;
  out.order = options.free_order ? checkmate::execution_order::free : checkmate::execution_order::fixed;
  out.stop = std::move(stop);
  if (options.verbose) {
    out.on_log = [](std::string_view line) { std::cerr << line << "\n"; };
  }
  return out;
}

checkmate::result plan_once(problem const& p, strategy_entry const& how, planning_options const& options,
                            checkmate::plan_options with) {
  if (how.needs_free_order && !options.free_order) {
    throw checkmate::invalid_option("strategy " + how.name + " moves first executions: add --order free");
  }
  std::string const backend = choose_backend(how, options.backend);
  std::optional<progress_bar> bar;
  if (!options.verbose) {  // a log and a bar would overwrite each other
    bar.emplace(how.name, p.dag.base_time(), with.time_limit);
    with.on_progress = [&bar](checkmate::progress const& now) { bar->update(now); };
  }
  return how.plan(p, with, backend);
}

char const* space_text(checkmate::schedule_space space) {
  if (space.contains(checkmate::schedule_space::any_order)) return "all schedules";
  return space.contains(checkmate::schedule_space::fixed_order)
             ? "all schedules in this order of first executions"
             : "the paper's schedules, stage by stage";
}

nlohmann::ordered_json need_json(checkmate::memory_need const& need) {
  using json = nlohmann::ordered_json;
  json parts = json::array();
  for (auto const& part : need.parts) {
    json row = {{"kind", checkmate::name_of(part.kind)}};
    if (part.kind != checkmate::memory_part_kind::fixed) row["node"] = part.value.node;
    if (part.kind < checkmate::memory_part_kind::workspace) row["output"] = part.value.output;
    row["bytes"] = part.size;
    parts.push_back(std::move(row));
  }
  return parts;
}

nlohmann::ordered_json result_json(problem const& p, checkmate::result const& found) {
  using json = nlohmann::ordered_json;
  json out = {{"graph", p.graph.name},
              {"strategy", found.strategy},
              {"status", to_string(found.termination.reason)},
              {"budget", found.budget}};
  json const none;
  out["peak_memory"] = found ? json(found.plan->peak_memory) : none;
  out["time"] = found ? json(found.plan->time) : none;
  out["base_time"] = found.base_time;
  out["overhead"] = found ? json(found.overhead()) : none;
  out["lower_bound"] = finite_or_null(found.bound.time);
  out["bound_space"] = found.has_bound() ? json(to_string(found.bound.space)) : none;
  out["gap"] = finite_or_null(found.gap());
  out["proof"] = found.proof;
  out["seconds"] = found.elapsed;
  out["base_peak_memory"] = p.base.peak_memory;
  out["nodes"] = p.dag.size();
  out["recomputations"] = found ? json(found.recomputations) : none;
  out["recomputed_nodes"] = found ? json(found.recomputed_nodes) : none;
  out["time_unit"] = p.graph.time_unit;
  if (!found.termination.detail.empty()) out["detail"] = found.termination.detail;
  if (auto const& need = found.termination.need) {
    out["needed"] = {{"bytes", need->size}, {"node", need->node}, {"at_end", need->at_end}};
    out["needed"]["parts"] = need_json(*need);
  }
  return out;
}

}  // namespace cli
