// SPDX-License-Identifier: Apache-2.0
//
// Large steps between rounds of annealing: a few decisions are reversed and held to for a while.
//
// At tight budgets good plans fall into groups that small moves do not connect: keeping one dear value means
// dropping a dozen cheap ones elsewhere. A perturbation takes the recomputations of a few nodes back and
// forbids them, and forces recomputations of a few values that are held; the annealing that follows adapts
// the rest of the plan to that (iterated local search, H. Lourenco, O. Martin, T. Stutzle, 2003).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <checkmate/core/random.hpp>
#include <checkmate/memory/footprint.hpp>
#include <checkmate/search/annealer.hpp>
#include <checkmate/search/sequence_editor.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

class perturbation {
 public:
  perturbation(sequence_state& state, annealer& search)
      : state_(state), editor_(state), search_(search), random_(search.random()) {}

  /// Reverses 1 .. `most` decisions and restricts the search to them; false if nothing was changed.
  bool apply(std::size_t most) {
    std::size_t const count = 1 + below(most);
    bool changed = false;
    for (std::size_t i = 0; i < count; ++i) {
      bool const keep = !state_.extras().empty() && random_.chance(0.6);
      changed = (keep ? keep_something() : drop_something()) || changed;
    }
    editor_.commit();
    return changed;
  }

  /// Makes a few of the decisions in which `guide` (how often it executes each node) differs.
  bool approach(std::span<std::uint32_t const> guide) {
    std::vector<node_index> differing;
    dag const& d = state_.graph();
    for (auto u : d.nodes()) {
      bool const again = state_.runs(u).size() > 1;
      if (again != (guide[u] > 1)) differing.push_back(u);
    }
    if (differing.empty()) return false;
    std::size_t const count = 1 + below((differing.size() + 1) / 2);
    for (std::size_t i = 0; i < count; ++i) {
      node_index const u = differing[below(differing.size())];
      if (state_.runs(u).size() > 1) {
        keep(u);
      } else if (d.output_count(u) > 0 && search_.restricted.fixed[u] == 0) {
        drop(longest_hold(d.first_value(u)));
      }
    }
    editor_.commit();
    return true;
  }

 private:
  static constexpr execution_id none = sequence_state::none;

  /// A value held until `reader` (to the end if that is none), for bytes times places.
  struct hold {
    value_index value{};
    execution_id reader = none;
    double amount = 0;
  };

  [[nodiscard]] std::size_t below(std::size_t n) { return random_.below(static_cast<std::uint32_t>(n)); }

  /// Takes back all recomputations of a node, preferably a dear one.
  bool keep_something() {
    auto const& extras = state_.extras();
    node_index u = state_.node(extras[below(extras.size())]);
    if (random_.chance(0.5)) {
      node_index const other = state_.node(extras[below(extras.size())]);
      if (state_.graph().time(other) > state_.graph().time(u)) u = other;
    }
    keep(u);
    return true;
  }

  void keep(node_index u) {
    search_.restricted.kept[u] = 1;
    while (state_.runs(u).size() > 1) editor_.erase_with_inputs(state_.runs(u).back());
  }

  /// Recomputes the one of a few values that is held longest and largest.
  bool drop_something() {
    auto const values = search_.movable();
    if (values.empty()) return false;
    hold best;
    for (int tries = 0; tries < 3; ++tries) {
      value_index const v = values[below(values.size())];
      if (search_.restricted.kept[state_.graph().producer(v)] != 0) continue;
      hold const now = longest_hold(v);
      if (now.amount > best.amount) best = now;
    }
    return drop(best);
  }

  [[nodiscard]] hold longest_hold(value_index v) const {
    dag const& d = state_.graph();
    auto const& readers = state_.readers(v);
    hold best;
    for (std::size_t i = 0; i < readers.size() + (needed_at_end(d, v) ? 1 : 0); ++i) {
      execution_id const reader = i < readers.size() ? readers[i] : none;
      order_key const at = reader == none ? state_.profile().key_limit() : state_.key(reader);
      order_key const from = state_.key(state_.instance_before(v, at).last) + 1;
      if (from >= at) continue;
      double const amount = state_.sizes().value[v] * static_cast<double>(at - from);
      if (amount > best.amount) best = {v, reader, amount};
    }
    return best;
  }

  bool drop(hold const& what) {
    dag const& d = state_.graph();
    node_index const u = d.producer(what.value);
    if (!(what.amount > 0) || d.run_once(u)) return false;
    double const rule = random_.uniform();
    std::size_t added = 0;
    editor_.recompute(u, what.reader, [&](value_index v, execution_id, execution_id) {
      if (search_.restricted.kept[d.producer(v)] != 0 || ++added > 40) return false;
      return rule < 0.5 ? false : rule < 0.75 ? true : random_.chance(0.5);
    });
    search_.restricted.fixed[u] = 1;
    return true;
  }

  sequence_state& state_;
  sequence_editor editor_;
  annealer& search_;
  random_source& random_;
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
