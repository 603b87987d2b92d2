// SPDX-License-Identifier: Apache-2.0
//
// Your own graph type, three ways, smallest first:
//
//   1. a nested vector of ids: a graph as it stands
//   2. a struct of yours with free functions, several values per node, names, gradients that must survive
//   3. a compiler's representation with pointers, through make_graph
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/adapters/make_graph.hpp>
#include <checkmate/checkmate.hpp>

namespace {

void report(char const* what, checkmate::result const& found) {
  std::cout << what << ": ";
  if (found) {
    std::cout << found.plan->peak_memory << " bytes, " << found.recomputations << " recomputations\n";
  } else {
    std::cout << found.termination.detail << '\n';
  }
}

}  // namespace

// 1: element v lists the nodes that node v reads.
void nested_vector() {
  // A chain forward, and its gradients backward: node 7 - i reads node i.
  std::vector<std::vector<int>> const graph = {{}, {0}, {1}, {2}, {3}, {4, 2}, {5, 1}, {6, 0}};
  report("nested vector",
         checkmate::solve(graph, checkmate::uniform_cost{}, {.budget = 3}, checkmate::greedy{}));
}

// 2: functions in the namespace of your type are found by argument-dependent lookup. Only node_count and
// inputs are required; each further one refines the picture, and can be left out.
namespace mine {

struct tensor_ref {
  std::uint32_t op, output;
};
struct op {
  std::string name;
  std::vector<tensor_ref> args;
  std::vector<std::int64_t> output_bytes;
  bool is_gradient = false;
  bool has_side_effect = false;
};
struct network {
  std::vector<op> ops;
};

std::size_t node_count(network const& n) {
  return n.ops.size();
}
std::vector<std::uint32_t> inputs(network const& n, std::uint32_t v) {
  std::vector<std::uint32_t> from;
  for (tensor_ref arg : n.ops[v].args) from.push_back(arg.op);
  return from;
}
std::size_t output_count(network const& n, std::uint32_t v) {
  return n.ops[v].output_bytes.size();
}
std::vector<checkmate::value_ref> reads(network const& n, std::uint32_t v) {
  std::vector<checkmate::value_ref> from;
  for (tensor_ref arg : n.ops[v].args) from.push_back({arg.op, arg.output});
  return from;
}
bool is_retained(network const& n, std::uint32_t v, std::uint32_t) {
  return n.ops[v].is_gradient;
}
bool is_run_once(network const& n, std::uint32_t v) {
  return n.ops[v].has_side_effect;
}
std::string const& label(network const& n, std::uint32_t v) {
  return n.ops[v].name;
}

struct costs {
  double time(network const&, std::uint32_t) const { return 1; }
  std::int64_t memory(network const& n, std::uint32_t v, std::uint32_t k) const {
    return n.ops[v].output_bytes[k];
  }
};

}  // namespace mine

void own_struct() {
  mine::network const net = {{{"conv", {}, {64}},
                              {"dropout", {{0, 0}}, {64, 8}, false, true},  // its second output is the mask
                              {"dense", {{1, 0}}, {16}},
                              {"loss", {{2, 0}}, {1}},
                              {"dense.grad", {{3, 0}, {1, 0}}, {64}, true},
                              {"dropout.grad", {{4, 0}, {1, 1}}, {64}},
                              {"conv.grad", {{5, 0}}, {32}, true}}};
  report("own struct", checkmate::solve(net, mine::costs{}, {.budget = 160}, checkmate::greedy{}));
  // A budget that no schedule can meet: the reason comes with the answer.
  report("own struct, too small a budget",
         checkmate::solve(net, mine::costs{}, {.budget = 100}, checkmate::greedy{}));
}

// 3: nodes that point at each other; ids are made up, handles are yours.
struct instruction {
  std::string name;
  std::vector<instruction*> operands;
  double cycles;
  std::int64_t bytes;
};

void pointers() {
  std::vector<std::unique_ptr<instruction>> block;
  auto emit = [&](std::string name, std::vector<instruction*> operands, double cycles, std::int64_t bytes) {
    block.push_back(
        std::make_unique<instruction>(instruction{std::move(name), std::move(operands), cycles, bytes}));
    return block.back().get();
  };
  auto* const x = emit("x", {}, 4, 100);
  auto* const sine = emit("sin", {x}, 1, 100);
  auto* const square = emit("square", {sine}, 1, 100);
  auto* const sum = emit("sum", {square}, 1, 8);
  auto* const square_grad = emit("square.grad", {sum, sine}, 2, 100);
  emit("sin.grad", {square_grad, x}, 2, 100);

  auto const graph = checkmate::make_graph(block, &instruction::operands, {.label = &instruction::name});
  checkmate::handle_cost const costs(&instruction::cycles, &instruction::bytes);
  auto const found = checkmate::solve(graph, costs, {.budget = 300}, checkmate::greedy{});
  report("pointers", found);
  for (auto const& step : *found.plan) {
    if (step.what == checkmate::action::compute) std::cout << ' ' << graph.handle(step.node)->name;
  }
  std::cout << '\n';
}

int main() {
  nested_vector();
  own_struct();
  pointers();
}
