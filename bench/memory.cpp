// SPDX-License-Identifier: Apache-2.0
//
// The library's own peak memory while it plans training steps of residual networks: one Markdown table.
//
//   bench_memory [--nodes N]... [--seconds S]      (500, 1000, 2000; 10 s)
//
// Each plan is made in a process of its own. `before` is what the process held when planning began (the
// program, its libraries and the lowered graph), `peak` the most that it held, by the kernel's account
// (resident set).
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

#include <checkmate/solvers/cbc.hpp>
#include <checkmate/solvers/clp.hpp>
#include <checkmate/strategies/windowed.hpp>
#include <checkmate/zoo/generators.hpp>

#include "scale_graphs.hpp"

namespace {

namespace cm = checkmate;

double peak_mebibytes() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_maxrss) / 1024;
}

template <cm::strategy S>
void measure(char const* name, std::size_t nodes, double limit, S const& how) {
  std::fflush(stdout);
  pid_t const child = fork();
  if (child != 0) {
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) std::printf("FAILED with status %d\n", status);
    return;
  }
  cm::generated_graph const g = cm::residual_training_graph({.blocks = nodes / 8});
  cm::dag const d = cm::lower(g, g);
  cm::plan_options options;
  options.budget = scale::budget_at(d, 0.25);
  options.time_limit = cm::seconds(limit);
  double const before = peak_mebibytes();
  cm::result const found = cm::solve(d, options, how);
  double const peak = peak_mebibytes();
  std::printf("| %s | %zu | %.1f | %.0f | %.0f | %.1f | %s |\n", name, d.size(), found.elapsed, before, peak,
              peak - before, found.plan ? "yes" : "no");
  std::fflush(stdout);
  _exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::size_t> sizes;
  double limit = 10;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string_view const word = argv[i];
    if (word == "--nodes") sizes.push_back(std::strtoul(argv[i + 1], nullptr, 10));
    if (word == "--seconds") limit = std::strtod(argv[i + 1], nullptr);
  }
  if (sizes.empty()) sizes = {500, 1000, 2000};
  std::printf("| strategy | nodes | s | before MiB | peak MiB | planning MiB | plan |\n");
  std::printf("| --- | ---: | ---: | ---: | ---: | ---: | --- |\n");
  for (std::size_t n : sizes) {
    measure("greedy", n, limit, cm::greedy{});
    measure("automatic", n, limit, cm::automatic{});
    measure("automatic{cbc}", n, limit, cm::automatic{cm::cbc{}});
    measure("windowed{clp, cbc}", n, limit, cm::windowed<cm::clp, cm::cbc>{});
  }
}
