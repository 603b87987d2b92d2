// SPDX-License-Identifier: Apache-2.0
//
// The only source of memory for tensors: it counts every byte and refuses what would exceed the budget.
//
// Weights, optimizer state, inputs, activations, gradients and scratch space all come from here, so that
// `peak()` is the real thing to hold checkmate's prediction against.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <limits>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include <checkmate/core/types.hpp>

#include "tensor.hpp"

namespace engine {

using checkmate::bytes;

/// An allocation would have put more bytes into use than the budget allows.
class out_of_budget : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One stretch of memory, handed out first-fit. The system gives each of its pages once, so that no plan pays
/// for fresh pages where another does not. Blocks are always aligned alike, so that vectorised sums add in
/// the same order wherever a tensor happens to lie.
class arena {
 public:
  explicit arena(std::size_t capacity)
      : base_(static_cast<std::byte*>(::operator new (capacity, std::align_val_t{block}))) {
    free_[0] = capacity;
  }
  arena(arena const&) = delete;
  arena& operator=(arena const&) = delete;
  ~arena() { ::operator delete (base_, std::align_val_t{block}); }

  [[nodiscard]] std::byte* allocate(bytes size) {
    std::size_t const room = rounded(size);
    auto const found =
        std::find_if(free_.begin(), free_.end(), [&](auto const& gap) { return gap.second >= room; });
    if (found == free_.end()) throw std::bad_alloc();
    auto const [offset, length] = *found;
    free_.erase(found);
    if (length > room) free_[offset + room] = length - room;
    return base_ + offset;
  }
  void deallocate(std::byte* data, bytes size) noexcept {
    auto const gap = free_.emplace(data - base_, rounded(size)).first;
    join(gap, std::next(gap));
    if (gap != free_.begin()) join(std::prev(gap), gap);
  }

 private:
  static constexpr std::size_t block = 64;
  static std::size_t rounded(bytes size) {
    return std::max<std::size_t>(1, (static_cast<std::size_t>(size) + block - 1) / block) * block;
  }
  /// Makes two gaps one if nothing lies between them.
  void join(std::map<std::size_t, std::size_t>::iterator gap,
            std::map<std::size_t, std::size_t>::iterator next) noexcept {
    if (next == free_.end() || gap->first + gap->second != next->first) return;
    gap->second += next->second;
    free_.erase(next);
  }

  std::byte* base_;
  std::map<std::size_t, std::size_t> free_;  // offset -> length
};

/// Bytes in use, the most there have been, and the most there may be.
class memory_account {
 public:
  [[nodiscard]] std::byte* take(bytes size) {
    if (size > budget_ - in_use_) {
      throw out_of_budget("allocating " + std::to_string(size) + " bytes beside " + std::to_string(in_use_) +
                          " in use exceeds the budget of " + std::to_string(budget_));
    }
    std::byte* const data = arena_.allocate(size);
    in_use_ += size;
    peak_ = std::max(peak_, in_use_);
    return data;
  }
  void give_back(std::byte* data, bytes size) noexcept {
    arena_.deallocate(data, size);
    in_use_ -= size;
  }

  /// From now on at most `budget` bytes, those already in use included; the peak is counted anew.
  void start(bytes budget) {
    budget_ = budget;
    peak_ = in_use_;
  }
  [[nodiscard]] bytes in_use() const noexcept { return in_use_; }
  [[nodiscard]] bytes peak() const noexcept { return peak_; }

 private:
  arena arena_{std::size_t{1} << 28};  // of addresses; pages that nobody touches cost nothing
  bytes in_use_ = 0;
  bytes peak_ = 0;
  bytes budget_ = std::numeric_limits<bytes>::max();
};

/// Uninitialised room for the elements of one tensor, given back to the account when it goes.
class buffer {
 public:
  buffer() = default;
  buffer(memory_account& account, index elements)
      : account_(&account), size_(bytes_of(elements)), data_(account.take(size_)) {}
  buffer(buffer&& other) noexcept { swap(other); }
  buffer& operator=(buffer&& other) noexcept {
    buffer(std::move(other)).swap(*this);
    return *this;
  }
  ~buffer() {
    if (data_ != nullptr) account_->give_back(data_, size_);
  }

  [[nodiscard]] scalar* data() const noexcept { return reinterpret_cast<scalar*>(data_); }
  explicit operator bool() const noexcept { return data_ != nullptr; }

 private:
  void swap(buffer& other) noexcept {
    std::swap(account_, other.account_);
    std::swap(size_, other.size_);
    std::swap(data_, other.data_);
  }

  memory_account* account_ = nullptr;
  bytes size_ = 0;
  std::byte* data_ = nullptr;
};

}  // namespace engine
