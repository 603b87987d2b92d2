// SPDX-License-Identifier: Apache-2.0
//
// checkmate-schedule files, .json or .json.gz: versions 1 and 2 are read, version 2 is written (link
// checkmate::io). Reading checks the form; whether the steps fit a graph and the claims are true is for
// `simulate` to say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <checkmate/io/gzip.hpp>
#include <checkmate/io/json_cursor.hpp>
#include <checkmate/io/json_document.hpp>
#include <checkmate/io/recorded_schedule.hpp>
#include <checkmate/planning/claims.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

inline stop_reason read_status(json_cursor const& at) {
  std::string const name = at.text();
  for (auto const reason :
       {stop_reason::optimal, stop_reason::feasible, stop_reason::infeasible, stop_reason::no_solution}) {
    if (name == status_name(reason)) return reason;
  }
  at.must("must be \"optimal\", \"feasible\", \"infeasible\" or \"no_solution\"");
}

inline schedule_space read_space(json_cursor const& at) {
  std::string const name = at.text();
  for (auto const& space : {schedule_space::stages, schedule_space::fixed_order, schedule_space::any_order}) {
    if (name == to_string(space)) return space;
  }
  at.must("must be \"stages\", \"fixed_order\" or \"any_order\"");
}

/// Version 1 says for itself which schedules a bound is for, and may have two.
inline std::optional<time_bound> read_bound(json_cursor const& root, int version) {
  auto const at = root.find("lower_bound");
  if (version == 1) {
    if (at) return time_bound{at->number(), schedule_space::fixed_order};
    if (auto const of_stages = root.find("stages_lower_bound")) {
      return time_bound{of_stages->number(), schedule_space::stages};
    }
  }
  if (!at) return std::nullopt;
  return time_bound{at->number(), read_space(root.member("bound_space"))};
}

inline step read_step(json_cursor const& at, int version) {
  constexpr std::uint64_t largest = std::numeric_limits<std::uint32_t>::max() - 1;
  at.object();
  char const* const release = version == 1 ? "free" : "release";
  auto const what = at.member("op");
  std::string const op = what.text();
  if (op != "compute" && op != release) what.must(std::string("must be \"compute\" or \"") + release + "\"");
  for (char const* later : {"offsets", "workspace_offset", "in_place"}) {
    if (version == 2) at.refuse(later, "is nothing that this version of the library can check");
  }
  step out;
  out.node = static_cast<node_id>(at.member("node").integer(largest, "a node id"));
  if (op == release) {
    out.what = action::release;
    out.output = static_cast<std::uint32_t>(at.member("output").integer(largest, "an output's number"));
  }
  return out;
}

inline recorded_schedule read_schedule(json_cursor const& root) {
  int const version = check_format(root, "checkmate-schedule");
  recorded_schedule out;
  if (auto const at = root.find("graph")) out.graph = at->text();
  if (auto const at = root.find("strategy")) out.strategy = at->text();
  out.budget = root.member("budget").amount();
  out.plan.peak_memory = root.member("peak_memory").amount();
  out.plan.time = root.member("time").not_negative();
  out.base_time = root.member("base_time").not_negative();
  out.bound = read_bound(root, version);
  out.status = read_status(root.member("status"));
  auto const steps = root.member("steps");
  out.plan.steps.reserve(steps.array().size());
  steps.for_each([&](json_cursor const& at) { out.plan.steps.push_back(read_step(at, version)); });
  return out;
}

}  // namespace detail

/// Reads a schedule from the text of a checkmate-schedule file; `file` is what messages call it. Throws
/// invalid_file.
[[nodiscard]] inline recorded_schedule parse_schedule(std::string_view text,
                                                      std::string const& file = "schedule") {
  detail::json_document const document = detail::parse_json(text, file);
  return detail::read_schedule(detail::json_cursor(document, file));
}

/// Reads a checkmate-schedule file, plain or gzip. Throws invalid_file, naming the file, the field and the
/// step.
[[nodiscard]] inline recorded_schedule load_schedule(std::filesystem::path const& file,
                                                     std::size_t limit = default_file_limit) {
  return parse_schedule(read_text_file(file, limit), file.string());
}

/// The text of a checkmate-schedule file, a step per line. Text that is not UTF-8 is made so.
[[nodiscard]] inline std::string schedule_text(recorded_schedule const& s) {
  std::string out = "{\n\"format\": \"checkmate-schedule\",\n\"version\": 2";
  auto const field = [&](char const* name, auto const& scalar) {
    out.append(",\n\"").append(name).append("\": ").append(detail::json_text(scalar));
  };
  field("graph", s.graph);
  field("strategy", s.strategy);
  field("budget", s.budget);
  field("peak_memory", s.plan.peak_memory);
  field("time", s.plan.time);
  field("base_time", s.base_time);
  if (s.bound) {
    field("lower_bound", s.bound->time);
    field("bound_space", to_string(s.bound->space));
  }
  field("status", status_name(s.status));
  out += ",\n\"steps\": [";
  for (std::size_t i = 0; i < s.plan.steps.size(); ++i) {
    step const& at = s.plan.steps[i];
    out += i == 0 ? "\n" : ",\n";
    out += at.what == action::compute ? "{\"op\":\"compute\",\"node\":" : "{\"op\":\"release\",\"node\":";
    out += std::to_string(at.node);
    if (at.what == action::release) out += ",\"output\":" + std::to_string(at.output);
    out += "}";
  }
  return out + "\n]\n}\n";
}

/// Writes a checkmate-schedule file, gzip if its name ends in ".gz". Throws invalid_file.
inline void save_schedule(std::filesystem::path const& file, recorded_schedule const& s) {
  write_text_file(file, schedule_text(s));
}

}  // namespace v0
}  // namespace checkmate
