// SPDX-License-Identifier: Apache-2.0
//
// DOT and SVG: what is drawn, and that any label and any number leaves a well-formed file.
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/dot.hpp>
#include <checkmate/io/recorded_graph.hpp>
#include <checkmate/plot/svg.hpp>
#include <checkmate/schedule/memory_curve.hpp>

#include "support/positions.hpp"

namespace {

using checkmate::recorded_graph;

/// A chain of three: 0 -> 1 -> 2, and 2 reads 0 again.
recorded_graph skip() {
  recorded_graph g;
  g.nodes.push_back({.name = "in", .time = 1, .outputs = {4, 6}});
  g.nodes.push_back({.name = "mid", .time = 2, .outputs = {5}, .reads = {{0, 0}}, .workspace = 3});
  g.nodes.push_back({.name = "out", .time = 3, .outputs = {2}, .reads = {{0, 1}, {1, 0}}, .retained = {0}});
  g.fixed = 100;
  return g;
}

/// Recomputes node 0 before node 2.
checkmate::schedule recomputing(checkmate::dag const& d) {
  return checkmate::schedule_from_sequence(d, test::events(d, {0, 1, 0, 2}));
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

/// Tags open and close in order, attributes are quoted, nothing says nan or inf: enough for our own writer.
bool well_formed(std::string_view svg) {
  std::vector<std::string> open;
  for (std::size_t at = svg.find('<'); at != std::string_view::npos; at = svg.find('<', at + 1)) {
    std::size_t const end = svg.find('>', at);
    if (end == std::string_view::npos) return false;
    std::string_view const tag = svg.substr(at + 1, end - at - 1);
    if (count(tag, "\"") % 2 != 0 || tag.find('<') != std::string_view::npos) return false;
    std::string const name(tag.substr(0, tag.find_first_of(" /", 1)));
    if (tag.front() == '/') {
      if (open.empty() || "/" + open.back() != name) return false;
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
  }
  return open.empty() && svg.find("nan") == std::string_view::npos &&
         svg.find("inf") == std::string_view::npos;
}

}  // namespace

TEST_CASE("memory_curve: one sample per execution, with workspace and fixed memory") {
  auto const g = skip();
  auto const d = checkmate::lower(g, g);
  auto const s = recomputing(d);
  auto const curve = checkmate::memory_curve(d, s);
  REQUIRE(curve.size() == 4);
  CHECK(curve[0].in_use == 100 + 10);
  CHECK(curve[1].in_use == 100 + 4 + 5 + 3);  // output 1 of node 0 was released: it is made again
  CHECK(curve[2].in_use == 100 + 5 + 10);
  CHECK(curve[3].in_use == 100 + 5 + 6 + 2);
  CHECK(curve[1].start == 1);
  CHECK(curve[1].end == 3);
  CHECK(curve[3].end == 7);
  CHECK(curve[2].recomputed);
  CHECK_FALSE(curve[3].recomputed);
  CHECK_THROWS_AS((void)checkmate::memory_curve(d, checkmate::schedule{}), checkmate::invalid_option);
}

TEST_CASE("dot_text: nodes with their costs, edges with the outputs read, labels escaped") {
  auto g = skip();
  g.nodes[1].name = "a \"b\" \\ c\nd";
  g.nodes[1].run_once = true;
  auto const d = checkmate::lower(g, g);
  std::string const text = checkmate::dot_text(d, {.name = "my \"graph\""});
  CHECK(text.find("digraph \"my \\\"graph\\\"\" {") == 0);
  CHECK(text.find("n0 [label=\"in\\n1, 10 B\"];") != std::string::npos);
  CHECK(text.find("n1 [label=\"a \\\"b\\\" \\\\ c\\nd\\n2, 5 B\", shape=octagon];") != std::string::npos);
  CHECK(text.find("n2 [label=\"out\\n3, 2 B\", peripheries=2];") != std::string::npos);
  CHECK(text.find("n0 -> n1 [label=\"0\"];") != std::string::npos);
  CHECK(text.find("n0 -> n2 [label=\"1\"];") != std::string::npos);
  CHECK(text.find("n1 -> n2;") != std::string::npos);
}

TEST_CASE("dot_text: a plan colours what it executes again") {
  auto const g = skip();
  auto const d = checkmate::lower(g, g);
  auto const s = recomputing(d);
  std::string const text = checkmate::dot_text(d, {.costs = false, .plan = &s});
  CHECK(text.find("n0 [label=\"in\\nexecuted 2 times\", style=filled") != std::string::npos);
  CHECK(text.find("n1 [label=\"mid\"];") != std::string::npos);
}

TEST_CASE("memory_svg: both curves, the budget, fixed memory and units") {
  auto const g = skip();
  auto const d = checkmate::lower(g, g);
  auto const s = recomputing(d);
  std::string const svg = checkmate::memory_svg(d, checkmate::no_recompute_schedule(d), s,
                                                {.title = "a < b & c", .budget = 115, .time_unit = "us"});
  CHECK(well_formed(svg));
  CHECK(svg.find("a &lt; b &amp; c") != std::string::npos);
  CHECK(svg.find("budget 115 bytes") != std::string::npos);
  CHECK(svg.find("fixed") != std::string::npos);
  CHECK(svg.find("time (us)") != std::string::npos);
  CHECK(svg.find("before: 118 bytes, 6 us") != std::string::npos);
  CHECK(svg.find("after: 115 bytes, 7 us") != std::string::npos);
  CHECK(svg.find("recomputing") != std::string::npos);
}

TEST_CASE("grid_svg: well-formed and small, also where cells stand for several nodes") {
  std::vector<std::vector<int>> chain(1000);
  for (int v = 1; v < 1000; ++v) chain[static_cast<std::size_t>(v)] = {v - 1};
  auto const d = checkmate::lower(chain, checkmate::uniform_cost{});
  std::string const svg = checkmate::grid_svg(d, checkmate::no_recompute_schedule(d), "chain");
  CHECK(well_formed(svg));
  CHECK(svg.size() < 100'000);
}

TEST_CASE("svg_plot: any data leaves a well-formed file") {
  double const infinite = std::numeric_limits<double>::infinity();
  double const nothing = std::numeric_limits<double>::quiet_NaN();
  std::vector<std::vector<std::pair<double, double>>> const data = {{},
                                                                    {{0, 0}},
                                                                    {{1, 1}, {1, 1}},
                                                                    {{0, nothing}, {1, infinite}, {2, 3}},
                                                                    {{-1e300, 1e300}, {1e300, -1e300}},
                                                                    {{1e-300, 1e-300}, {2e-300, 3e-300}},
                                                                    {{1, 0}, {2, -1}}};
  for (auto const& points : data) {
    for (bool const logarithmic : {false, true}) {
      for (auto const style :
           {checkmate::svg_style::line, checkmate::svg_style::steps, checkmate::svg_style::area,
            checkmate::svg_style::points, checkmate::svg_style::line_and_points}) {
        checkmate::svg_plot plot;
        plot.title = "t";
        plot.x.logarithmic = plot.y.logarithmic = logarithmic;
        plot.series.push_back({.name = "<\"&'>\x01", .points = points, .style = style});
        std::string const svg = plot.text();
        CAPTURE(svg);
        CHECK(well_formed(svg));
      }
    }
  }
}

TEST_CASE("svg_plot: ticks are round and cover the data") {
  using checkmate::detail::log_ticks;
  using checkmate::detail::nice_ticks;
  CHECK(nice_ticks(0, 10, 5) == std::vector<double>{0, 2, 4, 6, 8, 10});
  CHECK(nice_ticks(0, 0.5, 5).size() == 6);
  CHECK(nice_ticks(3, 3, 5) == std::vector<double>{3});
  CHECK(log_ticks(1, 1000).size() == 4);
  CHECK(log_ticks(10, 100).size() == 4);  // 10 20 50 100
}
