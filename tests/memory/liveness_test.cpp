// SPDX-License-Identifier: Apache-2.0
//
// Judged by definitions read forwards (the next event of a value, the last read before the next production),
// and by the second simulator, which sees no dag.
#include <algorithm>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/memory/liveness.hpp>
#include <checkmate/schedule/lifetimes.hpp>

#include "support/positions.hpp"
#include "support/random_problems.hpp"
#include "support/random_schedules.hpp"
#include "support/reference_simulator.hpp"

using checkmate::bytes;
using checkmate::dag;
using checkmate::memory_instance;
using checkmate::node_index;
using checkmate::value_index;
using checkmate::detail::backward_liveness;

namespace {

/// Executions, as the definitions below read them.
using sequence = std::vector<node_index>;

bool reads(dag const& d, node_index u, value_index v) {
  auto const row = d.reads(u);
  return std::find(row.begin(), row.end(), v) != row.end();
}

/// Whether the next event of `v` from execution `at` on is a read, or there is none and the end needs it.
bool needed_from(dag const& d, sequence const& s, std::size_t at, value_index v) {
  for (std::size_t i = at; i < s.size(); ++i) {
    if (reads(d, s[i], v)) return true;
    if (d.producer(v) == s[i]) return false;
  }
  return d.retained(v);
}

/// One more than the last execution that the production of `v` at `birth` is there for.
std::size_t death_of(dag const& d, sequence const& s, std::size_t birth, value_index v) {
  std::size_t death = birth + 1;
  for (std::size_t i = birth + 1; i < s.size(); ++i) {
    if (reads(d, s[i], v)) death = i + 1;
    if (d.producer(v) == s[i]) return death;
  }
  return d.retained(v) ? s.size() : death;
}

std::vector<memory_instance> slow_instances(dag const& d, sequence const& s) {
  std::vector<memory_instance> out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    for (auto v : d.values()) {
      if (d.producer(v) == s[i]) out.push_back({v, i, death_of(d, s, i, v), d.memory(v)});
    }
    if (d.workspace(s[i]) > 0) {
      out.push_back({memory_instance::workspace, i, i + 1, d.workspace(s[i])});
    }
  }
  return out;
}

