// SPDX-License-Identifier: Apache-2.0
//
// The default against every other strategy of the program, on random graphs of 300 to 5,000 nodes or on named
// cases, in the same order option and the same time: one Markdown table, and whether it holds that the
// default is never without a plan where another has one, and never takes more than 1.02 times the best of the
// others.
//
//   bench_field [--graphs A..B,...] [--cases [NAME]...] [--seconds S] [--jobs N] [--seed N] [--fraction F]...
//               [--strategies NAME,...] [--only-cheap] [--solver yes|no|both] [--skip-proven] [--csv FILE]
//               [--save FOLDER] [--list]
//
//   --graphs       which of the random graphs, from 0: ranges and numbers (0..59, all)
//   --cases        the named cases (those whose name contains a NAME) instead of random graphs
//   --seconds      wall time of every strategy (5; the cases have their own)
//   --jobs         processes at a time (1); each strategy plans in one of its own
//   --seed         another set of random graphs (1)
//   --fraction     budgets B = F + f (P - F), F the smallest conceivable budget, P the no-recompute peak
//                  (0.1, 0.25, 0.5, 0.75 up to 1,000 nodes, 0.25 and 0.5 beyond)
//   --strategies   the others to compare with (all)
//   --only-cheap   without those that use all of their time: local_search, optimal, lp_rounding, windowed
//   --solver       the default with a solver, without, or both (both); without one it is measured by those
//                  that need none
//   --skip-proven  nobody else is tried where the default's plan is proven optimal
//   --csv          a line per run, too
//   --save         writes the graphs there, for the program
//   --list         the graphs and budgets, without planning
//
// Strategies that need a solver are tried up to 1,000 nodes. Exit code 1 if it does not hold.
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../scale_graphs.hpp"
#include "arguments.hpp"
#include "cases.hpp"
#include "processes.hpp"
#include "registry.hpp"
#include "shapes.hpp"

namespace {

namespace cm = checkmate;

constexpr std::size_t solver_nodes = 1000;  // largest graph for the others that need a solver
constexpr double tolerance = 1.02;
constexpr double never = std::numeric_limits<double>::infinity();

struct settings {
  std::vector<std::size_t> graphs;
  bool cases = false;
  std::vector<std::string> case_names;
  double seconds = 0;  // 0: 5, or the case's own
  std::size_t jobs = 1;
  std::uint64_t seed = 1;
  std::vector<double> fractions;
  std::vector<std::string> strategies;
  bool only_cheap = false, skip_proven = false, list = false;
  bool with_solver = true, without_solver = true;
  std::string csv, save;
};

settings parse(int argc, char** argv) {
  settings how;
  field::arguments words(argc, argv);
  while (words.next()) {
    if (words.is("--graphs")) {
      how.graphs = words.counts();
    } else if (words.is("--cases")) {
      how.cases = true;
      while (words.has_value()) how.case_names.push_back(words.value());
    } else if (words.is("--seconds")) {
      how.seconds = words.number();
    } else if (words.is("--jobs")) {
      how.jobs = words.count(1);
    } else if (words.is("--seed")) {
      how.seed = words.count();
    } else if (words.is("--fraction")) {
      how.fractions.push_back(words.number());
    } else if (words.is("--strategies")) {
      how.strategies = field::split(words.value());
      for (std::string const& name : how.strategies) cli::find_strategy(name);
    } else if (words.is("--solver")) {
      std::string const which = words.value();
      if (which != "yes" && which != "no" && which != "both") {
        throw std::invalid_argument("--solver takes yes, no or both, not \"" + which + "\"");
      }
      how.with_solver = which != "no";
      how.without_solver = which != "yes";
    } else if (words.is("--csv")) {
      how.csv = words.value();
    } else if (words.is("--save")) {
      how.save = words.value();
    } else if (words.is("--only-cheap")) {
      how.only_cheap = true;
    } else if (words.is("--skip-proven")) {
      how.skip_proven = true;
    } else if (words.is("--list")) {
      how.list = true;
    } else {
      words.refuse();
    }
  }
  if (how.graphs.empty()) {
    how.graphs.resize(60);
    std::iota(how.graphs.begin(), how.graphs.end(), std::size_t{0});
  }
  return how;
}

/// What one strategy came to.
struct outcome {
  std::string name;           // of the strategy; empty: it did not run
  int reason = -1;            // cm::stop_reason; -1: it was killed, or crashed
  double time = never;        // of the plan
  double seconds = 0;         // of planning
  double gap = never;         // as in cm::result
  std::string found_by = {};  // which part of it

