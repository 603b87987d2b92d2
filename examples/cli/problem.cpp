// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

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

}  // namespace cli
