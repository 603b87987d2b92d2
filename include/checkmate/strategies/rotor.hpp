// SPDX-License-Identifier: Apache-2.0
//
// rotor: the dynamic program of Beaumont, Eyraud-Dubois, Herrmann, Joly and Shilova, "Optimal checkpointing
// for heterogeneous chains: how to train deep neural networks with limited memory" (arXiv 1911.13214).
//
// Best time of a chain's stages s .. t whose input is there and whose gradient has arrived, in m bytes, by
// persistent schedules (what is stored stays until it has been used):
//
//   either  advance to a stage k in s+1 .. t, keep its input, solve (k, t), then solve (s, k-1) again;
//   or      run stage s and keep what its backward pass reads, solve (s+1, t), run the backward pass of s.
//
// Two things are more than in the paper. The kept input of k is the output of k-1, which the backward pass of
// k-1 may read: it may be held on, so that (s, k-1) is solved with its last output there. And the published
// program rounds memory to 500 slots; here a table entry is the exact staircase of time over memory, thinned
// (on the safe side) only where it has more than `max_steps` steps.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/planning/strategy.hpp>
#include <checkmate/planning/traits.hpp>
#include <checkmate/schedule/no_recompute.hpp>
#include <checkmate/strategies/chain/chain.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Time over memory: with at least `memory` bytes, `time` is enough. Ascending in memory, descending in time.
struct staircase_step {
  bytes memory = 0;
  double time = 0;
  std::uint32_t choice = 0;  ///< stage to advance to; the first stage itself: run it and keep its tape
  bool held = false;         ///< the kept input is held for the second part
};
using staircase = std::vector<staircase_step>;

/// A part of the chain: stages s .. t; `held` if the outputs of t that its backward pass reads are there.
struct chain_part {
  std::uint32_t s = 0, t = 0;
  bool held = false;
};

/// The table of the dynamic program; `solve` fills it, `sequence` reads a schedule out of it.
class rotor_table {
 public:
  rotor_table(std::vector<chain_stage> const& stages, bytes memory, std::size_t max_steps)
      : stages_(stages), memory_(memory), max_steps_(max_steps), table_(2 * stages.size() * stages.size()) {
    for (chain_stage const& stage : stages) {
      time_before_.push_back(time_before_.back() + stage.forward_time);
      retained_before_.push_back(retained_before_.back() + stage.retained);
    }
  }

  /// Returns false if `stop` said so before the end.
  bool solve(auto&& stop) {
    for (std::uint32_t t = 0; t <= last(); ++t) {
      for (bool held : {false, true}) {
        if (held && !stages_[t].needs_output) continue;
        at({t, t, held}) = leaf(t, held);
      }
      for (std::uint32_t s = t; s-- > 0;) {
        if (stop()) return false;
        at({s, t, false}) = best({s, t, false});
        if (stages_[t].needs_output && t < last()) at({s, t, true}) = best({s, t, true});
      }
    }
    return true;
  }

  [[nodiscard]] bool exact() const noexcept { return exact_; }
  [[nodiscard]] bool solvable() const { return find({0, last(), false}, memory_) != nullptr; }

  /// The executions of the best schedule, as dag indices.
  [[nodiscard]] std::vector<node_index> steps() const {
    struct task {
      chain_part part;
      bytes memory;
      bool backward_only;
    };
    std::vector<node_index> out;
    std::vector<task> open = {{{0, last(), false}, memory_, false}};
    while (!open.empty()) {
      auto const [part, memory, backward_only] = open.back();
      open.pop_back();
      chain_stage const& stage = stages_[part.s];
      if (backward_only || part.s == part.t) {
        if (!backward_only && leaf_runs_forward(part.s, part.held)) out.push_back(stage.forward);
        if (stage.backward) out.push_back(*stage.backward);
        continue;
      }
      staircase_step const& step = *find(part, memory);
      std::uint32_t const k = step.choice;
      if (k == part.s) {
        out.push_back(stage.forward);
        open.push_back({part, 0, true});
        open.push_back({{k + 1, part.t, part.held}, memory - stage.tape, false});
        continue;
      }
      for (std::uint32_t j = part.s; j < k; ++j) out.push_back(stages_[j].forward);
      open.push_back({{part.s, k - 1, step.held}, memory - beside_left(k, part.t, step.held), false});
      open.push_back({{k, part.t, part.held}, memory - beside_right(k, step.held), false});
    }
    return out;
  }

