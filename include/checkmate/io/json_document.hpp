// SPDX-License-Identifier: Apache-2.0
//
// A parsed JSON text: nlohmann_json parses, the values lie here in three flat arrays.
//
// Not nlohmann::json itself, because its destructor allocates (it unrolls the tree onto a std::vector): where
// memory runs out while a file is read, a tree of it cannot be given up, and the process ends by
// std::terminate. Here unwinding only gives memory back, and std::bad_alloc arrives at the caller.
#pragma once

#if !__has_include(<nlohmann/json.hpp>)
#error "link checkmate::io: the header of nlohmann_json is missing (Debian: nlohmann-json3-dev)"
#endif

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <checkmate/core/error.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// `natural`: an integer >= 0 that 64 bits hold, also one written as 1048576.0 or 1e6; `integer`: one below
/// zero; `real`: any other number.
enum class json_kind : std::uint8_t { null, boolean, natural, integer, real, text, array, object };

/// The integer >= 0 that `text`, a JSON number with a fraction or an exponent, stands for, to the last digit;
/// none where it stands for none that 64 bits hold.
inline std::optional<std::uint64_t> natural_in_float_notation(std::string_view text) {
  std::string digits;
  std::int64_t scale = 0;  // the value is digits * 10^scale
  std::size_t i = 0;
  for (bool fraction = false; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '-') return std::nullopt;
    bool const digit = text[i] >= '0' && text[i] <= '9';
    if (digit) digits += text[i];
    if (digit && fraction) --scale;
    if (!digit) fraction = true;  // the point of any locale
  }
  if (i < text.size()) {
    if (++i < text.size() && text[i] == '+') ++i;
    std::int64_t exponent = 0;
    auto const read = std::from_chars(text.data() + i, text.data() + text.size(), exponent);
    constexpr std::int64_t far = std::int64_t{1} << 40;
    if (read.ec != std::errc() || exponent > far || exponent < -far) return std::nullopt;
    scale += exponent;
  }
  for (; !digits.empty() && digits.back() == '0'; ++scale) digits.pop_back();
  if (digits.empty()) return 0;
  if (scale < 0 || scale > 19) return std::nullopt;
  digits.append(static_cast<std::size_t>(scale), '0');
  std::uint64_t value = 0;
  auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return read.ec == std::errc() ? std::optional(value) : std::nullopt;
}

/// A value; what it consists of lies in its document.
struct json_value {
  json_kind kind = json_kind::null;
  union {
    std::uint64_t natural;
    std::int64_t integer;
    double real;
    bool boolean;
    std::size_t first;  // text: its first character; array: its first element; object: its first name
  };
  std::size_t size = 0;  // of a text, an array or an object

  explicit json_value(json_kind what = json_kind::null) noexcept : kind(what), natural(0) {}
};

/// A whole text, parsed. Immutable, so its values may be pointed at.
class json_document {
 public:
  [[nodiscard]] json_value const& root() const noexcept { return values_.back(); }
  [[nodiscard]] std::string_view text(json_value const& of) const noexcept {
    return std::string_view(texts_).substr(of.first, of.size);
  }
  [[nodiscard]] json_value const& element(json_value const& array, std::size_t i) const noexcept {
    return values_[array.first + i];
  }
  /// The name of the i-th member of an object.
  [[nodiscard]] std::string_view name(json_value const& object, std::size_t i) const noexcept {
    return text(values_[object.first + 2 * i]);
  }
  /// The member of that name, the last one where there are several; nullptr where there is none. Looks at all
  /// of them: objects of our formats have a dozen.
  [[nodiscard]] json_value const* find(json_value const& object, std::string_view name) const noexcept {
    if (object.kind != json_kind::object) return nullptr;
    for (std::size_t i = object.size; i-- > 0;) {
      std::size_t const at = object.first + 2 * i;
      if (text(values_[at]) == name) return &values_[at + 1];
    }
    return nullptr;
  }

