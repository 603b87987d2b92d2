// SPDX-License-Identifier: Apache-2.0
//
// checkmate max-batch NETWORK --memory M
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <checkmate/core/finite.hpp>
#include <checkmate/io/batched_graph.hpp>
#include <checkmate/io/json.hpp>
#include <checkmate/max_batch.hpp>

#include "interrupt.hpp"
#include "planning.hpp"
#include "size.hpp"
#include "text_table.hpp"
#include "units.hpp"

namespace cli {
namespace {

using checkmate::max_batch_result;

/// One network at any batch.
struct network {
  std::string name;
  std::function<problem(std::int64_t)> at;
};

/// FILE@BATCH as its two parts; a batch of 0 where there is no @BATCH.
std::pair<std::string, std::int64_t> file_and_batch(std::string const& text) {
  std::size_t const mark = text.rfind('@');
  if (mark == std::string::npos) return {text, 0};
  std::int64_t batch = 0;
  char const* const end = text.data() + text.size();
  auto const read = std::from_chars(text.data() + mark + 1, end, batch);
  if (read.ec != std::errc() || read.ptr != end || batch < 1) {
    throw checkmate::invalid_option("\"" + text + "\": after the @ must come the batch, an integer >= 1");
  }
  return {text.substr(0, mark), batch};
}

/// From graph files, FILE@BATCH each.
network recorded_network(std::vector<std::string> const& words) {
  std::vector<checkmate::batch_recording> recordings;
  std::size_t from_input = 0;
  for (std::string const& word : words) {
    auto const [file, batch] = file_and_batch(word);
    if (batch == 0) {
      throw checkmate::invalid_option("\"" + word +
                                      "\": graph files are given as FILE@BATCH, two or more of one "
                                      "network; other networks are " +
                                      network_names() + ", or one ONNX model");
    }
    if (file == "-" && ++from_input > 1)
      throw checkmate::invalid_option("only one file can be the standard input");
    recordings.push_back({batch, checkmate::parse_graph(read_input(file), input_name(file))});
  }
  std::string name = recordings.front().graph.name;
  if (name.empty())
    name = std::filesystem::path(input_name(file_and_batch(words.front()).first)).stem().string();
  checkmate::batched_graph const lines(std::move(recordings));
  return {name, [lines, name](std::int64_t batch) {
            return lowered(lines.at(batch), name + " at batch " + std::to_string(batch));
          }};
}

network find_network(max_batch_command const& options) {
  std::string const& first = options.networks.front();
  bool const model = is_onnx(first);
  if (!model && !options.model.dimensions.empty())
    throw checkmate::invalid_option("--dim is for ONNX models");
  bool const recorded = options.networks.size() > 1 || first.find('@') != std::string::npos ||
                        std::filesystem::exists(first) || first == "-";
  if (model && options.networks.size() == 1) {
    return {first, [source = options.model, first](std::int64_t batch) mutable {
              source.file = first;
              source.batch = batch;
              return load_problem(source);
            }};
  }
  if (recorded) return recorded_network(options.networks);
  return {first, [first](std::int64_t batch) { return zoo_problem(first, batch); }};
}

/// The problem of the batch that is being tried: strategies of this program plan problems, not dags.
struct latest {
  network const& of;
  std::unique_ptr<problem> tried = {};

  [[nodiscard]] checkmate::dag make(std::int64_t batch) {
    tried = std::make_unique<problem>(of.at(batch));
    return tried->dag;
  }
  /// The time of every node once, and of the forward nodes `extra` times more.
  [[nodiscard]] double time_with_extra_passes(double extra) const {
    checkmate::forward_mask forward;
    for (auto const& node : tried->graph.nodes) forward.push_back(!node.backward);
    double const base = tried->dag.base_time();
    return base + extra * (checkmate::one_extra_forward_pass(std::move(forward))(tried->dag) - base);
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

text_table probe_table(max_batch_result const& found, std::string_view time_unit) {
  text_table table({"batch", "fits", "time", "allowed"});
  for (auto const& probe : found.probes) {
    bool const planned = checkmate::detail::is_finite(probe.time);
    table.add({std::to_string(probe.size),
               probe.fits     ? "yes"
               : probe.proven ? "no, proven"
                              : "no",
               planned ? show_time(probe.time, time_unit) : std::string(),
               show_time(probe.allowed_time, time_unit)});
  }
  return table;
}

nlohmann::ordered_json as_json(network const& of, checkmate::bytes memory, max_batch_result const& found) {
  using json = nlohmann::ordered_json;
  json out = {{"network", of.name},
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

void print(network const& of, std::string_view time_unit, checkmate::bytes memory,
           max_batch_result const& found) {
  glyphs const& with = terminal_glyphs();
  std::cout << probe_table(found, time_unit).text(with) << of.name << with.separator << show_bytes(memory)
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
  if (!checkmate::detail::is_finite_amount(options.extra_passes))
    throw checkmate::invalid_option("--extra-passes must be a finite number >= 0");
  auto const amount = parse_size(options.memory);
  if (!std::holds_alternative<checkmate::bytes>(amount))
    throw checkmate::invalid_option("--memory must be an amount of bytes, not \"" + options.memory + "\"");
  auto const memory = std::get<checkmate::bytes>(amount);
  network const of = find_network(options);
  latest now{of};
  checkmate::max_batch_options with;
  with.largest = options.largest;
  with.allowed_time = [&](checkmate::dag const&) { return now.time_with_extra_passes(options.extra_passes); };
  max_batch_result found;
  {
    interrupt const ctrl_c;
    with.plan = library_options(options.planning, memory, ctrl_c.token());
    auto const make = [&now](std::int64_t batch) { return now.make(batch); };
    found = checkmate::max_batch(make, with, planner{now, how, options.planning});
  }
  if (options.json) {
    std::cout
        << as_json(of, memory, found).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
        << "\n";
  } else {
    print(of, now.tried ? now.tried->graph.time_unit : std::string(), memory, found);
  }
  return found.size > 0 ? done : not_found;
}

}  // namespace cli
