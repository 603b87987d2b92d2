// SPDX-License-Identifier: Apache-2.0
//
// Amounts of memory as the program reads them: "8GiB", "50%".
#include <cstdint>

#include <cli/size.hpp>

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  fuzz::byte_stream numbers(data, size);
  auto const whole = static_cast<checkmate::bytes>(numbers.take<std::uint64_t>() >> 1);
  std::string_view const text = fuzz::text(data, size);
  (void)fuzz::accepted([&] {
    auto const amount = cli::parse_size(text);
    if (auto const* exact = std::get_if<checkmate::bytes>(&amount)) {
      fuzz::require(*exact >= 0, "a negative amount");
    } else {
      fuzz::require(std::get<double>(amount) >= 0, "a negative fraction");
    }
  });
  (void)fuzz::accepted(
      [&] { fuzz::require(cli::parse_bytes(text, whole) >= 0, "a negative number of bytes"); });
  return 0;
}
