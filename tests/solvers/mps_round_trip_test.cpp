// SPDX-License-Identifier: Apache-2.0
//
// write_mps is tested here, where there is a solver that reads MPS.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <CoinMessageHandler.hpp>
#include <CoinMpsIO.hpp>
#include <CoinPackedMatrix.hpp>
#include <doctest/doctest.h>

#include <checkmate/io/mps.hpp>
#include <checkmate/model/builder.hpp>
#include <checkmate/solvers/cbc.hpp>

#include "solvers/models.hpp"

namespace {

/// The model that COIN reads from what write_mps writes.
checkmate::linear_model through_a_file(checkmate::linear_model const& model) {
  auto const path = std::filesystem::temp_directory_path() /
                    ("checkmate_round_trip_" + std::to_string(std::hash<void const*>{}(&model)) + ".mps");
  {
    std::ofstream file(path);
    checkmate::write_mps(file, model);
  }
  CoinMpsIO reader;
  CoinMessageHandler silent;
  silent.setLogLevel(0);
  reader.passInMessageHandler(&silent);
  int const errors = reader.readMps(path.string().c_str(), "");
  std::filesystem::remove(path);
  CHECK(errors == 0);

  checkmate::linear_model_builder b;
  auto open = [&](double bound) {
    return bound >= reader.getInfinity()    ? checkmate::infinity
           : bound <= -reader.getInfinity() ? -checkmate::infinity
                                            : bound;
  };
  for (int j = 0; j < reader.getNumCols(); ++j) {
    b.add_column(open(reader.getColLower()[j]), open(reader.getColUpper()[j]), reader.getObjCoefficients()[j],
                 reader.isInteger(j));
  }
  CoinPackedMatrix const& rows = *reader.getMatrixByRow();
  for (int i = 0; i < reader.getNumRows(); ++i) {
    b.begin_row(open(reader.getRowLower()[i]), open(reader.getRowUpper()[i]));
    for (int k = 0; k < rows.getVectorSize(i); ++k) {
      auto const at = rows.getVectorFirst(i) + k;
      b.add_term(rows.getIndices()[at], rows.getElements()[at]);
    }
  }
  b.set_objective_offset(-reader.objectiveOffset());
  return b.finish();
}

/// COIN reads decimals with an error of an ulp or so.
void check_close(std::vector<double> const& a, std::vector<double> const& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) CHECK(std::abs(a[i] - b[i]) <= 1e-15 * std::abs(a[i]));
  }
}

void check_same(checkmate::linear_model const& a, checkmate::linear_model const& b) {
  check_close(a.column_lower, b.column_lower);
  check_close(a.column_upper, b.column_upper);
  check_close(a.objective, b.objective);
  CHECK(a.integer == b.integer);
  check_close(a.row_lower, b.row_lower);
  check_close(a.row_upper, b.row_upper);
  CHECK(a.column_start == b.column_start);
  CHECK(a.row_index == b.row_index);
  check_close(a.coefficient, b.coefficient);
  check_close({a.objective_offset}, {b.objective_offset});
}

}  // namespace

TEST_CASE("write_mps: every kind of row and column reads back as it was") {
  checkmate::linear_model_builder b;
  b.add_column(0, 1, 1.0 / 3, true);
  b.add_column(-checkmate::infinity, checkmate::infinity, -1e-12, false);
  b.add_column(-checkmate::infinity, 4, 0, false);
  b.add_column(-3, checkmate::infinity, 1e15 + 0.125, true);
  b.add_column(2, 2, 0, false);
  b.add_column(-7, -2, 5, true);
  b.add_column(0, checkmate::infinity, 0, true);  // in no row, at no cost
  test::add_row(b, 1, 1, {1, 1, 0, 0, 2});
  test::add_row(b, -checkmate::infinity, 0.1, {0, 1.0 / 7, 1});
  test::add_row(b, -5, checkmate::infinity, {0, 0, 1, -1, 0, 3});
  test::add_row(b, -2, 6, {1, 0, 1e-9});
  b.set_objective_offset(-17.3);
  auto const model = b.finish();
  check_same(model, through_a_file(model));
}

TEST_CASE("write_mps: random models have the same optimum after a round trip") {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    auto const model = test::random_integers(seed, false);
    auto const back = through_a_file(model);
    check_same(model, back);
    auto const first = checkmate::cbc{}.solve(model, {});
    auto const second = checkmate::cbc{}.solve(back, {});
    CHECK(first.status == second.status);
    if (first.has_values()) CHECK(first.objective == doctest::Approx(second.objective));
  }
}
