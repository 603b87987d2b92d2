// SPDX-License-Identifier: Apache-2.0
//
// The pages: what they link is there, each of them is linked, the C++ that they show is that of a compiled
// file word for word, the tests that they name exist, and the README is no longer than it may be.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
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
      if (at->is_directory() && (name.front() == '.' || name == "build" || name == "node_modules")) {
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

TEST_CASE("pages: the README has at most 1,200 words") {
  std::istringstream in(text_of(root / "README.md"));
  auto const words = std::distance(std::istream_iterator<std::string>(in), {});
  CHECK(words > 0);
  CHECK(words <= 1200);
}

}  // namespace
