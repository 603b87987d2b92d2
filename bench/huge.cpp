// SPDX-License-Identifier: Apache-2.0
//
// How time and memory grow up to a million nodes, for everything that every plan goes through: lowering, the
// schedule without recomputation, the simulator, checkpoint_all, and graph files. Markdown tables.
//
//   bench_huge [--most N] [--files N]      (1000000; graph files up to 200000 nodes)
//
// Shapes: a chain; a fan-in (N - 1 nodes that one node reads); a fan-out (one node that N - 1 read); a
// training step of a chain. Processor time of one thread; a linear growth shows the same time a node in every
// row.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/zoo/generators.hpp>
#include <checkmate/zoo/training.hpp>

#include "scale_graphs.hpp"

namespace {

namespace cm = checkmate;

using edges = std::vector<std::vector<cm::node_id>>;

edges chain(std::size_t n) {
  edges out(n);
  for (std::size_t v = 1; v < n; ++v) out[v] = {static_cast<cm::node_id>(v - 1)};
  return out;
}
edges fan_in(std::size_t n) {
  edges out(n);
  for (std::size_t v = 0; v + 1 < n; ++v) out[n - 1].push_back(static_cast<cm::node_id>(v));
  return out;
}
edges fan_out(std::size_t n) {
  edges out(n);
  for (std::size_t v = 1; v < n; ++v) out[v] = {0};
  return out;
}
edges training_chain(std::size_t n) {
  cm::training_graph const g = cm::make_training_graph(chain(n / 2), cm::paper_rule);
  edges out;
  for (cm::node_id v = 0; v < g.node_count(); ++v) out.push_back(g.inputs(v));
  return out;
}

/// Seconds of processor time that `call` takes.
double timed(std::function<void()> const& call) {
  double const from = scale::cpu_seconds();
  call();
  return scale::cpu_seconds() - from;
}

double peak_mebibytes() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_maxrss) / 1024;
}

void measure(char const* shape, edges const& g) {
  cm::dag d;
  cm::schedule all;
  double const lower = timed([&] { d = cm::lower(g, cm::uniform_cost{}); });
  double const make = timed([&] { all = cm::no_recompute_schedule(d); });
  bool valid = false;
  double const replay = timed([&] { valid = cm::simulate(d, all).valid(); });
  double const plan = timed([&] { valid = cm::solve(d, {}, cm::checkpoint_all{}).plan && valid; });
  double const sum = lower + make + replay + plan;
  std::printf("| %s | %zu | %.3f | %.3f | %.3f | %.3f | %.0f | %.0f |%s\n", shape, d.size(), lower, make,
              replay, plan, 1e9 * sum / static_cast<double>(d.size()), peak_mebibytes(),
              valid ? "" : " INVALID");
}

cm::recorded_graph recorded(edges const& g) {
  cm::recorded_graph out;
  for (auto const& from : g) {
    cm::recorded_node node{.time = 1, .outputs = {8}};
    for (cm::node_id v : from) node.reads.push_back({v, 0});
    out.nodes.push_back(std::move(node));
  }
  return out;
}

void measure_file(char const* shape, edges const& g) {
  cm::recorded_graph const graph = recorded(g);
  std::string text;
  double const write = timed([&] { text = cm::graph_text(graph); });
  bool same = false;
  double const read = timed([&] { same = cm::parse_graph(text) == graph; });
  double const nodes = static_cast<double>(g.size());
  std::printf("| %s | %zu | %.1f | %.3f | %.3f | %.0f | %.0f |%s\n", shape, g.size(),
              static_cast<double>(text.size()) / (1 << 20), write, read, 1e9 * (write + read) / nodes,
              peak_mebibytes(), same ? "" : " ANOTHER GRAPH");
}

/// In a process of its own, whose peak of memory is its own too.
void in_child(std::function<void()> const& work) {
  std::fflush(stdout);
  pid_t const child = fork();
  if (child == 0) {
    work();
    std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) std::printf("FAILED with status %d\n", status);
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t most = 1'000'000, files = 200'000;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string_view const word = argv[i];
    if (word == "--most") most = std::strtoul(argv[i + 1], nullptr, 10);
    if (word == "--files") files = std::strtoul(argv[i + 1], nullptr, 10);
  }
  std::vector<std::pair<char const*, edges (*)(std::size_t)>> const shapes = {
      {"chain", chain}, {"fan-in", fan_in}, {"fan-out", fan_out}, {"training chain", training_chain}};
  std::vector<std::size_t> const sizes = {1'000, 10'000, 100'000, 200'000, 1'000'000};
  std::printf(
      "| shape | nodes | lower s | schedule s | simulate s | checkpoint_all s | ns a node | peak MiB |\n");
  std::printf("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
  for (auto const& [name, make] : shapes) {
    for (std::size_t n : sizes) {
      if (n <= most) in_child([&, &name = name, &make = make] { measure(name, make(n)); });
    }
  }
  std::printf("\n| graph file | nodes | MiB | write s | read s | ns a node | peak MiB |\n");
  std::printf("| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
  for (auto const& [name, make] : shapes) {
    for (std::size_t n : sizes) {
      if (n <= files) in_child([&, &name = name, &make = make] { measure_file(name, make(n)); });
    }
  }
}
