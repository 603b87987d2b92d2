// SPDX-License-Identifier: Apache-2.0
//
// Builds a linear_model in one pass: columns at any time, rows one after the other.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/model/linear_model.hpp>

namespace checkmate {
inline namespace v0 {

/// Collects columns and rows and turns them into compressed columns once, in `finish`.
class linear_model_builder {
 public:
  using column = std::int32_t;

  /// A new column with its bounds and objective coefficient; its index is returned.
  column add_column(double lower, double upper, double objective, bool is_integer) {
    if (detail::is_nan(lower) || detail::is_nan(upper) || !detail::is_finite(objective)) {
      throw invalid_model("column " + std::to_string(model_.column_count()) +
                          " has a bound or cost that is no number");
    }
    if (model_.column_count() >= static_cast<std::size_t>(std::numeric_limits<column>::max())) {
      throw invalid_model("more columns than 31-bit indices can name");
    }
    model_.column_lower.push_back(lower);
    model_.column_upper.push_back(upper);
    model_.objective.push_back(objective);
    model_.integer.push_back(is_integer ? 1 : 0);
    return static_cast<column>(model_.column_count() - 1);
  }

  /// A new integer column between 0 and 1.
  column add_binary(double objective = 0) { return add_column(0, 1, objective, true); }

  /// Closes the row before and opens one with lower <= sum of its terms <= upper; its index is returned.
  std::int32_t begin_row(double lower, double upper) {
    if (detail::is_nan(lower) || detail::is_nan(upper)) {
      throw invalid_model("row " + std::to_string(model_.row_count()) + " has a bound that is no number");
    }
    if (model_.row_count() >= static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
      throw invalid_model("more rows than 31-bit indices can name");
    }
    model_.row_lower.push_back(lower);
    model_.row_upper.push_back(upper);
    row_start_.push_back(entries_.size());
    return static_cast<std::int32_t>(model_.row_count() - 1);
  }

  /// Adds coefficient * column to the open row; terms of one column in one row add up.
  void add_term(column col, double coefficient) {
    if (row_start_.empty()) throw invalid_model("add_term before the first begin_row");
    if (col < 0 || static_cast<std::size_t>(col) >= model_.column_count()) {
      throw invalid_model("row " + std::to_string(row_start_.size() - 1) + " names column " +
                          std::to_string(col) + ", which does not exist");
    }
    if (!detail::is_finite(coefficient)) {
      throw invalid_model("row " + std::to_string(row_start_.size() - 1) +
                          " has a coefficient that is no number");
    }
    entries_.push_back({col, coefficient});
  }

  void set_objective_offset(double offset) { model_.objective_offset = offset; }

  [[nodiscard]] std::size_t column_count() const noexcept { return model_.column_count(); }
  [[nodiscard]] std::size_t row_count() const noexcept { return model_.row_count(); }

  /// The model; the builder is empty afterwards.
  [[nodiscard]] linear_model finish() {
    row_start_.push_back(entries_.size());
    merge_rows();
    to_columns();
    entries_.clear();
    row_start_.clear();
    return std::exchange(model_, linear_model{});
  }

 private:
  struct entry {
    column col;
    double coefficient;
  };

  /// Sorts each row by column and adds up what stands twice; zeros go.
  void merge_rows() {
    std::size_t out = 0;
    for (std::size_t r = 0; r + 1 < row_start_.size(); ++r) {
      auto const first = entries_.begin() + static_cast<std::ptrdiff_t>(row_start_[r]);
      auto const last = entries_.begin() + static_cast<std::ptrdiff_t>(row_start_[r + 1]);
      std::sort(first, last, [](entry const& a, entry const& b) { return a.col < b.col; });
      std::size_t const begin = out;
      for (auto it = first; it != last; ++it) {
        if (out > begin && entries_[out - 1].col == it->col) {
          entries_[out - 1].coefficient += it->coefficient;
        } else {
          entries_[out++] = *it;
        }
      }
      out = static_cast<std::size_t>(std::remove_if(entries_.begin() + static_cast<std::ptrdiff_t>(begin),
                                                    entries_.begin() + static_cast<std::ptrdiff_t>(out),
                                                    [](entry const& e) { return e.coefficient == 0; }) -
                                     entries_.begin());
      row_start_[r] = begin;
    }
    row_start_.back() = out;
    entries_.resize(out);
  }

  void to_columns() {
    auto& m = model_;
    m.column_start.assign(m.column_count() + 1, 0);
    for (entry const& e : entries_) ++m.column_start[static_cast<std::size_t>(e.col) + 1];
    for (std::size_t j = 0; j < m.column_count(); ++j) m.column_start[j + 1] += m.column_start[j];
    m.row_index.resize(entries_.size());
    m.coefficient.resize(entries_.size());
    std::vector<std::int64_t> next(m.column_start.begin(), m.column_start.end() - 1);
    for (std::size_t r = 0; r + 1 < row_start_.size(); ++r) {
      for (std::size_t k = row_start_[r]; k < row_start_[r + 1]; ++k) {
        auto const at = static_cast<std::size_t>(next[static_cast<std::size_t>(entries_[k].col)]++);
        m.row_index[at] = static_cast<std::int32_t>(r);
        m.coefficient[at] = entries_[k].coefficient;
      }
    }
  }

  linear_model model_;
  std::vector<std::size_t> row_start_;
  std::vector<entry> entries_;
};

}  // namespace v0
}  // namespace checkmate
