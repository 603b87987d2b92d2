// SPDX-License-Identifier: Apache-2.0
//
// The reader of schedule files, plain or gzip. What it accepts reads back the same once written, and replays
// on a graph or is refused by the simulator.
#include <string>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/json_schedule.hpp>

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static checkmate::dag const d = checkmate::lower(
      std::vector<std::vector<checkmate::node_id>>{{}, {0}, {1}, {1, 2}}, checkmate::uniform_cost{});
  std::string_view const text = fuzz::text(data, size);
  checkmate::recorded_schedule s;
  bool const read = fuzz::accepted([&] {
    constexpr std::size_t limit = std::size_t{1} << 20;
    s = checkmate::detail::is_gzip(text)
            ? checkmate::parse_schedule(checkmate::detail::gunzip(text, "fuzz", limit))
            : checkmate::parse_schedule(text);
  });
  if (!read) return 0;
  auto const again = checkmate::parse_schedule(checkmate::schedule_text(s));
  fuzz::require(
      again.plan.steps == s.plan.steps && again.budget == s.budget && again.status == s.status &&
          again.plan.time == s.plan.time && again.bound.has_value() == s.bound.has_value() &&
          (!s.bound || (again.bound->time == s.bound->time && again.bound->space == s.bound->space)),
      "a schedule that is written reads back as another");
  auto const seen = checkmate::simulate(d, s.plan, {.budget = s.budget});
  fuzz::require(!seen.valid() || seen.peak_memory <= s.budget, "a valid schedule above its budget");
  return 0;
}
