// SPDX-License-Identifier: Apache-2.0
#include "registry.hpp"

#include <algorithm>
#include <utility>

#include <checkmate/checkmate.hpp>
#include <checkmate/graph/forward.hpp>
#include <checkmate/planning/any_strategy.hpp>
#include <checkmate/solvers/any_backend.hpp>
#include <checkmate/strategies/baselines.hpp>
#include <checkmate/strategies/least_peak_order.hpp>
#include <checkmate/strategies/lp_rounding.hpp>
#include <checkmate/strategies/state_search.hpp>
#include <checkmate/strategies/windowed.hpp>

// Set by CMake for this program alone, where the solvers were found; the library itself has no such switches.
#ifdef CHECKMATE_CLI_WITH_CBC
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/clp.hpp>
#endif
#ifdef CHECKMATE_CLI_WITH_GLPK
#include <checkmate/solvers/glpk.hpp>
#endif

namespace cli {
namespace {

using checkmate::plan_options;

/// A strategy that needs no backend, as an entry under its own name.
strategy_entry plain(checkmate::any_strategy const& how, std::string summary) {
  return {std::string(how.traits.name), needs::nothing, std::move(summary),
          [how](problem const& p, plan_options const& options, std::string_view) {
            return checkmate::solve(p.dag, options, how);
          }};
}

strategy_entry in_free_order_only(strategy_entry entry) {
  entry.needs_free_order = true;
  return entry;
}

checkmate::any_backend make_backend([[maybe_unused]] std::string_view name) {
#ifdef CHECKMATE_CLI_WITH_CBC
  if (name == "cbc") return checkmate::cbc{};
  if (name == "clp") return checkmate::clp{};
#endif
#ifdef CHECKMATE_CLI_WITH_GLPK
  if (name == "glpk") return checkmate::glpk{};
#endif
  return {};
}

/// A strategy made from a backend: `make` is called with the backend that was chosen.
template <class Make>
strategy_entry with_backend(std::string name, needs what, std::string summary, Make make) {
  return {std::move(name), what, std::move(summary),
          [make](problem const& p, plan_options const& options, std::string_view backend) {
            return checkmate::solve(p.dag, options, make(make_backend(backend)));
          }};
}

/// The solver for the continuous models of a strategy whose integer ones go to `mip`: a simplex is faster at
/// them than a branch and cut.
checkmate::any_backend lp_beside(checkmate::any_backend const& mip) {
  checkmate::any_backend const simplex = make_backend("clp");
  return simplex ? simplex : mip;
}

strategy_entry automatic() {
  auto plan = [](problem const& p, plan_options const& options, std::string_view backend) {
    if (backend.empty()) return checkmate::solve(p.dag, options);
    return checkmate::solve(p.dag, options, checkmate::automatic(make_backend(backend)));
  };
  return {"automatic", needs::mip_if_there,
          "a plan at once, then local search and proofs in turns, while a gap and time are left", plan};
}

checkmate::forward_mask forward_of(problem const& p) {
  checkmate::forward_mask forward;
  for (auto const& node : p.graph.nodes) forward.push_back(!node.backward);
  return forward;
}

/// The baselines of the paper's Table 1, which must know the forward pass.
void add_baselines(std::vector<strategy_entry>& all) {
  checkmate::visit_baselines({}, [&](auto const& listed) {
    checkmate::strategy_traits const card = listed.traits;
    std::string const name(card.name);
    auto plan = [name](problem const& p, plan_options const& options, std::string_view) {
      checkmate::result out;
      checkmate::visit_baselines(forward_of(p), [&](auto const& how) {
        if (how.traits.name == name) out = checkmate::solve(p.dag, options, how);
      });
      return out;
    };
    std::string summary = "baseline: ";
    summary.append(card.title).append(", ").append(card.citation);
    all.push_back({name, needs::nothing, summary, plan});
  });
}

std::string names_of(std::vector<strategy_entry> const& all) {
  std::string text;
  for (auto const& entry : all) text += (text.empty() ? "" : ", ") + entry.name;
  return text;
}

bool fits(backend_entry const& backend, needs what) {
  return what == needs::lp ? backend.lp : what != needs::nothing && backend.mip;
}

}  // namespace

std::vector<strategy_entry> const& strategies() {
  static std::vector<strategy_entry> const all = [] {
    std::vector<strategy_entry> out = {
        automatic(),
        plain(checkmate::local_search{},
              "anneals the best of the plans that are made at once, until the time limit"),
        plain(checkmate::greedy{}, "drops and recomputes values until the budget is met; fast at any size"),
        with_backend("optimal", needs::mip, "the paper's integer program, generalised; proves its bound",
                     [](checkmate::any_backend solver) { return checkmate::optimal(std::move(solver)); }),
        with_backend("lp_rounding", needs::lp,
                     "the program's relaxation, rounded in two phases (the paper's)",
                     [](checkmate::any_backend solver) { return checkmate::lp_rounding(std::move(solver)); }),
        with_backend(
            "windowed", needs::mip, "greedy, then a relaxation over windows that proves and improves",
            [](checkmate::any_backend solver) {
              // Braces and arguments spelled out: clang 14 deduces no aggregates.
              using checkmate::any_backend;
              any_backend linear = lp_beside(solver);
              return checkmate::windowed<any_backend, any_backend>{std::move(linear), std::move(solver)};
            }),
        plain(checkmate::state_search{}, "the cheapest schedule in the fixed order, by A*; up to 128 values"),
        in_free_order_only(plain(checkmate::least_peak_order{},
                                 "recomputes nothing, moves first executions; needs --order free")),
        plain(checkmate::checkpoint_all{}, "recomputes nothing, frees every value after its last use"),
    };
    add_baselines(out);
    return out;
  }();
  return all;
}

std::vector<backend_entry> const& backends() {
  static std::vector<backend_entry> const all = {
#ifdef CHECKMATE_CLI_WITH_CBC
      {"cbc", true, true, "COIN-OR CBC, branch and cut"},
      {"clp", true, false, "COIN-OR Clp, simplex and barrier"},
#endif
#ifdef CHECKMATE_CLI_WITH_GLPK
      {"glpk", true, true, "GLPK, simplex and branch and cut"},
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
  bool const can_do_without = what.backend == needs::nothing || what.backend == needs::mip_if_there;
  if (name == "none" && can_do_without) return {};
  if (what.backend == needs::nothing) {
    if (!name.empty()) throw checkmate::invalid_option("strategy " + what.name + " takes no backend");
    return {};
  }
  for (auto const& backend : backends()) {
    bool const fit = fits(backend, what.backend);
    if (name.empty() ? fit : backend.name == name) {
      if (fit) return backend.name;
      throw checkmate::invalid_option("strategy " + what.name + " needs " + describe(what.backend) + ", " +
                                      backend.name + " is not one");
    }
  }
  if (!name.empty()) {
    throw checkmate::invalid_option("there is no backend \"" + std::string(name) + "\" in this program");
  }
  if (can_do_without) return {};
  throw checkmate::invalid_option("strategy " + what.name + " needs " + describe(what.backend) +
                                  ", and this program was built without any");
}

bool is_available(strategy_entry const& what) {
  return what.backend == needs::nothing || what.backend == needs::mip_if_there ||
         std::any_of(backends().begin(), backends().end(),
                     [&](backend_entry const& backend) { return fits(backend, what.backend); });
}

std::string describe(needs what) {
  if (what == needs::nothing) return "nothing";
  std::string names;
  for (auto const& backend : backends()) {
    if (fits(backend, what)) names += (names.empty() ? "" : ", ") + backend.name;
  }
  if (names.empty()) names = "none is built in";
  std::string const text = what == needs::lp ? "an LP backend" : "a MIP backend";
  return (what == needs::mip_if_there ? "nothing; more with " + text : text) + " (" + names + ")";
}

}  // namespace cli
