// SPDX-License-Identifier: Apache-2.0
//
// Simulated annealing over sequences of executions (S. Kirkpatrick et al., 1983), with overflow penalised
// instead of forbidden.
//
// The cost of a state is its time plus a price times its overflow, the sum over the executions of the bytes
// above the budget. The price adapts so that a good share of the states visited is within budget. Moves:
//   insert    drop a value between two uses and produce it again before the second; inputs that nothing else
//             holds there are held longer or recomputed in turn; every other time, later recomputations of
//             what was recomputed are taken back where that pays, so that runs of them move as one
//   erase     take a recomputation back, and every recomputation that it alone needed
//   relocate  put an execution elsewhere
//   swap      erase, then repair the overflow that this causes by other insertions
//   trade     insert whatever it costs, then erase what this makes room for
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <checkmate/core/random.hpp>
#include <checkmate/memory/footprint.hpp>
#include <checkmate/search/sequence_editor.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// How often which move is tried, and what the price of overflow aims at.
struct annealing_options {
  double insert = 0.3;
  double erase = 0.25;
  double relocate = 0.2;
  double swap = 0.25;
  double trade = 0;
  double merge = 0.5;          ///< of the insertions: with later recomputations taken back
  double feasible_low = 0.25;  ///< below this share of states within budget the price rises
  double feasible_high = 0.5;  ///< above this share it falls
  bool free_order = false;     ///< first executions move too
  bool reorder_only = false;   ///< nothing is recomputed; every move is a relocation
};

/// Nodes that a search leaves as they are for a while.
struct restrictions {
  std::vector<std::uint8_t> kept;   ///< by node: its values are not produced anew
  std::vector<std::uint8_t> fixed;  ///< by node: its recomputations are not taken back or moved

  void clear() {
    std::fill(kept.begin(), kept.end(), std::uint8_t{0});
    std::fill(fixed.begin(), fixed.end(), std::uint8_t{0});
  }
};

class annealer {
 public:
  static constexpr execution_id none = sequence_state::none;

  annealer(sequence_state& state, std::uint64_t seed, annealing_options const& options)
      : state_(state), editor_(state), random_(seed), options_(options) {
    dag const& d = state.graph();
    for (auto v : d.values()) {
      if (d.memory(v) > 0 && !d.run_once(d.producer(v)) && use_count(d, v) > 0) movable_.push_back(v);
    }
    restricted.kept.assign(d.size(), 0);
    restricted.fixed.assign(d.size(), 0);
    keep_if_best();
  }

  /// What the moves leave alone. (An erasure still takes fixed recomputations along that it alone needed.)
  restrictions restricted;

  /// Values that producing again can relieve.
  [[nodiscard]] std::span<value_index const> movable() const noexcept { return movable_; }
  [[nodiscard]] random_source& random() noexcept { return random_; }
  /// Time of the best sequence within budget so far; infinity if none was seen.
  [[nodiscard]] double best_time() const noexcept { return best_time_; }
  [[nodiscard]] event_sequence best() const { return {state_.graph(), best_}; }
  /// Time that a unit of overflow counts for.
  [[nodiscard]] double price() const noexcept { return price_; }
  void set_price(double price) { price_ = price; }

  /// Continues from `sequence`.
  void restart(event_sequence const& sequence) {
    state_.assign(sequence);
    editor_.commit();
    keep_if_best();
  }

  /// Continues from where the state is after edits from outside; only what comes from here on counts as best.
  void forget_best() {
    best_time_ = std::numeric_limits<double>::infinity();
    best_.clear();
    keep_if_best();
  }

  /// `moves` moves at `temperature`, in units of time.
  void run(double temperature, std::size_t moves) {
    if (movable_.empty() && !options_.free_order) return;
    temperature_ = temperature;
    for (std::size_t i = 0; i < moves; ++i) {
      step();
      ++seen_;
      feasible_ += state_.overflow() > 0 ? 0U : 1U;
      if (seen_ == 256) adapt();
    }
  }

 private:
  [[nodiscard]] bool kept(value_index v) const { return restricted.kept[state_.graph().producer(v)] != 0; }
  [[nodiscard]] std::size_t below(std::size_t n) { return random_.below(static_cast<std::uint32_t>(n)); }

  void adapt() {
    double const share = static_cast<double>(feasible_) / static_cast<double>(seen_);
    if (share < options_.feasible_low) price_ *= feasible_ == 0 ? 1.2 : 1.1;
    if (share > options_.feasible_high) price_ /= 1.1;
    // Met only where nothing fits for millions of moves, or everything does: zero and infinity would stay
    // what they are. Far from all prices in any units, as units must not change what is found.
    price_ = std::clamp(price_, 1e-150, 1e150);
    seen_ = feasible_ = 0;
  }

  void step() {
    allowed_ = temperature_ * -std::log(1.0 - random_.uniform());
    time_ = state_.time();
    overflow_ = state_.overflow();
    if (!try_move()) return;
    if (cost_since(time_, overflow_) <= allowed_) {
      editor_.commit();
      keep_if_best();
    } else {
      editor_.undo();
    }
  }

