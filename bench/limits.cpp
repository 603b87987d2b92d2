// SPDX-License-Identifier: Apache-2.0
//
// How soon each strategy ends once its time is up, or once it is asked to stop: one Markdown table.
//
//   bench_limits [--limit SECONDS]... [--only WORD] [--seed N]      (1 and 3 seconds; all strategies)
//
// Each strategy plans graphs of some 2,000 nodes (a training step of a residual network, one of a chain, and
// DenseNet-121 as PyTorch runs it, 1,340 nodes of several values; for integer programs also a residual
// network of 226 nodes, whose program is just small enough to be built) under a limit that it cannot meet
// with everything done: once with `time_limit`, and once without any, another thread requesting the stop
// after as much processor time. Late is what spends more than a second of processor time, or 5 % of the
// limit, after it; the wall time after it is told, too, but on a machine that is busy otherwise says little.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <checkmate/cost/table.hpp>
#include <checkmate/max_batch.hpp>
#include <checkmate/planning/any_strategy.hpp>
#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/clp.hpp>
#include <checkmate/strategies/baselines.hpp>
#include <checkmate/strategies/least_peak_order.hpp>
#include <checkmate/strategies/lp_rounding.hpp>
#include <checkmate/strategies/windowed.hpp>
#include <checkmate/sweep.hpp>
#include <checkmate/zoo/generators.hpp>
#include <checkmate/zoo/training.hpp>
#ifdef CHECKMATE_BENCH_WITH_GLPK
#include <checkmate/solvers/glpk.hpp>
#endif

#include "scale_graphs.hpp"

