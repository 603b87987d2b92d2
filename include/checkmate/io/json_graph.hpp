// SPDX-License-Identifier: Apache-2.0
//
// checkmate-graph files, .json or .json.gz: versions 1 and 2 are read, version 2 is written (link
// checkmate::io).
//
// Version 1 has `cost`, `memory` with `outputs` as plain numbers, `keep`, `edges`, and `reads` where a node
// does not read all outputs of its predecessors. Version 2 has the words of the API: `time`, `outputs` as
// objects with `bytes` and `retained`, and always `reads`.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkmate/io/gzip.hpp>
#include <checkmate/io/json_cursor.hpp>
#include <checkmate/io/json_document.hpp>
#include <checkmate/io/recorded_graph.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Turns a parsed file of either version into a recorded_graph.
class graph_reader {
 public:
  graph_reader(json_document const& document, std::string const& file) : root_(document, file) {}

  recorded_graph read() {
    version_ = check_format(root_, "checkmate-graph");
    if (version_ == 2) {
      root_.refuse_misspelt(root_names);
      root_.refuse("resources", no_such_machine);
    }
    read_head();
    auto const list = root_.member("nodes");
    list.array();
    if (list.size() == 0) list.fail("must not be empty: a graph has at least one node");
    if (list.size() >= std::numeric_limits<node_id>::max())
      list.fail("has more entries than 32-bit ids can name");
    graph_.nodes.reserve(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) read_node(list.element(i), i);
    if (version_ == 1) read_edges();
    for (std::size_t i = 0; i < list.size(); ++i) {
      auto const at = list.element(i);
      auto const v = static_cast<node_id>(i);
      if (version_ == 1) {
        read_reads_beside_edges(at, v);
      } else {
        read_reads(at, v);
      }
      read_after(at, v);
    }
    return std::move(graph_);
  }

 private:
  void read_head() {
    if (auto const at = root_.find("name")) graph_.name = at->text();
    if (auto const at = root_.find("source")) graph_.source = at->text();
    if (auto const at = root_.find("fixed_memory")) graph_.fixed = at->amount();
    if (auto const units = root_.find("units")) {
      units->object();
      if (auto const at = units->find(version_ == 1 ? "cost" : "time")) graph_.time_unit = at->text();
      if (auto const at = units->find("memory")) read_memory_unit(*at);
    }
    if (auto const eager = root_.find("eager")) {
      eager->object();
      eager_figures& seen = graph_.eager.emplace();
      if (auto const at = eager->find("step_ms")) seen.step_ms = at->not_negative();
      if (auto const at = eager->find("peak_bytes")) seen.peak_bytes = at->amount();
      if (auto const at = eager->find("base_bytes")) seen.base_bytes = at->amount();
    }
  }

  /// Any text, as amounts may have no unit at all; but not a multiple of bytes, which would be read as bytes.
  void read_memory_unit(json_cursor const& at) {
    graph_.memory_unit = at.text();
    std::string const& unit = graph_.memory_unit;
    bool const multiple = (unit.size() == 2 || unit.size() == 3) &&
                          (unit.back() == 'B' || unit.back() == 'b') &&
                          std::string_view("kKMGT").find(unit.front()) != std::string_view::npos &&
                          (unit.size() == 2 || unit[1] == 'i');
    if (multiple) at.must("must be \"bytes\"");
  }

  void read_node(json_cursor const& at, std::size_t position) {
    at.object();
    auto const id = at.member("id");
    if (id.integer(std::numeric_limits<std::uint64_t>::max(), "the node's position in the array") !=
        position) {
      id.must("must be the node's position in the array, " + std::to_string(position));
    }
    recorded_node node;
    if (auto const name = at.find("name")) node.name = name->text();
    if (auto const op = at.find("op")) node.op = op->text();
    node.time = at.member(version_ == 1 ? "cost" : "time").not_negative();
    if (auto const workspace = at.find("workspace")) node.workspace = workspace->amount();
    if (auto const backward = at.find("backward")) node.backward = backward->boolean();
    if (auto const once = at.find("run_once")) node.run_once = once->boolean();
    if (auto const ordered = at.find("ordered")) node.ordered = ordered->boolean();
    if (version_ == 1) {
      read_sizes(at, node);
      read_keep(at, node);
    } else {
      at.refuse_misspelt(node_names);
      at.refuse("keep", "is a word of version 1: outputs that are held at the end are \"retained\": true");
      read_outputs(at, node);
    }
    graph_.nodes.push_back(std::move(node));
  }

  static void read_outputs(json_cursor const& at, recorded_node& node) {
    at.member("outputs").for_each([&](json_cursor const& output) {
      output.object();
      output.refuse_misspelt(output_names);
      for (char const* later : {"alias_of", "may_overwrite", "forms"}) output.refuse(later, no_such_machine);
      auto const k = static_cast<std::uint32_t>(node.outputs.size());
      node.outputs.push_back(output.member("bytes").amount());
      auto const retained = output.find("retained");
      if (retained && retained->boolean()) node.retained.push_back(k);
    });
  }

  static void read_sizes(json_cursor const& at, recorded_node& node) {
    auto const whole = at.member("memory");
    bytes const memory = whole.amount();
    auto const list = at.find("outputs");
    if (!list) {
      node.outputs.push_back(memory);
      return;
    }
    bytes sum = 0;
    auto const refuse = [&](std::string const& total) {
      list->fail("must add up to memory, " + std::to_string(memory) + " bytes, but add up to " + total);
    };
    list->for_each([&](json_cursor const& item) {
      node.outputs.push_back(item.amount());
      if (node.outputs.back() > memory - sum) refuse("more");
      sum += node.outputs.back();
    });
    if (sum != memory) refuse(std::to_string(sum));
  }

