// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include <doctest/doctest.h>
#include <support/throws.hpp>

#include <checkmate/checkmate.hpp>

using checkmate::bytes;
using checkmate::node_id;
using nested = std::vector<std::vector<int>>;

namespace {

struct counted {
  [[nodiscard]] std::size_t node_count() const { return 2; }
  [[nodiscard]] std::vector<int> inputs(node_id v) const {
    return v == 1 ? std::vector<int>{0} : std::vector<int>{};
  }
  [[nodiscard]] double flops(node_id v) const { return v == 0 ? 1000.0 : 10.0; }
  [[nodiscard]] bytes output_bytes(node_id, std::uint32_t) const { return 50; }
};

struct two_outputs {
  [[nodiscard]] std::size_t node_count() const { return 1; }
  [[nodiscard]] std::vector<int> inputs(node_id) const { return {}; }
  [[nodiscard]] int output_count(node_id) const { return 2; }
};

struct time_only {
  template <checkmate::graph G>
  [[nodiscard]] double time(G const&, node_id) const {
    return 1;
  }
};

auto const per_node =
    checkmate::functional_cost([](node_id v) { return v + 0.5; }, [](node_id v) { return int(v) + 1; });
auto const per_value = checkmate::functional_cost([](node_id) { return 1; },
                                                  [](node_id, std::uint32_t k) { return bytes{10} + k; });

static_assert(checkmate::cost_model_for<checkmate::uniform_cost, nested>);
static_assert(checkmate::cost_model_for<checkmate::table_cost, nested>);
static_assert(checkmate::cost_model_for<std::remove_const_t<decltype(per_node)>, nested>);
static_assert(checkmate::cost_model_for<std::remove_const_t<decltype(per_value)>, nested>);
static_assert(checkmate::cost_model_for<checkmate::roofline_cost, counted>);
static_assert(!checkmate::cost_model_for<checkmate::roofline_cost, nested>);
static_assert(!checkmate::cost_model_for<time_only, nested>);

}  // namespace

TEST_CASE("functional_cost: callables by node and by value") {
  auto const d = checkmate::lower(nested{{}, {0}}, per_node);
  CHECK(d.time(checkmate::node_index{1}) == 1.5);
  CHECK(d.memory(checkmate::value_index{1}) == 2);
  auto const e = checkmate::lower(two_outputs{}, per_value);
  CHECK(e.memory(checkmate::value_index{0}) == 10);
  CHECK(e.memory(checkmate::value_index{1}) == 11);
}

TEST_CASE("costs: several outputs need memory by value") {
  CHECK(test::message_of<checkmate::invalid_cost>([] { (void)checkmate::lower(two_outputs{}, per_node); }) ==
        "node 0 has 2 outputs, so the cost model must offer memory(graph, node, output)");
}

TEST_CASE("table_cost: a short table is an error that names the node") {
  auto error = [](checkmate::table_cost const& costs) {
    return test::message_of<checkmate::invalid_cost>([&] { (void)checkmate::lower(nested{{}, {0}}, costs); });
  };
  CHECK(error(checkmate::table_cost::of_nodes({1}, {1, 1})) ==
        "table_cost: times has 1 entries, node 1 is asked for");
  CHECK(error(checkmate::table_cost::of_nodes({1, 1}, {1})) ==
        "table_cost: memories has 1 entries, node 1 is asked for");
  checkmate::table_cost no_output{.times = {1, 1}, .memories = {{1}, {}}};
  CHECK(error(no_output) == "table_cost: memories of node 1 has 0 entries, output 0 is asked for");
}

TEST_CASE("roofline_cost: the slower of arithmetic and traffic, plus the launch") {
  checkmate::roofline_cost const costs{.flops_per_second = 10, .bytes_per_second = 5, .launch_seconds = 1};
  auto const d = checkmate::lower(counted{}, costs);
  CHECK(d.time(checkmate::node_index{0}) == doctest::Approx(101));  // 1000 / 10 beats 50 / 5
  CHECK(d.time(checkmate::node_index{1}) == doctest::Approx(21));   // (50 + 50) / 5 beats 10 / 10
  CHECK(d.memory(checkmate::value_index{1}) == 50);
}

TEST_CASE("roofline_cost: throughputs that make no sense are refused") {
  checkmate::roofline_cost const costs{.flops_per_second = 0};
  CHECK_THROWS_AS((void)checkmate::lower(counted{}, costs), checkmate::invalid_cost);
}
