// SPDX-License-Identifier: Apache-2.0
//
// checkmate-schedule, version 1: read and written (link checkmate::io).
//
//   load_schedule(file)       .json or .json.gz -> recorded_schedule; every field checked
//   parse_schedule(text)      the same from memory
//   save_schedule(file, s)    recorded_schedule -> .json, or .json.gz if the name says so
//   schedule_text(s)          the same to memory
//
// Reading checks the form; whether the steps fit a graph and the claims are true is for `simulate` to say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <checkmate/io/gzip.hpp>
#include <checkmate/io/json_cursor.hpp>
#include <checkmate/io/json_document.hpp>
#include <checkmate/io/recorded_schedule.hpp>

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

inline step read_step(json_cursor const& at) {
  constexpr std::uint64_t largest = std::numeric_limits<std::uint32_t>::max() - 1;
  at.object();
  auto const what = at.member("op");
  std::string const op = what.text();
  if (op != "compute" && op != "free") what.must("must be \"compute\" or \"free\"");
  step out;
  out.node = static_cast<node_id>(at.member("node").integer(largest, "a node id"));
  if (op == "free") {
    out.what = action::release;
    out.output = static_cast<std::uint32_t>(at.member("output").integer(largest, "an output's number"));
  }
  return out;
}

inline recorded_schedule read_schedule(json_cursor const& root) {
  check_format(root, "checkmate-schedule");
  recorded_schedule out;
  if (auto const at = root.find("graph")) out.graph = at->text();
  if (auto const at = root.find("strategy")) out.strategy = at->text();
  out.budget = root.member("budget").amount();
  out.plan.peak_memory = root.member("peak_memory").amount();
  out.plan.time = root.member("time").not_negative();
  out.base_time = root.member("base_time").not_negative();
  if (auto const at = root.find("lower_bound")) out.lower_bound = at->number();
  if (auto const at = root.find("stages_lower_bound")) out.stages_lower_bound = at->number();
  out.status = read_status(root.member("status"));
  auto const steps = root.member("steps");
  steps.array();
  out.plan.steps.reserve(steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) out.plan.steps.push_back(read_step(steps.element(i)));
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

/// The text of a checkmate-schedule file, a step a line. Text that is not UTF-8 is made so.
[[nodiscard]] inline std::string schedule_text(recorded_schedule const& s) {
  std::string out = "{\n\"format\": \"checkmate-schedule\",\n\"version\": 1";
  auto const field = [&](char const* name, auto const& scalar) {
    out.append(",\n\"").append(name).append("\": ").append(detail::json_text(scalar));
  };
  field("graph", s.graph);
  field("strategy", s.strategy);
  field("budget", s.budget);
  field("peak_memory", s.plan.peak_memory);
  field("time", s.plan.time);
  field("base_time", s.base_time);
  if (s.lower_bound) field("lower_bound", *s.lower_bound);
  if (s.stages_lower_bound) field("stages_lower_bound", *s.stages_lower_bound);
  field("status", status_name(s.status));
  out += ",\n\"steps\": [";
  for (std::size_t i = 0; i < s.plan.steps.size(); ++i) {
    step const& at = s.plan.steps[i];
    out += i == 0 ? "\n" : ",\n";
    out += at.what == action::compute ? "{\"op\":\"compute\",\"node\":" : "{\"op\":\"free\",\"node\":";
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
