// SPDX-License-Identifier: Apache-2.0
//
// A leak of our own, which LeakSanitizer must report under the suppressions of tests/main.cpp: one inside the
// library's call of a backend, where COIN's leaks are passed over.
#include <cstdlib>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>

namespace {

void* volatile lost = nullptr;

struct leaking {
  [[nodiscard]] checkmate::backend_capabilities capabilities() const { return {.name = "leaking"}; }
  [[nodiscard]] checkmate::solver_outcome solve(checkmate::linear_model const&,
                                                checkmate::solver_options const&) const {
    lost = std::malloc(4711);
    lost = nullptr;
    return {};
  }
};

}  // namespace

TEST_CASE("leaks: what a backend of ours loses") {
  leaking backend;
  (void)checkmate::checked_solve(backend, {}, {});
}
