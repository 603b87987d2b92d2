// SPDX-License-Identifier: Apache-2.0
//
// Files without memory: reading and writing them end in std::bad_alloc, wherever it runs out.
#include <filesystem>
#include <new>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/json.hpp>

#include "allocation/failing_new.hpp"
#include "support/data.hpp"
#include "support/throws.hpp"

namespace {

using namespace checkmate;
using test::check_every_failure;

recorded_graph small_graph() {
  return load_graph(test::example_data("paper/chain8_unit.json"));
}

/// load_graph; the standard library's streams swallow what memory they miss, and so a file "cannot be read".
std::string loaded(std::filesystem::path const& file) {
  try {
    return graph_text(load_graph(file));
  } catch (invalid_file const& refused) {
    if (std::string_view(refused.what()).find(": cannot be ") == std::string_view::npos) throw;
    throw std::bad_alloc();
  }
}

}  // namespace

TEST_CASE("allocation failure: reading and writing a graph") {
  recorded_graph const g = small_graph();
  std::string const text = graph_text(g);
  check_every_failure("parse_graph", [&] { return graph_text(parse_graph(text)); });
  check_every_failure("graph_text", [&] { return graph_text(g); });
}

TEST_CASE("allocation failure: reading a large graph") {
  // A file of many requests: the values' arrays grow, and are given up, at every size.
  std::string const file = test::example_data("torch/vgg16_b64.json.gz").string();
  std::string const text = read_text_file(file);
  check_every_failure("parse_graph", [&] { return parse_graph(text).nodes.size(); });
}

TEST_CASE("allocation failure: reading and writing a schedule") {
  recorded_graph const g = small_graph();
  dag const d = lower(g, g);
  recorded_schedule s;
  s.graph = g.name;
  s.strategy = "none, of a name that needs memory of its own";
  s.plan = no_recompute_schedule(d);
  s.budget = s.plan.peak_memory;
  s.bound = checkmate::time_bound{1.5, checkmate::schedule_space::fixed_order};
  std::string const text = schedule_text(s);
  check_every_failure("parse_schedule", [&] { return schedule_text(parse_schedule(text)); });
  check_every_failure("schedule_text", [&] { return schedule_text(s); });
}

TEST_CASE("allocation failure: a file that is refused") {
  check_every_failure("not JSON", [] {
    return test::message_of<invalid_file>([] { (void)parse_graph(R"({"nodes":[{"name":"x)"); });
  });
  check_every_failure("a field", [] {
    return test::message_of<invalid_file>(
        [] { (void)parse_graph(R"({"format":"checkmate-graph","version":"a text that is rather long"})"); });
  });
}

TEST_CASE("allocation failure: gzip, and files") {
  std::string const text(100'000, 'x');
  check_every_failure("gzip",
                      [&] { return detail::gunzip(detail::gzip(text, "f"), "f", text.size()).size(); });
  check_every_failure("load_graph", [] { return loaded(test::example_data("paper/chain8_unit.json")); });
}
