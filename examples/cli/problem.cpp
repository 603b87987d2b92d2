// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <utility>

#include <checkmate/graph/zoo.hpp>
#include <checkmate/io/json.hpp>

#include "commands.hpp"

namespace cli {

problem load_problem(std::string const& file) {
  problem out;
  out.graph = checkmate::load_graph(file);
  try {
    out.dag = checkmate::lower(out.graph, out.graph);
  } catch (checkmate::error const& wrong) {  // sizes that only add up to too much
    throw checkmate::invalid_file(file + ": " + wrong.what());
  }
  out.base = checkmate::no_recompute_schedule(out.dag);
  if (out.graph.name.empty()) out.graph.name = std::filesystem::path(file).stem().string();
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
