// SPDX-License-Identifier: Apache-2.0
//
// The memory profile of a sequence under edit: an ordered list of executions, each with the bytes in use
// while it runs, under insertion, erasure and range addition.
//
// The list is cut into blocks of a fixed capacity, stored one after the other. A range addition touches the
// cells of at most two blocks; blocks in between only note it. Each block knows how far its cells exceed the
// limit in sum, so the total overflow of the list is always at hand. For lists of some thousand entries this
// is faster than a tree: a block is a few cache lines and its loops vectorise. The cells behind a block's
// last entry hold -infinity, which no addition changes and no overflow counts.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Identifies an execution in a sequence under edit.
using execution_id = std::uint32_t;

/// Place of an execution in the list: greater keys are later. Valid until the next insertion or erasure.
using order_key = std::uint32_t;

class memory_profile {
 public:
  static constexpr std::uint32_t capacity = 64;  ///< cells of a block
  static constexpr execution_id none = std::numeric_limits<execution_id>::max();
  static constexpr order_key end_key = std::numeric_limits<order_key>::max();

  /// Replaces the list by `entries` with their `amounts` and sets the limit.
  void assign(std::span<execution_id const> entries, std::span<double const> amounts, double limit) {
    limit_ = limit;
    all_.assign(entries.begin(), entries.end());
    amounts_.assign(amounts.begin(), amounts.end());
    distribute();
  }

  /// Number of entries.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Where `e` stands.
  [[nodiscard]] order_key key(execution_id e) const { return key_[e]; }
  /// Bytes in use while `e` runs.
  [[nodiscard]] double amount(execution_id e) const {
    block const& b = blocks_[key_[e] / capacity];
    return b.cell[key_[e] % capacity] + b.add;
  }
  /// Bytes above which an entry overflows.
  [[nodiscard]] double limit() const noexcept { return limit_; }
  /// Sum over the entries of the bytes above the limit.
  [[nodiscard]] double overflow() const {
    settle();
    return overflow_;
  }

  /// The entry after `e`, or none.
  [[nodiscard]] execution_id next(execution_id e) const { return from(key_[e] + 1); }
  /// The entry before `e`, or none.
  [[nodiscard]] execution_id previous(execution_id e) const {
    std::size_t at = key_[e] / capacity;
    std::uint32_t const i = key_[e] % capacity;
    if (i > 0) return blocks_[at].entry[i - 1];
    while (at-- > 0) {
      if (blocks_[at].count > 0) return blocks_[at].entry[blocks_[at].count - 1];
    }
    return none;
  }
  /// A key above all entries'.
  [[nodiscard]] order_key key_limit() const { return static_cast<order_key>(blocks_.size() * capacity); }

  /// The first entry at or after `key`, or none.
  [[nodiscard]] execution_id from(order_key key) const {
    std::size_t at = key / capacity;
    if (at >= blocks_.size()) return none;
    if (key % capacity < blocks_[at].count) return blocks_[at].entry[key % capacity];
    while (++at < blocks_.size()) {
      if (blocks_[at].count > 0) return blocks_[at].entry[0];
    }
    return none;
  }

  /// Adds `delta` to the entries with from <= key < to.
  void add(order_key from, order_key to, double delta) {
    if (from >= to) return;
    std::size_t const first = from / capacity;
    std::size_t const last = (to - 1) / capacity;
    if (first == last) return add_cells(first, from % capacity, (to - 1) % capacity + 1, delta);
    add_cells(first, from % capacity, capacity, delta);
    for (std::size_t at = first + 1; at < last; ++at) {
      blocks_[at].add += delta;
      touch(at);
    }
    add_cells(last, 0, (to - 1) % capacity + 1, delta);
  }

  /// Puts `e` before `before`, or at the end if that is none, with `amount` bytes in use. Keys change.
  void insert(execution_id e, execution_id before, double amount) {
    if (block_of(before).count == capacity) rebuild();
    if (e >= key_.size()) key_.resize(e + 1);
    std::size_t const at = before == none ? blocks_.size() - 1 : key_[before] / capacity;
    block& b = blocks_[at];
    std::uint32_t const i = before == none ? b.count : key_[before] % capacity;
    for (std::uint32_t j = b.count; j > i; --j) {
      b.cell[j] = b.cell[j - 1];
      b.entry[j] = b.entry[j - 1];
      ++key_[b.entry[j]];
    }
    b.cell[i] = amount - b.add;
    b.entry[i] = e;
    key_[e] = static_cast<order_key>(at * capacity + i);
    ++b.count;
    ++size_;
    b.top = std::max(b.top, b.cell[i]);
    touch(at);
  }

  /// Removes `e`. Keys change.
  void erase(execution_id e) {
    order_key const at = key_[e];
    block& b = blocks_[at / capacity];
    --b.count;
    --size_;
    for (std::uint32_t j = at % capacity; j < b.count; ++j) {
      b.cell[j] = b.cell[j + 1];
      b.entry[j] = b.entry[j + 1];
      --key_[b.entry[j]];
    }
    b.cell[b.count] = -std::numeric_limits<double>::infinity();
    touch(at / capacity);
  }

  /// Changes the limit. Linear.
  void set_limit(double limit) {
    limit_ = limit;
    overflow_ = 0;
    stale_.clear();
    for (block& b : blocks_) {
      measure(b);
      overflow_ += b.overflow;
    }
  }

  /// The largest amount of all entries.
  [[nodiscard]] double peak() const { return std::max(0.0, peak(0, key_limit())); }

