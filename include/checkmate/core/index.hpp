// SPDX-License-Identifier: Apache-2.0
//
// Positions that cannot be mixed up: the place of a node or a value inside a dag is a type of its own, apart
// from each other and from the caller's ids.
#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <checkmate/version.hpp>

namespace checkmate {
inline namespace v0 {

/// A position, 32 bits wide. It is a subscript (it converts to std::size_t and to nothing else), it compares
/// with numbers that are not negative, and arithmetic turns it into a std::size_t; a number becomes a
/// position only where the code says so.
template <class Tag>
class strong_index {
 public:
  constexpr strong_index() = default;
  template <std::integral Int>
  constexpr explicit strong_index(Int position) : position_(static_cast<std::uint32_t>(position)) {}

  template <std::same_as<std::size_t> To>
  constexpr operator To() const {
    return position_;
  }
  constexpr strong_index& operator++() { return ++position_, *this; }
  constexpr strong_index operator++(int) { return strong_index(position_++); }
  constexpr strong_index& operator--() { return --position_, *this; }
  constexpr strong_index operator--(int) { return strong_index(position_--); }

  friend constexpr bool operator==(strong_index, strong_index) = default;
  friend constexpr auto operator<=>(strong_index, strong_index) = default;
  template <std::integral Int>
  friend constexpr bool operator==(strong_index a, Int b) {
    return a.position_ == static_cast<std::size_t>(b);
  }
  template <std::integral Int>
  friend constexpr std::strong_ordering operator<=>(strong_index a, Int b) {
    return std::size_t{a.position_} <=> static_cast<std::size_t>(b);
  }
  template <std::integral Int>
  friend constexpr std::size_t operator+(strong_index a, Int b) {
    return a.position_ + static_cast<std::size_t>(b);
  }
  template <std::integral Int>
  friend constexpr std::size_t operator+(Int a, strong_index b) {
    return b + a;
  }
  template <std::integral Int>
  friend constexpr std::size_t operator-(strong_index a, Int b) {
    return a.position_ - static_cast<std::size_t>(b);
  }
  friend constexpr std::size_t operator-(strong_index a, strong_index b) { return a - b.position_; }

 private:
  std::uint32_t position_ = 0;
};

/// A node by its position in a `dag`: 0 .. size() - 1, in the order of first execution.
using node_index = strong_index<struct node_tag>;

/// A value by its position in a `dag`: 0 .. value_count() - 1, in the order of the producers.
using value_index = strong_index<struct value_tag>;

/// The positions from `from` to `to` - 1, ascending: a view of two integers.
template <class Index>
class index_range {
 public:
  class iterator {
   public:
    using value_type = Index;
    using difference_type = std::ptrdiff_t;

    constexpr iterator() = default;
    constexpr explicit iterator(Index at) : at_(at) {}
    constexpr Index operator*() const { return at_; }
    constexpr iterator& operator++() { return ++at_, *this; }
    constexpr iterator operator++(int) { return iterator(at_++); }
    friend constexpr bool operator==(iterator, iterator) = default;

   private:
    Index at_{};
  };

  constexpr index_range(Index from, Index to) : from_(from), to_(to) {}
  [[nodiscard]] constexpr iterator begin() const { return iterator(from_); }
  [[nodiscard]] constexpr iterator end() const { return iterator(to_); }
  [[nodiscard]] constexpr std::size_t size() const { return std::size_t{to_} - std::size_t{from_}; }

 private:
  Index from_, to_;
};

}  // namespace v0
}  // namespace checkmate

/// @cond
// The largest position stands for none.
template <class Tag>
struct std::numeric_limits<checkmate::strong_index<Tag>> : std::numeric_limits<std::uint32_t> {
  static constexpr checkmate::strong_index<Tag> max() noexcept {
    return checkmate::strong_index<Tag>(std::numeric_limits<std::uint32_t>::max());
  }
};
/// @endcond