namespace {

namespace cm = checkmate;

struct settings {
  std::vector<double> limits;
  std::string only;
  std::uint32_t seed = 0;
};

/// A graph to plan.
struct subject {
  std::string name;
  cm::dag graph;
  cm::forward_mask forward;
  double fraction = 0.25;  // of the range of budgets
};

subject residual_network(std::string name, std::size_t blocks) {
  cm::generated_graph const g = cm::residual_training_graph({.blocks = blocks});
  subject out{std::move(name), cm::lower(g, g), cm::forward_mask(g.node_count(), false)};
  for (std::size_t v = 0; v < 2 + 4 * blocks; ++v) out.forward[v] = true;  // the input, the blocks, the loss
  return out;
}

/// A training chain of `layers` layers with the costs of a generated graph.
subject chain(std::string name, std::size_t layers) {
  cm::generated_graph const numbers = cm::residual_training_graph({.blocks = layers, .depth = 1});
  cm::generated_graph forward;
  for (std::size_t v = 0; v < layers; ++v) {
    forward.args.emplace_back();
    if (v > 0) forward.args.back().push_back(static_cast<cm::node_id>(v - 1));
    forward.times.push_back(numbers.times[v]);
    forward.sizes.push_back(numbers.sizes[v]);
  }
  cm::training_graph const g = cm::make_training_graph(forward, cm::paper_rule);
  subject out{std::move(name), cm::lower(g, cm::training_costs(g, forward, forward)), {}};
  for (cm::node_id v = 0; v < g.node_count(); ++v) out.forward.push_back(!g.is_backward(v));
  return out;
}

std::optional<subject> densenet() {
  auto const file = scale::find_graph("densenet121_b32");
  if (file.empty()) return std::nullopt;
  cm::recorded_graph const g = cm::load_graph(file);
  return subject{"densenet", scale::moving_part(g), cm::forward_nodes(g)};
}

struct entry {
  std::string name;
  std::string graph;  // where it runs
  std::function<cm::result(subject const&, cm::plan_options const&)> plan;
};

/// A strategy on the graphs whose names are in `graphs`, separated by spaces.
void add(std::vector<entry>& all, std::string const& name, std::string_view graphs,
         std::function<cm::any_strategy(subject const&)> const& make) {
  while (!graphs.empty()) {
    std::size_t const end = std::min(graphs.find(' '), graphs.size());
    all.push_back(
        {name, std::string(graphs.substr(0, end)), [make](subject const& s, cm::plan_options const& options) {
           return cm::solve(s.graph, options, make(s));
         }});
    graphs.remove_prefix(std::min(end + 1, graphs.size()));
  }
}

/// The last result of a sweep as if it were a plan's; the limit is each point's, so only stops are tried.
cm::result sweep_all(subject const& s, cm::plan_options const& options) {
  cm::sweep_options how;
  how.points = 50;
  how.plan = options;
  auto const curve = cm::sweep(s.graph, how, cm::automatic{cm::cbc{}});
  cm::result out;
  for (auto const& point : curve) out = point.found;
  out.termination.limit = options.stop.stop_requested() ? cm::stop_limit::cancelled : cm::stop_limit::none;
  return out;
}

cm::result grow(subject const&, cm::plan_options const& options) {
  cm::max_batch_options how;
  how.plan = options;
  how.largest = 2000;
  auto const found =
      cm::max_batch([](std::int64_t size) { return chain("", static_cast<std::size_t>(size)).graph; }, how,
                    cm::local_search{});
  cm::result out = found.found;
  out.termination.limit = found.limit;
  return out;
}

std::vector<entry> strategies() {
  constexpr std::string_view large = "residual densenet", every = "residual chain densenet";
  std::vector<entry> all;
  add(all, "automatic", every, [](auto const&) { return cm::automatic{}; });
  add(all, "automatic{cbc}", every, [](auto const&) { return cm::automatic{cm::cbc{}}; });
  add(all, "greedy", every, [](auto const&) { return cm::greedy{}; });
  add(all, "local_search", every, [](auto const&) { return cm::local_search{}; });
  add(all, "least_peak_order", large, [](auto const&) { return cm::least_peak_order{.moves = 1ULL << 40}; });
  add(all, "optimal{cbc}", "residual medium densenet", [](auto const&) { return cm::optimal{cm::cbc{}}; });
  // Models beyond the limit on columns that usually keeps them from being built.
  add(all, "optimal{cbc}, any size", "residual", [](auto const&) {
    return cm::optimal{cm::cbc{}, {.max_columns = 40'000'000}};
  });
  add(all, "optimal{cbc}, no greedy", "residual medium densenet", [](auto const&) {
    return cm::optimal{cm::cbc{}, {.use_greedy = false, .max_columns = 40'000'000}};
  });
  add(all, "lp_rounding{clp}", "residual medium densenet",
      [](auto const&) { return cm::lp_rounding{cm::clp{}}; });
  add(all, "lp_rounding{clp}, any size", "residual", [](auto const&) {
    return cm::lp_rounding{cm::clp{}, {.max_columns = 40'000'000}};
  });
  add(all, "windowed{clp, cbc}", large, [](auto const&) { return cm::windowed<cm::clp, cm::cbc>{}; });
#ifdef CHECKMATE_BENCH_WITH_GLPK
  add(all, "windowed{glpk, glpk}", "residual",
      [](auto const&) { return cm::windowed<cm::glpk, cm::glpk>{}; });
  add(all, "optimal{glpk}", "short", [](auto const&) { return cm::optimal{cm::glpk{}}; });
#endif
  add(all, "state_search", "short", [](auto const&) { return cm::state_search{.max_states = 1U << 30}; });
  add(all, "rotor", "chain", [](auto const&) { return cm::rotor{}; });
  add(all, "checkpoint_last", every, [](auto const&) { return cm::checkpoint_last{}; });
  add(all, "checkpoint_all_held", every, [](auto const& s) { return cm::checkpoint_all_held{s.forward}; });
  add(all, "griewank_log", "chain", [](auto const& s) { return cm::griewank_log{s.forward}; });
  add(all, "chen_sqrt", "chain", [](auto const& s) { return cm::chen_sqrt{s.forward}; });
  add(all, "chen_greedy", "chain", [](auto const& s) { return cm::chen_greedy{s.forward}; });
  add(all, "ap_sqrt", every, [](auto const& s) { return cm::ap_sqrt{s.forward}; });
  add(all, "ap_greedy", every, [](auto const& s) { return cm::ap_greedy{s.forward}; });
  add(all, "linearized_sqrt", every, [](auto const& s) { return cm::linearized_sqrt{s.forward}; });
  add(all, "linearized_greedy", every, [](auto const& s) { return cm::linearized_greedy{s.forward}; });
  all.push_back({"sweep(automatic{cbc})", "residual", sweep_all});
  all.push_back({"max_batch(local_search)", "chain", grow});
  return all;
}

/// One run; whether it ended in time.
bool run(entry const& e, subject const& s, settings const& how, double limit, bool by_stop) {
  cm::plan_options options;
  options.budget = scale::budget_at(s.graph, s.fraction);
  options.seed = how.seed;
  if (e.name == "least_peak_order") options.order = cm::execution_order::free;
  std::stop_source source;
  options.stop = source.get_token();
  if (!by_stop) options.time_limit = cm::seconds(limit);
  auto const from = std::chrono::steady_clock::now();
  auto const elapsed = [from] { return cm::seconds(std::chrono::steady_clock::now() - from).count(); };
  double const began = scale::cpu_seconds();
  std::atomic<double> spent = -1;  // processor seconds when the limit passed
  cm::result found;
  double took = 0;
  {
    std::jthread const observer([&](std::stop_token const& done) {
      auto const passed = [&] { return by_stop ? scale::cpu_seconds() - began : elapsed(); };
      while (!done.stop_requested() && passed() < limit)
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      if (done.stop_requested()) return;
      spent = scale::cpu_seconds();
      if (by_stop) source.request_stop();
    });
    found = e.plan(s, options);
    took = elapsed();
  }
  double const worked = spent < 0 ? 0 : scale::cpu_seconds() - spent;
  bool const late = worked > std::max(1.0, 0.05 * limit);
  std::printf("| %s | %s | %s | %.0f | %.2f | %.2f | %.2f | %s | %s |%s\n", e.name.c_str(), s.name.c_str(),
              by_stop ? "stop" : "time", limit, took, by_stop ? 0.0 : std::max(0.0, took - limit), worked,
              to_string(found.termination.limit).data(), found.plan ? "yes" : "no", late ? " LATE" : "");
  std::fflush(stdout);
  return !late;
}

}  // namespace

