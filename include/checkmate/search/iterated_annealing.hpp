// SPDX-License-Identifier: Apache-2.0
//
// The search behind local_search: rounds of annealing, at several temperatures at once (replica_exchange.hpp)
// or cooled, each continued by perturbations with a short annealing after each (perturbation.hpp); then the
// best of them continued towards the others.
//
// A trial is kept if it is better than the best so far but for a margin, a hundredth of the extra time at
// first, that shrinks to nothing. Lengths are counted in moves, so that a run without a time limit is
// repeatable.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <checkmate/search/annealer.hpp>
#include <checkmate/search/first_plan.hpp>
#include <checkmate/search/perturbation.hpp>
#include <checkmate/search/replica_exchange.hpp>
#include <checkmate/search/search_clock.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// What a search found; an infinite time where nothing fits.
struct search_end {
  event_sequence sequence;
  double time = std::numeric_limits<double>::infinity();
  bool idle = false;  ///< there was nothing to move
};

/// One seed's search. `Report` is called with the best time so far every few thousand moves.
template <class Report>
class iterated_annealing {
 public:
  iterated_annealing(sequence_state& state, std::uint64_t seed, annealing_options const& options,
                     search_clock& clock, Report report)
      : state_(state),
        search_(state, seed, with_trades(options)),
        perturb_(state, search_),
        clock_(clock),
        report_(std::move(report)),
        options_(options),
        idle_(search_.movable().empty() && !options.free_order),
        base_time_(state.graph().base_time()),
        nodes_(static_cast<double>(state.graph().size())),
        unit_(base_time_ / nodes_) {}

  /// Searches until the clock says 1, from `starts` in turn, `rounds` times in all. The state holds the first
  /// of them.
  search_end run(std::span<search_start const> starts, int rounds) {
    std::vector<search_end> ends;
    for (int r = 0; r < rounds && !finished(); ++r) {
      double const from = first_part * r / rounds;
      double const to = first_part * (r + 1) / rounds;
      search_start const& start = starts[static_cast<std::size_t>(r) % starts.size()];
      search_.restart(start.sequence);
      search_.set_price(start.price);
      search_.forget_best();
      ends.push_back(first_end(start, r, from, to));
    }
    search_end best = take_best(ends);
    improve(best, ends, first_part, last_part);
    polish(best);
    best.idle = idle_;
    return best;
  }

 private:
  static constexpr double first_part = 0.75;    // of the effort: the rounds
  static constexpr double last_part = 0.98;     // until here: the best one alone
  static constexpr std::uint64_t chunk = 2048;  // moves between looks at the clock

  /// Trades would only cool what is to stay hot, where replicas are exchanged.
  [[nodiscard]] static annealing_options with_trades(annealing_options options) {
    options.trade = 0.05;
    options.swap -= options.trade;
    return options;
  }

  [[nodiscard]] bool finished() const { return idle_ || found_ <= base_time_ || clock_.fraction() >= 1; }

  /// `count` moves, fewer if the clock says so meanwhile.
  void move(double temperature, std::uint64_t count) {
    for (std::uint64_t done = 0; done < count && (done == 0 || !finished()); done += chunk) {
      std::uint64_t const now = std::min(chunk, count - done);
      search_.run(unit_ * temperature, now);
      clock_.count(now);
      found_ = std::min(found_, search_.best_time());
    }
    report_(found_);
  }

  /// Cools from `hot` to `cold` until the clock says `to`.
  void cool(double hot, double cold, double from, double to) {
    for (double at = clock_.fraction(); at < to && !finished(); at = clock_.fraction()) {
      double const x = std::clamp((at - from) / (to - from), 0.0, 1.0);
      move(hot * std::pow(cold / hot, x), chunk);
    }
  }

  /// What round `r` comes to from `start`, until the clock says `to`: every other time by exchanging
  /// replicas, which wants some thousand moves per node. Cooling ends elsewhere; the last part makes the best
  /// of both.
  search_end first_end(search_start const& start, int r, double from, double to) {
    move(0.3, chunk);  // which also tells how many moves to expect
    bool const many = clock_.expected_moves() * (to - from) >= 1500 * nodes_;
    search_end end;
    if (many && r % 2 == 0) end = exchange_replicas(start, from + (to - from) / 2);
    if (end.sequence.empty()) end = anneal_start(r, clock_.fraction(), to);
    improve(end, {}, clock_.fraction(), to);
    return end;
  }

