// SPDX-License-Identifier: Apache-2.0
//
// Reading JSON with messages that name the file and the field: "graph.json: nodes[7].cost must be ...".
//
// A cursor is a value and the way to it; the text of the way is made only when something is wrong. Used by
// the readers of io/json_graph.hpp and io/json_schedule.hpp.
#pragma once

#if !__has_include(<nlohmann/json.hpp>)
#error "link checkmate::io: the header of nlohmann_json is missing (Debian: nlohmann-json3-dev)"
#endif

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <checkmate/error.hpp>
#include <checkmate/types.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// The value as a message shows it: short, and never a whole array.
inline std::string json_shown(nlohmann::json const& value) {
  if (value.is_array()) return "an array";
  if (value.is_object()) return "an object";
  std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  constexpr std::size_t longest = 40;
  if (text.size() > longest) text = text.substr(0, longest) + "...";
  return text;
}

/// A place in a parsed file. Cursors refer to their parents: they live on the stack, children inside parents.
class json_cursor {
 public:
  json_cursor(nlohmann::json const& root, std::string const& file) : value_(&root), file_(&file) {}

  /// Throws invalid_file: "<file>: <way> <what>, it is <value>".
  [[noreturn]] void must(std::string const& what) const { fail(what + ", it is " + json_shown(*value_)); }
  /// Throws invalid_file: "<file>: <way> <what>".
  [[noreturn]] void fail(std::string const& what) const {
    std::string const where = way();
    throw invalid_file(*file_ + ": " + where + (where.empty() ? "" : " ") + what);
  }

  /// The member `name` of an object, which must be there.
  [[nodiscard]] json_cursor member(char const* name) const {
    auto const found = find(name);
    if (!found) fail_at(name, "is missing");
    return *found;
  }
  /// The member `name` of an object, if it is there.
  [[nodiscard]] std::optional<json_cursor> find(char const* name) const {
    auto const at = value_->find(name);
    if (at == value_->end()) return std::nullopt;
    return json_cursor(*at, *this, name, 0);
  }
  [[nodiscard]] std::size_t size() const { return value_->size(); }
  [[nodiscard]] json_cursor element(std::size_t i) const {
    return json_cursor((*value_)[i], *this, nullptr, i);
  }

  json_cursor const& object() const {
    if (!value_->is_object()) must("must be an object");
    return *this;
  }
  json_cursor const& array() const {
    if (!value_->is_array()) must("must be an array");
    return *this;
  }
  /// An array of exactly two elements.
  json_cursor const& pair(char const* of) const {
    if (!value_->is_array() || value_->size() != 2) fail("must be a pair " + std::string(of));
    return *this;
  }
  [[nodiscard]] std::string text() const {
    if (!value_->is_string()) must("must be text");
    return value_->get<std::string>();
  }
  [[nodiscard]] bool boolean() const {
    if (!value_->is_boolean()) must("must be true or false");
    return value_->get<bool>();
  }
  /// A finite number >= 0.
  [[nodiscard]] double not_negative() const {
    if (!value_->is_number()) must("must be a number >= 0");
    auto const number = value_->get<double>();
    if (!(number >= 0) || !std::isfinite(number)) must("must be a number >= 0");
    return number + 0.0;  // a negative zero becomes zero
  }
  [[nodiscard]] double number() const {
    if (!value_->is_number()) must("must be a number");
    return value_->get<double>();
  }
  /// An integer from 0 to `largest`.
  [[nodiscard]] std::uint64_t integer(std::uint64_t largest, char const* of) const {
    // The parser types every integer >= 0 as unsigned unless it does not fit 64 bits (then it is a double).
    if (!value_->is_number_unsigned() || value_->get<std::uint64_t>() > largest) {
      must("must be " + std::string(of));
    }
    return value_->get<std::uint64_t>();
  }
  [[nodiscard]] bytes amount() const {
    constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<bytes>::max());
    return static_cast<bytes>(integer(largest, "an integer from 0 to 2^63-1 (bytes)"));
  }
  /// An index below `count`.
  [[nodiscard]] std::uint32_t index(std::size_t count, char const* of) const {
    if (count == 0) must("names one of the " + std::string(of) + ", of which there are none");
    if (!value_->is_number_unsigned() || value_->get<std::uint64_t>() >= count) {
      must("must be one of the " + std::string(of) + ", 0.." + std::to_string(count - 1));
    }
    return value_->get<std::uint32_t>();
  }

 private:
  json_cursor(nlohmann::json const& value, json_cursor const& parent, char const* name, std::size_t index)
      : value_(&value), file_(parent.file_), parent_(&parent), name_(name), index_(index) {}

  [[noreturn]] void fail_at(char const* name, std::string const& what) const {
    json_cursor(*value_, *this, name, 0).fail(what);
  }
  [[nodiscard]] std::string way() const {
    std::vector<json_cursor const*> steps;
    for (json_cursor const* at = this; at->parent_ != nullptr; at = at->parent_) steps.push_back(at);
    std::string text;
    for (std::size_t i = steps.size(); i-- > 0;) {
      if (steps[i]->name_ != nullptr) {
        if (!text.empty()) text += '.';
        text += steps[i]->name_;
      } else {
        text.append("[").append(std::to_string(steps[i]->index_)).append("]");
      }
    }
    return text;
  }

  nlohmann::json const* value_;
  std::string const* file_;
  json_cursor const* parent_ = nullptr;
  char const* name_ = nullptr;
  std::size_t index_ = 0;
};

/// Arrays and objects of our formats nest four deep; what nests deeper than this is refused before parsing,
/// because every level costs the parser far more memory than the one byte it takes in a file.
inline constexpr int deepest_json = 64;

inline void check_json_depth(std::string_view text, std::string const& file) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > deepest_json) {
        throw invalid_file(file + ": nests deeper than " + std::to_string(deepest_json) +
                           " levels, at byte " + std::to_string(i + 1));
      }
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
}

/// Parses `text`; what is not JSON is an invalid_file with the byte where it stops being so.
inline nlohmann::json parse_json(std::string_view text, std::string const& file) {
  check_json_depth(text, file);
  try {
    return nlohmann::json::parse(text.begin(), text.end());
  } catch (nlohmann::json::parse_error const& broken) {
    std::string what =
        broken.what();  // "[json.exception.parse_error.101] parse error at line 1, column 2: ..."
    if (auto const at = what.find("] "); at != std::string::npos) what.erase(0, at + 2);
    throw invalid_file(file + ": is not JSON, byte " + std::to_string(broken.byte) + ": " + what);
  } catch (nlohmann::json::out_of_range const& broken) {
    std::string what = broken.what();
    if (auto const at = what.find("] "); at != std::string::npos) what.erase(0, at + 2);
    throw invalid_file(file + ": " + what);  // "number overflow parsing '1e999'"
  }
}

/// Checks `format` and `version`, the first thing in both of our formats.
inline void check_format(json_cursor const& root, char const* format) {
  root.object();
  auto const name = root.member("format");
  if (name.text() != format) name.must("must be \"" + std::string(format) + "\"");
  auto const version = root.member("version");
  if (version.integer(std::numeric_limits<std::uint64_t>::max(), "1") != 1) {
    version.must("must be 1, the only version that this library knows");
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
