// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/memory/profile.hpp>

namespace {

using checkmate::detail::execution_id;
using checkmate::detail::memory_profile;

/// The same list, kept the slow and obvious way.
struct naive_profile {
  struct entry {
    execution_id id;
    double amount;
  };
  std::vector<entry> list;

  [[nodiscard]] std::size_t find(execution_id e) const {
    return static_cast<std::size_t>(
        std::find_if(list.begin(), list.end(), [&](entry const& x) { return x.id == e; }) - list.begin());
  }
  [[nodiscard]] double overflow(double limit) const {
    double sum = 0;
    for (entry const& x : list) sum += std::max(0.0, x.amount - limit);
    return sum;
  }
  [[nodiscard]] double peak() const {
    double most = 0;
    for (entry const& x : list) most = std::max(most, x.amount);
    return most;
  }
};

void check_same(memory_profile const& fast, naive_profile const& slow) {
  REQUIRE(fast.size() == slow.list.size());
  std::size_t at = 0;
  fast.for_each([&](execution_id e) {
    REQUIRE(e == slow.list[at].id);
    REQUIRE(fast.amount(e) == slow.list[at].amount);
    REQUIRE(fast.next(e) == (at + 1 < slow.list.size() ? slow.list[at + 1].id : memory_profile::none));
    REQUIRE(fast.previous(e) == (at > 0 ? slow.list[at - 1].id : memory_profile::none));
    if (at > 0) REQUIRE(fast.key(slow.list[at - 1].id) < fast.key(e));
    ++at;
  });
  REQUIRE(fast.overflow() == slow.overflow(fast.limit()));
  REQUIRE(fast.peak() == slow.peak());
  REQUIRE(fast.amount(fast.highest()) == slow.peak());
}

}  // namespace

TEST_CASE(
    "memory profile: thousands of random insertions, erasures and range additions agree with a plain list") {
  for (std::uint32_t seed = 0; seed < 6; ++seed) {
    std::mt19937 random(seed);
    auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    memory_profile fast;
    naive_profile slow;
    std::vector<execution_id> ids;
    std::vector<double> amounts;
    std::size_t const start = 1 + below(300);
    for (execution_id e = 0; e < start; ++e) {
      ids.push_back(e);
      amounts.push_back(static_cast<double>(below(100)));
      slow.list.push_back({e, amounts.back()});
    }
    fast.assign(ids, amounts, 60);
    auto next_id = static_cast<execution_id>(start);
    for (int move = 0; move < 4000; ++move) {
      std::size_t const what = below(10);
      if (what < 3) {
        std::size_t const before = below(slow.list.size());
        auto const amount = static_cast<double>(below(100));
        fast.insert(next_id, slow.list[before].id, amount);
        slow.list.insert(slow.list.begin() + static_cast<std::ptrdiff_t>(before), {next_id, amount});
        ++next_id;
      } else if (what < 6 && slow.list.size() > 1) {
        std::size_t const gone = below(slow.list.size());
        fast.erase(slow.list[gone].id);
        slow.list.erase(slow.list.begin() + static_cast<std::ptrdiff_t>(gone));
      } else if (what < 9) {
        std::size_t from = below(slow.list.size());
        std::size_t to = below(slow.list.size());
        if (from > to) std::swap(from, to);
        double const delta = static_cast<double>(below(41)) - 20;
        fast.add(fast.key(slow.list[from].id), fast.key(slow.list[to].id), delta);
        for (std::size_t i = from; i < to; ++i) slow.list[i].amount += delta;
        double most = -1e300;
        for (std::size_t i = from; i < to; ++i) most = std::max(most, slow.list[i].amount);
        if (from < to) {
          REQUIRE(fast.peak(fast.key(slow.list[from].id), fast.key(slow.list[to].id)) == most);
        }
      } else {
        fast.set_limit(static_cast<double>(below(120)));
      }
      if (move % 50 == 0 || move < 100) check_same(fast, slow);
      REQUIRE(fast.overflow() == slow.overflow(fast.limit()));
    }
    check_same(fast, slow);
  }
}

TEST_CASE(
    "memory profile: the entry picked as overflowing does overflow, and none is picked where nothing does") {
  std::vector<execution_id> ids;
  std::vector<double> amounts;
  for (execution_id e = 0; e < 500; ++e) {
    ids.push_back(e);
    amounts.push_back(e % 97 == 5 ? 100 : 1);
  }
  memory_profile profile;
  profile.assign(ids, amounts, 50);
  for (double pick : {0.0, 0.2, 0.5, 0.9, 0.999}) CHECK(profile.amount(profile.overflowing(pick)) == 100);
  profile.set_limit(100);
  CHECK(profile.overflowing(0.5) == memory_profile::none);
  CHECK(profile.overflow() == 0);
}
