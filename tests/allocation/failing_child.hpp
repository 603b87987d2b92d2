// SPDX-License-Identifier: Apache-2.0
//
// As failing_new.hpp, for calls into libraries that may end the process: each is made in a child.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>

#include <doctest/doctest.h>

#include "allocation/failing_new.hpp"
#include "allocation/in_child.hpp"

namespace test {

/// Makes `call`, which says whether what it found is right, once for each failing request (`spread` as in
/// failing_requests). Checks that each ends in a way that is `allowed`, and that more than `least` end in
/// std::bad_alloc.
inline void check_failures_in_children(std::function<bool()> const& call, std::int64_t spread,
                                       std::initializer_list<ending> allowed, int least) {
  std::int64_t const all = run_with(never_fails, [&] { REQUIRE(call()); }).requests;
  int failed = 0;
  for (std::int64_t const k : failing_requests(all, spread)) {
    CAPTURE(k);
    ending const found = ending_in_child([&] {
      grant_requests(k);
      bool const right = call();
      grant_requests(never_fails);
      return right;
    });
    CAPTURE(static_cast<int>(found));
    CHECK(std::find(allowed.begin(), allowed.end(), found) != allowed.end());
    if (found == ending::bad_alloc) ++failed;
  }
  CHECK(failed > least);
}

}  // namespace test