  [[nodiscard]] bool ran() const { return !name.empty(); }
  [[nodiscard]] bool found() const { return time < never; }
  [[nodiscard]] bool infeasible() const { return reason == static_cast<int>(cm::stop_reason::infeasible); }
  [[nodiscard]] bool optimal() const { return reason == static_cast<int>(cm::stop_reason::optimal); }
};

/// A graph, ready to plan, and its two ends.
struct graph_at_hand {
  cli::problem problem;
  bool free_order = false;
  cm::bytes least = 0, peak = 0;
};

/// One budget of one graph, and what has come of it so far.
struct cell {
  std::shared_ptr<graph_at_hand const> of;
  cm::bytes budget = 0;
  double fraction = 0;
  double seconds = 5;
  double known = never;  // time of a plan that is known from elsewhere
  outcome with_solver, without_solver;
  std::vector<outcome> others;
  std::vector<bool> others_need_solver;
  std::size_t open = 0;  // runs that have not come back

  [[nodiscard]] cm::dag const& dag() const { return of->problem.dag; }
};

bool uses_all_its_time(std::string const& name) {
  return name == "local_search" || name == "optimal" || name == "lp_rounding" || name == "windowed";
}

bool needs_solver(cli::strategy_entry const& entry) {
  return entry.backend == cli::needs::lp || entry.backend == cli::needs::mip;
}

/// The strategies to measure the default by in this cell.
std::vector<cli::strategy_entry const*> others_for(cell const& c, settings const& how) {
  std::vector<cli::strategy_entry const*> out;
  for (cli::strategy_entry const& entry : cli::strategies()) {
    auto const& only = how.strategies;
    bool const wanted = only.empty() || std::find(only.begin(), only.end(), entry.name) != only.end();
    bool const solver_fits = cli::is_available(entry) && c.dag().size() <= solver_nodes && how.with_solver;
    if (!wanted || entry.name == "automatic") continue;
    if (needs_solver(entry) && !solver_fits) continue;
    if (entry.needs_free_order && !c.of->free_order) continue;
    if (how.only_cheap && uses_all_its_time(entry.name)) continue;
    out.push_back(&entry);
  }
  return out;
}

/// In a process of its own: plans, and writes an outcome's numbers.
void plan(cell const& c, cli::strategy_entry const& entry, std::string const& backend, std::FILE* out) {
  cm::plan_options options;
  options.budget = c.budget;
  options.time_limit = cm::seconds(c.seconds);
  options.order = c.of->free_order ? cm::execution_order::free : cm::execution_order::fixed;
  auto const found = entry.plan(c.of->problem, options, backend);
  std::fprintf(out, "%d %.17g %.17g %.17g %s\n", static_cast<int>(found.termination.reason),
               found.plan ? found.plan->time : never, found.elapsed, found.gap(), found.strategy.c_str());
}

outcome read_outcome(std::string name, field::written const& wrote) {
  outcome out;
  out.name = std::move(name);
  char by[100] = "";
  int const fields = std::sscanf(wrote.text.c_str(), "%d %lf %lf %lf %99[^\n]", &out.reason, &out.time,
                                 &out.seconds, &out.gap, by);
  if (!wrote.well || fields < 4) return outcome{.name = out.name};
  out.found_by = by;
  return out;
}

/// The best of the others, `known` from elsewhere among them.
outcome best_of(cell const& c, bool solvers_too) {
  outcome best;
  if (c.known < never) best = {.name = "known", .reason = 1, .time = c.known};
  for (std::size_t i = 0; i < c.others.size(); ++i) {
    if (c.others_need_solver[i] && !solvers_too) continue;
    if (c.others[i].time < best.time) best = c.others[i];
  }
  return best;
}

double ratio(double time, double best) {
  return best > 0 ? time / best : time > 0 ? never : 1;
}

/// How the default stands beside `best`.
enum class verdict { holds, slower, no_plan, wrong };

verdict judge(outcome const& ours, outcome const& best) {
  if (!ours.ran() || !best.found()) return verdict::holds;
  if (ours.infeasible()) return verdict::wrong;
  if (!ours.found()) return verdict::no_plan;
  return ratio(ours.time, best.time) > tolerance ? verdict::slower : verdict::holds;
}

char const* name(verdict v) {
  static constexpr char const* names[] = {"", "SLOWER", "NO PLAN", "WRONG"};
  return names[static_cast<int>(v)];
}

/// Whether it ended without a plan and without a proof, with time left.
bool gives_up(cell const& c, outcome const& ours) {
  return ours.reason >= 0 && !ours.found() && !ours.infeasible() && ours.seconds < 0.8 * c.seconds;
}

/// The verdicts on one variant of the default over all cells.
struct summary {
  char const* title;
  std::size_t cells = 0, with_plan = 0, slower = 0, without_plan = 0, wrong = 0, late = 0, gave_up = 0;
  double worst = 0;
  std::string worst_at = {};

