// SPDX-License-Identifier: Apache-2.0
//
// What each step of the windowed relaxation, and each switch of the integer program over stages, is worth:
// the same instance with that one step left out.
#pragma once

#include <cmath>
#include <cstdio>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/clp.hpp>

#include "instances.hpp"

namespace exact {

struct named_steps {
  char const* name;
  cm::window_steps steps;
};

/// All steps, and all but one.
inline std::vector<named_steps> step_variants() {
  return {{"all steps", {}},
          {"no nested rows", {.nested_rows = false}},
          {"no base rows", {.base_rows = false}},
          {"no re-run rows", {.rerun_rows = false}},
          {"no forced rows", {.forced_rows = false}},
          {"long nodes kept", {.drop_long_nodes = false}},
          {"small values kept", {.skip_small_values = false}},
          {"no fixing", {.fix_columns = false}},
          {"no cut-off, no start", {.cutoff = false, .hint = false}}};
}

/// Rows of a Markdown table: the windowed bound of an instance under each variant, `limit` seconds each. The
/// target is local search's plan.
inline void report_steps(instance const& of, double limit, std::ostream& out) {
  auto const known = cm::solve(of.dag, {.budget = of.budget}, cm::local_search{});
  if (!known) return;
  double const base = of.dag.base_time();
  for (named_steps const& variant : step_variants()) {
    cm::windowed_options options;
    options.time_limit = cm::seconds(limit);
    options.target = known.plan->time;
    options.incumbent = cm::sequence_of(of.dag, *known.plan);
    options.relative_gap = 1e-5;
    options.steps = variant.steps;
    cm::clp linear;
    cm::cbc integer;
    double const began = scale::cpu_seconds();
    auto const found = cm::windowed_bound(of.dag, of.budget, linear, integer, options);
    double const best = found.plan ? std::min(found.plan->time, known.plan->time) : known.plan->time;
    char line[200];
    std::snprintf(line, sizeof line, "| %s | %s | %.4f | %.4f | %.4f | %zu | %.1f |\n", of.name.c_str(),
                  variant.name, 100 * (best / base - 1), 100 * (found.linear_bound / base - 1),
                  100 * (found.bound.time / base - 1), found.windows, scale::cpu_seconds() - began);
    out << line << std::flush;
  }
}

/// The same for the integer program over stages on CBC, started from local search's plan.
inline void report_switches(instance const& of, double limit, std::ostream& out) {
  auto const known = cm::solve(of.dag, {.budget = of.budget}, cm::local_search{.moves = 100'000});
  if (!known) return;
  std::vector<std::pair<char const*, cm::optimal_options>> const variants = {
      {"all", {}},
      {"no packing rows", {.packing_rows = false}},
      {"R continuous", {.integer_R = false}},
      {"S continuous", {.integer_S = false}},
      {"no start", {.use_hint = false}}};
  for (auto const& [name, how] : variants) {
    cm::plan_options options{.budget = of.budget, .time_limit = cm::seconds(limit)};
    options.hint = &*known.plan;
    double const began = scale::cpu_seconds();
    auto const found = cm::solve(of.dag, options, cm::optimal{cm::cbc{}, how});
    char line[200];
    std::snprintf(line, sizeof line, "| %s | %s | %.4f | %.4f | %.1f |\n", of.name.c_str(), name,
                  found ? 100 * found.overhead() : -1.0, 100 * (found.bound.time / found.base_time - 1),
                  scale::cpu_seconds() - began);
    out << line << std::flush;
  }
}

}  // namespace exact
