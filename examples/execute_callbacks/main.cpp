// SPDX-License-Identifier: Apache-2.0
//
// A schedule driven through your own engine: one callback runs an operator, one frees a value. This engine
// computes with real buffers, counts what it holds, and shows that the planned step gives the same gradient
// as the plain one, in less memory. examples/training_engine is the same with a real network.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <checkmate/checkmate.hpp>

namespace {

using checkmate::node_id;

/// y = sin(sin(... x)), six times, and its derivative by the chain rule: nodes 0..5 forward, 6..11 backward.
constexpr node_id layers = 6;
constexpr std::size_t length = 1000;  // numbers in every value

std::vector<std::vector<node_id>> graph() {
  std::vector<std::vector<node_id>> out;
  for (node_id v = 0; v < layers; ++v) out.push_back(v == 0 ? std::vector<node_id>{} : std::vector{v - 1});
  for (node_id b = layers; b < 2 * layers; ++b) {
    node_id const layer = 2 * layers - 1 - b;  // whose derivative this is; it reads what the layer read
    std::vector<node_id> reads;
    if (layer > 0) reads.push_back(layer - 1);
    if (b > layers) reads.push_back(b - 1);
    out.push_back(reads.empty() ? std::vector<node_id>{layers - 1} : reads);
  }
  return out;
}

class engine {
 public:
  engine() : values_(2 * layers), input_(length) {
    for (std::size_t i = 0; i < length; ++i) input_[i] = 0.002 * static_cast<double>(i);
  }

  /// What the schedule calls: node v runs; what it reads is there.
  void compute(node_id v) {
    std::vector<double>& out = values_[v];
    if (out.empty()) held_ += length * sizeof(double);
    most_ = std::max(most_, held_);
    out.assign(length, 1.0);
    for (std::size_t i = 0; i < length; ++i) {
      if (v < layers) {
        out[i] = std::sin(before(v)[i]);
      } else {
        node_id const layer = 2 * layers - 1 - v;
        out[i] = std::cos(before(layer)[i]) * (v == layers ? 1.0 : values_[v - 1][i]);
      }
    }
    ++executions_;
  }
  /// And: value `output` of node v is not read again before it is next computed.
  void release(node_id v, std::uint32_t) {
    if (v == 2 * layers - 1) gradient_ = values_[v];
    held_ -= length * sizeof(double);
    values_[v] = {};
  }

  [[nodiscard]] std::vector<double> const& gradient() const { return gradient_; }
  [[nodiscard]] std::size_t most() const { return most_; }
  [[nodiscard]] int executions() const { return executions_; }

 private:
  [[nodiscard]] std::vector<double> const& before(node_id layer) const {
    return layer == 0 ? input_ : values_[layer - 1];
  }

  std::vector<std::vector<double>> values_;
  std::vector<double> input_, gradient_;
  std::size_t held_ = 0, most_ = 0;
  int executions_ = 0;
};

}  // namespace

int main() {
  auto const g = graph();
  auto const costs = checkmate::functional_cost(
      [](node_id) { return 1.0; }, [](node_id) { return std::int64_t{length * sizeof(double)}; });
  auto const plain = checkmate::solve(g, costs, {.budget = 1 << 20});
  auto const tight = checkmate::solve(g, costs, {.budget = 5 * length * sizeof(double)});
  if (!plain || !tight) return 1;
  engine first, second;
  checkmate::execute(*plain.plan, first);
  checkmate::execute(*tight.plan, second);
  std::printf("plain:   %2d executions, %zu bytes at most\n", first.executions(), first.most());
  std::printf("planned: %2d executions, %zu bytes at most, planned for %lld\n", second.executions(),
              second.most(), static_cast<long long>(tight.plan->peak_memory));
  bool const same = first.gradient() == second.gradient() && !first.gradient().empty();
  std::printf("the gradients are %s\n", same ? "the same, bit for bit" : "different");
  bool const as_planned = static_cast<long long>(second.most()) == tight.plan->peak_memory;
  return same && as_planned && second.most() < first.most() ? 0 : 1;
}