  void count(cell const& c, outcome const& ours, outcome const& best) {
    if (!ours.ran()) return;
    ++cells;
    with_plan += ours.found();
    late += ours.reason < 0 || ours.seconds > 1.1 * c.seconds + 0.5;
    gave_up += gives_up(c, ours);
    verdict const v = judge(ours, best);
    slower += v == verdict::slower;
    without_plan += v == verdict::no_plan;
    wrong += v == verdict::wrong;
    if (!ours.found() || !best.found() || ratio(ours.time, best.time) <= worst) return;
    worst = ratio(ours.time, best.time);
    char text[100];
    std::snprintf(text, sizeof text, "%s at %.3g, %s", c.of->problem.graph.name.c_str(), c.fraction,
                  best.name.c_str());
    worst_at = text;
  }

  [[nodiscard]] bool holds() const { return slower + without_plan + wrong == 0; }
  void print() const {
    if (cells == 0) return;
    std::printf("%s: %zu cells, %zu with a plan\n", title, cells, with_plan);
    std::printf("  no plan where another has one: %zu; wrongly infeasible: %zu\n", without_plan, wrong);
    std::printf("  above %.2f of the best of the others: %zu; worst ratio %.4f (%s)\n", tolerance, slower,
                worst, worst_at.c_str());
    std::printf("  late, or killed: %zu; ended without a plan and with time left: %zu\n", late, gave_up);
  }
};

/// All cells: makes their runs, prints each when its runs are back.
class benchmark {
 public:
  explicit benchmark(settings const& how) : how_(how), pool_(how.jobs) {
    if (!how.csv.empty()) csv_.open(how.csv);
    if (csv_.is_open())
      csv_ << "graph,nodes,edges,order,fraction,budget,strategy,reason,time,base_time,seconds,gap,found_by\n";
  }

  void add(std::shared_ptr<cell> c) {
    auto const& entry = cli::find_strategy("automatic");
    std::string const solver = cli::choose_backend(entry, "");
    bool const with = how_.with_solver && !solver.empty();
    c->open = 1;
    auto const first = [this, c, with](outcome found) {
      (with ? c->with_solver : c->without_solver) = std::move(found);
      add_others(c, with);
    };
    pool_.add(run(c, entry, with ? solver : "", first));
  }

  void run_all() {
    std::printf(
        "| graph | n | edges | order | f | default %% | s | gap %% | no solver %% | s | best other %% | by | "
        "s "
        "| ratio | no solver | |\n| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: "
        "| "
        "--- | ---: | ---: | ---: | --- |\n");
    pool_.run();
    std::printf("\n");
    with_.print();
    without_.print();
  }
  [[nodiscard]] bool holds() const { return with_.holds() && without_.holds(); }

