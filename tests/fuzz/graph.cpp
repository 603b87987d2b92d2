// SPDX-License-Identifier: Apache-2.0
//
// The reader of graph files, plain or gzip. What it accepts reads back the same once written, and lowers or
// is refused.
#include <string>

#include <checkmate/graph/cost_concepts.hpp>
#include <checkmate/graph/lower.hpp>
#include <checkmate/io/json_graph.hpp>
#include <checkmate/memory/floor.hpp>
#include <checkmate/schedule/no_recompute.hpp>

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text = fuzz::text(data, size);
  checkmate::recorded_graph g;
  bool const read = fuzz::accepted([&] {
    constexpr std::size_t limit = std::size_t{1} << 20;
    g = checkmate::detail::is_gzip(text)
            ? checkmate::parse_graph(checkmate::detail::gunzip(text, "fuzz", limit))
            : checkmate::parse_graph(text);
  });
  if (!read) return 0;
  checkmate::recorded_graph const again = checkmate::parse_graph(checkmate::graph_text(g));
  fuzz::require(again == g, "a graph that is written reads back as another");
  (void)fuzz::accepted([&] {
    checkmate::dag const d = checkmate::lower(g, g);
    auto const all = checkmate::no_recompute_schedule(d);
    fuzz::require(checkmate::simulate(d, all).valid(), "a schedule without recomputation is not valid");
    fuzz::require(all.peak_memory >= checkmate::smallest_conceivable_budget(d).budget,
                  "a peak below the smallest conceivable budget");
  });
  return 0;
}
