// SPDX-License-Identifier: Apache-2.0
//
// Whole files as strings, plain or gzip (link checkmate::io, which brings zlib).
//
// Reading tells gzip by its first two bytes, writing by the file's name. Both directions are bounded and
// check everything: a truncated or damaged file is an invalid_file that says so.
#pragma once

#if !__has_include(<zlib.h>)
#error "link checkmate::io: the header of zlib is missing (Debian: zlib1g-dev)"
#endif

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <istream>
#include <limits>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <zlib.h>

#include <checkmate/core/error.hpp>

namespace checkmate {
inline namespace v0 {

/// Largest file that is read unless the caller says otherwise, after decompression: 1 GiB.
inline constexpr std::size_t default_file_limit = std::size_t{1} << 30;

namespace detail {

[[noreturn]] inline void throw_file(std::string const& name, std::string const& what) {
  throw invalid_file(name + ": " + what);
}

/// What the operating system says of the last failed call.
inline std::string last_system_error() {
  int const code = errno;
  return code == 0 ? std::string("unknown error") : std::generic_category().message(code);
}

/// Of buffers, which are not on the stack: where memory is short, a stack that cannot grow ends the process.
inline constexpr std::size_t file_buffer_size = std::size_t{1} << 16;

/// Throws what the state of a zlib stream that cannot go on comes from: std::bad_alloc, or invalid_file.
[[noreturn]] inline void throw_zlib(int state, std::string const& name, std::string const& what) {
  if (state == Z_MEM_ERROR) throw std::bad_alloc();
  throw_file(name, what);
}

/// A zlib stream that is ended whatever happens.
class inflater {
 public:
  explicit inflater(std::string const& name) : name_(name) {
    int const state = inflateInit2(&stream_, 15 + 16);  // 16: gzip only
    if (state != Z_OK) throw_zlib(state, name_, "zlib cannot start");
  }
  inflater(inflater const&) = delete;
  inflater& operator=(inflater const&) = delete;
  ~inflater() { inflateEnd(&stream_); }

  /// Decompresses one gzip member of `data` onto `out`; returns how much of `data` it took.
  std::size_t member(std::string_view data, std::string& out, std::size_t limit) {
    inflateReset(&stream_);
    std::size_t taken = 0;
    int state = Z_OK;
    while (state != Z_STREAM_END) {
      // zlib counts in 32 bits: feed it in pieces. It never writes through next_in.
      std::size_t const piece = std::min<std::size_t>(data.size() - taken, std::size_t{1} << 20);
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data() + taken));
      stream_.avail_in = static_cast<uInt>(piece);
      stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data());
      stream_.avail_out = static_cast<uInt>(buffer_.size());
      state = inflate(&stream_, Z_NO_FLUSH);
      taken += piece - stream_.avail_in;
      std::size_t const made = buffer_.size() - stream_.avail_out;
      if (made > limit - out.size()) throw_file(name_, "holds more than " + std::to_string(limit) + " bytes");
      out.append(buffer_.data(), made);
      if (state == Z_BUF_ERROR || (state == Z_OK && taken == data.size() && stream_.avail_out > 0)) {
        throw_file(name_, "is truncated: the gzip data ends early, at byte " + std::to_string(data.size()));
      }
      if (state != Z_OK && state != Z_STREAM_END) {
        char const* const what = stream_.msg != nullptr ? stream_.msg : "gzip data";
        throw_zlib(state, name_, "is damaged: " + std::string(what));
      }
    }
    return taken;
  }

 private:
  std::string const& name_;
  z_stream stream_{};
  std::vector<char> buffer_ = std::vector<char>(file_buffer_size);
};

inline bool is_gzip(std::string_view data) {
  return data.size() >= 2 && data[0] == '\x1f' && data[1] == '\x8b';
}

inline std::string gunzip(std::string_view data, std::string const& name, std::size_t limit) {
  std::string out;
  inflater stream(name);
  while (!data.empty()) {
    if (!is_gzip(data)) throw_file(name, "is damaged: something follows the gzip data");
    data.remove_prefix(stream.member(data, out, limit));
  }
  return out;
}

inline std::string gzip(std::string_view text, std::string const& name) {
  if (text.size() > std::numeric_limits<uInt>::max() / 2) throw_file(name, "is too large to compress");
  z_stream stream{};
  int state = deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  if (state != Z_OK) throw_zlib(state, name, "zlib cannot start");
  struct ending {
    z_stream& stream;
    ~ending() { deflateEnd(&stream); }
  } const at_end{stream};
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  state = deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  if (state != Z_STREAM_END) throw_file(name, "cannot be compressed");
  return out;
}

}  // namespace detail

/// All that `in` still holds, decompressed if it is gzip; `name` is what messages call it. Throws
/// invalid_file where it cannot be read, is truncated or damaged, or holds more than `limit` bytes.
[[nodiscard]] inline std::string read_text(std::istream& in, std::string const& name,
                                           std::size_t limit = default_file_limit) {
  errno = 0;
  std::string data;
  std::vector<char> buffer(detail::file_buffer_size);
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())), in.gcount() > 0) {
    auto const got = static_cast<std::size_t>(in.gcount());
    if (got > limit - data.size()) {
      detail::throw_file(name, "holds more than " + std::to_string(limit) + " bytes");
    }
    data.append(buffer.data(), got);
  }
  if (in.bad()) detail::throw_file(name, "cannot be read: " + detail::last_system_error());
  return detail::is_gzip(data) ? detail::gunzip(data, name, limit) : data;
}

/// The same of `file`, which must be there and no directory.
[[nodiscard]] inline std::string read_text_file(std::filesystem::path const& file,
                                                std::size_t limit = default_file_limit) {
  std::string const name = file.string();
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) detail::throw_file(name, "is a directory, not a file");
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) detail::throw_file(name, "cannot be opened: " + detail::last_system_error());
  return read_text(in, name, limit);
}

/// Writes `text` to `file`, gzip if its name ends in ".gz". Throws invalid_file where that fails.
inline void write_text_file(std::filesystem::path const& file, std::string_view text) {
  std::string const name = file.string();
  std::string const data = file.extension() == ".gz" ? detail::gzip(text, name) : std::string(text);
  errno = 0;
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  if (!out) detail::throw_file(name, "cannot be written: " + detail::last_system_error());
  out.write(data.data(), static_cast<std::streamsize>(data.size()));
  out.close();
  if (!out) detail::throw_file(name, "cannot be written: " + detail::last_system_error());
}

}  // namespace v0
}  // namespace checkmate
