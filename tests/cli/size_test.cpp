// SPDX-License-Identifier: Apache-2.0
//
// The parser of amounts: "8GiB", "500MB", "50%".
#include "cli/size.hpp"

#include <cstdint>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include <checkmate/core/error.hpp>

#include "support/throws.hpp"

using cli::parse_bytes;

namespace {

std::string refusal(std::string const& text) {
  return test::message_of<checkmate::invalid_option>([&] { (void)parse_bytes(text, 1000); });
}

}  // namespace

TEST_CASE("parse_bytes: bytes and units, decimal and binary, in either case") {
  CHECK(parse_bytes("0", 1000) == 0);
  CHECK(parse_bytes("1234", 1000) == 1234);
  CHECK(parse_bytes("7B", 1000) == 7);
  CHECK(parse_bytes("500MB", 1000) == 500'000'000);
  CHECK(parse_bytes("8GiB", 1000) == std::int64_t{8} << 30);
  CHECK(parse_bytes("8 gib", 1000) == std::int64_t{8} << 30);
  CHECK(parse_bytes(" 2 kB ", 1000) == 2000);
  CHECK(parse_bytes("2KiB", 1000) == 2048);
  CHECK(parse_bytes("1.5GiB", 1000) == std::int64_t{3} << 29);
  CHECK(parse_bytes("0.5B", 1000) == 0);
  CHECK(parse_bytes("1048576.0", 1000) == 1048576);
  CHECK(parse_bytes("1e9", 1000) == 1'000'000'000);
  CHECK(parse_bytes("1TB", 1000) == 1'000'000'000'000);
  CHECK(parse_bytes("1TiB", 1000) == std::int64_t{1} << 40);
}

TEST_CASE("parse_bytes: a percentage is a part of the whole, rounded down") {
  CHECK(parse_bytes("50%", 1000) == 500);
  CHECK(parse_bytes("50 %", 1001) == 500);
  CHECK(parse_bytes("0%", 1000) == 0);
  CHECK(parse_bytes("100%", 1000) == 1000);
  CHECK(parse_bytes("12.5%", 1000) == 125);
  CHECK(parse_bytes("150%", 1000) == 1500);
  CHECK(std::get<double>(cli::parse_size("25%")) == 0.25);
}

TEST_CASE("parse_percent: a number with a percent sign, and nothing else") {
  CHECK(cli::parse_percent("5%") == 0.05);
  CHECK(cli::parse_percent("0%") == 0);
  CHECK(cli::parse_percent(" 12.5 %") == 0.125);
  CHECK(cli::parse_percent("250%") == 2.5);
  for (auto const* text : {"5", "0.05", "", "%", "-5%", "nan%", "inf%", "5MB", "five", "5%%"}) {
    CAPTURE(text);
    CHECK(test::message_of<checkmate::invalid_option>([&] {
            (void)cli::parse_percent(text);
          }).find("is not a percentage (write 5% or 12.5%)") != std::string::npos);
  }
}

TEST_CASE("parse_bytes: whole numbers are exact up to the largest amount") {
  CHECK(parse_bytes("9223372036854775807", 1000) == std::numeric_limits<std::int64_t>::max());
  CHECK(parse_bytes("8388607TiB", 1000) == std::int64_t{8388607} << 40);
  CHECK(parse_bytes("9007199254740993", 1000) == 9007199254740993);  // not a double
}

TEST_CASE("parse_bytes: what is no amount is refused, with the text and the reason") {
  for (auto const* text : {"", " ", "GiB", "%", "abc", ".", "+5", "0x10", "nan", "inf", "infinity", "1 2",
                           "1,5GB", "5G", "5 GiBs", "5%%", "5 % 3", "1e", "--5"}) {
    CAPTURE(text);
    CHECK(refusal(text).find("is not an amount of memory") != std::string::npos);
  }
  CHECK(refusal("-1").find("\"-1\" is not an amount of memory: it is negative") == 0);
  CHECK(refusal("-50%").find("it is negative") != std::string::npos);
  CHECK(refusal("5 parsecs").find("the unit is not known") != std::string::npos);
}

TEST_CASE("parse_bytes: a part without a unit is refused as ambiguous, with what it may mean") {
  CHECK(refusal("0.5") ==
        "\"0.5\" is not an amount of memory: without a unit it may mean 50% or 0.5GiB, and bytes are whole "
        "(write "
        "bytes, 500MB, 8GiB or 50%)");
  CHECK(refusal("0.125").find("12.5% or 0.125GiB") != std::string::npos);
  for (auto const* text : {"1.0", "1.5", "0.0", "5e-1", "1000000.5", " 0.5 "}) {
    CAPTURE(text);
    CHECK(refusal(text).find("without a unit it may mean ") != std::string::npos);
  }
}

TEST_CASE("parse_bytes: what does not fit 63 bits is refused") {
  for (auto const* text : {"9223372036854775808", "8388608TiB", "9223372037GB", "1e19", "1e300TiB", "1e999",
                           "99999999999999999999999999", "9.3e18"}) {
    CAPTURE(text);
    CHECK(refusal(text).find("is not an amount of memory") != std::string::npos);
  }
  CHECK(test::message_of<checkmate::invalid_option>([] {
          (void)parse_bytes("200%", std::numeric_limits<std::int64_t>::max());
        }).find("more than 2^63-1") != std::string::npos);
}
