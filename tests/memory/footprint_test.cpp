// SPDX-License-Identifier: Apache-2.0
//
// Judged by the graphs as their user gave them, added up by hand.
#include <cstdint>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/memory/footprint.hpp>

#include "support/random_problems.hpp"

using checkmate::bytes;
using checkmate::value_index;
using checkmate::value_ref;
namespace detail = checkmate::detail;

TEST_CASE("footprint: what a node holds and adds, of random problems") {
  std::size_t shared = 0, workspaces = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    test::problem const p = test::shuffled(test::random_problem(seed, 2, 12), seed);
    checkmate::dag const d = p.dag();
    for (auto node : d.nodes()) {
      checkmate::node_id const id = d.id(node);
      std::set<value_ref> const read(p.graph.read[id].begin(), p.graph.read[id].end());
      bytes own = p.graph.costs.workspaces[id], made = 0, reads = 0, odd = 0;
      for (std::uint32_t k = 0; k < p.graph.outputs[id]; ++k) {
        made += p.graph.costs.memories[id][k];
        odd += k % 2 == 1 ? p.graph.costs.memories[id][k] : 0;
      }
      for (value_ref r : read) reads += p.graph.costs.memories[r.node][r.output];
      workspaces += own > 0 ? 1 : 0;
      shared += odd > 0 ? 1 : 0;
      CHECK(checkmate::output_bytes(d, node) == made);
      CHECK(checkmate::working_set(d, node) == own + made + reads);
      CHECK(detail::new_bytes(d, node) == own + made);
      auto const is_odd = [&](value_index v) { return d.ref(v).output % 2 == 1; };
      CHECK(detail::new_bytes(d, node, is_odd) == own + made - odd);
    }
  }
  CHECK(shared > 100);
  CHECK(workspaces > 100);
}

TEST_CASE("footprint: the end uses a value once, and each reader does") {
  std::size_t at_end = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    test::problem const p = test::shuffled(test::random_problem(seed, 2, 12), seed);
    checkmate::dag const d = p.dag();
    std::vector<value_index> kept;
    for (auto v : d.values()) {
      value_ref const name = d.ref(v);
      bool const keep = p.graph.keep[name.node][name.output];
      std::size_t uses = keep ? 1 : 0;
      for (auto const& reads : p.graph.read)
        uses += std::set<value_ref>(reads.begin(), reads.end()).count(name);
      CHECK(detail::needed_at_end(d, v) == keep);
      CHECK(detail::use_count(d, v) == uses);
      if (keep) kept.push_back(v);
    }
    CHECK(detail::values_at_end(d) == kept);
    at_end += kept.size();
  }
  CHECK(at_end > 100);
}
