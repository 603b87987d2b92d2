// SPDX-License-Identifier: Apache-2.0
//
// Your IR: a planner for a compiler's own representation. The block of operations becomes a graph, a schedule
// is planned, and the block is written anew in the planned order, with clones and frees.
//
// Namespace ir stands for what a compiler has already; namespace plan is what is written for checkmate.
// README.md beside this file shows both and answers what comes up: views, writes, order without data.
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <checkmate/adapters/make_graph.hpp>
#include <checkmate/checkmate.hpp>

namespace ir {

struct op;
struct value {
  op* producer = nullptr;  // null: an argument of the block, a weight for instance
  std::uint32_t number = 0;
  std::int64_t bytes = 0;
};
struct op {
  std::string name = {};
  std::vector<value*> operands = {};
  std::vector<value> results = {};
  double microseconds = 0;
  std::int64_t scratch = 0;
  bool has_side_effect = false;
  std::vector<op*> after = {};  // what must have happened before, though no value says so
  bool is_live_out = false;
};
using block = std::vector<std::unique_ptr<op>>;

}  // namespace ir

namespace plan {

using graph = checkmate::handle_graph<ir::op*>;

graph graph_of(ir::block const& block) {
  auto const reads = [](ir::op const* op) {
    std::vector<std::pair<ir::op*, std::uint32_t>> values;
    for (ir::value const* v : op->operands) {
      if (v->producer != nullptr) values.emplace_back(v->producer, v->number);
    }
    return values;
  };
  return checkmate::make_graph(
      block, reads,
      {.label = [](ir::op const* op) { return op->name; },
       .output_count = [](ir::op const* op) { return static_cast<std::uint32_t>(op->results.size()); },
       .is_retained = [](ir::op const* op, std::uint32_t) { return op->is_live_out; },
       .is_run_once = [](ir::op const* op) { return op->has_side_effect; },
       .after = [](ir::op const* op) { return op->after; }});
}

struct costs {
  std::int64_t arguments;  // bytes of weights and inputs, resident throughout
  double time(graph const& g, checkmate::node_id v) const { return g.handle(v)->microseconds; }
  std::int64_t memory(graph const& g, checkmate::node_id v, std::uint32_t k) const {
    return g.handle(v)->results[k].bytes;
  }
  std::int64_t workspace(graph const& g, checkmate::node_id v) const { return g.handle(v)->scratch; }
  std::int64_t fixed_memory(graph const&) const { return arguments; }
};

ir::block rewrite(graph const& g, checkmate::schedule const& plan) {
  ir::block out;
  std::unordered_map<ir::value const*, ir::value*> now;  // what stands for a resident value at this point
  for (checkmate::step const& step : plan) {
    ir::op& old = *g.handle(step.node);
    if (step.what == checkmate::action::release) {
      auto const at = now.find(&old.results[step.output]);
      out.push_back(std::make_unique<ir::op>(ir::op{.name = "free", .operands = {at->second}}));
      now.erase(at);
      continue;
    }
    ir::op& copy = *out.emplace_back(std::make_unique<ir::op>(old));
    for (ir::value*& v : copy.operands) v = v->producer == nullptr ? v : now.at(v);
    for (std::uint32_t k = 0; k < copy.results.size(); ++k) {
      copy.results[k].producer = &copy;
      bool const is_new = now.emplace(&old.results[k], &copy.results[k]).second;
      if (!is_new) copy.results[k].bytes = 0;  // it is still there: written over with the same bits
    }
  }
  return out;
}

}  // namespace plan

namespace {

ir::op* add(ir::block& block, ir::op op) {
  ir::op* const added = block.emplace_back(std::make_unique<ir::op>(std::move(op))).get();
  for (std::uint32_t k = 0; k < added->results.size(); ++k) {
    added->results[k].producer = added;
    added->results[k].number = k;
  }
  return added;
}

/// A step of training: two layers and their gradients. A gradient is sent away once it is known.
ir::block training_step(ir::value& input, ir::value& weight) {
  ir::block b;
  auto* norm = add(
      b,
      {.name = "norm", .operands = {&input}, .results = {{.bytes = 400}, {.bytes = 8}}, .microseconds = 2});
  auto* matmul = add(b, {.name = "matmul",
                         .operands = {&norm->results[0], &weight},
                         .results = {{.bytes = 400}},
                         .microseconds = 9,
                         .scratch = 50});
  auto* gelu = add(
      b, {.name = "gelu", .operands = {&matmul->results[0]}, .results = {{.bytes = 400}}, .microseconds = 1});
  auto* loss = add(
      b, {.name = "loss", .operands = {&gelu->results[0]}, .results = {{.bytes = 400}}, .microseconds = 3});
  auto* gelu_grad = add(b, {.name = "gelu.grad",
                            .operands = {&loss->results[0], &matmul->results[0]},
                            .results = {{.bytes = 400}},
                            .microseconds = 2});
  auto* weight_grad = add(b, {.name = "weight.grad",
                              .operands = {&gelu_grad->results[0], &norm->results[0]},
                              .results = {{.bytes = 100}},
                              .microseconds = 9});
  auto* send = add(
      b,
      {.name = "send", .operands = {&weight_grad->results[0]}, .microseconds = 1, .has_side_effect = true});
  add(b, {.name = "norm.grad",
          .operands = {&gelu_grad->results[0], &norm->results[0], &norm->results[1]},
          .results = {{.bytes = 200}},
          .microseconds = 3,
          .after = {send},
          .is_live_out = true});
  return b;
}

/// Walks through the block as a machine would: the most bytes that are there at once, or -1 where an
/// operation reads what is not there.
std::int64_t most_bytes(ir::block const& block, std::int64_t arguments) {
  std::unordered_set<ir::value const*> there;
  std::int64_t held = arguments, most = arguments;
  for (auto const& op : block) {
    bool const all = std::all_of(op->operands.begin(), op->operands.end(), [&](ir::value const* v) {
      return v->producer == nullptr || there.count(v) == 1;
    });
    if (!all) return -1;
    if (op->name == "free") {
      held -= op->operands[0]->bytes;
      there.erase(op->operands[0]);
      continue;
    }
    for (ir::value const& v : op->results) {
      held += v.bytes;
      if (v.bytes > 0) there.insert(&v);
    }
    most = std::max(most, held + op->scratch);
  }
  return most;
}

void print(ir::block const& block) {
  for (auto const& op : block) {
    std::cout << "  " << op->name << '(';
    for (ir::value const* v : op->operands) {
      if (v != op->operands[0]) std::cout << ", ";
      if (v->producer == nullptr) {
        std::cout << "argument";
      } else {
        std::cout << v->producer->name << '.' << v->number;
      }
    }
    std::cout << ")\n";
  }
}

}  // namespace

int main() {
  ir::value input{.bytes = 300}, weight{.bytes = 100};
  ir::block const block = training_step(input, weight);

  plan::graph const graph = plan::graph_of(block);
  plan::costs const costs{.arguments = input.bytes + weight.bytes};
  auto const found = checkmate::solve(graph, costs, {.budget = 1700});
  if (!found) {
    std::cerr << found.termination.detail << '\n';
    return 1;
  }
  ir::block const planned = plan::rewrite(graph, *found.plan);
  std::cout << "peak " << found.plan->peak_memory << " bytes, cloned: " << found.recomputations << '\n';
  print(planned);
  return most_bytes(planned, costs.arguments) == found.plan->peak_memory ? 0 : 1;
}
