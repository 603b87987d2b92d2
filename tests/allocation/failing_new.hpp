// SPDX-License-Identifier: Apache-2.0
//
// Calls that run out of memory at the k-th request to operator new, for many k (failing_new.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace test {

inline constexpr std::int64_t never_fails = std::int64_t{1} << 60;

/// From now on operator new grants `count` requests; the one after these fails, and all others. Returns how
/// many were left before.
std::int64_t grant_requests(std::int64_t count) noexcept;

/// Whether a call ended, and what it asked for.
struct attempt {
  bool ended = false;
  std::int64_t requests = 0;
};

inline attempt run_with(std::int64_t limit, std::function<void()> const& call) {
  attempt out;
  grant_requests(limit);
  try {
    call();
    out.ended = true;
  } catch (std::bad_alloc const&) {
  } catch (...) {
    grant_requests(never_fails);
    throw;
  }
  out.requests = limit - grant_requests(never_fails);
  return out;
}

/// The first `spread` failures one by one, later ones further and further apart, down to the last request of
/// all.
inline std::vector<std::int64_t> failing_requests(std::int64_t all, std::int64_t spread = 24) {
  std::vector<std::int64_t> out;
  for (std::int64_t k = 0; k < all; k += 1 + k / spread) out.push_back(k);
  out.push_back(all - 1);
  return out;
}

/// `call` returns what it found; the same every time that it ends.
template <class Call>
void check_every_failure(std::string const& what, Call const& call) {
  CAPTURE(what);
  auto expected = call();
  attempt const whole = run_with(never_fails, [&] { expected = call(); });
  REQUIRE(whole.ended);
  std::size_t failed = 0;
  for (std::int64_t const k : failing_requests(whole.requests)) {
    CAPTURE(k);
    auto found = expected;
    attempt const part = run_with(k, [&] { found = call(); });
    CHECK(found == expected);  // the library may do with less memory (a sort without a buffer), but not worse
    if (!part.ended) ++failed;
  }
  CHECK(failed > 0);
  CHECK(call() == expected);
}

}  // namespace test
