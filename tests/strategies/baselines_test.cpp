// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/strategies/baselines.hpp>
#include <checkmate/strategies/baselines/checkpoint.hpp>
#include <checkmate/strategies/baselines/chen.hpp>
#include <checkmate/strategies/baselines/griewank.hpp>
#include <checkmate/zoo/zoo.hpp>

#include "support/random_graphs.hpp"

namespace {

namespace zoo = checkmate::zoo;

/// A network's training step, lowered, and its forward nodes.
struct lowered {
  checkmate::dag d;
  checkmate::forward_mask forward;
  explicit lowered(zoo::training_step const& step)
      : d(checkmate::lower(step.graph, step.costs)), forward(checkmate::forward_nodes(step.graph)) {}
  explicit lowered(zoo::network const& net) : lowered(zoo::training_step_of(net)) {}
  [[nodiscard]] checkmate::bytes activations(checkmate::schedule const& s) const {
    return s.peak_memory - d.fixed_memory();
  }
};

std::vector<std::uint32_t> articulation_points(std::vector<std::vector<int>> const& graph) {
  auto const d = checkmate::lower(graph, checkmate::uniform_cost{});
  auto const pass = checkmate::detail::make_forward_pass(d, checkmate::forward_mask(d.size(), true));
  return checkmate::detail::articulation_search(d, pass).find();
}

/// The definition: without the node, the last node cannot be reached from the first, nor any other, in the
/// undirected graph.
std::vector<std::uint32_t> articulation_points_by_removal(std::vector<std::vector<int>> const& graph) {
  std::size_t const n = graph.size();
  std::vector<std::set<std::size_t>> near(n + 2);
  auto const connect = [&](std::size_t a, std::size_t b) { near[a].insert(b), near[b].insert(a); };
  std::vector<bool> read(n, false);
  for (std::size_t v = 0; v < n; ++v) {
    for (int from : graph[v])
      connect(static_cast<std::size_t>(from), v), read[static_cast<std::size_t>(from)] = true;
    if (graph[v].empty()) connect(n, v);
  }
  for (std::size_t v = 0; v < n; ++v) {
    if (!read[v]) connect(n + 1, v);
  }
  std::vector<std::uint32_t> found;
  for (std::size_t without = 1; without + 1 < n; ++without) {
    std::vector<bool> seen(n + 2, false);
    std::vector<std::size_t> open = {n};
    seen[n] = true;
    std::size_t count = 1;
    while (!open.empty()) {
      std::size_t const at = open.back();
      open.pop_back();
      for (std::size_t to : near[at]) {
        if (to == without || seen[to]) continue;
        seen[to] = true;
        ++count;
        open.push_back(to);
      }
    }
    if (count < n + 1) found.push_back(static_cast<std::uint32_t>(without));
  }
  return found;
}

/// A position as a row or column of a mask.
int number(checkmate::node_index u) {
  return static_cast<int>(std::size_t{u});
}

/// What the authors' code holds from stage to stage for `checkpoints` on a chain of `forward` nodes with as
/// many backward nodes: besides what the next stage reads, every checkpoint to the end, and a segment's
/// values and gradients as long as the forward or the backward pass is in it.
checkmate::mask_matrix held_by_the_authors(checkmate::dag const& d, std::vector<int> const& checkpoints,
                                           int forward) {
  int const n = static_cast<int>(d.size());
  checkmate::mask_matrix keep = checkmate::mask_matrix::Constant(n, n, false);
  auto const hold = [&](int stage, int node) { keep(stage, node) = keep(stage, node) || node < stage; };
  for (auto v : d.nodes()) {
    for (auto from : d.inputs(v)) {
      int const last = number(v), u = number(from);
      for (int t = u < forward ? last : u + 1; t <= last; ++t) hold(t, u);
    }
  }
  int begin = 0;
  for (std::size_t k = 0; k <= checkpoints.size(); ++k) {
    int const end = k < checkpoints.size() ? checkpoints[k] : forward + 1;
    for (int t = end + 1; t < n && end < forward; ++t) hold(t, end);
    for (int t = begin; t <= end && t < n; ++t) {
      for (int i = begin; i < end; ++i) {
        hold(t, i);
        if (t < end) hold(n - 1 - t, i);
        if (i < n - forward) hold(n - 1 - t, n - 1 - i);
      }
    }
    begin = end;
  }
  return keep;
}

/// The peak where values are held as `keep` says, read later or not.
checkmate::bytes peak_of_held(checkmate::dag const& d, checkmate::mask_matrix const& keep) {
  auto const n = static_cast<int>(d.size());
  checkmate::mask_matrix const runs = checkmate::least_recomputation(d, keep).R;
  std::vector<bool> live(d.size(), false);
  checkmate::bytes in_use = 0, peak = 0;
  for (int t = 0; t < n; ++t) {
    auto const drop = [&](int after) {
      for (auto u : d.nodes()) {
        bool needed = !live[u] || (t + 1 < n && keep(t + 1, number(u)));
        for (auto user : d.users(u)) needed = needed || (runs(t, number(user)) && number(user) > after);
        if (needed) continue;
        live[u] = false;
        in_use -= d.memory(d.first_value(u));
      }
    };
    drop(-1);
    for (auto u : d.nodes()) {
      if (number(u) > t || !runs(t, number(u))) continue;
      if (!live[u]) in_use += d.memory(d.first_value(u));
      live[u] = true;
      peak = std::max(peak, in_use);
      drop(number(u));
    }
  }
  return peak;
}

/// Plans at `parts` budgets from the smallest conceivable one on, below the no-recompute peak, with no
/// strategy named and with every baseline, and checks that the former is never worse.
void never_worse(std::string const& name, checkmate::dag const& d, checkmate::forward_mask const& forward,
                 checkmate::bytes parts) {
  checkmate::bytes const low = checkmate::smallest_conceivable_budget(d).budget,
                         high = checkmate::no_recompute_schedule(d).peak_memory;
  for (checkmate::bytes budget = low; budget < high;
       budget += std::max<checkmate::bytes>(1, (high - low) / parts)) {
    // With the usual gap it stops as soon as it is proven within 0.01 % of the best.
    checkmate::result const ours = checkmate::solve(d, {.budget = budget, .relative_gap = 1e-9});
    double const mine = ours.plan ? ours.plan->time : std::numeric_limits<double>::infinity();
    checkmate::visit_baselines(forward, [&](auto const& how) {
      checkmate::result const theirs = checkmate::solve(d, {.budget = budget}, how);
      if (!theirs.plan) return;
      CAPTURE(name);
      CAPTURE(budget);
      CAPTURE(theirs.strategy);
      CHECK(mine <= theirs.plan->time * (1 + 1e-12));
    });
  }
}

void never_worse(std::string const& name, zoo::training_step const& step, checkmate::bytes parts) {
  never_worse(name, checkmate::lower(step.graph, step.costs), checkmate::forward_nodes(step.graph), parts);
}

}  // namespace

