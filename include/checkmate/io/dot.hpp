// SPDX-License-Identifier: Apache-2.0
//
// A dag as Graphviz DOT: `dot -Tsvg graph.dot`.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/core/text.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/memory/footprint.hpp>
#include <checkmate/schedule/schedule.hpp>

namespace checkmate {
inline namespace v0 {

/// What `dot_text` shows beyond nodes and edges.
struct dot_options {
  std::string name = "graph";
  bool costs = true;               ///< time and bytes in each node
  schedule const* plan = nullptr;  ///< nodes that it executes more than once are coloured, with their count
};

namespace detail {

/// Text between double quotes in DOT: quotes and backslashes escaped, line ends as \n.
inline std::string dot_escape(std::string_view text) {
  std::string out;
  for (char const c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

inline std::vector<std::size_t> execution_counts(dag const& d, schedule const* plan) {
  std::vector<std::size_t> runs(d.size(), 1);
  if (plan == nullptr) return runs;
  runs.assign(d.size(), 0);
  for (step const& at : *plan) {
    if (at.what == action::compute && at.node < d.size()) ++runs[d.index_of(at.node)];
  }
  return runs;
}

inline std::string dot_node(dag const& d, node_index node, std::size_t runs, dot_options const& options) {
  std::string words = dot_escape(d.label(node).empty() ? std::to_string(d.id(node)) : d.label(node));
  if (options.costs) {
    words += "\\n" + text_of(d.time(node)) + ", " + std::to_string(output_bytes(d, node)) + " B";
  }
  if (runs > 1) words += "\\nexecuted " + std::to_string(runs) + " times";
  std::string out = "  n" + std::to_string(d.id(node)) + " [label=\"" + words + "\"";
  if (runs > 1) out += ", style=filled, fillcolor=\"#f5c28b\"";
  if (d.run_once(node)) out += ", shape=octagon";
  bool retained = false;
  for (auto v : d.outputs(node)) retained |= d.retained(v);
  if (retained) out += ", peripheries=2";
  return out + "];\n";
}

/// "0,2": the outputs of `from` that are among `read`, where it has several.
inline std::string dot_outputs(dag const& d, node_index from, std::span<value_index const> read) {
  std::string out;
  if (d.output_count(from) < 2) return out;
  for (value_index v : read) {
    if (d.producer(v) != from) continue;
    if (!out.empty()) out += ',';
    out += std::to_string(v - d.first_value(from));
  }
  return out;
}

}  // namespace detail

/// The graph in DOT: one node per node (by the caller's ids), one edge from each producer to each reader with
/// the outputs that are read where there are several. Retained values have a double border, run-once nodes
/// are octagons; dashed edges are control edges and the order of run-once nodes.
[[nodiscard]] inline std::string dot_text(dag const& d, dot_options const& options = {}) {
  std::vector<std::size_t> const runs = detail::execution_counts(d, options.plan);
  std::string out = "digraph \"" + detail::dot_escape(options.name) + "\" {\n  node [shape=box];\n";
  for (node_index node : d.nodes()) out += detail::dot_node(d, node, runs[node], options);
  for (node_index node : d.nodes()) {
    auto const edge = [&](node_index from, std::string const& attributes) {
      out += "  n" + std::to_string(d.id(from)) + " -> n" + std::to_string(d.id(node)) + attributes + ";\n";
    };
    for (node_index from : d.inputs(node)) {
      std::string const outputs = detail::dot_outputs(d, from, d.reads(node));
      edge(from, outputs.empty() ? "" : " [label=\"" + outputs + "\"]");
    }
    for (node_index from : d.control_inputs(node)) edge(from, " [style=dashed]");
  }
  return out + "}\n";
}

/// Writes `dot_text` to a file. Throws invalid_file where that fails.
inline void write_dot(std::filesystem::path const& file, dag const& d, dot_options const& options = {}) {
  std::string const text = dot_text(d, options);
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out) throw invalid_file(file.string() + ": cannot be written");
}

}  // namespace v0
}  // namespace checkmate
