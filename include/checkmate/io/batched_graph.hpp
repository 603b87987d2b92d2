// SPDX-License-Identifier: Apache-2.0
//
// One network recorded at two or more batch sizes, as a graph of any batch.
//
// Bytes, workspace and time of a node are read off straight lines: between two recordings the line through
// both, beyond them the line through the nearest two, at a recorded batch the recording itself. Parts of a
// byte count as a byte. Lines fit because activations grow with the batch, weights do not, and a kernel takes
// a launch and then a time per example.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/checked.hpp>
#include <checkmate/core/error.hpp>
#include <checkmate/core/types.hpp>
#include <checkmate/io/recorded_graph.hpp>

namespace checkmate {
inline namespace v0 {

/// A recorded graph and the batch that it was recorded at.
struct batch_recording {
  std::int64_t batch = 0;  ///< >= 1
  recorded_graph graph;
};

/// Makes the graph of any batch from recordings at some.
class batched_graph {
 public:
  /// Throws invalid_graph where the recordings are fewer than two, two of the same batch, or not of one
  /// network: nodes, what they read and produce, what is retained, run-once and backward must agree, and the
  /// units.
  explicit batched_graph(std::vector<batch_recording> recordings) : recordings_(std::move(recordings)) {
    std::sort(recordings_.begin(), recordings_.end(),
              [](batch_recording const& a, batch_recording const& b) { return a.batch < b.batch; });
    if (recordings_.size() < 2)
      throw invalid_graph("a graph of any batch needs recordings at two batch sizes, or more");
    if (recordings_.front().batch < 1) throw invalid_graph("a recording's batch must be >= 1");
    for (std::size_t i = 1; i < recordings_.size(); ++i) {
      if (recordings_[i].batch == recordings_[i - 1].batch)
        throw invalid_graph("two recordings are of batch " + std::to_string(recordings_[i].batch));
      check_same_network(recordings_[0], recordings_[i]);
    }
  }

  [[nodiscard]] std::vector<batch_recording> const& recordings() const noexcept { return recordings_; }

  /// The graph at `batch` >= 1. Throws invalid_cost where bytes do not fit 63 bits.
  [[nodiscard]] recorded_graph at(std::int64_t batch) const {
    if (batch < 1) throw invalid_option("batch must be >= 1, it is " + std::to_string(batch));
    // The first recording that is not below the batch, or the last one; and the one before it.
    std::size_t high = 1;
    while (high + 1 < recordings_.size() && recordings_[high].batch < batch) ++high;
    line const by{recordings_[high - 1].batch, recordings_[high].batch, batch};
    recorded_graph const& a = recordings_[high - 1].graph;
    recorded_graph const& b = recordings_[high].graph;
    recorded_graph out = a;
    out.eager.reset();
    out.fixed = by(a.fixed, b.fixed);
    for (std::size_t v = 0; v < out.nodes.size(); ++v) {
      recorded_node& node = out.nodes[v];
      node.time = by(node.time, b.nodes[v].time);
      node.workspace = by(node.workspace, b.nodes[v].workspace);
      for (std::size_t k = 0; k < node.outputs.size(); ++k)
        node.outputs[k] = by(node.outputs[k], b.nodes[v].outputs[k]);
    }
    return out;
  }

 private:
  /// The line through (low, y) and (high, z), read at `batch`; what would be negative there is 0.
  struct line {
    std::int64_t low, high, batch;

    [[nodiscard]] double operator()(double y, double z) const {
      if (batch == high) return z;
      double const part = static_cast<double>(batch - low) / static_cast<double>(high - low);
      return std::max(0.0, y + (z - y) * part);
    }
    /// Rounded up.
    [[nodiscard]] bytes operator()(bytes y, bytes z) const {
      std::int64_t const steps = batch - low;
      std::int64_t const width = high - low;
      std::int64_t const whole = (z - y) / width;
      std::int64_t const rest = (z - y) % width;  // of the sign of z - y
      std::int64_t const product = detail::checked_multiply(rest, steps, "a size at that batch");
      std::int64_t const up = product / width + (product % width > 0 ? 1 : 0);
      std::int64_t const slope = detail::checked_multiply(whole, steps, "a size at that batch");
      std::int64_t const change = detail::checked_add(slope, up, "a size at that batch");
      return std::max<bytes>(0, detail::checked_add(y, change, "a size at that batch"));
    }
  };

  static void check_same_network(batch_recording const& a, batch_recording const& b) {
    auto const refuse = [&](std::string const& what, std::vector<node_id> nodes = {}) {
      throw invalid_graph("the recordings at batch " + std::to_string(a.batch) + " and " +
                              std::to_string(b.batch) + " are not of one network: " + what,
                          std::move(nodes));
    };
    if (a.graph.nodes.size() != b.graph.nodes.size()) {
      refuse(std::to_string(a.graph.nodes.size()) + " nodes and " + std::to_string(b.graph.nodes.size()));
    }
    if (a.graph.time_unit != b.graph.time_unit) {
      refuse("times in \"" + a.graph.time_unit + "\" and in \"" + b.graph.time_unit + "\"");
    }
    for (node_id v = 0; v < a.graph.nodes.size(); ++v) {
      char const* const what = difference(a.graph.nodes[v], b.graph.nodes[v]);
      if (what != nullptr) refuse("node " + std::to_string(v) + " differs in " + what, {v});
    }
  }

  /// What tells two nodes apart but for names, sizes and times; nullptr if nothing.
  [[nodiscard]] static char const* difference(recorded_node const& a, recorded_node const& b) {
    if (a.op != b.op) return "op";
    if (a.outputs.size() != b.outputs.size()) return "the number of its outputs";
    if (a.reads != b.reads) return "what it reads";
    if (a.retained != b.retained) return "what is retained of it";
    if (a.run_once != b.run_once) return "whether it must run once";
    if (a.backward != b.backward) return "whether it belongs to the backward pass";
    return bare(a) == bare(b) ? nullptr : "more than name, sizes and time";
  }
  [[nodiscard]] static recorded_node bare(recorded_node node) {
    node.name.clear();
    node.time = 0;
    node.workspace = 0;
    std::fill(node.outputs.begin(), node.outputs.end(), bytes{0});
    return node;
  }

  std::vector<batch_recording> recordings_;
};

}  // namespace v0
}  // namespace checkmate