  search_end exchange_replicas(search_start const& start, double to) {
    sequence_state from(state_);
    from.assign(start.sequence);
    replica_exchange all(from, start.price, search_.random().next(), options_);
    auto const more = [&] {
      bool const go = clock_.fraction() < to && !finished();
      if (go) clock_.count(replica_exchange::chunk);
      return go;
    };
    for (bool going = true; going;) {
      going = all.sweep(more);
      found_ = std::min(found_, all.best().best_time());
      report_(found_);
    }
    search_.set_price(all.price());
    return {all.best().best(), all.best().best_time()};
  }

  /// The first annealing of round `r`, which lasts from .. to: long enough to settle, some hundred moves
  /// per node.
  search_end anneal_start(int r, double from, double to) {
    // No one temperature suits all graphs: the rounds take turns.
    constexpr std::array<double, 3> heats = {0.3, 0.1, 1.0};
    double const hot = std::max(heats[static_cast<std::size_t>(r) % heats.size()], 10 / nodes_);
    double const moves = std::max(1.0, clock_.expected_moves() * (to - from));
    double const share = std::clamp(300 * nodes_ / moves, 0.15, 0.6);
    cool(hot, 0.001, from, from + share * (to - from));
    if (!is_finite(search_.best_time())) cool(0.3 * hot, 0.001, clock_.fraction(), to);
    return {search_.best(), search_.best_time()};
  }

  /// Perturbs and anneals again and again until the clock says `to`; `best` becomes the best plan met.
  void improve(search_end& best, std::span<search_end const> others, double from, double to) {
    if (best.sequence.empty()) return;
    search_end now = best;
    double const price = search_.price();
    for (double at = clock_.fraction(); at < to && !finished(); at = clock_.fraction()) {
      search_.restart(now.sequence);
      search_.set_price(price);
      step(others);
      search_.forget_best();
      trial(to - from);
      double const left = std::clamp(1 - (at - from) / (to - from), 0.0, 1.0);
      double const margin = 0.01 * left * (best.time - base_time_);
      if (search_.best_time() <= best.time + margin) now = {search_.best(), search_.best_time()};
      if (now.time < best.time) best = now;
    }
  }

  void step(std::span<search_end const> others) {
    if (!others.empty() && search_.random().chance(0.4)) {
      std::uint32_t const which = search_.random().below(static_cast<std::uint32_t>(others.size()));
      if (perturb_.approach(run_counts(state_.graph(), others[which].sequence))) return;
    }
    perturb_.apply(4);
  }

  /// A short annealing, the last quarter of it without restrictions.
  void trial(double share) {
    constexpr int steps = 16;
    double const most = clock_.expected_moves() * share / 8;
    double const moves = std::max(2000.0, std::min(70 * nodes_, most));
    for (int k = 0; k < steps && !finished(); ++k) {
      if (k == 3 * steps / 4) search_.restricted.clear();
      move(0.03 * std::pow(0.03, static_cast<double>(k) / steps), static_cast<std::uint64_t>(moves / steps));
    }
    search_.restricted.clear();
  }

  void polish(search_end& best) {
    if (!best.sequence.empty()) search_.restart(best.sequence);
    double const price = search_.price();
    search_.forget_best();
    search_.set_price(price);
    cool(0.01, 0.0005, clock_.fraction(), 1);
    if (search_.best_time() < best.time) best = {search_.best(), search_.best_time()};
  }

  [[nodiscard]] static search_end take_best(std::vector<search_end> const& ends) {
    search_end best;
    for (search_end const& end : ends) {
      if (end.time < best.time) best = end;
    }
    return best;
  }

  sequence_state& state_;
  annealer search_;
  perturbation perturb_;
  search_clock& clock_;
  Report report_;
  annealing_options options_;
  bool idle_;
  double base_time_, nodes_, unit_;
  double found_ = std::numeric_limits<double>::infinity();  // best time of all
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
