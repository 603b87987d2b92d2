// SPDX-License-Identifier: Apache-2.0
//
// A stand-in for as much of HiGHS' documented C++ interface as the page on backends uses: it compiles, no
// more.
#pragma once

#include <functional>
#include <string>
#include <vector>

using HighsInt = int;
enum class HighsStatus { kError = -1, kOk = 0, kWarning = 1 };
enum class HighsModelStatus { kNotset, kOptimal, kInfeasible };
enum class HighsVarType { kContinuous, kInteger };
enum class MatrixFormat { kColwise = 1, kRowwise };
enum HighsCallbackType : int { kCallbackSimplexInterrupt = 1, kCallbackMipInterrupt = 6 };

struct HighsCallbackOutput {};
struct HighsCallbackInput {
  int user_interrupt = 0;
};
using HighsCallbackFunctionType =
    std::function<void(int, std::string const&, HighsCallbackOutput const*, HighsCallbackInput*, void*)>;

struct HighsSparseMatrix {
  MatrixFormat format_ = MatrixFormat::kColwise;
  std::vector<HighsInt> start_, index_;
  std::vector<double> value_;
};
struct HighsLp {
  HighsInt num_col_ = 0, num_row_ = 0;
  std::vector<double> col_cost_, col_lower_, col_upper_, row_lower_, row_upper_;
  HighsSparseMatrix a_matrix_;
  double offset_ = 0;
  std::vector<HighsVarType> integrality_;
};
struct HighsSolution {
  bool value_valid = false;
  std::vector<double> col_value;
};
struct HighsInfo {
  double mip_dual_bound = 0;
};

class Highs {
 public:
  HighsStatus setOptionValue(std::string const&, bool) { return {}; }
  HighsStatus setOptionValue(std::string const&, HighsInt) { return {}; }
  HighsStatus setOptionValue(std::string const&, double) { return {}; }
  HighsStatus setOptionValue(std::string const&, std::string const&) { return {}; }
  HighsStatus passModel(HighsLp) { return {}; }
  HighsStatus setCallback(HighsCallbackFunctionType, void* = nullptr) { return {}; }
  HighsStatus startCallback(int) { return {}; }
  HighsStatus run() { return {}; }
  HighsSolution const& getSolution() const { return solution_; }
  HighsInfo const& getInfo() const { return info_; }
  HighsModelStatus getModelStatus() const { return {}; }

 private:
  HighsSolution solution_;
  HighsInfo info_;
};
