// SPDX-License-Identifier: Apache-2.0
//
// Work on several threads whose exceptions arrive where they can be caught.
#pragma once

#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Calls work(k) for k = 0 .. count - 1: 0 on this thread, the others on threads of their own. All have ended
/// when this returns. What the first of them to fail threw (or what starting a thread threw) is thrown here;
/// before that `halt()`, which must not throw, has asked the others to end soon.
template <class Work, class Halt>
void run_in_parallel(std::size_t count, Work const& work, Halt const& halt) {
  std::mutex mutex;
  std::exception_ptr fault;
  auto const note = [&]() noexcept {
    std::lock_guard const lock(mutex);
    if (!fault) fault = std::current_exception();
    halt();
  };
  auto const guarded = [&](std::size_t k) noexcept {
    try {
      work(k);
    } catch (...) {
      note();
    }
  };
  {
    std::vector<std::jthread> others;  // joined however this block is left
    try {
      for (std::size_t k = 1; k < count; ++k) others.emplace_back([&guarded, k] { guarded(k); });
      if (count > 0) guarded(0);
    } catch (...) {
      note();
    }
  }
  if (fault) std::rethrow_exception(fault);
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