int main(int argc, char** argv) {
  settings how;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string_view const word = argv[i];
    if (word == "--limit") how.limits.push_back(std::strtod(argv[i + 1], nullptr));
    if (word == "--only") how.only = argv[i + 1];
    if (word == "--seed") how.seed = static_cast<std::uint32_t>(std::strtoul(argv[i + 1], nullptr, 10));
  }
  if (how.limits.empty()) how.limits = {1, 3};
  std::vector<subject> subjects = {residual_network("residual", 250), residual_network("medium", 28),
                                   chain("chain", 1000), chain("short", 60)};
  subjects.back().fraction = 0.1;
  if (auto real = densenet()) subjects.push_back(*std::move(real));
  std::printf("| strategy | graph | ended by | at s | took s | over s | of it CPU s | named | plan |\n");
  std::printf("| --- | --- | --- | ---: | ---: | ---: | ---: | --- | --- |\n");
  bool in_time = true;
  for (entry const& e : strategies()) {
    if (e.name.find(how.only) == std::string::npos) continue;
    for (subject const& s : subjects) {
      if (s.name != e.graph) continue;
      for (double const limit : how.limits) {
        bool const per_point = e.name.starts_with("sweep") || e.name.starts_with("max_batch");
        if (!per_point) in_time = run(e, s, how, limit, false) && in_time;
        in_time = run(e, s, how, limit, true) && in_time;
      }
    }
  }
  return in_time ? 0 : 1;
}
