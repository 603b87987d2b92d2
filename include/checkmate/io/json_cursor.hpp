// SPDX-License-Identifier: Apache-2.0
//
// Reading JSON with messages that name the file and the field: "graph.json: nodes[7].cost must be ...".
//
// A cursor is a value and the way to it; the text of the way is made only when something is wrong.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/core/types.hpp>
#include <checkmate/io/json_document.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// The value as a message shows it: short, and never a whole array.
inline std::string json_shown(json_document const& document, json_value const& value) {
  auto const text = [&]() -> std::string {
    if (value.kind == json_kind::array) return "an array";
    if (value.kind == json_kind::object) return "an object";
    if (value.kind == json_kind::boolean) return value.boolean ? "true" : "false";
    if (value.kind == json_kind::natural) return std::to_string(value.natural);
    if (value.kind == json_kind::integer) return std::to_string(value.integer);
    if (value.kind == json_kind::real) return json_text(value.real);
    return value.kind == json_kind::text ? json_text(document.text(value)) : "null";
  }();
  constexpr std::size_t longest = 40;
  return text.size() > longest ? text.substr(0, longest) + "..." : text;
}

/// Whether the two names differ by one letter: one that is another, missing or too many.
inline bool differ_by_a_letter(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1) return false;
  std::size_t same = 0;
  while (same < a.size() && a[same] == b[same]) ++same;
  if (same == b.size()) return false;
  std::size_t const skipped = a.size() == b.size() ? 1 : 0;
  return a.substr(same + skipped) == b.substr(same + 1);
}

/// A place in a parsed file. Cursors refer to their parents: they live on the stack, children inside parents.
class json_cursor {
 public:
  json_cursor(json_document const& document, std::string const& file)
      : document_(&document), value_(&document.root()), file_(&file) {}

  /// Throws invalid_file: "<file>: <way> <what>, it is <value>".
  [[noreturn]] void must(std::string const& what) const {
    fail(what + ", it is " + json_shown(*document_, *value_));
  }
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
    json_value const* const at = document_->find(*value_, name);
    if (at == nullptr) return std::nullopt;
    return json_cursor(*at, *this, name, 0);
  }
  /// Refuses a member of an object whose name is one letter from a known one; other unknown names are
  /// nobody's mistake.
  void refuse_misspelt(std::span<std::string_view const> known) const {
    for (std::size_t i = 0; i < size(); ++i) {
      std::string const name(document_->name(*value_, i));
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      for (std::string_view meant : known) {
        if (differ_by_a_letter(name, meant))
          fail_at(name.c_str(), "is unknown: " + std::string(meant) + " is meant");
      }
    }
  }
  /// Refuses the member `name`, if it is there.
  void refuse(char const* name, std::string const& why) const {
    if (find(name)) fail_at(name, why);
  }
  [[nodiscard]] std::size_t size() const { return value_->size; }
  [[nodiscard]] json_cursor element(std::size_t i) const {
    return json_cursor(document_->element(*value_, i), *this, nullptr, i);
  }

  json_cursor const& object() const {
    if (!is(json_kind::object)) must("must be an object");
    return *this;
  }
  json_cursor const& array() const {
    if (!is(json_kind::array)) must("must be an array");
    return *this;
  }
  /// Calls `visit` with each element of an array.
  void for_each(auto const& visit) const {
    array();
    for (std::size_t i = 0; i < size(); ++i) visit(element(i));
  }
  /// An array of exactly two elements.
  json_cursor const& pair(char const* of) const {
    if (!is(json_kind::array) || size() != 2) fail("must be a pair " + std::string(of));
    return *this;
  }
  [[nodiscard]] std::string text() const {
    if (!is(json_kind::text)) must("must be text");
    return std::string(document_->text(*value_));
  }
  [[nodiscard]] bool boolean() const {
    if (!is(json_kind::boolean)) must("must be true or false");
    return value_->boolean;
  }
  /// A finite number >= 0.
  [[nodiscard]] double not_negative() const {
    auto const found = as_number();
    if (!found || !is_finite_amount(*found)) must("must be a number >= 0");
    return *found + 0.0;  // a negative zero becomes zero
  }
  [[nodiscard]] double number() const {
    auto const found = as_number();
    if (!found || !is_finite(*found)) must("must be a number");
    return *found;
  }
  /// An integer from 0 to `largest`.
  [[nodiscard]] std::uint64_t integer(std::uint64_t largest, char const* of) const {
    if (!is(json_kind::natural) || value_->natural > largest) must("must be " + std::string(of));
    return value_->natural;
  }
  [[nodiscard]] bytes amount() const {
    constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<bytes>::max());
    return static_cast<bytes>(integer(largest, "an integer from 0 to 2^63-1 (bytes)"));
  }
  /// An index below `count`.
  [[nodiscard]] std::uint32_t index(std::size_t count, char const* of) const {
    if (count == 0) must("names one of the " + std::string(of) + ", of which there are none");
    if (!is(json_kind::natural) || value_->natural >= count) {
      must("must be one of the " + std::string(of) + ", 0.." + std::to_string(count - 1));
    }
    return static_cast<std::uint32_t>(value_->natural);
  }

 private:
  json_cursor(json_value const& value, json_cursor const& parent, char const* name, std::size_t index)
      : document_(parent.document_),
        value_(&value),
        file_(parent.file_),
        parent_(&parent),
        name_(name),
        index_(index) {}

  [[nodiscard]] bool is(json_kind kind) const noexcept { return value_->kind == kind; }
  /// None where it is not a number.
  [[nodiscard]] std::optional<double> as_number() const noexcept {
    if (is(json_kind::natural)) return static_cast<double>(value_->natural);
    if (is(json_kind::integer)) return static_cast<double>(value_->integer);
    if (is(json_kind::real)) return value_->real;
    return std::nullopt;
  }

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

  json_document const* document_;
  json_value const* value_;
  std::string const* file_;
  json_cursor const* parent_ = nullptr;
  char const* name_ = nullptr;
  std::size_t index_ = 0;
};

/// Checks `format` and `version`, the first thing in both of our formats; the version, 1 or 2.
inline int check_format(json_cursor const& root, char const* format) {
  root.object();
  auto const name = root.member("format");
  if (name.text() != format) name.must("must be \"" + std::string(format) + "\"");
  auto const version = root.member("version");
  std::uint64_t const number = version.integer(std::numeric_limits<std::uint64_t>::max(), "1 or 2");
  if (number != 1 && number != 2) version.must("must be 1 or 2, the versions that this library knows");
  return static_cast<int>(number);
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