 private:
  [[nodiscard]] std::uint32_t last() const { return static_cast<std::uint32_t>(stages_.size() - 1); }
  [[nodiscard]] std::size_t index(chain_part const& p) const {
    return (p.s * stages_.size() + p.t) * 2 + (p.held ? 1 : 0);
  }
  staircase& at(chain_part const& p) { return table_[index(p)]; }
  [[nodiscard]] staircase const& at(chain_part const& p) const { return table_[index(p)]; }
  /// The step that holds for `memory` bytes; null if there is none.
  [[nodiscard]] staircase_step const* find(chain_part const& p, bytes memory) const {
    staircase const& all = at(p);
    auto const above = std::upper_bound(all.begin(), all.end(), memory,
                                        [](bytes m, staircase_step const& step) { return m < step.memory; });
    return above == all.begin() ? nullptr : &above[-1];
  }

  /// Bytes that the backward passes of stages first .. last leave to the end.
  [[nodiscard]] bytes retained(std::uint32_t first, std::uint32_t last) const {
    return retained_before_[last + 1] - retained_before_[first];
  }
  /// Bytes that lie beside the first part, (k, t), and beside the second, (s, k - 1).
  [[nodiscard]] bytes beside_right(std::uint32_t k, bool held) const {
    return held ? stages_[k - 1].tape : stages_[k - 1].output;
  }
  [[nodiscard]] bytes beside_left(std::uint32_t k, std::uint32_t t, bool held) const {
    return retained(k, t) + (held ? stages_[k - 1].own_read : 0);
  }
  /// A stage whose backward pass reads none of its own outputs need not run again; the last one has not run.
  [[nodiscard]] bool leaf_runs_forward(std::uint32_t s, bool held) const {
    return s == last() || (stages_[s].needs_output && !held);
  }
  [[nodiscard]] bytes backward_memory(std::uint32_t s) const {
    return stages_[s].gradient_in + stages_[s].backward_run;
  }

  [[nodiscard]] staircase leaf(std::uint32_t s, bool held) const {
    chain_stage const& stage = stages_[s];
    staircase_step only{backward_memory(s) - (held ? stage.own_read : 0), stage.backward_time, s, held};
    if (leaf_runs_forward(s, held)) {
      only.memory = std::max(only.memory, stage.gradient_in + stage.all);
      only.time += stage.forward_time;
    }
    return only.memory <= memory_ ? staircase{only} : staircase{};
  }

  [[nodiscard]] staircase best(chain_part const& part) {
    points_.clear();
    best_below_.fill(std::numeric_limits<double>::infinity());
    keep_tape(part);
    bytes running = 0;  // of advancing from s to k
    for (std::uint32_t k = part.s + 1; k <= part.t; ++k) {
      bytes const before = k - 1 > part.s ? stages_[k - 2].output : 0;
      running = std::max(running, before + stages_[k - 1].all);
      bytes const least = stages_[part.t].gradient_in + running;
      advance_to(k, part, least, false);
      if (stages_[k - 1].needs_output) advance_to(k, part, least, true);
    }
    return lower_envelope();
  }

  void keep_tape(chain_part const& part) {
    chain_stage const& stage = stages_[part.s];
    bytes const least = std::max(stages_[part.t].gradient_in + stage.all,
                                 backward_memory(part.s) + retained(part.s + 1, part.t));
    for (staircase_step const& rest : at({part.s + 1, part.t, part.held})) {
      bytes const memory = std::max(least, rest.memory + stage.tape);
      double const time = stage.forward_time + rest.time + stage.backward_time;
      if (memory <= memory_) offer({memory, time, part.s, false});
    }
  }

  /// The sum of two staircases: (k, t) beside the kept input of k, and (s, k - 1) beside what is left of it.
  void advance_to(std::uint32_t k, chain_part const& part, bytes least, bool held) {
    staircase const& right = at({k, part.t, part.held});
    staircase const& left = at({part.s, k - 1, held});
    bytes const beside_r = beside_right(k, held);
    bytes const beside_l = beside_left(k, part.t, held);
    double const forward = time_before_[k] - time_before_[part.s];
    constexpr bytes never = std::numeric_limits<bytes>::max();
    auto const next_of = [](staircase const& all, std::size_t i, bytes beside) {
      return i + 1 < all.size() ? all[i + 1].memory + beside : never;
    };
    if (right.empty() || left.empty()) return;
    std::size_t i = 0, j = 0;
    bytes memory = std::max({least, right[0].memory + beside_r, left[0].memory + beside_l});
    double const fastest = forward + right.back().time + left.back().time;
    if (memory > memory_ || is_beaten(memory, fastest)) return;
    while (memory <= memory_) {
      while (next_of(right, i, beside_r) <= memory) ++i;
      while (next_of(left, j, beside_l) <= memory) ++j;
      offer({memory, forward + right[i].time + left[j].time, k, held});
      memory = std::min(next_of(right, i, beside_r), next_of(left, j, beside_l));
    }
  }

