// SPDX-License-Identifier: Apache-2.0
//
// checkmate-graph: versions 1 and 2 are read, version 2 is written (link checkmate::io).
//
//   load_graph(file)        .json or .json.gz -> recorded_graph; every field checked
//   parse_graph(text)       the same from memory
//   save_graph(file, g)     recorded_graph -> .json, or .json.gz if the name says so
//   graph_text(g)           the same to memory
//
// A file that breaks the format is an invalid_file that names the file, the field and the node.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <checkmate/io/gzip.hpp>
#include <checkmate/io/json_document.hpp>
#include <checkmate/io/json_graph_reader.hpp>
#include <checkmate/io/recorded_graph.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// The elements of `list` as a JSON array, each as `text_of` has it.
template <class List, class TextOf>
std::string json_list(List const& list, TextOf const& text_of) {
  std::string out = "[";
  for (auto const& item : list) {
    if (out.size() > 1) out += ',';
    out += text_of(item);
  }
  return out + "]";
}

inline std::string node_text(recorded_node const& node, std::size_t id) {
  auto const number = [](auto amount) { return std::to_string(amount); };
  auto const pair = [](value_ref of) {
    std::string out(1, '[');
    return out.append(std::to_string(of.node))
        .append(1, ',')
        .append(std::to_string(of.output))
        .append(1, ']');
  };
  std::uint32_t k = 0;
  auto const output = [&](bytes amount) {
    bool const retained = std::binary_search(node.retained.begin(), node.retained.end(), k++);
    return "{\"bytes\":" + std::to_string(amount) + (retained ? ",\"retained\":true}" : "}");
  };
  std::string out = "{\"id\":" + std::to_string(id) + ",\"name\":" + json_text(node.name);
  if (!node.op.empty()) out += ",\"op\":" + json_text(node.op);
  out += ",\"time\":" + json_text(node.time);
  if (node.workspace != 0) out += ",\"workspace\":" + std::to_string(node.workspace);
  out += ",\"outputs\":" + json_list(node.outputs, output) + ",\"reads\":" + json_list(node.reads, pair);
  out += node.backward ? ",\"backward\":true" : ",\"backward\":false";
  if (node.run_once) out += ",\"run_once\":true";
  if (!node.ordered) out += ",\"ordered\":false";
  if (!node.after.empty()) out += ",\"after\":" + json_list(node.after, number);
  return out + "}";
}

}  // namespace detail

/// Reads a graph from the text of a checkmate-graph file; `file` is what messages call it. Throws
/// invalid_file.
[[nodiscard]] inline recorded_graph parse_graph(std::string_view text, std::string const& file = "graph") {
  return detail::graph_reader(detail::parse_json(text, file), file).read();
}

/// Reads a checkmate-graph file, plain or gzip. Throws invalid_file, naming the file, the field and the node.
[[nodiscard]] inline recorded_graph load_graph(std::filesystem::path const& file,
                                               std::size_t limit = default_file_limit) {
  return parse_graph(read_text_file(file, limit), file.string());
}

/// The text of a checkmate-graph file, a node per line. Text that is not UTF-8 is made so.
[[nodiscard]] inline std::string graph_text(recorded_graph const& g) {
  using detail::json_text;
  std::string out =
      "{\n\"format\":\"checkmate-graph\",\n\"version\":2,\n\"name\":" + json_text(g.name) +
      ",\n\"source\":" + json_text(g.source) + ",\n\"units\":{\"time\":" + json_text(g.time_unit) +
      ",\"memory\":" + json_text(g.memory_unit) + "},\n\"fixed_memory\":" + std::to_string(g.fixed);
  if (g.eager) {
    out += ",\n\"eager\":{\"step_ms\":" + json_text(g.eager->step_ms) +
           ",\"peak_bytes\":" + json_text(g.eager->peak_bytes) +
           ",\"base_bytes\":" + json_text(g.eager->base_bytes) + "}";
  }
  out += ",\n\"nodes\":[";
  for (std::size_t v = 0; v < g.nodes.size(); ++v) {
    out += (v == 0 ? "\n" : ",\n") + detail::node_text(g.nodes[v], v);
  }
  return out + "\n]\n}\n";
}

/// Writes a checkmate-graph file, gzip if its name ends in ".gz". Throws invalid_file.
inline void save_graph(std::filesystem::path const& file, recorded_graph const& g) {
  write_text_file(file, graph_text(g));
}

}  // namespace v0
}  // namespace checkmate