  static void read_keep(json_cursor const& at, recorded_node& node) {
    auto const list = at.find("keep");
    if (!list) return;
    list->for_each([&](json_cursor const& item) {
      node.retained.push_back(item.index(node.outputs.size(), "node's outputs"));
    });
    std::sort(node.retained.begin(), node.retained.end());
    if (std::adjacent_find(node.retained.begin(), node.retained.end()) != node.retained.end()) {
      list->fail("names an output twice");
    }
  }

  /// Fills `sources_`: for each node the distinct nodes that its edges come from, ascending. An edge may
  /// stand there twice, as a node may list an input twice in C++: multiply(x, x).
  void read_edges() {
    std::size_t const n = graph_.nodes.size();
    sources_.resize(n);
    root_.member("edges").for_each([&](json_cursor const& edge) {
      edge.array();
      edge.pair("[from, to] of node ids");
      node_id const u = edge.element(0).index(n, "node ids");
      node_id const v = edge.element(1).index(n, "node ids");
      if (u == v) edge.fail("is a self-loop: node " + std::to_string(u) + " would read itself");
      if (u > v) {
        edge.fail("goes from node " + std::to_string(u) + " back to node " + std::to_string(v) +
                  ": node ids must be a topological order");
      }
      sources_[v].push_back(u);
    });
    for (auto& from : sources_) sort_unique(from);
  }

  value_ref read_value(json_cursor const& at) const {
    at.pair("[node, output]");
    node_id const u = at.element(0).index(graph_.nodes.size(), "node ids");
    return {u, at.element(1).index(graph_.nodes[u].outputs.size(), "node's outputs")};
  }

  void read_reads(json_cursor const& at, node_id v) {
    at.member("reads").for_each([&](json_cursor const& item) {
      value_ref const read = read_value(item);
      if (read.node == v) item.fail("is a self-loop: node " + std::to_string(v) + " would read itself");
      if (read.node > v) {
        item.fail("is of node " + std::to_string(read.node) + ", which comes after node " +
                  std::to_string(v) + ": node ids must be a topological order");
      }
      graph_.nodes[v].reads.push_back(read);
    });
    sort_unique(graph_.nodes[v].reads);
  }

  void read_reads_beside_edges(json_cursor const& at, node_id v) {
    auto& reads = graph_.nodes[v].reads;
    auto const list = at.find("reads");
    if (!list) return read_everything(at, v);
    list->for_each([&](json_cursor const& item) {
      value_ref const read = read_value(item);
      node_id const u = read.node;
      if (!std::binary_search(sources_[v].begin(), sources_[v].end(), u)) {
        item.fail("reads node " + std::to_string(u) + ", but edges have no [" + std::to_string(u) + ", " +
                  std::to_string(v) + "]");
      }
      reads.push_back(read);
    });
    sort_unique(reads);
    for (node_id u : sources_[v]) {
      auto const first = std::lower_bound(reads.begin(), reads.end(), value_ref{u, 0});
      if (first == reads.end() || first->node != u) {
        list->fail("names no output of node " + std::to_string(u) + ", but edges have [" + std::to_string(u) +
                   ", " + std::to_string(v) + "]");
      }
    }
  }

  /// A node without `reads` reads all outputs of every node that an edge comes from.
  void read_everything(json_cursor const& at, node_id v) {
    for (node_id u : sources_[v]) {
      auto const count = static_cast<std::uint32_t>(graph_.nodes[u].outputs.size());
      if (count == 0) {
        at.fail("has an edge from node " + std::to_string(u) + ", which produces no value to read");
      }
      for (std::uint32_t k = 0; k < count; ++k) graph_.nodes[v].reads.push_back({u, k});
    }
  }

  /// Control edges, which like edges lead from smaller ids to larger ones: none can close a cycle.
  void read_after(json_cursor const& at, node_id v) {
    auto const list = at.find("after");
    if (!list) return;
    auto& after = graph_.nodes[v].after;
    list->for_each([&](json_cursor const& item) {
      node_id const u = item.index(graph_.nodes.size(), "node ids");
      if (u == v) item.fail("is the node itself: node " + std::to_string(v) + " would come after itself");
      if (u > v) {
        item.fail("is node " + std::to_string(u) + ", which node " + std::to_string(v) +
                  " would come after: node ids must be a topological order, control edges included");
      }
      after.push_back(u);
    });
    sort_unique(after);
  }

  /// Of what version 2 has for machines that the library does not plan for yet.
  static constexpr char const* no_such_machine = "is nothing that this version of the library can plan with";
  static constexpr std::array<std::string_view, 9> root_names = {
      "format", "version", "name", "source", "units", "fixed_memory", "nodes", "edges", "eager"};
  static constexpr std::array<std::string_view, 11> node_names = {"id",        "name",     "op",      "time",
                                                                  "workspace", "run_once", "ordered", "after",
                                                                  "backward",  "reads",    "outputs"};
  static constexpr std::array<std::string_view, 2> output_names = {"bytes", "retained"};

  json_cursor root_;
  int version_ = 0;
  recorded_graph graph_;
  std::vector<std::vector<node_id>> sources_;
};

/// The elements of `list` as a JSON array, each as `text_of` has it.
inline std::string json_list(auto const& list, auto const& text_of) {
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