  /// By how much the cost has grown from a state of that time and overflow.
  [[nodiscard]] double cost_since(double time, double overflow) const {
    return state_.time() - time + price_ * (state_.overflow() - overflow);
  }

  /// Makes some move; false if there is nothing to judge.
  bool try_move() {
    if (options_.reorder_only) return relocate_move();
    double kind = random_.uniform();
    if ((kind -= options_.insert) < 0) return insert_move();
    if ((kind -= options_.erase) < 0) return erase_move();
    if ((kind -= options_.relocate) < 0) return relocate_move();
    if ((kind -= options_.trade) < 0) return trade_move();
    return swap_move();
  }

  void keep_if_best() {
    if (!(state_.time() < best_time_) || state_.overflow() > 0) return;
    best_time_ = state_.time();
    state_.copy_events(best_);
  }

  /// Time that the move at hand may still add, if it ends without any overflow.
  [[nodiscard]] double affordable() const { return allowed_ - (state_.time() - time_) + price_ * overflow_; }

  /// Where to produce `value` anew: before `reader`, or at the end if that is none.
  struct gap {
    value_index value{};
    execution_id reader = none;
    bool found = false;
  };

  /// A value held across `place` that nothing there uses.
  gap gap_across(execution_id place) {
    order_key const at = state_.key(place);
    for (int tries = 0; tries < 12; ++tries) {
      value_index const v = movable_[below(movable_.size())];
      if (kept(v)) continue;
      auto const is = state_.instance_before(v, at);
      if (is.last == none || !is.needed) continue;
      execution_id const reader = state_.read_from(v, at);
      if (reader != place) return {v, reader, true};
    }
    return {};
  }

  /// Any value between two of its uses that takes at most `most` to produce again.
  gap any_gap(double most) {
    dag const& d = state_.graph();
    for (int tries = 0; tries < 8; ++tries) {
      value_index const v = movable_[below(movable_.size())];
      if (kept(v) || d.time(d.producer(v)) > most) continue;
      auto const& readers = state_.readers(v);
      std::size_t const which = below(readers.size() + (needed_at_end(d, v) ? 1 : 0));
      execution_id const e = which < readers.size() ? readers[which] : none;
      order_key const at = e == none ? state_.profile().key_limit() : state_.key(e);
      if (state_.key(state_.instance_before(v, at).last) + 1 < at) return {v, e, true};
    }
    return {};
  }

  /// Produces the value of `where` again, its inputs held or recomputed by a rule drawn at random; what was
  /// recomputed later may go.
  void recompute(gap where) {
    std::size_t const mark = editor_.mark();
    insert_chain(where);
    if (random_.chance(options_.merge)) merge_later(mark);
  }

  void insert_chain(gap where) {
    double const rule = random_.uniform();
    std::size_t added = 0;
    editor_.recompute(state_.graph().producer(where.value), where.reader,
                      [&](value_index v, execution_id last, execution_id e) {
                        if (kept(v) || rule < 0.3 || ++added > 40 || affordable() < 0) return false;
                        if (rule < 0.5) return true;
                        if (rule < 0.65) return random_.chance(0.5);
                        return state_.sizes().value[v] > 0 &&
                               state_.profile().peak(state_.key(last) + 1, state_.key(e)) >
                                   state_.profile().limit();
                      });
  }

  /// Takes later recomputations of what was inserted since `mark` back where that lowers the cost.
  void merge_later(std::size_t mark) {
    std::size_t const end = editor_.mark();
    for (std::size_t i = mark; i < end; ++i) {
      execution_id const e = editor_.inserted(i);
      if (e == none || !state_.live(e)) continue;
      execution_id const later = state_.run_from(state_.node(e), state_.key(e) + 1);
      if (later == none || restricted.fixed[state_.node(later)] != 0) continue;
      erase_if_better(later);
    }
  }

  void erase_if_better(execution_id e) {
    double const time = state_.time(), overflow = state_.overflow();
    std::size_t const before = editor_.mark();
    editor_.erase_with_inputs(e);
    if (cost_since(time, overflow) > 0) editor_.undo_to(before);
  }

  bool insert_move() {
    if (movable_.empty()) return false;
    dag const& d = state_.graph();
    gap where;
    if (overflow_ > 0 && random_.chance(0.7)) {
      where = gap_across(state_.profile().overflowing(random_.uniform()));
      if (where.found && d.time(d.producer(where.value)) > affordable()) return false;
    } else {
      where = any_gap(affordable());
    }
    if (!where.found) return false;
    recompute(where);
    return true;
  }

  execution_id any_extra() {
    auto const& extras = state_.extras();
    if (extras.empty()) return none;
    execution_id const e = extras[below(extras.size())];
    return restricted.fixed[state_.node(e)] != 0 ? none : e;
  }

  bool erase_move() {
    execution_id const e = any_extra();
    if (e == none) return false;
    editor_.erase_with_inputs(e);
    return true;
  }

