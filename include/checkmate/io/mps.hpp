// SPDX-License-Identifier: Apache-2.0
//
// Writes a linear_model as free-format MPS, which every solver reads: for bug reports and other solvers.
#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

#include <checkmate/core/finite.hpp>
#include <checkmate/core/text.hpp>
#include <checkmate/model/linear_model.hpp>

namespace checkmate {
inline namespace v0 {

namespace detail {

/// The lines of one MPS file, section by section.
class mps_writer {
 public:
  mps_writer(std::ostream& out, linear_model const& model) : out_(out), model_(model) {}

  void operator()(std::string_view name) {
    out_ << "NAME " << name << " FREE\n";
    rows();
    columns();
    right_hand_sides();
    ranges();
    bounds();
    out_ << "ENDATA\n";
  }

 private:
  /// How MPS sees a row: a sense, a right-hand side, and a range where both sides are bounded and differ.
  [[nodiscard]] char sense(std::size_t i) const {
    double const low = model_.row_lower[i];
    double const high = model_.row_upper[i];
    if (low == high) return 'E';
    if (is_finite(high)) return 'L';
    return is_finite(low) ? 'G' : 'N';
  }

  [[nodiscard]] static std::string row(std::size_t i) { return std::string("r").append(std::to_string(i)); }
  [[nodiscard]] static std::string column(std::size_t j) {
    return std::string("c").append(std::to_string(j));
  }

  void rows() {
    out_ << "ROWS\n N cost\n";
    for (std::size_t i = 0; i < model_.row_count(); ++i) out_ << ' ' << sense(i) << ' ' << row(i) << '\n';
  }

  /// Integer columns stand between markers; a column without entries is named with its cost, be it 0.
  void columns() {
    out_ << "COLUMNS\n";
    bool integers = false;
    for (std::size_t j = 0; j < model_.column_count(); ++j) {
      if ((model_.integer[j] != 0) != integers) marker(integers = !integers);
      bool const alone = model_.column_start[j] == model_.column_start[j + 1];
      if (model_.objective[j] != 0 || alone) {
        out_ << ' ' << column(j) << " cost " << text_of(model_.objective[j]) << '\n';
      }
      model_.for_column(j, [&](std::size_t i, double a) {
        out_ << ' ' << column(j) << ' ' << row(i) << ' ' << text_of(a) << '\n';
      });
    }
    if (integers) marker(false);
  }

  void marker(bool opens) {
    out_ << " marker" << markers_++ << " 'MARKER' " << (opens ? "'INTORG'" : "'INTEND'") << '\n';
  }

  void right_hand_sides() {
    out_ << "RHS\n";
    // The objective's right-hand side is subtracted from it.
    if (model_.objective_offset != 0) out_ << " rhs cost " << text_of(-model_.objective_offset) << '\n';
    for (std::size_t i = 0; i < model_.row_count(); ++i) {
      char const kind = sense(i);
      double const side = kind == 'G' ? model_.row_lower[i] : model_.row_upper[i];
      if (kind != 'N' && side != 0) out_ << " rhs " << row(i) << ' ' << text_of(side) << '\n';
    }
  }

  void ranges() {
    out_ << "RANGES\n";
    for (std::size_t i = 0; i < model_.row_count(); ++i) {
      if (sense(i) == 'L' && is_finite(model_.row_lower[i])) {
        out_ << " range " << row(i) << ' ' << text_of(model_.row_upper[i] - model_.row_lower[i]) << '\n';
      }
    }
  }

  /// Both bounds of every column, so that no reader's defaults (1 for integers, say) matter.
  void bounds() {
    out_ << "BOUNDS\n";
    for (std::size_t j = 0; j < model_.column_count(); ++j) {
      double const low = model_.column_lower[j];
      double const high = model_.column_upper[j];
      auto const write = [&](char const* kind, std::string const& value = "") {
        out_ << ' ' << kind << " bound " << column(j) << value << '\n';
      };
      if (low == high) {
        write("FX", ' ' + text_of(low));
      } else if (is_minus_infinity(low) && is_plus_infinity(high)) {
        write("FR");
      } else {
        is_minus_infinity(low) ? write("MI") : write("LO", ' ' + text_of(low));
        is_plus_infinity(high) ? write("PL") : write("UP", ' ' + text_of(high));
      }
    }
  }

  std::ostream& out_;
  linear_model const& model_;
  std::size_t markers_ = 0;
};

}  // namespace detail

/// Writes `model` to `out` as free MPS: rows r0, r1, ..., columns c0, c1, ..., objective row `cost`, to be
/// minimised. Numbers read back as the same doubles; only the lower side of a range row is kept as a
/// difference. The offset is the negative right-hand side of the objective, as CPLEX and COIN read it. `name`
/// must have no spaces.
inline void write_mps(std::ostream& out, linear_model const& model, std::string_view name = "checkmate") {
  detail::mps_writer(out, model)(name);
}

}  // namespace v0
}  // namespace checkmate