TEST_CASE("baselines: checkpoint all held has the cost and the peak that the authors published for VGG19") {
  lowered const vgg(zoo::vgg19());
  auto const r = checkmate::solve(vgg.d, {}, checkmate::checkpoint_all_held{vgg.forward});
  REQUIRE(r);
  CHECK(r.plan->time == 58'896'187'392.0);
  CHECK(vgg.activations(*r.plan) == 81'723'296);
  // Freed after the last use it needs less.
  CHECK(checkmate::no_recompute_schedule(vgg.d).peak_memory < r.plan->peak_memory);
}

TEST_CASE("baselines: AP sqrt(n) costs what the authors published for VGG19, in no more memory") {
  lowered const vgg(zoo::vgg19());
  auto const r = checkmate::solve(vgg.d, {}, checkmate::ap_sqrt{vgg.forward});
  REQUIRE(r);
  CHECK(r.plan->time == 72'512'667'648.0);
  CHECK(vgg.activations(*r.plan) <= 69'447'584);
}

TEST_CASE("baselines: the published peak of AP sqrt(n) for VGG19 is that of holding more than is read") {
  lowered const vgg(zoo::vgg19());
  std::vector<int> const checkpoints = {4, 9, 14, 19, 24};
  CHECK(peak_of_held(vgg.d, held_by_the_authors(vgg.d, checkpoints, 26)) == 69'447'584);
  // The same checkpoints with values freed after their last use: the peak of our ap_sqrt.
  auto const pass = checkmate::detail::make_forward_pass(vgg.d, vgg.forward);
  auto const runs = checkmate::detail::segment_runs(vgg.d, pass, {4, 9, 14, 19, 24}, [] { return false; });
  REQUIRE(runs);
  auto const sequence = checkmate::sequence_of(vgg.d, *runs);
  auto const seen = checkmate::simulate(vgg.d, checkmate::schedule_from_sequence(vgg.d, sequence));
  auto const ours = checkmate::solve(vgg.d, {}, checkmate::ap_sqrt{vgg.forward});
  REQUIRE(ours);
  CHECK(seen.time == 72'512'667'648.0);
  CHECK(seen.peak_memory == ours.plan->peak_memory);
  CHECK(vgg.activations(*ours.plan) == 54'591'488);
}

TEST_CASE("baselines: Griewank log(n) reaches the published peak for VGG19 at less than the published cost") {
  lowered const vgg(zoo::vgg19());
  auto const r = checkmate::solve(vgg.d, {.budget = 51'380'224 + vgg.d.fixed_memory()},
                                  checkmate::griewank_log{vgg.forward});
  REQUIRE(r);
  CHECK(vgg.activations(*r.plan) == 51'380'224);
  CHECK(r.plan->time == 60'836'675'584.0);  // published, with 5 snapshots: 97'082'048'512
}

TEST_CASE("baselines: the cards say which depend on the budget and which need a chain") {
  lowered const chain(zoo::mobilenet()), net(zoo::resnet50());
  auto const low = checkmate::smallest_conceivable_budget(chain.d).budget;
  auto const high = checkmate::no_recompute_schedule(chain.d).peak_memory;
  checkmate::visit_baselines(chain.forward, [&](auto const& how) {
    CAPTURE(how.traits.name);
    std::set<double> times;
    for (checkmate::bytes part : {2, 4, 6, 9}) {
      auto const r = checkmate::solve(chain.d, {.budget = low + (high - low) * part / 9}, how);
      if (r.plan) times.insert(r.plan->time);
    }
    CHECK((times.size() > 1) == (how.traits.memory_aware != checkmate::extent::no));
  });
  checkmate::visit_baselines(net.forward, [&](auto const& how) {
    CAPTURE(how.traits.name);
    bool const planned = checkmate::solve(net.d, {}, how).plan.has_value();
    CHECK(planned == (how.traits.general_graphs != checkmate::extent::no));
  });
}

TEST_CASE("baselines: on a chain the three kinds of candidates agree") {
  lowered const net(zoo::mobilenet());
  auto const budget = net.d.fixed_memory() + 40'000'000;
  auto const time = [&](auto const& how) {
    return checkmate::solve(net.d, {.budget = budget}, how).plan->time;
  };
  CHECK(time(checkmate::chen_sqrt{net.forward}) == time(checkmate::ap_sqrt{net.forward}));
  CHECK(time(checkmate::chen_sqrt{net.forward}) == time(checkmate::linearized_sqrt{net.forward}));
  CHECK(time(checkmate::chen_greedy{net.forward}) == time(checkmate::ap_greedy{net.forward}));
  CHECK(time(checkmate::chen_greedy{net.forward}) == time(checkmate::linearized_greedy{net.forward}));
}

TEST_CASE("baselines: sqrt(n) on a unit chain takes about one more forward pass and 2 sqrt(n) values") {
  lowered const chain(zoo::unit_chain_step(100));
  auto const r = checkmate::solve(chain.d, {}, checkmate::chen_sqrt{chain.forward});
  REQUIRE(r);
  CHECK(r.plan->time > chain.d.base_time() + 80);
  CHECK(r.plan->time <= chain.d.base_time() + 100);
  CHECK(r.plan->peak_memory <= 25);
}

TEST_CASE("baselines: binomial checkpointing needs the least number of recomputed steps") {
  // t(l, c) = min over the first advance, worked out here step by step (Griewank and Walther 2000).
  constexpr std::size_t longest = 24, most = 6;
  std::vector<std::vector<std::uint64_t>> t(longest + 1, std::vector<std::uint64_t>(most + 1, 0));
  for (std::size_t l = 2; l <= longest; ++l) {
    t[l][1] = l * (l - 1) / 2;
    for (std::size_t c = 2; c <= most; ++c) {
      t[l][c] = t[l][1];
      for (std::size_t m = 1; m < l; ++m) t[l][c] = std::min(t[l][c], m + t[l - m][c - 1] + t[m][c]);
    }
  }
  for (std::size_t l = 1; l <= longest; ++l) {
    for (std::size_t c = 1; c <= most; ++c) {
      CAPTURE(l);
      CAPTURE(c);
      CHECK(checkmate::detail::revolve_steps(l, c) == t[l][c]);
    }
  }
}

TEST_CASE("griewank: where the next snapshot goes is the first or the last of the best places") {
  using namespace checkmate::detail;
  for (std::uint64_t length = 2; length <= 60; ++length) {
    for (std::uint64_t snapshots = 2; snapshots <= 12; ++snapshots) {
      CAPTURE(length);
      CAPTURE(snapshots);
      std::uint64_t first = 0, last = 0, least = std::numeric_limits<std::uint64_t>::max();
      for (std::uint64_t m = 1; m < length; ++m) {
        std::uint64_t const steps =
            m + revolve_steps(length - m, snapshots - 1) + revolve_steps(m, snapshots);
        if (steps < least) first = m;
        if (steps <= least) last = m;
        least = std::min(least, steps);
      }
      CHECK(revolve_advance(length, snapshots, advance_tie::shortest) == first);
      CHECK(revolve_advance(length, snapshots, advance_tie::longest) == last);
    }
  }
}

TEST_CASE("baselines: more snapshots cost less, and few hold a long chain in little memory") {
  lowered const chain(zoo::unit_chain_step(64));
  double before = std::numeric_limits<double>::infinity();
  for (int c : {1, 2, 3, 4, 6, 10}) {
    CAPTURE(c);
    auto const r = checkmate::solve(chain.d, {}, checkmate::griewank_log{chain.forward, c});
    REQUIRE(r);
    CHECK(r.plan->time < before);
    CHECK(r.plan->peak_memory <= c + 4);
    before = r.plan->time;
  }
}

TEST_CASE("baselines: chain methods say so where the forward pass is none") {
  lowered const net(zoo::resnet50());
  for (auto const& r : {checkmate::solve(net.d, {}, checkmate::griewank_log{net.forward}),
                        checkmate::solve(net.d, {}, checkmate::chen_sqrt{net.forward}),
                        checkmate::solve(net.d, {}, checkmate::chen_greedy{net.forward})}) {
    CHECK_FALSE(r);
    CHECK(r.termination.reason == checkmate::stop_reason::no_solution);
    CHECK(r.termination.detail.find("not a chain") != std::string::npos);
  }
}

TEST_CASE("baselines: without a mask of forward nodes they say so, with a wrong one they throw") {
  lowered const net(zoo::vgg16());
  auto const r = checkmate::solve(net.d, {}, checkmate::ap_sqrt{});
  CHECK_FALSE(r);
  CHECK(r.termination.reason == checkmate::stop_reason::no_solution);
  CHECK(r.termination.detail.find("forward pass") != std::string::npos);
  CHECK_THROWS_AS((void)checkmate::solve(net.d, {}, checkmate::ap_sqrt{checkmate::forward_mask(3, true)}),
                  checkmate::invalid_option);
}

TEST_CASE("baselines: articulation points are those of the definition") {
  CHECK(articulation_points({{}, {0}, {1}, {2}, {3}}) == std::vector<std::uint32_t>{1, 2, 3});
  CHECK(articulation_points({{}, {0}, {1}, {1, 2}, {3}, {4}}) == std::vector<std::uint32_t>{1, 3, 4});
  CHECK(articulation_points({{}, {0}, {0, 1}, {0, 2}}).empty());
  test::random_source random(5);
  for (int i = 0; i < 200; ++i) {
    std::vector<std::vector<int>> graph(2 + random.below(9));
    for (std::size_t v = 1; v < graph.size(); ++v) {
      for (std::size_t u = 0; u < v; ++u) {
        if (random.chance(u + 1 == v ? 80 : 12)) graph[v].push_back(static_cast<int>(u));
      }
    }
    CAPTURE(i);
    CHECK(articulation_points(graph) == articulation_points_by_removal(graph));
  }
}

TEST_CASE("baselines: every schedule is in budget, and nothing is proven beyond the base time") {
  for (auto const& net : {zoo::vgg16(), zoo::vgg19(), zoo::resnet50(), zoo::unet(), zoo::segnet()}) {
    lowered const of(net);
    auto const peak = of.activations(checkmate::no_recompute_schedule(of.d));
    for (int percent : {40, 70, 100}) {
      auto const budget = of.d.fixed_memory() + peak * percent / 100;
      checkmate::visit_baselines(of.forward, [&](auto const& how) {
        auto const r = checkmate::solve(of.d, {.budget = budget}, how);
        CAPTURE(net.name());
        CAPTURE(r.strategy);
        CHECK(r.termination.reason != checkmate::stop_reason::failed);
        CHECK(r.strategy == how.traits.name);
        if (!r.plan) {
          CHECK(!r.termination.detail.empty());
          return;
        }
        CHECK(r.plan->peak_memory <= budget);
        CHECK(r.plan->time >= of.d.base_time());
        CHECK((r.termination.reason == checkmate::stop_reason::optimal) == (r.gap() <= 1e-4));
      });
    }
  }
}

TEST_CASE(
    "baselines: random graphs with several outputs, retained values and run-once nodes are no trouble") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    auto const d = test::random_dag(
        seed, {.nodes = 9, .more_outputs = 30, .workspace = 30, .retained = 20, .run_once = 20, .fixed = 5});
    checkmate::forward_mask forward(d.size(), false);
    for (std::size_t v = 0; v < 5; ++v) forward[v] = true;
    checkmate::visit_baselines(forward, [&](auto const& how) {
      auto const r = checkmate::solve(d, {}, how);
      CAPTURE(seed);
      CAPTURE(r.strategy);
      CAPTURE(r.termination.detail);
      CHECK(r.termination.reason != checkmate::stop_reason::failed);
      bool const chain_method =
          r.strategy == "griewank_log" || r.strategy == "rotor" || r.strategy.starts_with("chen");
      CHECK((r.plan.has_value() || chain_method));
    });
  }
}

TEST_CASE("baselines: none is ever better than the default plan, on random graphs") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    auto const shape =
        seed % 3 == 0 ? test::everything(8 + seed % 17)
                      : test::random_options{.nodes = 8 + seed % 23, .edge_chance = seed % 3 == 1 ? 15 : 35};
    auto const d = test::random_dag(seed, shape);
    checkmate::forward_mask forward(d.size(), false);
    for (std::size_t v = 0; v < d.size() / 2; ++v) forward[v] = true;
    never_worse("random " + std::to_string(seed), d, forward, 3);
  }
}

TEST_CASE(
    "baselines: none is ever better than the default plan, on unit chains, the tightest budgets included") {
  for (int length : {8, 32, 64}) {
    never_worse("chain of " + std::to_string(length), zoo::unit_chain_step(length), 4);
  }
}

TEST_CASE("baselines: none is ever better than the default plan, on the networks of the paper") {
  for (zoo::network_entry const& entry : zoo::networks()) {
    // The transformer is the largest: its tightest budget has to do.
    never_worse(std::string(entry.name), zoo::training_step_of(entry.make({})), entry.name == "gpt2" ? 1 : 3);
  }
}