 private:
  friend class json_builder;
  std::vector<json_value> values_;  // those of an array or object side by side; the root last
  std::string texts_;
};

/// Hears of one value after the other from nlohmann_json's parser and builds the document.
class json_builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit json_builder(std::string const& file) : file_(file) {}

  /// The document, once the parser is through.
  [[nodiscard]] json_document take() && {
    close(1);
    return std::move(out_);
  }

  bool null() override { return add(json_value()); }
  bool boolean(bool value) override { return add(json_kind::boolean, &json_value::boolean, value); }
  bool number_integer(std::int64_t value) override {
    return add(json_kind::integer, &json_value::integer, value);
  }
  bool number_unsigned(std::uint64_t value) override {
    return add(json_kind::natural, &json_value::natural, value);
  }
  bool number_float(double value, std::string const& text) override {
    if (auto const whole = natural_in_float_notation(text)) return number_unsigned(*whole);
    return add(json_kind::real, &json_value::real, value);
  }
  bool string(std::string& value) override {
    std::size_t const first = out_.texts_.size();
    out_.texts_ += value;
    return add(json_kind::text, &json_value::first, first, value.size());
  }
  bool binary(nlohmann::json::binary_t&) override { return false; }  // never in a text
  bool start_object(std::size_t) override { return open(); }
  bool key(std::string& name) override { return string(name); }
  bool end_object() override { return end(json_kind::object); }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return end(json_kind::array); }

  /// Throws invalid_file with the byte where the text stops being JSON, or the number that no double holds.
  bool parse_error(std::size_t at, std::string const&, nlohmann::json::exception const& broken) override {
    std::string what = broken.what();  // "[json.exception.parse_error.101] parse error at line 1, column 2: "
    if (auto const begin = what.find("] "); begin != std::string::npos) what.erase(0, begin + 2);
    bool const not_json = dynamic_cast<nlohmann::json::parse_error const*>(&broken) != nullptr;
    throw invalid_file(file_ + (not_json ? ": is not JSON, byte " + std::to_string(at) : "") + ": " + what);
  }

 private:
  bool add(json_value const& value) {
    waiting_.push_back(value);
    return true;
  }
  template <class T>
  bool add(json_kind kind, T json_value::*field, T content, std::size_t size = 0) {
    json_value out(kind);
    out.*field = content;
    out.size = size;
    return add(out);
  }
  bool open() {
    begins_.push_back(waiting_.size());
    return true;
  }
  /// What came since the innermost `open` becomes one value.
  bool end(json_kind kind) {
    std::size_t const count = waiting_.size() - begins_.back();
    begins_.pop_back();
    std::size_t const first = out_.values_.size();
    close(count);
    // An object's values are name, value, name, value, ...
    return add(kind, &json_value::first, first, kind == json_kind::object ? count / 2 : count);
  }
  /// Moves the last `count` of the waiting values to their place in the document.
  void close(std::size_t count) {
    auto const from = waiting_.end() - static_cast<std::ptrdiff_t>(count);
    out_.values_.insert(out_.values_.end(), from, waiting_.end());
    waiting_.erase(from, waiting_.end());
  }

  std::string const& file_;
  json_document out_;
  std::vector<json_value> waiting_;  // for the end of the array or object that they are in
  std::vector<std::size_t> begins_;  // of the arrays and objects that have not ended, in `waiting_`
};

/// What nests deeper than this is refused before parsing. Arrays and objects of our formats nest four deep.
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
inline json_document parse_json(std::string_view text, std::string const& file) {
  check_json_depth(text, file);
  json_builder builder(file);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder))
    throw invalid_file(file + ": is not JSON");
  return std::move(builder).take();
}

/// The JSON text of one value that is neither array nor object, as nlohmann_json writes it; what is not UTF-8
/// is made so. Nothing that has members: see the top.
inline std::string json_text(auto const& scalar) {
  return nlohmann::json(scalar).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
