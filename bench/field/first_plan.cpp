// SPDX-License-Identifier: Apache-2.0
//
// How soon the default has a plan, and how good it is: one Markdown table over training steps of some 1,000,
// 10,000 and 50,000 nodes at small budgets.
//
//   bench_first_plan [--nodes N]... [--fraction F]... [--seconds S] [--greedy-limit S] [--jobs N]
//                    [--strategy NAME] [--backend NAME] [SHAPE...]
//
//   --nodes         about how many (1000, 10000, 50000)
//   --fraction      budgets B = F + f (P - F), F the smallest conceivable budget, P the no-recompute peak
//                   (0.5, 0.25, 0.1)
//   --seconds       wall time of the default (10)
//   --greedy-limit  wall time of greedy (60; 0: without it)
//   --jobs          processes at a time (1)
//   --strategy      instead of the default, with --backend ("none": without a solver)
//   SHAPE           those whose name contains one of them (all)
//
// "first plan" is when the first finite time is reported, or else when planning ends, in seconds after
// lowering; "over the best" its total time over that of the plan at the end. Every plan is made in a process
// of its own, which is ended by force a minute after three times its limit. Exit code 1 if some cell has no
// plan.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../scale_graphs.hpp"
#include "arguments.hpp"
#include "deepened.hpp"
#include "processes.hpp"
#include "registry.hpp"
#include "shapes.hpp"

namespace {

namespace cm = checkmate;

constexpr double never = std::numeric_limits<double>::infinity();

struct settings {
  std::vector<std::size_t> nodes;
  std::vector<double> fractions;
  double seconds = 10, greedy_limit = 60;
  std::size_t jobs = 1;
  std::string strategy = "automatic", backend;
  std::vector<std::string> shapes;
};

settings parse(int argc, char** argv) {
  settings how;
  field::arguments words(argc, argv);
  while (words.next()) {
    if (words.is("--nodes")) {
      how.nodes.push_back(words.count(100));
    } else if (words.is("--fraction")) {
      how.fractions.push_back(words.number());
    } else if (words.is("--seconds")) {
      how.seconds = words.number();
    } else if (words.is("--greedy-limit")) {
      how.greedy_limit = words.number();
    } else if (words.is("--jobs")) {
      how.jobs = words.count(1);
    } else if (words.is("--strategy")) {
      how.strategy = words.value();
    } else if (words.is("--backend")) {
      how.backend = words.value();
    } else if (words.is_option()) {
      words.refuse();
    } else {
      how.shapes.push_back(words.word());
    }
  }
  if (how.nodes.empty()) how.nodes = {1000, 10'000, 50'000};
  if (how.fractions.empty()) how.fractions = {0.5, 0.25, 0.1};
  cli::choose_backend(cli::find_strategy(how.strategy), how.backend);
  return how;
}

/// A training step of about as many nodes as asked for.
struct shape {
  std::string name;
  std::function<cm::recorded_graph(std::size_t)> make;
};

cm::recorded_graph real(std::string const& file, std::size_t nodes) {
  cm::recorded_graph const step = cm::load_graph(file);
  return field::deepened(step, std::max<std::size_t>(1, (nodes + step.nodes.size() / 2) / step.nodes.size()));
}

std::vector<shape> shapes() {
  using namespace field;
  costs const varied{.seed = 1, .spread = 2, .workspace = 0.1, .weight = 0.3};
  std::vector<shape> all = {
      {"adjoint", [](std::size_t n) { return training_step(chain(n / 2)); }},
      {"adjoint_varied_given", [=](std::size_t n) { return training_step(chain(n / 2, varied, true)); }},
      {"transformer", [](std::size_t n) { return training_step(transformer(n / 40)); }},
      {"residual", [=](std::size_t n) { return training_step(residual(n / 2, varied)); }},
      {"dense", [=](std::size_t n) { return training_step(dense(n / 40, 20, varied)); }},
      {"layered", [=](std::size_t n) { return training_step(layered(n / 2, varied)); }},
      {"unet", [=](std::size_t n) { return training_step(unet(n / 2, varied)); }}};
  for (char const* name : {"llama_1b_b1_s2048", "densenet121_b32"}) {
    auto const file = scale::find_graph(name);
    if (!file.empty()) all.push_back({name, [file](std::size_t n) { return real(file.string(), n); }});
  }
  return all;
}

/// One row of the table, and what its two processes wrote.
struct row {
  shape of;
  std::size_t nodes = 0;
  double fraction = 0;
  field::written plan, greedy;
  std::size_t open = 0;
};

/// In a process of its own: the graph's size; "first" with seconds, time and phase of the first plan seen;
/// "end" with seconds, time, base time and the part that found it.
void plan(row const& r, std::string const& strategy, std::string const& backend, double limit,
          std::FILE* out) {
  cli::problem problem;
  problem.graph = r.of.make(r.nodes);
  problem.dag = cm::lower(problem.graph, problem.graph);
  std::fprintf(out, "size %zu %zu\n", problem.dag.size(), problem.dag.edge_count());
  std::fflush(out);
  cm::plan_options options;
  options.budget = scale::budget_at(problem.dag, r.fraction);
  options.time_limit = cm::seconds(limit);
  bool seen = false;
  options.on_progress = [&](cm::progress const& p) {
    if (seen || !(p.best_time < never)) return;
    seen = true;
    std::fprintf(out, "first %.17g %.17g %s\n", p.elapsed, p.best_time, std::string(p.phase).c_str());
    std::fflush(out);
  };
  auto const& entry = cli::find_strategy(strategy);
  auto const found = entry.plan(problem, options, cli::choose_backend(entry, backend));
  std::fprintf(out, "end %.17g %.17g %.17g %s\n", found.elapsed, found.plan ? found.plan->time : never,
               found.base_time, found.strategy.c_str());
}

/// What a process wrote, as numbers.
struct account {
  std::size_t nodes = 0, edges = 0;
  double first_seconds = never, first_time = never;
  double seconds = never, time = never, base = 0;
  std::string found_by = {};
  bool ended = false;

