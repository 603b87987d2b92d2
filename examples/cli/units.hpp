// SPDX-License-Identifier: Apache-2.0
//
// Numbers as people read them: "2.57 GiB", "33.2 ms", "4.1 %".
#pragma once

#include <string>
#include <string_view>

#include <checkmate/core/types.hpp>

namespace cli {

/// "5.15 GiB".
std::string show_bytes(checkmate::bytes amount);
/// A time in a graph's own unit ("us", "ns (measured)", "flops ...", "1"), scaled: "33.2 ms", "58.9 Gflops".
std::string show_time(double amount, std::string_view unit);
/// A fraction as a percentage: "4.1 %".
std::string show_percent(double fraction);
/// Wall seconds of our own work: "0.42 s", "95 s".
std::string show_seconds(double amount);
/// "1,340".
std::string show_count(std::size_t amount);

}  // namespace cli