  /// The largest amount among the entries with from <= key < to.
  [[nodiscard]] double peak(order_key from, order_key to) const {
    double most = -std::numeric_limits<double>::infinity();
    while (from < to) {
      block const& b = blocks_[from / capacity];
      order_key const stop = std::min<order_key>(to, (from / capacity + 1) * capacity);
      if (b.top + b.add > most) {
        for (order_key i = from; i < stop; ++i) most = std::max(most, b.cell[i % capacity] + b.add);
      }
      from = stop;
    }
    return most;
  }

  /// The first entry with the largest amount, or none.
  [[nodiscard]] execution_id highest() const {
    double most = -std::numeric_limits<double>::infinity();
    execution_id at = none;
    for (block const& b : blocks_) {
      if (!(b.top + b.add > most)) continue;
      for (std::uint32_t i = 0; i < b.count; ++i) {
        if (b.cell[i] + b.add > most) {
          most = b.cell[i] + b.add;
          at = b.entry[i];
        }
      }
    }
    return at;
  }

  /// Some entry that overflows most within its block; `pick` in [0, 1) chooses the block in proportion to its
  /// overflow. None if nothing overflows.
  [[nodiscard]] execution_id overflowing(double pick) const {
    double left = pick * overflow();
    block const* chosen = nullptr;
    for (block const& b : blocks_) {
      if (!(b.overflow > 0)) continue;
      chosen = &b;
      left -= b.overflow;
      if (left < 0) break;
    }
    if (chosen == nullptr) return none;
    auto const most = std::max_element(chosen->cell.begin(), chosen->cell.begin() + chosen->count);
    return chosen->entry[static_cast<std::size_t>(most - chosen->cell.begin())];
  }

  /// Calls visit(execution_id) for every entry in order.
  void for_each(auto visit) const {
    for (block const& b : blocks_) {
      for (std::uint32_t i = 0; i < b.count; ++i) visit(b.entry[i]);
    }
  }

 private:
  struct block {
    std::array<double, capacity> cell;
    std::array<execution_id, capacity> entry;
    std::uint32_t count = 0;
    double add = 0;                                         // to every cell
    double overflow = 0;                                    // of the cells above the limit, unless stale
    bool stale = false;                                     // changed since it was measured
    double top = -std::numeric_limits<double>::infinity();  // no cell is above this (before add)
  };

  [[nodiscard]] block const& block_of(execution_id e) const {
    return e == none ? blocks_.back() : blocks_[key_[e] / capacity];
  }

  void add_cells(std::size_t at, std::uint32_t from, std::uint32_t to, double delta) {
    block& b = blocks_[at];
    for (std::uint32_t i = from; i < to; ++i) b.cell[i] += delta;
    if (delta > 0) b.top += delta;
    touch(at);
  }

  void touch(std::size_t at) {
    if (blocks_[at].stale) return;
    blocks_[at].stale = true;
    stale_.push_back(static_cast<std::uint32_t>(at));
  }

  /// Measures the blocks that changed since the last time. A move makes several additions before anyone asks.
  void settle() const {
    for (std::uint32_t at : stale_) {
      block& b = blocks_[at];
      overflow_ -= b.overflow;
      measure(b);
      overflow_ += b.overflow;
    }
    stale_.clear();
  }

  /// Sets overflow and top of `b` exactly.
  void measure(block& b) const {
    b.stale = false;
    if (b.top + b.add <= limit_) {
      b.overflow = 0;
      return;
    }
    constexpr std::size_t lanes = 4;
    double const above = limit_ - b.add;
    std::array<double, lanes> sum{};
    std::array<double, lanes> top;
    top.fill(-std::numeric_limits<double>::infinity());
    for (std::size_t i = 0; i < capacity; i += lanes) {
      for (std::size_t k = 0; k < lanes; ++k) {
        double const cell = b.cell[i + k];
        double const over = cell - above;
        sum[k] += over > 0 ? over : 0;
        top[k] = cell > top[k] ? cell : top[k];
      }
    }
    b.overflow = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    b.top = std::max(std::max(top[0], top[1]), std::max(top[2], top[3]));
  }

  void rebuild() {
    all_.clear();
    amounts_.clear();
    for (block const& b : blocks_) {
      for (std::uint32_t i = 0; i < b.count; ++i) {
        all_.push_back(b.entry[i]);
        amounts_.push_back(b.cell[i] + b.add);
      }
    }
    distribute();
  }

  /// Spreads all_ and amounts_ evenly over blocks that are half full.
  void distribute() {
    constexpr std::size_t fill = capacity / 2;
    size_ = all_.size();
    blocks_.resize(std::max<std::size_t>(1, (size_ + fill - 1) / fill));
    overflow_ = 0;
    stale_.clear();
    std::size_t from = 0;
    for (std::size_t at = 0; at < blocks_.size(); ++at) {
      block& b = blocks_[at];
      b = block{};
      b.cell.fill(-std::numeric_limits<double>::infinity());
      for (; b.count < fill && from < size_; ++b.count, ++from) {
        execution_id const e = all_[from];
        b.cell[b.count] = amounts_[from];
        b.top = std::max(b.top, amounts_[from]);
        b.entry[b.count] = e;
        if (e >= key_.size()) key_.resize(e + 1);
        key_[e] = static_cast<order_key>(at * capacity + b.count);
      }
      measure(b);
      overflow_ += b.overflow;
    }
  }

  mutable std::vector<block> blocks_;  // mutable: overflow() measures what is stale
  mutable std::vector<std::uint32_t> stale_;
  std::vector<order_key> key_;  // by execution
  std::size_t size_ = 0;
  double limit_ = 0;
  mutable double overflow_ = 0;    // of the blocks that are not stale
  std::vector<execution_id> all_;  // scratch of rebuild
  std::vector<double> amounts_;
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
