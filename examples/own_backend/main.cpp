// SPDX-License-Identifier: Apache-2.0
//
// A backend of your own: any type with capabilities() and solve(model, options). This one solves 0/1 models
// by trying 0 and 1 in turn, column by column, and leaves a branch when it cannot beat the best solution any
// more.
//
//   own_backend      solves a small knapsack with it, alone and behind any_backend
//
// README.md beside this file is the template for wrapping a solver: fifty lines and a table of options.
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include <checkmate/checkmate.hpp>
#include <checkmate/model/builder.hpp>
#include <checkmate/solvers/any_backend.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/conclude.hpp>
#include <checkmate/solvers/support.hpp>

namespace my {

class zero_one {
 public:
  checkmate::backend_capabilities capabilities() const { return {.name = "zero_one", .integers = true}; }

  checkmate::solver_outcome solve(checkmate::linear_model const& model,
                                  checkmate::solver_options const& options) {
    check_solver_options(capabilities(), model, options);  // throws where we cannot do what is asked
    if (!options.raw.empty())
      throw checkmate::invalid_option("zero_one: unknown option " + options.raw[0].first);
    for (std::size_t j = 0; j < model.column_count(); ++j) {
      if (model.integer[j] == 0 || model.column_lower[j] != 0 || model.column_upper[j] != 1) {
        throw checkmate::invalid_model("zero_one: column " + std::to_string(j) + " is not a 0/1 column");
      }
    }
    checkmate::solve_watch watch(model, options);  // the clock, the stop token and the best point so far
    bool const complete = search(model, watch);
    bool const found = !watch.best().empty();
    checkmate::solver_outcome out;
    conclude_search(watch,
                    {.bound = complete && found ? watch.best_objective() : -checkmate::infinity,
                     .limit = watch.stopped_by(),
                     .complete = complete && found,
                     .infeasible = complete && !found},
                    out);
    return out;
  }

 private:
  /// Counts through all 0/1 points like a binary number whose first digit is column 0. False if it was
  /// stopped.
  static bool search(checkmate::linear_model const& model, checkmate::solve_watch& watch) {
    std::size_t const n = model.column_count();
    std::vector<double> least(n + 1, 0);  // what columns j and after can at best add to the objective
    for (std::size_t j = n; j-- > 0;) least[j] = least[j + 1] + std::fmin(model.objective[j], 0);
    std::vector<double> x;
    double cost = model.objective_offset;
    for (;;) {
      if (watch.should_stop()) return false;
      if (x.size() < n && cost + least[x.size()] < watch.best_objective()) {
        x.push_back(0);
        continue;
      }
      if (x.size() == n) watch.keep(x);  // only if all rows hold
      while (!x.empty() && x.back() == 1) {
        x.pop_back();
        cost -= model.objective[x.size()];
      }
      if (x.empty()) return true;
      x.back() = 1;
      cost += model.objective[x.size() - 1];
    }
  }
};

static_assert(checkmate::linear_backend<zero_one>);

}  // namespace my

int main() {
  // The heaviest load of 50 kg: items by weight and worth.
  double const weight[] = {12, 7, 11, 8, 9, 6, 14, 5, 13, 10};
  double const worth[] = {24, 13, 23, 15, 16, 11, 28, 9, 25, 18};
  checkmate::linear_model_builder b;
  for (double w : worth) b.add_binary(-w);  // models are minimised
  b.begin_row(-checkmate::infinity, 50);
  for (int j = 0; j < 10; ++j) b.add_term(j, weight[j]);
  auto const model = b.finish();

  auto const found = my::zero_one{}.solve(model, {});
  checkmate::any_backend any = my::zero_one{};  // chosen at run time, from here on
  auto const again = any.solve(model, {});
  std::printf("%s: worth %g, taking items", any.capabilities().name.c_str(), -found.objective);
  for (std::size_t j = 0; j < found.values.size(); ++j) {
    if (found.values[j] == 1) std::printf(" %zu", j);
  }
  std::printf("\n");
  bool const right = found.status == checkmate::solve_status::optimal && found.objective == -100 &&
                     again.objective == found.objective;
  return right ? 0 : 1;
}
