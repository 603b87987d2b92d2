// SPDX-License-Identifier: Apache-2.0
//
// The library's integer program beside the paper's own, on the same graphs, budgets and solvers, one thread.
//
//   bench_exact [--limit SECONDS] [--model stages|paper|both] [--lp] GRAPH@BUDGET...
//
// GRAPH is a checkmate-graph file; BUDGET a fraction of the way from the smallest conceivable budget to the
// no-recompute peak (0.5), or a share of that peak (50%). The paper's program is skipped where the graph has
// what it does not know. A row says: size, seconds to build; with --lp the relaxation's optimum and Clp's
// seconds; CBC's objective, bound and gap as overheads over the base time, and its seconds.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/json.hpp>
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/clp.hpp>

namespace {

using namespace checkmate;

struct settings {
  double limit = 60;
  bool stages = true, paper = true, lp = false, hint = true;
  formulation::stages_options how = {};
};

class stopwatch {
 public:
  [[nodiscard]] double read() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

bytes budget_of(dag const& d, std::string const& text) {
  bytes const peak = no_recompute_schedule(d).peak_memory, low = smallest_conceivable_budget(d).budget;
  double const value = std::stod(text);
  if (text.back() == '%') return static_cast<bytes>(static_cast<double>(peak) * value / 100);
  return low + static_cast<bytes>(static_cast<double>(peak - low) * value);
}

/// Solves and prints one row; the point found, if any.
std::vector<double> run(char const* name, linear_model const& model, double base, double build,
                        settings const& set, std::vector<double> hint) {
  auto overhead = [base](double objective) { return 100 * (objective / base - 1); };
  std::printf("  %-7s %8zu cols %8zu rows %9zu nnz  build %.2f s", name, model.column_count(),
              model.row_count(), model.nonzero_count(), build);
  if (set.lp) {
    solver_outcome const lp = clp{}.solve(relaxed(model), {.time_limit = seconds(set.limit)});
    std::printf("  LP %.4f%% %.2f s", overhead(lp.bound), lp.elapsed);
    std::fflush(stdout);
  }
  solver_outcome const found =
      cbc{}.solve(model, {.time_limit = seconds(set.limit), .relative_gap = 1e-4, .hint = std::move(hint)});
  char const* const status[] = {"optimal", "feasible", "infeasible", "unbounded", "no solution", "failed"};
  std::printf("  CBC %s %.4f%% bound %.4f%% %.2f s %lld nodes\n", status[static_cast<int>(found.status)],
              overhead(found.objective), overhead(found.bound), found.elapsed,
              static_cast<long long>(found.nodes));
  std::fflush(stdout);
  return found.values;
}

void compare(std::string const& file, std::string const& at, settings const& set) {
  recorded_graph const g = load_graph(file);
  dag const d = lower(g, g);
  bytes const budget = budget_of(d, at);
  std::printf("%s n=%zu m=%zu budget %s = %lld\n", g.name.c_str(), d.size(), d.edge_count(), at.c_str(),
              static_cast<long long>(budget));
  if (set.stages) {
    stopwatch const watch;
    formulation::stages const model(d, budget, set.how);
    double const build = watch.read();
    std::vector<double> hint;
    if (result const start = greedy{}.plan(d, {.budget = budget}); start.plan && set.hint) {
      if (auto point = model.point_of(sequence_of(d, *start.plan))) hint = *std::move(point);
      std::printf("  greedy %.4f%%%s\n", 100 * start.overhead(), hint.empty() ? ", not in stages" : "");
    }
    auto const values =
        run("stages", model.model(), model.time_units()(d.base_time()), build, set, std::move(hint));
    if (!values.empty()) {
      auto const seen =
          simulate(d, schedule_from_sequence(d, sequence_of(model.runs_at(values))), {.budget = budget});
      std::printf("  simulated: %s, %.4f%%\n", seen.valid() ? "fits" : seen.error->message.c_str(),
                  100 * (seen.time / d.base_time() - 1));
    }
  }
  if (set.paper) {
    try {
      stopwatch const watch;
      formulation::paper const model(d, budget);
      double const build = watch.read();
      run("paper", model.model(), model.time_units()(d.base_time()), build, set, {});
    } catch (invalid_model const& e) {
      std::printf("  paper: %s\n", e.what());
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  settings set;
  for (int i = 1; i < argc; ++i) {
    std::string const arg = argv[i];
    if (arg == "--limit" && i + 1 < argc) {
      set.limit = std::atof(argv[++i]);
    } else if (arg == "--model" && i + 1 < argc) {
      std::string const which = argv[++i];
      set.stages = which != "paper";
      set.paper = which != "stages";
    } else if (arg == "--lp") {
      set.lp = true;
    } else if (arg == "--no-hint") {
      set.hint = false;
    } else if (arg == "--no-packing") {
      set.how.packing_rows = false;
    } else if (arg == "--no-integer-R") {
      set.how.integer_R = false;
    } else if (arg == "--no-integer-S") {
      set.how.integer_S = false;
    } else if (auto const at = arg.rfind('@'); at != std::string::npos) {
      compare(arg.substr(0, at), arg.substr(at + 1), set);
    } else {
      std::fprintf(
          stderr,
          "usage: bench_exact [--limit SECONDS] [--model stages|paper|both] [--lp] GRAPH@BUDGET...\n");
      return 2;
    }
  }
}
