// SPDX-License-Identifier: Apache-2.0
//
// Memory over a schedule, drawn with characters: the plan in front, the schedule without recomputation
// behind.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <checkmate/core/types.hpp>
#include <checkmate/schedule/memory_curve.hpp>

#include "text_table.hpp"

namespace cli {

struct picture_options {
  std::size_t width = 78;   ///< columns in all
  std::size_t height = 12;  ///< rows of the curve
  checkmate::bytes budget = 0;
  std::string_view time_unit = {};
};

/// The largest memory in each of `columns` equal parts of [0, until]; where a part holds no execution's
/// beginning or middle, the execution that covers it. A schedule that takes no time is drawn by step.
std::vector<checkmate::bytes> sampled(std::vector<checkmate::memory_sample> const& curve, double until,
                                      std::size_t columns);

/// The picture, framed in the table's style.
std::string memory_picture(std::vector<checkmate::memory_sample> const& before,
                           std::vector<checkmate::memory_sample> const& after, picture_options const& options,
                           glyphs const& with);

}  // namespace cli
