// SPDX-License-Identifier: Apache-2.0
//
// The reader of ONNX models, up to the lowered training step.
#include <string>

#include <checkmate/graph/lower.hpp>
#include <checkmate/io/onnx.hpp>

// After ONNX, whose names include one of this header's macros.
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.hpp"

namespace {

/// A file in memory, by name.
class memory_file {
 public:
  memory_file(std::uint8_t const* data, std::size_t size) : handle_(memfd_create("model", 0)) {
    fuzz::require(handle_ >= 0, "no file in memory");
    fuzz::require(write(handle_, data, size) == static_cast<ssize_t>(size), "a short write");
  }
  memory_file(memory_file const&) = delete;
  memory_file& operator=(memory_file const&) = delete;
  ~memory_file() { close(handle_); }
  [[nodiscard]] std::string name() const { return "/proc/self/fd/" + std::to_string(handle_); }

 private:
  int handle_;
};

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr);  // it prints every message that does not parse
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  fuzz::byte_stream choices(data + size - 1, 1);  // the last byte chooses the batch, too
  checkmate::onnx_options options;
  options.sizes.batch = choices.take<std::uint8_t>() % 4;
  memory_file const file(data, size);
  (void)fuzz::accepted([&] {
    checkmate::recorded_graph const g = checkmate::load_onnx(file.name(), options);
    (void)checkmate::lower(g, g);
  });
  return 0;
}
