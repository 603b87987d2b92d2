// SPDX-License-Identifier: Apache-2.0
//
// The words of a command line, one after the other; what is wrong with them is an error that names the word.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace field {

/// The parts of `text` between commas.
inline std::vector<std::string> split(std::string const& text) {
  std::vector<std::string> words;
  std::istringstream in(text);
  for (std::string word; std::getline(in, word, ',');) words.push_back(word);
  return words;
}

class arguments {
 public:
  arguments(int argc, char** argv) : words_(argv + 1, argv + argc) {}

  /// Moves to the next option or word; false at the end.
  [[nodiscard]] bool next() {
    if (at_ == words_.size()) return false;
    option_ = words_[at_++];
    return true;
  }
  [[nodiscard]] std::string const& word() const { return option_; }
  [[nodiscard]] bool is(std::string_view name) const { return option_ == name; }
  [[nodiscard]] bool is_option() const { return option_.starts_with("--"); }

  /// Whether a value follows, not another option.
  [[nodiscard]] bool has_value() const { return at_ < words_.size() && !words_[at_].starts_with("--"); }
  [[nodiscard]] std::string value() {
    if (!has_value()) throw std::invalid_argument(option_ + " needs a value");
    return words_[at_++];
  }
  /// A number >= 0.
  [[nodiscard]] double number() { return number_in(value()); }
  /// A whole number from `least` on.
  [[nodiscard]] std::size_t count(std::size_t least = 0) { return count_in(value(), least); }
  /// "0..3,7" as 0, 1, 2, 3, 7.
  [[nodiscard]] std::vector<std::size_t> counts() {
    std::vector<std::size_t> out;
    for (std::string const& range : split(value())) {
      std::size_t const dots = range.find("..");
      std::size_t const first = count_in(range.substr(0, dots), 0);
      std::size_t const last = dots == std::string::npos ? first : count_in(range.substr(dots + 2), first);
      for (std::size_t i = first; i <= last; ++i) out.push_back(i);
    }
    return out;
  }
  [[noreturn]] void refuse() const { throw std::invalid_argument("there is no option " + option_); }

 private:
  [[nodiscard]] double number_in(std::string const& text) const {
    char* end = nullptr;
    double const x = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0' || !(x >= 0 && x < 1e9)) {
      throw std::invalid_argument(option_ + " takes a number from 0 to 1e9, not \"" + text + "\"");
    }
    return x;
  }
  [[nodiscard]] std::size_t count_in(std::string const& text, std::size_t least) const {
    auto const n = static_cast<std::size_t>(number_in(text));
    if (n < least || static_cast<double>(n) != number_in(text)) {
      throw std::invalid_argument(option_ + " takes a whole number from " + std::to_string(least) +
                                  ", not \"" + text + "\"");
    }
    return n;
  }

  std::vector<std::string> words_;
  std::size_t at_ = 0;
  std::string option_;
};

}  // namespace field
