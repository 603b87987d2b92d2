// SPDX-License-Identifier: Apache-2.0
//
// Annealing at several temperatures at once, the replicas exchanging places (parallel tempering: R. Swendsen,
// J.-S. Wang, 1986; C. Geyer, 1991).
//
// At tight budgets one cooling freezes in whatever group of plans it happens to be in. Here the hot replicas
// go on from group to group while the cold ones finish what they are handed. The price of overflow belongs to
// the temperature, and each adapts its own: that it never settles leads plans through the infeasible and
// back.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <checkmate/search/annealer.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

class replica_exchange {
 public:
  static constexpr std::size_t replicas = 10;
  static constexpr std::uint64_t chunk = 1024;  ///< moves of a replica between exchanges

  /// Every replica starts from a copy of `start` and pays `price` for a unit of overflow.
  replica_exchange(sequence_state const& start, double price, std::uint64_t seed,
                   annealing_options const& options)
      : random_(seed) {
    dag const& d = start.graph();
    double const unit = d.base_time() / static_cast<double>(d.size());
    for (std::size_t k = 0; k < replicas; ++k) {
      levels_.push_back(std::make_unique<replica>(start, random_.next(), options));
      levels_.back()->search.set_price(price);
      double const x = static_cast<double>(k) / (replicas - 1);
      temperatures_.push_back(unit * coldest * std::pow(hottest / coldest, x));
    }
  }

  /// `chunk` moves of each replica, then exchanges between neighbours. Asks more() before each replica's
  /// moves and returns false as soon as it does.
  bool sweep(auto more) {
    for (std::size_t k = 0; k < replicas; ++k) {
      if (!more()) return false;
      levels_[k]->search.run(temperatures_[k], chunk);
    }
    for (std::size_t k = odd_ ? 1 : 0; k + 1 < replicas; k += 2) exchange(k);
    odd_ = !odd_;
    return true;
  }

  /// The replica that met the best sequence within budget; any if none did.
  [[nodiscard]] annealer const& best() const {
    annealer const* best = &levels_.front()->search;
    for (auto const& level : levels_) {
      if (level->search.best_time() < best->best_time()) best = &level->search;
    }
    return *best;
  }

  /// What the coldest replica pays for a unit of overflow.
  [[nodiscard]] double price() const { return levels_.front()->search.price(); }

 private:
  // In mean times of a node. Hotter, nothing stays that is worth keeping; colder, nothing moves.
  static constexpr double coldest = 0.02, hottest = 0.3;

  struct replica {
    replica(sequence_state const& start, std::uint64_t seed, annealing_options const& options)
        : state(start), search(state, seed, options) {}
    replica(replica const&) = delete;  // `search` refers to `state`
    replica& operator=(replica const&) = delete;
    sequence_state state;
    annealer search;
  };

  /// Exchanges the replicas at temperatures `k` and `k` + 1 with the probability that keeps the distribution
  /// of both.
  void exchange(std::size_t k) {
    replica& cold = *levels_[k];
    replica& hot = *levels_[k + 1];
    double const cold_price = cold.search.price(), hot_price = hot.search.price();
    double const time = cold.state.time() - hot.state.time();
    double const overflow = cold.state.overflow() - hot.state.overflow();
    double const gain = (time + cold_price * overflow) / temperatures_[k] -
                        (time + hot_price * overflow) / temperatures_[k + 1];
    if (gain < 0 && random_.uniform() >= std::exp(gain)) return;
    std::swap(levels_[k], levels_[k + 1]);
    cold.search.set_price(hot_price);
    hot.search.set_price(cold_price);
  }

  random_source random_;
  std::vector<std::unique_ptr<replica>> levels_;  // the coldest first
  std::vector<double> temperatures_;
  bool odd_ = false;
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
