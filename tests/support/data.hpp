// SPDX-License-Identifier: Apache-2.0
//
// Where tests find graph files: those of the project, and those that only developers have.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace test {

/// A file of examples/data, by its path below that folder.
inline std::filesystem::path example_data(std::string const& name) {
  return std::filesystem::path(CHECKMATE_SOURCE_DIR) / "examples" / "data" / name;
}

/// The graph files (.json, .json.gz) of `folder`, sorted; none if there is no such folder.
inline std::vector<std::filesystem::path> graph_files(std::filesystem::path const& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code absent;
  for (auto const& entry : std::filesystem::directory_iterator(folder, absent)) {
    std::string const name = entry.path().filename().string();
    bool const graph = name.ends_with(".json") || name.ends_with(".json.gz");
    if (graph && name != "published.json") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// A folder of real graphs that only developers have; graph_files of it is empty where it is absent.
inline std::filesystem::path shared_graphs(std::string const& folder) {
  return std::filesystem::path(CHECKMATE_SHARED_DIR) / "graphs" / folder;
}

}  // namespace test
