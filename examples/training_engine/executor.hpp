// SPDX-License-Identifier: Apache-2.0
//
// Runs a schedule: the handler that `checkmate::execute` drives, and the memory that stays put meanwhile.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "memory.hpp"
#include "network.hpp"
#include "random.hpp"

namespace engine {

/// What is always resident: weights, the optimizer's two moments of each, and the inputs of a step.
class fixed_memory {
 public:
  fixed_memory(network const& net, memory_account& account) {
    std::uint64_t key = 0;
    for (parameter const& p : net.parameters()) {
      weights.emplace_back(account, p.dims.size());
      random_stream const draw(key++, 0);
      for (index i = 0; i < p.dims.size(); ++i) {
        weights.back().data()[i] = p.mean + p.deviation * draw.normal(static_cast<std::uint64_t>(i));
      }
      for (auto* moments : {&first_moments, &second_moments}) {
        moments->emplace_back(account, p.dims.size());
        std::fill_n(moments->back().data(), p.dims.size(), scalar{0});
      }
    }
    for (shape const& dims : net.data()) inputs.emplace_back(account, dims.size());
  }

  std::vector<buffer> weights, first_moments, second_moments;  // by parameter
  std::vector<buffer> inputs;                                  // by input
};

/// Holds the values that are resident at the moment. Satisfies checkmate::schedule_handler.
class executor {
 public:
  executor(network const& net, memory_account& account, fixed_memory const& fixed)
      : net_(net), account_(account), fixed_(fixed), values_(net.node_count()) {
    for (node_id v = 0; v < net.node_count(); ++v) values_[v].resize(net.output_count(v));
  }

  /// Allocates what the node writes, runs it, and gives its scratch space back.
  void compute(node_id v) {
    network::node const& node = net_[v];
    call_.inputs.clear();
    call_.outputs.clear();
    for (tensor const& x : node.operands) call_.inputs.push_back({data_of(x), x.dims});
    for (std::size_t k = 0; k < node.outputs.size(); ++k) {
      if (!values_[v][k]) values_[v][k] = buffer(account_, node.outputs[k].size());
      call_.outputs.push_back({values_[v][k].data(), node.outputs[k]});
    }
    buffer const scratch(account_, node.scratch);
    call_.workspace = scratch.data();
    node.run(call_);
  }
  void release(node_id v, std::uint32_t k) { values_[v][k] = {}; }

  /// Starts training step `step` with nothing resident but fixed memory.
  void start(std::uint64_t step) {
    for (auto& outputs : values_) {
      for (buffer& value : outputs) value = {};
    }
    call_.step = step;
  }
  /// The numbers of a value that is resident.
  [[nodiscard]] scalar const* value(value_ref at) const { return values_[at.node][at.output].data(); }

 private:
  [[nodiscard]] scalar* data_of(tensor const& x) const {
    switch (x.where) {
      case place::parameter:
        return fixed_.weights[x.slot].data();
      case place::input:
        return fixed_.inputs[x.slot].data();
      default:
        return values_[x.value.node][x.value.output].data();
    }
  }

  network const& net_;
  memory_account& account_;
  fixed_memory const& fixed_;
  std::vector<std::vector<buffer>> values_;  // by node and output
  call call_;
};

}  // namespace engine