  explicit account(field::written const& wrote) : ended(wrote.well) {
    std::istringstream in(wrote.text);
    for (std::string line; std::getline(in, line);) {
      char by[100] = "";
      std::sscanf(line.c_str(), "size %zu %zu", &nodes, &edges);
      std::sscanf(line.c_str(), "first %lf %lf", &first_seconds, &first_time);
      if (std::sscanf(line.c_str(), "end %lf %lf %lf %99[^\n]", &seconds, &time, &base, by) >= 3)
        found_by = by;
    }
    if (first_time == never && time < never) {
      first_seconds = seconds;
      first_time = time;
    }
  }
  [[nodiscard]] bool found() const { return first_time < never; }
};

std::string number(char const* form, double x) {
  char text[32] = "";
  if (x < never) std::snprintf(text, sizeof text, form, x);
  return text;
}

void print(row const& r) {
  account const a(r.plan), g(r.greedy);
  double const base = std::max(a.base, g.base);
  auto const percent = [&](double time) {
    return number("%.2f", base > 0 ? 100 * (time / base - 1) : never);
  };
  std::printf("| %s | %zu | %zu | %.3g | %s | %s | %s | %s | %s | %s | %s |%s\n", r.of.name.c_str(),
              std::max(a.nodes, g.nodes), std::max(a.edges, g.edges), r.fraction,
              a.found() ? number("%.3f", a.first_seconds).c_str() : "none",
              a.time < never ? number("%.4f", a.first_time / a.time).c_str() : "", percent(a.time).c_str(),
              number("%.1f", a.seconds).c_str(), a.found_by.c_str(), number("%.2f", g.seconds).c_str(),
              g.seconds < never && !g.found() ? "none" : percent(g.time).c_str(), a.ended ? "" : " KILLED");
  std::fflush(stdout);
}

/// Makes the rows' runs; whether every row had a plan.
bool run(std::vector<std::shared_ptr<row>> const& rows, settings const& how) {
  field::process_pool pool(how.jobs);
  bool all = true;
  auto const add = [&](std::shared_ptr<row> const& r, std::string const& strategy, std::string const& backend,
                       double limit, field::written row::*to) {
    if (limit <= 0) return;
    ++r->open;
    auto const report = [r, to, &all](field::written const& wrote) {
      (*r).*to = wrote;
      if (--r->open > 0) return;
      all = all && account(r->plan).found();
      print(*r);
    };
    auto const work = [=](std::FILE* out) { plan(*r, strategy, backend, limit, out); };
    pool.add({work, static_cast<unsigned>(60 + 3 * limit), report});
  };
  for (auto const& r : rows) {
    add(r, how.strategy, how.backend, how.seconds, &row::plan);
    add(r, "greedy", "", how.greedy_limit, &row::greedy);
  }
  pool.run();
  return all;
}

}  // namespace

int main(int argc, char** argv) try {
  settings const how = parse(argc, argv);
  std::vector<std::shared_ptr<row>> rows;
  for (shape const& of : shapes()) {
    auto const wanted = [&](std::string const& part) { return of.name.find(part) != std::string::npos; };
    if (!how.shapes.empty() && std::none_of(how.shapes.begin(), how.shapes.end(), wanted)) continue;
    for (std::size_t nodes : how.nodes) {
      for (double f : how.fractions) rows.push_back(std::make_shared<row>(row{of, nodes, f, {}, {}, 0}));
    }
  }
  if (rows.empty()) throw std::invalid_argument("there is no such shape");
  std::printf(
      "| graph | n | edges | f | first plan s | over the best | best %% | s | by | greedy s | greedy %% |\n"
      "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: |\n");
  return run(rows, how) ? 0 : 1;
} catch (std::exception const& e) {
  std::fprintf(stderr, "bench_first_plan: %s\n", e.what());
  return 2;
}
