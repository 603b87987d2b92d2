// SPDX-License-Identifier: Apache-2.0
//
// checkmate max-batch NETWORK --memory M
#include <iostream>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include <checkmate/max_batch.hpp>

#include "interrupt.hpp"
#include "planning.hpp"
#include "size.hpp"
#include "text_table.hpp"
#include "units.hpp"

namespace cli {
namespace {

using checkmate::max_batch_result;

/// The problem of the batch that is being tried: strategies of this program plan problems, not dags.
struct latest {
  std::string network;
  std::unique_ptr<problem> tried = {};

  [[nodiscard]] checkmate::dag make(std::int64_t batch) {
    tried = std::make_unique<problem>(zoo_problem(network, batch));
    return tried->dag;
  }
};

struct planner {
  latest const& now;
  strategy_entry const& how;
  planning_options const& planning;
  [[nodiscard]] checkmate::result plan(checkmate::dag const&, checkmate::plan_options const& options) const {
    return plan_once(*now.tried, how, planning, options);
  }
};

/// The time of every node once, and of the forward nodes `extra` times more.
std::function<double(checkmate::dag const&)> with_extra_passes(problem const& p, double extra) {
  checkmate::forward_mask forward;
  for (auto const& node : p.graph.nodes) forward.push_back(!node.backward);
  auto one = checkmate::one_extra_forward_pass(std::move(forward));
  return [one, extra](checkmate::dag const& d) { return d.base_time() + extra * (one(d) - d.base_time()); };
}

text_table probe_table(max_batch_result const& found) {
  text_table table({"batch", "fits", "time", "allowed"});
  for (auto const& probe : found.probes) {
    bool const planned = probe.time < std::numeric_limits<double>::infinity();
    table.add({std::to_string(probe.size),
               probe.fits     ? "yes"
               : probe.proven ? "no, proven"
                              : "no",
               planned ? show_time(probe.time, "flop") : std::string(),
               show_time(probe.allowed_time, "flop")});
  }
  return table;
}

nlohmann::ordered_json as_json(max_batch_command const& options, checkmate::bytes memory,
                               max_batch_result const& found) {
  using json = nlohmann::ordered_json;
  json out = {{"network", options.network},
              {"memory", memory},
              {"batch", found.size},
              {"refused", found.refused > 0 ? json(found.refused) : json()},
              {"refusal_proven", found.refusal_proven}};
  bool const any = found.found.plan.has_value();
  out["peak_memory"] = any ? json(found.found.plan->peak_memory) : json();
  out["overhead"] = any ? json(found.found.overhead()) : json();
  out["interrupted"] = found.limit == checkmate::stop_limit::cancelled;
  return out;
}

void print(max_batch_command const& options, checkmate::bytes memory, max_batch_result const& found) {
  glyphs const& with = terminal_glyphs();
  std::cout << probe_table(found).text(with) << options.network << with.separator << show_bytes(memory)
            << with.separator;
  if (found.size == 0) {
    std::cout << "no batch fits\n";
    return;
  }
  std::cout << "largest batch " << found.size << ", peak " << show_bytes(found.found.plan->peak_memory)
            << ", overhead " << show_percent(found.found.overhead()) << "\n";
  if (found.limit == checkmate::stop_limit::cancelled) {
    std::cout << "interrupted; larger batches may fit\n";
  } else if (found.refused == 0) {
    std::cout << "no larger batch was tried\n";
  } else {
    std::cout << "batch " << found.refused
              << (found.refusal_proven ? " cannot fit (proven)" : " was not planned") << "\n";
  }
}

}  // namespace

int run(max_batch_command const& options) {
  strategy_entry const& how =
      options.strategy.empty() ? strategies().front() : find_strategy(options.strategy);
  (void)choose_backend(how, options.planning.backend);
  auto const amount = parse_size(options.memory);
  if (!std::holds_alternative<checkmate::bytes>(amount))
    throw checkmate::invalid_option("--memory must be an amount of bytes, not \"" + options.memory + "\"");
  auto const memory = std::get<checkmate::bytes>(amount);
  latest now{options.network};
  checkmate::max_batch_options with;
  with.largest = options.largest;
  with.allowed_time = with_extra_passes(zoo_problem(options.network, 1), options.extra_passes);
  max_batch_result found;
  {
    interrupt const ctrl_c;
    with.plan = library_options(options.planning, memory, ctrl_c.token());
    auto const make = [&now](std::int64_t batch) { return now.make(batch); };
    found = checkmate::max_batch(make, with, planner{now, how, options.planning});
  }
  if (options.json) {
    std::cout << as_json(options, memory, found).dump(2) << "\n";
  } else {
    print(options, memory, found);
  }
  return found.size > 0 ? done : not_found;
}

}  // namespace cli
