// SPDX-License-Identifier: Apache-2.0
//
// What the fuzz targets share. A target reads bytes as some input of the library; misuse may be refused by an
// exception of the library's own, and everything else that goes wrong is a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <checkmate/core/error.hpp>

namespace fuzz {

/// A finding, unless `good`.
inline void require(bool good, char const* what) {
  if (good) return;
  std::fprintf(stderr, "fuzz: %s\n", what);
  std::abort();
}

inline std::string_view text(std::uint8_t const* data, std::size_t size) {
  return {reinterpret_cast<char const*>(data), size};
}

/// Runs `call`; says whether the library accepted the input.
template <class Call>
bool accepted(Call const& call) {
  try {
    call();
    return true;
  } catch (checkmate::error const& refused) {
    require(*refused.what() != '\0', "an error without a word");
    return false;
  }
}

/// Bytes as a stream of numbers; zeros once they are used up.
class byte_stream {
 public:
  byte_stream(std::uint8_t const* data, std::size_t size) : data_(data), left_(size) {}

  [[nodiscard]] bool empty() const { return left_ == 0; }
  template <class Number>
  Number take() {
    Number out{};
    std::size_t const size = left_ < sizeof out ? left_ : sizeof out;
    if (size > 0) std::memcpy(&out, data_, size);
    data_ += size;
    left_ -= size;
    return out;
  }
  /// 0 .. limit - 1.
  std::size_t below(std::size_t limit) { return take<std::uint16_t>() % limit; }

 private:
  std::uint8_t const* data_;
  std::size_t left_;
};

}  // namespace fuzz
