// SPDX-License-Identifier: Apache-2.0
//
// The pages: what they link is there, each of them is linked, the C++ that they show is that of a compiled
// file word for word, the tests that they name exist, and the README is no longer than it may be.
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace {

namespace fs = std::filesystem;

fs::path const root = fs::path(CHECKMATE_SOURCE_DIR);

std::string text_of(fs::path const& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Every page of the project, relative to its root.
std::set<std::string> pages() {
  std::set<std::string> found = {"README.md"};
  for (char const* folder : {"bench", "cmake", "examples", "include", "tests"}) {
    for (auto at = fs::recursive_directory_iterator(root / folder); at != fs::recursive_directory_iterator();
         ++at) {
      std::string const name = at->path().filename().string();
      if (at->is_directory() && (name.front() == '.' || name.starts_with("build") || name == "venv")) {
        at.disable_recursion_pending();
      }
      if (at->path().extension() == ".md") found.insert(fs::relative(at->path(), root).generic_string());
    }
  }
  return found;
}

/// A fenced block of a page, and the line above it that is not empty.
struct block {
  std::string language, above, text;
};

/// What is in fences and what is not.
struct page {
  std::string prose;
  std::vector<block> blocks;
};

page read_page(std::string const& name) {
  std::istringstream in(text_of(root / name));
  page out;
  std::string line, above;
  bool inside = false;
  while (std::getline(in, line)) {
    if (line.starts_with("```")) {
      if (!inside) out.blocks.push_back({line.substr(3), above, ""});
      inside = !inside;
    } else if (inside) {
      out.blocks.back().text += line + '\n';
    } else {
      out.prose += line + '\n';
      if (!line.empty()) above = line;
    }
  }
  REQUIRE_MESSAGE(!inside, name << ": a code block is left open");
  return out;
}

/// `prose` without what stands between backticks, in which brackets are no links.
std::string without_code(std::string const& prose) {
  std::string out;
  bool code = false;
  for (char c : prose) {
    if (c == '`') code = !code;
    if (!code) out += c;
  }
  return out;
}

/// What stands between backticks, on one line.
std::vector<std::string> code_of(std::string const& prose) {
  std::vector<std::string> found;
  std::istringstream in(prose);
  for (std::string line; std::getline(in, line);) {
    for (auto at = line.find('`'); at != std::string::npos; at = line.find('`', at + 1)) {
      auto const end = line.find('`', at + 1);
      if (end == std::string::npos) break;
      found.push_back(line.substr(at + 1, end - at - 1));
      at = end;
    }
  }
  return found;
}

/// The text of all files below `folder` whose names end in one of `endings`.
std::string texts_below(fs::path const& folder, std::set<std::string> const& endings) {
  std::string out;
  for (auto const& entry : fs::recursive_directory_iterator(folder)) {
    if (endings.count(entry.path().extension().string()) == 1) out += text_of(entry.path());
  }
  return out;
}

/// A link, and what follows it.
struct link {
  std::string target, rest;
};

std::vector<link> links_of(std::string const& prose) {
  std::string const text = without_code(prose);
  std::vector<link> found;
  for (auto at = text.find("]("); at != std::string::npos; at = text.find("](", at + 1)) {
    auto const end = text.find(')', at);
    if (end == std::string::npos) continue;
    found.push_back(
        {text.substr(at + 2, end - at - 2), text.substr(end + 1, text.find('\n', end) - end - 1)});
  }
  return found;
}

/// The anchors of a page as GitHub makes them: headings in lower case, blanks as dashes, without punctuation.
std::set<std::string> anchors_of(std::string const& name) {
  std::set<std::string> found;
  std::istringstream in(read_page(name).prose);
  for (std::string line; std::getline(in, line);) {
    auto const start = line.find_first_not_of('#');
    if (start == 0 || start == std::string::npos || line[start] != ' ') continue;
    std::string anchor;
    for (char c : line.substr(start + 1)) {
      auto const u = static_cast<unsigned char>(c);
      if (std::isalnum(u) != 0 || c == '-' || c == '_') anchor += static_cast<char>(std::tolower(u));
      if (c == ' ') anchor += '-';
    }
    found.insert(anchor);
  }
  return found;
}

bool is_relative(std::string const& target) {
  return target.find("://") == std::string::npos && !target.starts_with("mailto:");
}

/// The file that `target` names on `from`, relative to the root, and the anchor in it.
std::pair<std::string, std::string> resolve(std::string const& from, std::string const& target) {
  auto const hash = target.find('#');
  std::string const file = target.substr(0, hash);
  std::string const anchor = hash == std::string::npos ? "" : target.substr(hash + 1);
  if (file.empty()) return {from, anchor};
  return {(fs::path(from).parent_path() / file).lexically_normal().generic_string(), anchor};
}

/// What is between the first two marks `"` of a line that follows a link with a colon; empty if that does
/// not.
std::string quoted_after(std::string const& rest) {
  if (!rest.starts_with(": \"")) return {};
  return rest.substr(3, rest.find('"', 3) - 3);
}

TEST_CASE("pages: every relative link leads to a file, and to a heading in it") {
  for (std::string const& name : pages()) {
    for (link const& to : links_of(read_page(name).prose)) {
      if (!is_relative(to.target)) continue;
      auto const [file, anchor] = resolve(name, to.target);
      CHECK_MESSAGE(fs::exists(root / file), name << " links " << to.target << ", which is not there");
      if (!anchor.empty() && fs::exists(root / file)) {
        CHECK_MESSAGE(anchors_of(file).count(anchor) == 1,
                      name << " links " << to.target << ", but there is no such heading");
      }
    }
  }
}

TEST_CASE("pages: each can be reached from the README") {
  std::set<std::string> reached = {"README.md"};
  std::vector<std::string> open = {"README.md"};
  std::set<std::string> const all = pages();
  while (!open.empty()) {
    std::string const name = open.back();
    open.pop_back();
    for (link const& to : links_of(read_page(name).prose)) {
      std::string const file = resolve(name, to.target).first;
      if (is_relative(to.target) && all.count(file) == 1 && reached.insert(file).second) open.push_back(file);
    }
  }
  for (std::string const& name : all) {
    CHECK_MESSAGE(reached.count(name) == 1, name << " is linked by no page");
  }
}

TEST_CASE("pages: C++ is, word for word, part of the compiled file that stands above it") {
  // A page whose program the test pages.own_backend compiles, and a line of a test.
  std::set<std::string> const compiled_otherwise = {"examples/own_backend/README.md"};
  for (std::string const& name : pages()) {
    if (compiled_otherwise.count(name) == 1) continue;
    for (block const& shown : read_page(name).blocks) {
      if (shown.language != "cpp") continue;
      bool const marked = shown.above.starts_with("<!-- ") && shown.above.ends_with(".cpp -->");
      CHECK_MESSAGE(marked, name << ": C++ without the file it is from (<!-- FILE.cpp -->) above it:\n"
                                 << shown.text);
      if (!marked) continue;
      std::string const file = shown.above.substr(5, shown.above.size() - 5 - 4);
      CHECK_MESSAGE(text_of(root / file).find(shown.text) != std::string::npos,
                    name << " does not show what is in " << file << ":\n"
                         << shown.text);
    }
  }
}

TEST_CASE("pages: a test that is named after the link to its file is in that file") {
  std::size_t named = 0;
  for (std::string const& name : pages()) {
    for (link const& to : links_of(read_page(name).prose)) {
      std::string const test = quoted_after(to.rest);
      if (test.empty()) continue;
      ++named;
      std::string const file = resolve(name, to.target).first;
      CHECK_MESSAGE(text_of(root / file).find('"' + test + '"') != std::string::npos,
                    name << ": there is no test \"" << test << "\" in " << file);
    }
  }
  CHECK(named > 10);
}

TEST_CASE("pages: names of the library, benchmarks and files between backticks exist") {
  std::string const library =
      texts_below(root / "include", {".hpp"}) + text_of(root / "cmake/CheckmateTargets.cmake");
  std::string const benchmarks = texts_below(root / "bench", {".txt", ".sh"});
  auto const is_name = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  auto const word = [&](std::string const& code, std::size_t from) {
    auto const end = std::find_if_not(code.begin() + static_cast<std::ptrdiff_t>(from), code.end(), is_name);
    return std::string(code.begin() + static_cast<std::ptrdiff_t>(from), end);
  };
  for (std::string const& name : pages()) {
    for (std::string const& code : code_of(read_page(name).prose)) {
      if (code.starts_with("checkmate::")) {
        std::string const what = word(code, 11);
        CHECK_MESSAGE(library.find(what) != std::string::npos, name << ": nothing is called " << code);
      } else if (code.starts_with("bench_")) {
        std::string const what = word(code, 6);
        CHECK_MESSAGE(benchmarks.find(what) != std::string::npos, name << ": there is no benchmark " << code);
      } else if (code.find_first_of(" <>*{}~$") == std::string::npos && code.find('/') != std::string::npos) {
        std::set<std::string> const folders = {"bench", "cmake", "examples", "tests", ".ci"};
        if (folders.count(code.substr(0, code.find('/'))) == 0) continue;
        bool const is_there = fs::exists(root / code) || fs::exists((root / name).parent_path() / code);
        CHECK_MESSAGE(is_there, name << ": there is no file " << code);
      }
    }
  }
}

/// The cells of the rows of a table, trimmed.
std::vector<std::vector<std::string>> rows_of(std::string const& prose) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream in(prose);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| ")) continue;
    rows.emplace_back();
    std::istringstream cells(line.substr(1));
    for (std::string cell; std::getline(cells, cell, '|');) {
      auto const first = cell.find_first_not_of(' ');
      auto const last = cell.find_last_not_of(' ');
      rows.back().push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
    }
  }
  return rows;
}