  /// Keeps a point unless one in less memory, by a coarse measure, is as fast: most points fall here, and
  /// only the rest is sorted.
  void offer(staircase_step const& point) {
    if (is_beaten(point.memory, point.time)) return;
    points_.push_back(point);
    for (std::size_t b = bucket(point.memory); b < best_below_.size() && best_below_[b] > point.time; ++b)
      best_below_[b] = point.time;
  }
  [[nodiscard]] bool is_beaten(bytes memory, double time) const {
    std::size_t const b = bucket(memory);
    return b > 0 && best_below_[b - 1] <= time;
  }
  [[nodiscard]] std::size_t bucket(bytes memory) const {
    return static_cast<std::size_t>(memory / (memory_ / static_cast<bytes>(best_below_.size()) + 1));
  }

  [[nodiscard]] staircase lower_envelope() {
    std::sort(points_.begin(), points_.end(), [](staircase_step const& a, staircase_step const& b) {
      return a.memory != b.memory ? a.memory < b.memory : a.time < b.time;
    });
    staircase out;
    for (staircase_step const& p : points_) {
      if (out.empty() || p.time < out.back().time) out.push_back(p);
    }
    return out.size() <= max_steps_ ? out : thinned(out);
  }

  /// Without a step, more memory is asked for than its time needs: safe, perhaps not the best.
  [[nodiscard]] staircase thinned(staircase const& full) {
    exact_ = false;
    staircase out;
    for (std::size_t i = 0; i < max_steps_; ++i) {
      out.push_back(full[i * (full.size() - 1) / std::max<std::size_t>(1, max_steps_ - 1)]);
    }
    return out;
  }

  std::vector<chain_stage> const& stages_;
  bytes memory_;
  std::size_t max_steps_;
  std::vector<staircase> table_;
  staircase points_;                      // of the entry in the making
  std::array<double, 256> best_below_{};  // by bucket of memory: least time of a point up to there
  std::vector<double> time_before_ = {0};
  std::vector<bytes> retained_before_ = {0};
  bool exact_ = true;
};

}  // namespace detail

/// The best persistent schedule of a heterogeneous chain; says so where the graph is none. The model holds a
/// stage's input until the stage's backward pass is over, even where that does not read it; there the true
/// peak is lower than the program believes.
struct rotor {
  static constexpr strategy_traits traits{
      "rotor", "Rotor (optimal chains)", "Beaumont et al. 2019", extent::no, extent::yes, extent::yes};
  std::size_t max_steps = 500;  ///< of a table entry's staircase, >= 2; more = exact on longer chains

  [[nodiscard]] result plan(dag const& d, plan_options const& options) const {
    if (max_steps < 2) throw invalid_option("rotor: max_steps must be >= 2");
    return detail::plan_within(d, options, traits.name, [&](deadline const& clock, result& out) {
      std::string said;
      // Where it is open to which stage a backward node belongs, both readings are tried.
      if (try_chain(d, options, clock, false, out, said)) try_chain(d, options, clock, true, out, said);
      out.termination.detail = said;
    });
  }

 private:
  /// `steps` with every node that is given in front of the first step that follows it in the dag's order.
  static event_sequence with_given(dag const& d, std::vector<node_index> const& steps) {
    std::vector<node_index> out;
    node_index next{};  // the first execution that comes next
    for (node_index node : steps) {
      for (; next < node && detail::is_given(d, next); ++next) out.push_back(next);
      out.push_back(node);
      if (node == next) ++next;
    }
    for (; next < d.size(); ++next) out.push_back(next);
    return {d, out};
  }

  /// Says whether another reading of the chain is worth a try.
  bool try_chain(dag const& d, plan_options const& options, deadline const& clock, bool late, result& out,
                 std::string& said) const {
    detail::training_chain const chain = detail::chain_finder(d).find(late);
    if (!chain.refusal.empty()) {
      if (said.empty()) said = chain.refusal;
      return chain.ambiguous;
    }
    if (result whole = out; accept_plan(d, options, no_recompute_schedule(d), whole)) {
      out = std::move(whole);
      said = "nothing needs to be recomputed";
      return false;
    }
    bytes const room = options.budget - d.fixed_memory() - chain.given;
    if (room <= 0) {
      said = "what is given fills the budget";
      return false;
    }
    detail::rotor_table table(chain.stages, room, max_steps);
    if (!table.solve([&] { return clock.expired(); })) {
      said = "stopped before the program was solved";
      return false;
    }
    if (!table.solvable()) {
      if (!out.plan) said = "no persistent schedule fits the budget";
      return chain.ambiguous;
    }
    result candidate = out;
    if (!accept_plan(d, options, with_given(d, table.steps()), candidate)) {
      said = "a persistent schedule did not hold: " + candidate.termination.detail;
    } else if (!out.plan || candidate.plan->time < out.plan->time) {
      out = std::move(candidate);
      said = table.exact()
                 ? "the best of the persistent schedules"
                 : "persistent schedules, staircases thinned to " + std::to_string(max_steps) + " steps";
    }
    return chain.ambiguous;
  }
};

}  // namespace v0
}  // namespace checkmate
