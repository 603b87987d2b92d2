// SPDX-License-Identifier: Apache-2.0
//
// The floors of include/checkmate: a header includes what is below it or on its own floor, never what is
// above.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace {

namespace fs = std::filesystem;

/// The folders from the ground up; those of a floor do not include each other. The headers outside folders
/// are the roof, but for version.hpp.
std::vector<std::vector<std::string>> const floors = {{"core"},
                                                      {"graph"},
                                                      {"cost", "model"},
                                                      {"memory"},
                                                      {"schedule"},
                                                      {"planning"},
                                                      {"solvers"},
                                                      {"formulation"},
                                                      {"bounds"},
                                                      {"search"},
                                                      {"strategies"},
                                                      {"zoo"},
                                                      {"plot", "io", "adapters", "eigen"}};

/// The folder directly below include/checkmate that `header` lies in; empty for the roof.
std::string folder_of(std::string const& header) {
  auto const slash = header.find('/');
  return slash == std::string::npos ? "" : header.substr(0, slash);
}

/// -1 for version.hpp, floors.size() for the roof, above that for a folder that nobody named.
int floor_of(std::string const& header) {
  if (header == "version.hpp") return -1;
  std::string const folder = folder_of(header);
  if (folder.empty()) return static_cast<int>(floors.size());
  auto const at = std::find_if(floors.begin(), floors.end(), [&](auto const& floor) {
    return std::find(floor.begin(), floor.end(), folder) != floor.end();
  });
  return at == floors.end() ? static_cast<int>(floors.size()) + 1 : static_cast<int>(at - floors.begin());
}

std::string read_header(std::string const& header) {
  std::ifstream in(fs::path(CHECKMATE_SOURCE_DIR) / "include" / "checkmate" / header);
  return {std::istreambuf_iterator<char>(in), {}};
}

using include_graph = std::map<std::string, std::vector<std::string>>;

include_graph read_includes() {
  fs::path const root = fs::path(CHECKMATE_SOURCE_DIR) / "include" / "checkmate";
  constexpr std::string_view ours = "#include <checkmate/";
  include_graph out;
  for (auto const& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".hpp") continue;
    auto& includes = out[fs::relative(entry.path(), root).generic_string()];
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with(ours)) includes.push_back(line.substr(ours.size(), line.find('>') - ours.size()));
    }
  }
  return out;
}

/// A circle of headers that include each other, from `from` on; empty if there is none.
std::string find_circle(include_graph const& graph, std::string const& from, std::set<std::string>& done,
                        std::vector<std::string>& open) {
  if (std::find(open.begin(), open.end(), from) != open.end()) return from;
  if (!done.insert(from).second) return "";
  open.push_back(from);
  for (std::string const& to : graph.at(from)) {
    std::string const found = find_circle(graph, to, done, open);
    if (!found.empty()) return from + " -> " + found;
  }
  open.pop_back();
  return "";
}

}  // namespace

TEST_CASE("floors: no header includes one from a floor above, or from a neighbour on its own") {
  include_graph const graph = read_includes();
  REQUIRE(graph.size() > 100);
  std::size_t arrows = 0;
  for (auto const& entry : graph) {
    std::string const& header = entry.first;
    CAPTURE(header);
    CHECK_MESSAGE(floor_of(header) <= static_cast<int>(floors.size()), "a folder without a floor");
    for (std::string const& included : entry.second) {
      CAPTURE(included);
      REQUIRE(graph.count(included) == 1);
      int const above = floor_of(header), below = floor_of(included);
      CHECK(below <= above);
      CHECK((below != above || folder_of(header) == folder_of(included)));
      ++arrows;
    }
  }
  CHECK(arrows > 400);
}

TEST_CASE(
    "floors: what a step holds is asked of memory/, by all but those who define, read or judge problems") {
  std::set<std::string> const rooms = {"memory", "formulation", "graph", "cost",
                                       "zoo",    "io",          "plot",  "adapters"};
  std::set<std::string> const judges = {"schedule/simulate.hpp", "schedule/memory_curve.hpp"};
  std::size_t asked = 0;
  for (auto const& entry : read_includes()) {
    std::string const& header = entry.first;
    std::string const text = read_header(header);
    bool const reads =
        text.find(".workspace(") != std::string::npos || text.find(".retained(") != std::string::npos ||
        text.find("->workspace(") != std::string::npos || text.find("->retained(") != std::string::npos;
    CAPTURE(header);
    CHECK((!reads || rooms.count(folder_of(header)) == 1 || judges.count(header) == 1));
    asked += reads ? 1 : 0;
  }
  CHECK(asked > 5);
}

TEST_CASE("floors: no headers include each other in a circle") {
  include_graph const graph = read_includes();
  std::set<std::string> done;
  for (auto const& [header, includes] : graph) {
    std::vector<std::string> open;
    CHECK(find_circle(graph, header, done, open) == "");
  }
}
