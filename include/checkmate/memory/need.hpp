// SPDX-License-Identifier: Apache-2.0
//
// What the smallest conceivable budget consists of: which values, workspace and fixed memory hold the bytes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/types.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/memory/floor.hpp>

namespace checkmate {
inline namespace v0 {

/// Why bytes must be resident while a node runs.
enum class memory_part_kind : std::uint8_t {
  input,      ///< a value that the node reads
  output,     ///< a value that it produces
  retained,   ///< a value that must be held at the end, and the node runs last
  run_once,   ///< a value that is read later, of a run-once node
  workspace,  ///< what it needs only while it runs
  fixed       ///< what is always resident
};

/// Bytes that must be resident, and why.
struct memory_part {
  memory_part_kind kind{};
  value_ref value;  ///< of inputs, outputs and retained values, in the caller's ids
  bytes size = 0;
  friend bool operator==(memory_part const&, memory_part const&) = default;
};

/// What must be resident at one moment: a budget below `size` holds no schedule.
struct memory_need {
  node_id node = 0;                ///< the caller's id of the node that runs at that moment
  bool at_end = false;             ///< all retained values must be there too, as it runs last
  bytes size = 0;                  ///< fixed memory included
  std::vector<memory_part> parts;  ///< none is empty; they add up to `size`, largest first
};

/// The parts of `floor`, the smallest conceivable budget of `d`. A value that the node reads or produces
/// counts as retained if all retained values are needed.
[[nodiscard]] inline memory_need need_of(dag const& d, budget_floor const& floor) {
  memory_need out{d.id(floor.node), floor.at_end, floor.budget, {}};
  auto const add = [&out](memory_part_kind kind, value_ref value, bytes size) {
    if (size > 0) out.parts.push_back({kind, value, size});
  };
  auto const add_value = [&](memory_part_kind kind, value_index v) {
    if (!(floor.at_end && d.retained(v))) add(kind, d.ref(v), d.memory(v));
  };
  for (value_index v : d.reads(floor.node)) add_value(memory_part_kind::input, v);
  for (auto v : d.outputs(floor.node)) add_value(memory_part_kind::output, v);
  for (value_index v{}; floor.at_end && v < d.value_count(); ++v) {
    if (d.retained(v)) add(memory_part_kind::retained, d.ref(v), d.memory(v));
  }
  add(memory_part_kind::workspace, {out.node, 0}, d.workspace(floor.node));
  add(memory_part_kind::fixed, {}, d.fixed_memory());
  std::stable_sort(out.parts.begin(), out.parts.end(),
                   [](memory_part const& a, memory_part const& b) { return a.size > b.size; });
  return out;
}

/// "input", "output", "retained value", "run-once value", "workspace" or "fixed memory".
[[nodiscard]] inline char const* name_of(memory_part_kind kind) {
  constexpr std::array<char const*, 6> names = {"input",          "output",    "retained value",
                                                "run-once value", "workspace", "fixed memory"};
  return names[static_cast<std::size_t>(kind)];
}

/// The bytes of each kind that has any, the largest first.
[[nodiscard]] inline std::vector<std::pair<memory_part_kind, bytes>> bytes_by_kind(memory_need const& need) {
  std::vector<std::pair<memory_part_kind, bytes>> out;
  for (auto const kind : {memory_part_kind::input, memory_part_kind::output, memory_part_kind::retained,
                          memory_part_kind::run_once, memory_part_kind::workspace, memory_part_kind::fixed}) {
    bytes sum = 0;
    for (memory_part const& part : need.parts) sum += part.kind == kind ? part.size : 0;
    if (sum > 0) out.emplace_back(kind, sum);
  }
  std::stable_sort(out.begin(), out.end(), [](auto const& a, auto const& b) { return a.second > b.second; });
  return out;
}

namespace detail {

/// "3 retained values 700 (node 4 (grad) 400, node 2 200, node 1 100)": the parts of one kind, `sum` bytes,
/// the largest three by name.
[[nodiscard]] inline std::string describe_parts(dag const& d, memory_need const& need, memory_part_kind kind,
                                                bytes sum) {
  constexpr std::size_t named = 3;
  std::size_t count = 0;
  std::string names;
  for (memory_part const& part : need.parts) {
    if (part.kind != kind || ++count > named) continue;
    node_index const producer = d.index_of(part.value.node);
    names += (names.empty() ? "" : ", ") + d.describe(producer);
    if (d.output_count(producer) > 1) names += " output " + std::to_string(part.value.output);
    names += " " + std::to_string(part.size);
  }
  std::string text = name_of(kind);
  bool const of_values = kind < memory_part_kind::workspace;
  if (count > 1) text = std::to_string(count) + " " + text + "s";
  if (count > named) names += ", ...";
  return text + " " + std::to_string(sum) + (of_values ? " (" + names + ")" : "");
}

}  // namespace detail

/// For a person: "node 3 (conv) alone needs 900 bytes: 2 inputs 600 (node 1 400, node 2 200); ..." or "the
/// end alone needs 900 bytes ...", the largest kind first.
[[nodiscard]] inline std::string describe(dag const& d, memory_need const& need) {
  std::string const node = d.describe(d.index_of(need.node));
  bool const alone = std::none_of(need.parts.begin(), need.parts.end(), [](memory_part const& part) {
    return part.kind == memory_part_kind::run_once;
  });
  std::string text = (need.at_end ? "the end" : node) + (alone ? " alone needs " : " needs ") +
                     std::to_string(need.size) + " bytes";
  if (need.at_end) text += " whatever runs last, least of all " + node;
  char const* before = ": ";
  for (auto const& [kind, sum] : bytes_by_kind(need)) {
    text += before + detail::describe_parts(d, need, kind, sum);
    before = "; ";
  }
  return text;
}

}  // namespace v0
}  // namespace checkmate