/// The decimal fractions in a text, as they are written.
std::vector<std::string> fractions_of(std::string const& text) {
  std::vector<std::string> found;
  auto const is_digit = [&](std::size_t i) {
    return i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_digit(at) || (at > 0 && (is_digit(at - 1) || text[at - 1] == '.'))) continue;
    std::size_t end = at;
    while (is_digit(end)) ++end;
    if (end >= text.size() || text[end] != '.' || !is_digit(end + 1)) continue;
    for (++end; is_digit(end);) ++end;
    found.push_back(text.substr(at, end - at));
  }
  return found;
}

TEST_CASE("pages: the figures of the README's table are those of the results") {
  std::vector<std::string> const known = fractions_of(read_page("bench/results/README.md").prose);
  std::size_t figures = 0;
  for (auto const& row : rows_of(read_page("README.md").prose)) {
    if (row.size() != 4) continue;  // problem, rival, ours, printed by
    for (std::size_t column : {1U, 2U}) {
      for (std::string const& figure : fractions_of(row[column])) {
        ++figures;
        CHECK_MESSAGE(std::count(known.begin(), known.end(), figure) > 0,
                      "README.md has " << figure << ", bench/results/README.md has not");
      }
    }
  }
  CHECK(figures >= 8);
}

TEST_CASE("pages: the results without a solver are those that bench_scale printed") {
  std::map<std::string, std::pair<double, double>> printed;  // graph and fraction: ours, best known
  for (auto const& row : rows_of(read_page("bench/results/scale.md").prose)) {
    if (row.size() != 10 || row[0] == "graph" || row[6].empty()) continue;
    printed[row[0] + ' ' + row[2]] = {std::strtod(row[6].c_str(), nullptr),
                                      std::strtod(row[3].c_str(), nullptr)};
  }
  std::size_t compared = 0;
  for (auto const& row : rows_of(read_page("bench/results/README.md").prose)) {
    if (row.size() != 6) continue;
    for (std::size_t column = 2; column < 6; ++column) {
      auto const at = printed.find(row[0] + (std::array{" 0.10", " 0.25", " 0.50", " 0.75"})[column - 2]);
      if (at == printed.end()) continue;
      ++compared;
      auto const figures = fractions_of(row[column]);
      REQUIRE(figures.size() == 2);
      CHECK_MESSAGE(std::abs(std::strtod(figures[0].c_str(), nullptr) - at->second.first) <= 0.00501,
                    at->first);
      CHECK_MESSAGE(std::abs(std::strtod(figures[1].c_str(), nullptr) - at->second.second) <= 0.00501,
                    at->first);
    }
  }
  CHECK(compared == 32);
}

TEST_CASE("pages: the README has at most 1,200 words") {
  std::istringstream in(text_of(root / "README.md"));
  auto const words = std::distance(std::istream_iterator<std::string>(in), {});
  CHECK(words > 0);
  CHECK(words <= 1200);
}

}  // namespace