 private:
  field::process_pool::task run(std::shared_ptr<cell> const& c, cli::strategy_entry const& entry,
                                std::string const& backend, std::function<void(outcome)> take) {
    auto const work = [c, &entry, backend](std::FILE* out) { plan(*c, entry, backend, out); };
    std::string const title = entry.name == "automatic" && backend.empty() ? "automatic/none" : entry.name;
    auto const report = [this, c, title, take = std::move(take)](field::written const& wrote) {
      outcome found = read_outcome(title, wrote);
      note(*c, found);
      take(std::move(found));
      if (--c->open == 0) print(*c);
    };
    return {work, static_cast<unsigned>(20 + 3 * c->seconds), report};
  }

  /// When the default is back: the others, and the default without a solver.
  void add_others(std::shared_ptr<cell> const& c, bool was_with) {
    if (was_with && how_.without_solver) {
      ++c->open;
      pool_.add_first(run(c, cli::find_strategy("automatic"), "",
                          [c](outcome found) { c->without_solver = std::move(found); }));
    }
    if (how_.skip_proven && (c->with_solver.optimal() || c->without_solver.optimal())) return;
    auto const entries = others_for(*c, how_);
    c->others.resize(entries.size());
    for (std::size_t i = entries.size(); i-- > 0;) {
      ++c->open;
      auto const take = [c, i](outcome found) { c->others[i] = std::move(found); };
      pool_.add_first(run(c, *entries[i], cli::choose_backend(*entries[i], ""), take));
    }
    for (auto const* entry : entries) c->others_need_solver.push_back(needs_solver(*entry));
  }

  [[nodiscard]] static std::string percent(cell const& c, outcome const& o) {
    if (!o.ran()) return "";
    if (o.reason < 0 && !o.found()) return "killed";
    if (!o.found()) return o.infeasible() ? "infeasible" : "none";
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", 100 * (o.time / c.dag().base_time() - 1));
    return text;
  }
  [[nodiscard]] static std::string number(char const* form, double x, bool there) {
    char text[32] = "";
    if (there && x < never) std::snprintf(text, sizeof text, form, x);
    return text;
  }

  void note(cell const& c, outcome const& o) {
    if (!csv_.is_open()) return;
    char text[400];
    std::snprintf(text, sizeof text, "%s,%zu,%zu,%s,%.3g,%" PRId64 ",%s,%d,%.9g,%.9g,%.3f,%.3g,%s",
                  c.of->problem.graph.name.c_str(), c.dag().size(), c.dag().edge_count(),
                  c.of->free_order ? "free" : "fixed", c.fraction, c.budget, o.name.c_str(), o.reason, o.time,
                  c.dag().base_time(), o.seconds, o.gap, o.found_by.c_str());
    csv_ << text << std::endl;
  }

  void print(cell const& c) {
    outcome const best = best_of(c, true), plain = best_of(c, false);
    outcome const &ours = c.with_solver, &bare = c.without_solver;
    with_.count(c, ours, best);
    without_.count(c, bare, plain);
    auto const beside = [](outcome const& mine, outcome const& other) {
      return number("%.4f", ratio(mine.time, other.time), mine.found() && other.found());
    };
    std::string remark = name(judge(ours, best));
    if (judge(bare, plain) != verdict::holds) {
      remark += std::string(remark.empty() ? "" : ", ") + name(judge(bare, plain)) + " without a solver";
    }
    std::printf("| %s | %zu | %zu | %s | %.3g | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n",
                c.of->problem.graph.name.c_str(), c.dag().size(), c.dag().edge_count(),
                c.of->free_order ? "free" : "fixed", c.fraction, percent(c, ours).c_str(),
                number("%.1f", ours.seconds, ours.ran()).c_str(),
                number("%.2f", 100 * ours.gap, ours.ran()).c_str(), percent(c, bare).c_str(),
                number("%.1f", bare.seconds, bare.ran()).c_str(), percent(c, best).c_str(), best.name.c_str(),
                number("%.1f", best.seconds, best.ran()).c_str(), beside(ours, best).c_str(),
                beside(bare, plain).c_str(), remark.c_str());
    std::fflush(stdout);
  }