  bool swap_move() {
    execution_id const e = any_extra();
    if (e == none) return false;
    dag const& d = state_.graph();
    editor_.erase_with_inputs(e);
    for (int repairs = 0; repairs < 3 && state_.overflow() > overflow_; ++repairs) {
      gap const where = gap_across(state_.profile().overflowing(random_.uniform()));
      if (!where.found) continue;
      if (state_.time() + d.time(d.producer(where.value)) - time_ > allowed_) continue;
      std::size_t const mark = editor_.mark();
      double const before = state_.overflow();
      recompute(where);
      if (state_.overflow() >= before) editor_.undo_to(mark);
    }
    return true;
  }

  bool trade_move() {
    if (movable_.empty()) return false;
    gap const where = any_gap(std::numeric_limits<double>::infinity());
    if (!where.found) return false;
    recompute(where);
    for (int tries = 0; tries < 8; ++tries) {
      execution_id const e = any_extra();
      if (e != none && state_.node(e) != state_.graph().producer(where.value)) erase_if_better(e);
    }
    return true;
  }

  bool relocate_move() {
    if (options_.free_order && (options_.reorder_only || random_.chance(0.7))) {
      execution_id const e = any_execution();
      return e != none && move_within(e, after_inputs(e), before_use(e));
    }
    execution_id const e = any_extra();
    if (e == none) return false;
    order_key const first = state_.key(state_.runs(state_.node(e)).front());
    return move_within(e, first + 1, state_.profile().key_limit());
  }

  execution_id any_execution() {
    for (int tries = 0; tries < 8; ++tries) {
      auto const e = static_cast<execution_id>(below(state_.id_count()));
      if (state_.live(e)) return e;
    }
    return none;
  }

  /// The first key at which all that `e` reads has been produced, and all that it must come after has run.
  [[nodiscard]] order_key after_inputs(execution_id e) const {
    dag const& d = state_.graph();
    order_key key = 0;
    for (auto const row : {d.inputs(state_.node(e)), d.control_inputs(state_.node(e))}) {
      for (node_index p : row) key = std::max(key, state_.key(state_.runs(p).front()) + 1);
    }
    return key;
  }

  /// The first execution that reads what `e` produces, or none.
  [[nodiscard]] execution_id first_use(execution_id e) const {
    dag const& d = state_.graph();
    node_index const u = state_.node(e);
    execution_id use = none;
    for (auto v : d.outputs(u)) {
      execution_id const r = state_.read_from(v, state_.key(e));
      if (r != none && (use == none || state_.key(r) < state_.key(use))) use = r;
    }
    return use;
  }

  /// The last key before which `e` may run: an extra may move beyond its uses, which then read an earlier
  /// instance; a first execution may not, nor beyond that of a node which must come after it.
  [[nodiscard]] order_key before_use(execution_id e) const {
    if (state_.extra(e)) return state_.profile().key_limit();
    execution_id const use = first_use(e);
    order_key key = use == none ? state_.profile().key_limit() : state_.key(use);
    for (node_index u : state_.graph().control_users(state_.node(e))) {
      key = std::min(key, state_.key(state_.runs(u).front()));
    }
    return key;
  }

  /// Puts `e` before some execution with a key in lo .. hi.
  bool move_within(execution_id e, order_key lo, order_key hi) {
    execution_id const target = new_place(e, lo, hi);
    if (target == none || target == e) return false;
    order_key const key = state_.key(target);
    if (key < lo || key > hi || state_.profile().next(e) == target) return false;
    editor_.insert(state_.node(e), target);
    editor_.erase(e);
    return true;
  }

  execution_id new_place(execution_id e, order_key lo, order_key hi) {
    dag const& d = state_.graph();
    double const mode = random_.uniform();
    if (mode < 0.3) return first_use(e);
    if (mode < 0.55) {  // just after an input's last event, which may release the input there
      auto const read = d.reads(state_.node(e));
      if (read.empty()) return none;
      value_index const v = read[below(read.size())];
      return state_.profile().next(state_.instance_before(v, state_.key(e)).last);
    }
    if (mode < 0.65 && options_.free_order) {
      if (lo >= hi) return none;
      return state_.profile().from(lo + static_cast<order_key>(below(hi - lo + 1)));
    }
    bool const back = random_.chance(0.5);
    std::size_t const steps = 1 + below(random_.chance(0.5) ? 3 : 20) + (back ? 0 : 1);
    execution_id target = e;
    for (std::size_t i = 0; i < steps; ++i) {
      execution_id const to = back ? state_.profile().previous(target) : state_.profile().next(target);
      if (to == none) break;
      target = to;
    }
    return target;
  }

  sequence_state& state_;
  sequence_editor editor_;
  random_source random_;
  annealing_options options_;
  std::vector<value_index> movable_;  // values that producing again can relieve
  double price_ = 0;
  double temperature_ = 0;
  double allowed_ = 0;              // by how much the move at hand may worsen the cost
  double time_ = 0, overflow_ = 0;  // before the move at hand
  std::size_t seen_ = 0, feasible_ = 0;
  double best_time_ = std::numeric_limits<double>::infinity();
  std::vector<event> best_;
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
