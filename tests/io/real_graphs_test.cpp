// SPDX-License-Identifier: Apache-2.0
//
// The memory model against reality: what PyTorch measured for the traced steps, beside what is simulated.
#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/json_graph.hpp>

#include "support/data.hpp"

// Fixed memory is left out on both sides (the process holds more than the model: the optimizer's state, the
// data, the allocator's own). What remains differs for two reasons: cuDNN takes workspace that the trace does
// not see, and the caching allocator rounds blocks up; both make the measured peak the larger one.
TEST_CASE("real graphs: the no-recompute peak is the one that PyTorch measured, within 2 %") {
  auto const files = test::graph_files(test::example_data("torch"));
  REQUIRE(files.size() == 8);
  for (auto const& file : files) {
    std::string const name = file.filename().string();
    CAPTURE(name);
    auto const recorded = checkmate::load_graph(file);
    REQUIRE(recorded.eager.has_value());
    auto const d = checkmate::lower(recorded, recorded);
    auto const simulated = checkmate::no_recompute_schedule(d).peak_memory - d.fixed_memory();
    auto const measured = recorded.eager->peak_bytes - recorded.eager->base_bytes;
    double const ratio = static_cast<double>(simulated) / static_cast<double>(measured);
    CHECK(ratio > 0.98);
    CHECK(ratio < 1.001);
  }
}
