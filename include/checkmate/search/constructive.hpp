// SPDX-License-Identifier: Apache-2.0
//
// The constructive heuristic behind `greedy`. At the execution with the highest memory, every value that is
// held across it without being read there is a candidate: it can be released at its last use before and
// produced again just before its next. Candidates are ranked by bytes times steps held per added time; the
// best of the ranking are tried out on the real profile, with the inputs of the recomputation held longer or
// recomputed in turn, and the one with the best relief of overflow per added time is kept.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include <checkmate/search/sequence_editor.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// How a constructive run treats the inputs of a recomputation that nothing else holds at that point.
enum class input_policy : std::uint8_t { hold, recompute, fit };

struct constructive_options {
  std::size_t tried = 48;          ///< candidates tried out at each step
  std::size_t longest_chain = 48;  ///< executions that one candidate may add
  std::size_t at_once = 8;         ///< candidates of one ranking that may be taken, one after the other

  /// For graphs of that many nodes: on long sequences each trial costs more and there are more steps.
  [[nodiscard]] static constructive_options for_size(std::size_t nodes) {
    constexpr std::size_t usual = 48, wide = 1000, least = 8;
    constructive_options out;
    out.tried = std::max(least, usual * wide / std::max(wide, nodes));
    return out;
  }
};

class constructive {
 public:
  constructive(sequence_state& state, constructive_options options)
      : state_(state), editor_(state), options_(options) {}

  /// Drops values until nothing overflows or nothing helps; stop() is polled once a step and ends it early.
  /// Returns whether the state is within budget.
  bool run(auto stop) {
    // Where the recomputations alone outnumber the graph several times over, dropping more leads nowhere.
    std::size_t const most = 3 * state_.graph().size() + 64;
    while (state_.overflow() > 0) {
      if (stop() || state_.extras().size() > most) return false;
      if (!step()) return false;
    }
    return true;
  }

  /// Erases recomputations that the budget does not need, the dearest first; stop() is polled before each and
  /// leaves the rest.
  void prune(auto stop) {
    double const allowed = state_.overflow();
    std::vector<execution_id> extras = state_.extras();
    std::sort(extras.begin(), extras.end(), [&](execution_id a, execution_id b) {
      double const ta = state_.graph().time(state_.node(a));
      double const tb = state_.graph().time(state_.node(b));
      return ta != tb ? ta > tb : state_.key(a) < state_.key(b);
    });
    for (execution_id e : extras) {
      if (stop()) return;
      if (!state_.live(e) || !state_.extra(e)) continue;
      editor_.erase_with_inputs(e);
      if (state_.overflow() > allowed) editor_.undo();
      editor_.commit();
    }
  }

 private:
  struct candidate {
    value_index value;
    execution_id reader;  // before which the value is produced again; none = at the end
    double promise;
  };
  struct attempt {
    double rate = 0;  // overflow relieved per added time
    candidate what{};
    input_policy policy{};
  };

  /// One step at the highest overflow that a candidate relieves.
  bool step() {
    execution_id const worst = state_.profile().highest();
    if (step_at(worst)) return true;
    // Nothing relieves the highest place; any other overflowing place will do.
    for (int i = 0; i < 16; ++i) {
      execution_id const other = state_.profile().overflowing((i + 0.5) / 16);
      if (other != worst && step_at(other)) return true;
    }
    return false;
  }

  bool step_at(execution_id place) {
    collect(place);
    attempts_.clear();
    for (candidate const& c : candidates_) {
      attempt best;
      for (input_policy policy : {input_policy::fit, input_policy::hold, input_policy::recompute}) {
        double const rate = try_out(c, policy);
        if (rate > best.rate) best = {rate, c, policy};
      }
      if (best.rate > 0) attempts_.push_back(best);
    }
    if (attempts_.empty()) return false;
    std::stable_sort(attempts_.begin(), attempts_.end(),
                     [](attempt const& a, attempt const& b) { return a.rate > b.rate; });
    take(attempts_.front());
    take_more(place);
    return true;
  }

  void take(attempt const& a) {
    apply(a.what, a.policy);
    editor_.commit();
  }

  /// Takes what is next in the ranking while `place` overflows and the candidate still relieves nearly as
  /// much.
  void take_more(execution_id place) {
    for (std::size_t i = 1; i < std::min(options_.at_once, attempts_.size()); ++i) {
      if (state_.profile().amount(place) <= state_.profile().limit()) return;
      attempt const& next = attempts_[i];
      if (!still_held(next.what, place)) continue;
      if (try_out(next.what, next.policy) > 0.5 * next.rate) take(next);
    }
  }

  [[nodiscard]] bool still_held(candidate const& c, execution_id place) const {
    order_key const at = state_.key(place);
    auto const is = state_.instance_before(c.value, at);
    return is.last != sequence_state::none && is.needed && state_.read_from(c.value, at) == c.reader;
  }

  /// The most promising values that are held across `place` for nothing that runs there.
  void collect(execution_id place) {
    dag const& d = state_.graph();
    order_key const at = state_.key(place);
    candidates_.clear();
    for (auto v : d.values()) {
      node_index const u = d.producer(v);
      if (d.memory(v) == 0 || d.run_once(u)) continue;
      auto const is = state_.instance_before(v, at);
      if (is.last == sequence_state::none || !is.needed) continue;
      execution_id const reader = state_.read_from(v, at);
      if (reader == place) continue;
      order_key const until =
          reader == sequence_state::none ? state_.profile().key_limit() : state_.key(reader);
      double const span = until - state_.key(is.last);
      double const time = d.time(u) + d.base_time() * 1e-9;
      candidates_.push_back({v, reader, state_.sizes().value[v] * span / time});
    }
    auto const better = [](candidate const& a, candidate const& b) {
      return a.promise != b.promise ? a.promise > b.promise : a.value < b.value;
    };
    if (candidates_.size() > options_.tried) {
      std::nth_element(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(options_.tried),
                       candidates_.end(), better);
      candidates_.resize(options_.tried);
    }
    std::sort(candidates_.begin(), candidates_.end(), better);
  }

  void apply(candidate const& c, input_policy policy) {
    std::size_t added = 0;
    editor_.recompute(state_.graph().producer(c.value), c.reader,
                      [&](value_index v, execution_id last, execution_id e) {
                        if (policy == input_policy::hold || ++added > options_.longest_chain) return false;
                        if (policy == input_policy::recompute) return true;
                        // The value is already counted across the range: does it fit there?
                        double const peak = state_.profile().peak(state_.key(last) + 1, state_.key(e));
                        return state_.sizes().value[v] > 0 && peak > state_.profile().limit();
                      });
  }

  /// Overflow relieved per added time, or 0 where there is no relief; leaves the state as it was.
  double try_out(candidate const& c, input_policy policy) {
    double const overflow = state_.overflow();
    double const time = state_.time();
    apply(c, policy);
    double const relief = overflow - state_.overflow();
    double const added = state_.time() - time;
    editor_.undo();
    if (!(relief > 0)) return 0;
    return relief / (added + state_.graph().base_time() * 1e-9 + std::numeric_limits<double>::min());
  }

  sequence_state& state_;
  sequence_editor editor_;
  constructive_options options_;
  std::vector<candidate> candidates_;
  std::vector<attempt> attempts_;
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
