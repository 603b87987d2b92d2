// SPDX-License-Identifier: Apache-2.0
#include "solvers/conformance.hpp"

#include <checkmate/solvers/any_backend.hpp>
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/clp.hpp>
#include <checkmate/solvers/exhaustive.hpp>

TEST_CASE("conformance: cbc, integer models") {
  test::conforms(checkmate::cbc{}, true);
}

TEST_CASE("conformance: cbc, continuous models") {
  test::conforms(checkmate::cbc{}, false);
}

TEST_CASE("conformance: cbc reentrant, integer models") {
  test::conforms(checkmate::cbc{.reentrant = true}, true);
}

TEST_CASE("conformance: clp") {
  test::conforms(checkmate::clp{}, false);
}

TEST_CASE("conformance: clp, primal simplex without presolve") {
  test::conforms(checkmate::clp{.method = checkmate::clp_method::primal, .presolve = false}, false);
}

TEST_CASE("conformance: clp, barrier") {
  test::conforms(checkmate::clp{.method = checkmate::clp_method::barrier}, false);
}

TEST_CASE("conformance: exhaustive") {
  test::conforms(checkmate::exhaustive{}, true, {.infinite_bounds = false});
}

TEST_CASE("conformance: any_backend holding clp") {
  test::conforms(checkmate::any_backend{checkmate::clp{}}, false);
}