/// Takes re-executions that nothing needs away one by one, the last one first.
sequence slowly_without_unneeded(dag const& d, sequence s, bytes above) {
  for (std::size_t i = s.size(); i-- > 0;) {
    if (std::find(s.begin(), s.end(), s[i]) == s.begin() + static_cast<std::ptrdiff_t>(i)) continue;
    bool needed = false;
    for (auto v : d.values()) {
      needed |= d.producer(v) == s[i] && d.memory(v) > above && needed_from(d, s, i + 1, v);
    }
    if (!needed) s.erase(s.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return s;
}

/// Calls visit(problem, dag, sequence) for random problems and random sequences, padded with executions that
/// nothing asked for.
template <class Visit>
void for_random_sequences(std::uint64_t problems, Visit visit) {
  for (std::uint64_t seed = 0; seed < problems; ++seed) {
    CAPTURE(seed);
    test::problem const p = test::shuffled(test::random_problem(seed, 2, 12), seed);
    dag const d = p.dag();
    sequence s = test::nodes(test::numbers(test::random_sequence(d, seed, seed % 3 * 25).make()));
    test::random_source random(seed);
    for (std::size_t i = 1; i <= s.size() && seed % 2 == 1; ++i) {
      node_index const again = s[random.below(i)];
      auto const at = s.begin() + static_cast<std::ptrdiff_t>(i);
      auto const there = [&](value_index v) { return needed_from(d, s, i, v); };
      auto const row = d.reads(again);
      bool const runs = !d.run_once(again) && std::all_of(row.begin(), row.end(), there);
      if (runs && random.chance(20)) s.insert(at, again);
    }
    visit(p, d, s);
  }
}

}  // namespace

TEST_CASE("liveness: what is needed at each place, of random sequences") {
  std::size_t outputs = 0, last_reads = 0;
  for_random_sequences(1000, [&](test::problem const&, dag const& d, sequence const& s) {
    backward_liveness live(d);
    for (std::size_t i = s.size(); i-- > 0;) {
      std::vector<value_index> seen;
      bool any = false;
      for (value_index v : d.outputs(s[i])) any |= needed_from(d, s, i + 1, v);
      CHECK(live.needs_output(s[i]) == any);
      live.step_back(
          s[i],
          [&](value_index v, bool needed) {
            CHECK(needed == needed_from(d, s, i + 1, v));
            CHECK((seen.empty() || v < seen.back()));
            seen.push_back(v);
            ++outputs;
          },
          [&](value_index v, bool last) {
            CHECK(reads(d, s[i], v));
            CHECK(last == !needed_from(d, s, i + 1, v));
            last_reads += last ? 1U : 0U;
          });
      CHECK(seen.size() == d.output_count(s[i]));
      for (auto v : d.values()) {
        CHECK(live.needs(v) == needed_from(d, s, i, v));
        CHECK(live.flags()[v] == (live.needs(v) ? 1 : 0));
      }
    }
  });
  CHECK(outputs > 1000);
  CHECK(last_reads > 1000);
}

TEST_CASE("liveness: instances of random sequences") {
  std::size_t repeated = 0;
  for_random_sequences(2000, [&](test::problem const&, dag const& d, sequence const& s) {
    CHECK(checkmate::instances_of(d, {d, s}) == slow_instances(d, s));
    repeated += s.size() > d.size() ? 1U : 0U;
  });
  CHECK(repeated > 500);
}

TEST_CASE("liveness: bytes in use of random sequences, and what the second simulator counts") {
  for_random_sequences(2000, [&](test::problem const& p, dag const& d, sequence const& s) {
    std::vector<bytes> expected(s.size(), 0);
    for (memory_instance const& at : slow_instances(d, s)) {
      for (std::size_t i = at.birth; i < at.death; ++i) expected[i] += at.size;
    }
    std::vector<bytes> const found = checkmate::detail::bytes_in_use(d, {d, s});
    CHECK(found == expected);
    test::replayed const seen = test::replay(p.graph, checkmate::schedule_from_sequence(d, {d, s}).steps);
    CHECK(seen.fault == "");
    CHECK(seen.untidy == "");
    CHECK(seen.peak == d.fixed_memory() + *std::max_element(found.begin(), found.end()));
  });
}

TEST_CASE("liveness: re-executions that nothing needs go, and no others") {
  std::size_t shorter = 0;
  for_random_sequences(1000, [&](test::problem const& p, dag const& d, sequence const& s) {
    checkmate::event_sequence const padded(d, s);
    checkmate::event_sequence const kept(d, checkmate::detail::without_unneeded(d, padded));
    CHECK(test::numbers(kept) == test::numbers(slowly_without_unneeded(d, s, -1)));
    CHECK(test::replay(p.graph, checkmate::schedule_from_sequence(d, kept).steps).fault == "");
    CHECK(test::numbers(checkmate::detail::without_unneeded(d, padded, 3)) ==
          test::numbers(slowly_without_unneeded(d, s, 3)));
    shorter += kept.size() < s.size() ? 1U : 0U;
  });
  CHECK(shorter > 100);
}

TEST_CASE("liveness: the last need in the fixed order is the last execution that an instance is there for") {
  for_random_sequences(500, [&](test::problem const&, dag const& d, sequence const&) {
    sequence const once(d.nodes().begin(), d.nodes().end());
    auto const last = checkmate::detail::last_needs(d);
    for (auto v : d.values()) {
      std::size_t const death = death_of(d, once, d.producer(v), v);
      CHECK(last[v] == (d.retained(v) ? d.size() : death - 1));
    }
    CHECK(checkmate::detail::base_memory(d) ==
          checkmate::detail::bytes_in_use(d, checkmate::event_sequence(d)));
  });
}
