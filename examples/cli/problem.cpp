// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>
#include <utility>

#include <checkmate/io/json.hpp>
#include <checkmate/zoo/zoo.hpp>

#include "commands.hpp"

// Set by CMake for this program alone, where ONNX was found; the library itself has no such switch.
#ifdef CHECKMATE_CLI_WITH_ONNX
#include <checkmate/io/onnx.hpp>
#endif

namespace cli {
namespace {

#ifdef CHECKMATE_CLI_WITH_ONNX

/// NAME=SIZE as its two parts.
std::pair<std::string, std::int64_t> dimension(std::string const& text) {
  std::size_t const at = text.rfind('=');
  std::int64_t size = 0;
  char const* const end = text.data() + text.size();
  if (at != std::string::npos) {
    auto const read = std::from_chars(text.data() + at + 1, end, size);
    if (read.ec == std::errc() && read.ptr == end) return {text.substr(0, at), size};
  }
  throw checkmate::invalid_option("--dim takes NAME=SIZE, not \"" + text + "\"");
}

/// Says what the reader had to guess, so that nobody takes it for knowledge.
void report_unknown(checkmate::onnx_network const& network) {
  auto const& unknown = network.unknown();
  if (unknown.empty()) return;
  std::cerr
      << "checkmate: " << unknown.size() << " nodes of the model are not of the common operator set, "
      << "or of a shape that is not known (that of their first input is taken); the former count as one "
      << "operation per element, and their gradients hold all that they read and produce:\n";
  for (std::size_t i = 0; i < std::min<std::size_t>(unknown.size(), 10); ++i) {
    std::cerr << "  " << unknown[i] << "\n";
  }
  if (unknown.size() > 10) std::cerr << "  and " << unknown.size() - 10 << " more\n";
}

checkmate::recorded_graph load_model(graph_source const& source) {
  checkmate::onnx_options options;
  options.sizes.batch = source.batch;
  for (auto const& text : source.dimensions) options.sizes.dimensions.insert(dimension(text));
  options.device.flops_per_second = source.tflops * 1e12;
  options.device.bytes_per_second = source.gigabytes * 1e9;
  checkmate::onnx_network const network(source.file, options.sizes);
  report_unknown(network);
  return checkmate::onnx_training_step(network, options);
}

#else

checkmate::recorded_graph load_model(graph_source const& source) {
  throw checkmate::invalid_file(source.file +
                                ": this program was built without ONNX (Debian: apt-get install "
                                "libonnx-dev libprotobuf-dev, and build it again)");
}

#endif

}  // namespace

std::string input_name(std::string const& file) {
  return file == "-" ? "standard input" : file;
}

std::string read_input(std::string const& file) {
  return file == "-" ? checkmate::read_text(std::cin, input_name(file)) : checkmate::read_text_file(file);
}

bool is_onnx(std::string const& file) {
  return std::filesystem::path(file).extension() == ".onnx";
}

problem load_problem(graph_source const& source) {
  std::string const name = input_name(source.file);
  if (is_onnx(source.file)) return lowered(load_model(source), name);
  if (source.batch != 0 || !source.dimensions.empty()) {
    throw checkmate::invalid_option("--batch and --dim are for ONNX models, " + name + " is a graph file");
  }
  return lowered(checkmate::parse_graph(read_input(source.file), name), name);
}

problem lowered(checkmate::recorded_graph graph, std::string const& name) {
  problem out;
  out.graph = std::move(graph);
  try {
    out.dag = checkmate::lower(out.graph, out.graph);
  } catch (checkmate::error const& wrong) {  // sizes that only add up to too much
    throw checkmate::invalid_file(name + ": " + wrong.what());
  }
  out.base = checkmate::no_recompute_schedule(out.dag);
  if (out.graph.name.empty()) out.graph.name = std::filesystem::path(name).stem().string();
  return out;
}

problem zoo_problem(std::string const& network, std::int64_t batch) {
  auto const step = checkmate::zoo::training_step_of(checkmate::zoo::make_network(network, {.batch = batch}));
  problem out;
  out.dag = checkmate::lower(step.graph, step.costs);
  out.base = checkmate::no_recompute_schedule(out.dag);
  out.graph.name = network;
  out.graph.time_unit = "flop";
  for (std::size_t v = 0; v < step.graph.node_count(); ++v) {
    auto const id = static_cast<checkmate::node_id>(v);
    out.graph.nodes.push_back({.name = step.graph.label(id), .backward = step.graph.is_backward(id)});
  }
  return out;
}

std::string network_names() {
  std::string text;
  for (auto const& entry : checkmate::zoo::networks()) {
    if (!text.empty()) text += ", ";
    text += entry.name;
  }
  return text;
}

void check_writable(std::string const& file) {
  if (file.empty()) return;
  std::filesystem::path const path(file);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) throw checkmate::invalid_file(file + ": is a directory");
  std::filesystem::path const folder = path.has_parent_path() ? path.parent_path() : ".";
  if (!std::filesystem::is_directory(folder, ignored)) {
    throw checkmate::invalid_file(file + ": there is no folder " + folder.string());
  }
}

}  // namespace cli
