// SPDX-License-Identifier: Apache-2.0
//
// From solver_options to CBC's own parameters: limits, the start, the arguments of its driver, and a check of
// what users pass by name.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/core/text.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/coin/cbc_events.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

[[nodiscard]] inline int cbc_node_limit(std::int64_t limit) {
  return static_cast<int>(std::min<std::int64_t>(limit, std::numeric_limits<int>::max() - 1));
}

/// CBC takes 0 for "by the clock".
[[nodiscard]] inline int cbc_seed(std::uint32_t seed) {
  return static_cast<int>(1 + seed % 2000000000u);
}

/// A little above what was asked for, as CBC wants to be better than its cutoff by some 1e-5.
[[nodiscard]] inline double cbc_cutoff(double cutoff, cbc_shared const& shared) {
  double const c = (cutoff - shared.watch.model().objective_offset) * shared.scale;
  return c + std::max(1e-4, 1e-9 * std::abs(c));
}

/// The hint as CBC wants it, by the names of columns.
[[nodiscard]] inline std::vector<std::pair<std::string, double>> cbc_start(solve_watch const& watch,
                                                                           OsiSolverInterface const& solver) {
  std::vector<double> const& hint = watch.options().hint;
  std::vector<std::pair<std::string, double>> start;
  start.reserve(hint.size());
  for (std::size_t j = 0; j < hint.size(); ++j) {
    start.emplace_back(solver.getColName(static_cast<int>(j)),
                       watch.model().integer[j] != 0 ? std::nearbyint(hint[j]) : hint[j]);
  }
  return start;
}

/// The parameter's name; CBC marks with '!' how far it may be abbreviated.
[[nodiscard]] inline std::string cbc_parameter_name(CbcOrClpParam const& p) {
  std::string name = p.name();
  name.erase(std::remove(name.begin(), name.end(), '!'), name.end());
  return name;
}

[[nodiscard]] inline bool cbc_parameter_takes(CbcOrClpParam const& p, std::string const& value) {
  double number = 0;
  auto const [end, fault] = std::from_chars(value.data(), value.data() + value.size(), number);
  bool const numeric = fault == std::errc() && end == value.data() + value.size() && !is_nan(number);
  int const type = p.type();
  if (type > 0 && type <= 100) {
    return numeric && number >= p.lowerDoubleValue() && number <= p.upperDoubleValue();
  }
  if (type > 100 && type <= 200) {
    return numeric && number == std::floor(number) && number >= p.lowerIntValue() &&
           number <= p.upperIntValue();
  }
  if (type > 200 && type <= 400) return !value.empty() && p.parameterOption(value) >= 0;
  return false;  // an action, such as reading a file
}

/// Throws invalid_option unless CBC has a numeric or keyword parameter of that full name that takes the
/// value.
inline void check_cbc_parameter(CbcSolverUsefulData const& data, std::string const& name,
                                std::string const& value) {
  auto refuse = [&](std::string const& what) {
    throw invalid_option("cbc: raw option '" + name + "' " + what);
  };
  for (char const* own : {"seconds", "timeMode", "log", "slog", "threads", "maxNodes", "cutoff", "ratioGap",
                          "allowableGap", "randomCbcSeed", "randomSeed"}) {
    if (name == own) refuse("is set from solver_options");
  }
  for (CbcOrClpParam const& p : data.parameters_) {
    if (cbc_parameter_name(p) != name) continue;
    if (!cbc_parameter_takes(p, value)) refuse("does not take '" + value + "'");
    return;
  }
  refuse("is unknown");
}

/// The command line for CBC's driver, whose parameters `data` lists. Throws as `check_cbc_parameter`.
[[nodiscard]] inline std::vector<std::string> cbc_driver_arguments(CbcSolverUsefulData const& data,
                                                                   cbc_shared const& shared) {
  solver_options const& options = shared.watch.options();
  // No "-seconds": see cbc_callback. 4096 keeps 2.10.8's preprocessing from making one column of two that are
  // alike, which may lose the optimum on the way back, and which CBC itself leaves out where it knows a
  // point; 6 is its default.
  std::vector<std::string> out = {"checkmate",       "-log", "0", "-timeMode", "elapsed",
                                  "-tunePreProcess", "4102"};
  auto add = [&out](std::string_view name, std::string value) {
    out.push_back(std::string("-").append(name));
    out.push_back(std::move(value));
  };
  if (options.node_limit) add("maxNodes", std::to_string(cbc_node_limit(*options.node_limit)));
  if (options.cutoff && is_finite(*options.cutoff))
    add("cutoff", text_of(cbc_cutoff(*options.cutoff, shared)));
  // From 100 on CBC reads a mode out of the number (1xx: its deterministic mode, which crashes).
  int const threads = std::min(options.threads.value_or(1), 99);
  if (threads > 1) add("threads", std::to_string(threads));
  if (options.seed) {
    add("randomCbcSeed", std::to_string(cbc_seed(*options.seed)));
    add("randomSeed", std::to_string(cbc_seed(*options.seed)));
  }
  for (auto const& [name, value] : options.raw) {
    check_cbc_parameter(data, name, value);
    add(name, value);
  }
  out.push_back("-solve");
  out.push_back("-quit");
  return out;
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
