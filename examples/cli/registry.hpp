// SPDX-License-Identifier: Apache-2.0
//
// The strategies and backends that this program offers by name. A new strategy is one line in registry.cpp.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <checkmate/planning/strategy.hpp>

#include "commands.hpp"

namespace cli {

/// What a strategy needs from a backend.
enum class needs {
  nothing,
  mip_if_there,  ///< does more with a MIP backend
  lp,
  mip
};

/// A strategy under its name on the command line.
struct strategy_entry {
  std::string name;
  needs backend = needs::nothing;
  std::string summary;  ///< one line for `checkmate strategies`
  /// Plans with the backend of this name (see choose_backend; empty where it needs none).
  std::function<checkmate::result(problem const&, checkmate::plan_options const&, std::string_view)> plan;
  bool needs_free_order = false;  ///< works under `--order free` only
};

/// A solver under its name on the command line.
struct backend_entry {
  std::string name;
  bool lp = false;
  bool mip = false;
  std::string summary;
};

/// All strategies, built with whatever this program was linked to; the first is the default.
std::vector<strategy_entry> const& strategies();
/// All backends that this program was linked to.
std::vector<backend_entry> const& backends();

/// The strategy called `name`; throws invalid_option that lists the names.
strategy_entry const& find_strategy(std::string_view name);
/// The backend for `what`: the one called `name`, or the first that fits if `name` is empty; "none" and no
/// backend at all become the empty name where `what` can do without. Throws invalid_option where it cannot,
/// and where it takes no backend but one is named.
std::string choose_backend(strategy_entry const& what, std::string_view name);
/// Whether a backend that `what` needs is there.
bool is_available(strategy_entry const& what);

/// "a MIP backend (cbc)": for people.
std::string describe(needs what);

}  // namespace cli
