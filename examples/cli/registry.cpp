// SPDX-License-Identifier: Apache-2.0
#include "registry.hpp"

#include <algorithm>

#include <checkmate/checkmate.hpp>

// Set by CMake for this program alone, where COIN-OR CBC was found; the library itself has no such switch.
#ifdef CHECKMATE_CLI_WITH_CBC
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/clp.hpp>
#endif

namespace cli {
namespace {

using checkmate::dag;
using checkmate::plan_options;

/// A strategy that needs no backend, as an entry.
template <checkmate::strategy S>
strategy_entry plain(std::string name, std::string summary, S how) {
  return {std::move(name), needs::nothing, std::move(summary),
          [how](dag const& d, plan_options const& options, std::string_view) {
            return checkmate::solve(d, options, how);
          }};
}

std::string names_of(std::vector<strategy_entry> const& all) {
  std::string text;
  for (auto const& entry : all) text += (text.empty() ? "" : ", ") + entry.name;
  return text;
}

bool fits(backend_entry const& backend, needs what) {
  return what == needs::mip ? backend.mip : what == needs::lp && backend.lp;
}

}  // namespace

std::vector<strategy_entry> const& strategies() {
  static std::vector<strategy_entry> const all = {
      plain("greedy", "drops and recomputes values until the budget is met; fast at any size",
            checkmate::greedy{}),
      plain("checkpoint_all", "recomputes nothing, frees every value after its last use",
            checkmate::checkpoint_all{}),
  };
  return all;
}

std::vector<backend_entry> const& backends() {
  static std::vector<backend_entry> const all = {
#ifdef CHECKMATE_CLI_WITH_CBC
      {"cbc", true, true, "COIN-OR CBC, branch and cut"},
      {"clp", true, false, "COIN-OR Clp, simplex and barrier"},
#endif
  };
  return all;
}

strategy_entry const& find_strategy(std::string_view name) {
  auto const& all = strategies();
  auto const at = std::find_if(all.begin(), all.end(), [&](auto const& entry) { return entry.name == name; });
  if (at == all.end()) {
    throw checkmate::invalid_option("there is no strategy \"" + std::string(name) + "\"; there are " +
                                    names_of(all));
  }
  return *at;
}

std::string choose_backend(strategy_entry const& what, std::string_view name) {
  if (what.backend == needs::nothing) {
    if (!name.empty()) throw checkmate::invalid_option("strategy " + what.name + " takes no backend");
    return {};
  }
  for (auto const& backend : backends()) {
    if (name.empty() ? fits(backend, what.backend) : backend.name == name) {
      if (!fits(backend, what.backend)) {
        throw checkmate::invalid_option("strategy " + what.name + " needs " + describe(what.backend) + ", " +
                                        backend.name + " is not one");
      }
      return backend.name;
    }
  }
  if (!name.empty())
    throw checkmate::invalid_option("there is no backend \"" + std::string(name) + "\" in this program");
  throw checkmate::invalid_option("strategy " + what.name + " needs " + describe(what.backend) +
                                  ", and this program was built without any");
}

bool is_available(strategy_entry const& what) {
  return what.backend == needs::nothing ||
         std::any_of(backends().begin(), backends().end(),
                     [&](backend_entry const& backend) { return fits(backend, what.backend); });
}

std::string describe(needs what) {
  if (what == needs::nothing) return "nothing";
  std::string names;
  for (auto const& backend : backends()) {
    if (fits(backend, what)) names += (names.empty() ? "" : ", ") + backend.name;
  }
  return std::string(what == needs::mip ? "a MIP backend" : "an LP backend") + " (" +
         (names.empty() ? "none is built in" : names) + ")";
}

}  // namespace cli