  settings const& how_;
  field::process_pool pool_;
  std::ofstream csv_;
  summary with_{"with a solver"}, without_{"without a solver"};
};

std::shared_ptr<graph_at_hand const> at_hand(cm::recorded_graph graph, bool free_order, settings const& how) {
  auto out = std::make_shared<graph_at_hand>();
  out->free_order = free_order;
  out->problem.graph = std::move(graph);
  out->problem.dag = cm::lower(out->problem.graph, out->problem.graph);
  out->problem.base = cm::no_recompute_schedule(out->problem.dag);
  out->least = cm::smallest_conceivable_budget(out->problem.dag).budget;
  out->peak = out->problem.base.peak_memory;
  if (!how.save.empty()) {
    std::filesystem::create_directories(how.save);
    cm::save_graph(std::filesystem::path(how.save) / (out->problem.graph.name + ".json"), out->problem.graph);
  }
  return out;
}

std::shared_ptr<cell> cell_at(std::shared_ptr<graph_at_hand const> of, double f, double seconds) {
  auto c = std::make_shared<cell>();
  c->budget = of->least + static_cast<cm::bytes>(f * static_cast<double>(of->peak - of->least));
  c->of = std::move(of);
  c->fraction = f;
  c->seconds = seconds;
  return c;
}

std::vector<std::shared_ptr<cell>> random_cells(settings const& how) {
  std::vector<std::shared_ptr<cell>> out;
  for (std::size_t i : how.graphs) {
    field::subject made = field::random_graph(i, how.seed);
    auto const graph = at_hand(std::move(made.graph), made.free_order, how);
    std::vector<double> fractions = how.fractions;
    if (fractions.empty()) fractions = {0.25, 0.5};
    if (how.fractions.empty() && graph->problem.dag.size() <= solver_nodes)
      fractions = {0.1, 0.25, 0.5, 0.75};
    for (double f : fractions) out.push_back(cell_at(graph, f, how.seconds > 0 ? how.seconds : 5));
  }
  return out;
}

std::vector<std::shared_ptr<cell>> named_cells(settings const& how) {
  std::vector<std::shared_ptr<cell>> out;
  std::shared_ptr<graph_at_hand const> graph;
  for (field::named_case& named : field::named_cases()) {
    auto const wanted = [&](std::string const& name) { return named.name.find(name) != std::string::npos; };
    if (!how.case_names.empty() && std::none_of(how.case_names.begin(), how.case_names.end(), wanted))
      continue;
    if (!graph || graph->problem.graph.name != named.name) {
      named.graph.name = named.name;
      graph = at_hand(std::move(named.graph), false, how);
    }
    auto c = cell_at(graph, named.fraction, how.seconds > 0 ? how.seconds : named.seconds);
    if (named.budget) {
      c->budget = *named.budget;
      c->fraction =
          static_cast<double>(c->budget - graph->least) / static_cast<double>(graph->peak - graph->least);
    }
    if (named.recomputations) c->known = c->dag().base_time() + static_cast<double>(*named.recomputations);
    out.push_back(std::move(c));
  }
  return out;
}

void list(std::vector<std::shared_ptr<cell>> const& cells) {
  std::printf(
      "| graph | n | edges | values | order | F | P | f | budget |\n"
      "| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: |\n");
  for (auto const& c : cells) {
    std::printf("| %s | %zu | %zu | %zu | %s | %" PRId64 " | %" PRId64 " | %.3g | %" PRId64 " |\n",
                c->of->problem.graph.name.c_str(), c->dag().size(), c->dag().edge_count(),
                c->dag().value_count(), c->of->free_order ? "free" : "fixed", c->of->least, c->of->peak,
                c->fraction, c->budget);
  }
}

}  // namespace

int main(int argc, char** argv) try {
  settings const how = parse(argc, argv);
  auto const cells = how.cases ? named_cells(how) : random_cells(how);
  if (cells.empty()) throw std::invalid_argument("there is no such case");
  if (how.list) {
    list(cells);
    return 0;
  }
  benchmark all(how);
  for (auto const& c : cells) all.add(c);
  all.run_all();
  return all.holds() ? 0 : 1;
} catch (std::exception const& e) {
  std::fprintf(stderr, "bench_field: %s\n", e.what());
  return 2;
}
