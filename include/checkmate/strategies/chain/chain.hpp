// SPDX-License-Identifier: Apache-2.0
//
// The heterogeneous chain of Beaumont et al. (2019): stage l has a forward node that reads the output of
// stage l - 1, and perhaps a backward node that reads outputs of stages l - 1 and l and the gradient that
// stage l + 1 hands back.
//
// Which stage a backward node belongs to follows from what it reads: with the paper's graphs, where it reads
// its layer's output and the next layer's, it belongs to the next layer's stage.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/graph/dag.hpp>
#include <checkmate/memory/footprint.hpp>
#include <checkmate/search/forward_pass.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// One stage; bytes without fixed memory.
struct chain_stage {
  node_index forward{};
  std::optional<node_index> backward = {};
  double forward_time = 0;
  double backward_time = 0;
  bytes all = 0;              ///< all outputs of the forward node, and its workspace: what running it takes
  bytes output = 0;           ///< what the stages around it read of the outputs
  bytes tape = 0;             ///< `output`, and what only the own backward node reads
  bytes gradient_in = 0;      ///< what the next stage's backward pass leaves for this one
  bytes gradient_out = 0;     ///< what this stage's backward pass leaves
  bytes own_read = 0;         ///< outputs of the forward node that the backward node reads
  bytes backward_run = 0;     ///< while the backward node runs: `own_read`, its outputs, its workspace
  bytes retained = 0;         ///< outputs of the backward node that stay to the end
  bool needs_output = false;  ///< the backward node reads outputs of its own stage
};

struct training_chain {
  std::vector<chain_stage> stages;
  bytes given = 0;         ///< of nodes that are given (search/forward_pass.hpp), which no stage counts
  std::string refusal;     ///< why there is no chain; empty if there is
  bool ambiguous = false;  ///< some backward nodes could belong to another stage
};

/// Recognises a chain among the nodes that are not given, or says why there is none.
class chain_finder {
 public:
  explicit chain_finder(dag const& d) : dag_(d), stage_(d.size(), none) {}

  /// A backward node that reads one stage only may belong to it or to the next; `late` takes the next.
  training_chain find(bool late) {
    for (auto node : dag_.nodes()) {
      if (is_given(dag_, node)) {
        out_.given += output_bytes(dag_, node);
      } else {
        steps_.push_back(node);
      }
    }
    find_forward();
    if (ok() && out_.stages.empty()) out_.refusal = "not a chain: every node is given";
    for (std::size_t i = out_.stages.size(); i < steps_.size() && ok(); ++i) place_backward(i, late);
    if (ok()) size_stages();
    return std::move(out_);
  }

 private:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  [[nodiscard]] bool ok() const { return out_.refusal.empty(); }
  void refuse(node_index node, std::string const& why) {
    out_.refusal = "not a chain: " + dag_.describe(node) + " " + why;
  }
  [[nodiscard]] bool is_forward(node_index node) const { return stage_[node] != none; }

  /// The longest run of first steps each of which reads exactly the one before it.
  void find_forward() {
    std::optional<node_index> before;
    for (node_index node : steps_) {
      if (!follows(dag_, node, before)) break;
      chain_stage stage;
      stage.forward = node;
      stage.forward_time = dag_.time(node);
      stage_[node] = out_.stages.size();
      out_.stages.push_back(stage);
      before = node;
      if (dag_.run_once(node)) return refuse(node, "must not be executed again");
      for (auto v : dag_.outputs(node)) {
        if (needed_at_end(dag_, v)) return refuse(node, "has a retained value");
      }
    }
  }

  void place_backward(std::size_t step, bool late) {
    node_index const node = steps_[step];
    node_index const before = steps_[step - 1];
    std::vector<std::int64_t> stages;  // whose outputs it reads
    for (node_index from : dag_.inputs(node)) {
      if (is_given(dag_, from)) continue;
      if (is_forward(from)) {
        stages.push_back(static_cast<std::int64_t>(stage_[from]));
      } else if (from != before) {
        return refuse(node, "reads a gradient other than the latest");
      }
    }
    auto const last = static_cast<std::int64_t>(out_.stages.size()) - 1;
    if (is_forward(before)) {
      highest_ = last;
      // The first backward node may read the loss as its gradient.
      loss_is_gradient_ = stages.size() > 1 && stages.back() == last && stages.front() + 1 < last;
      if (loss_is_gradient_) stages.pop_back();
    }
    std::int64_t const low = stages.empty() ? 0 : stages.back();
    std::int64_t const high = std::min<std::int64_t>(stages.empty() ? last : stages.front() + 1, highest_);
    if (low > high) return refuse(node, "does not follow the forward pass backwards");
    out_.ambiguous |= low < high && !stages.empty();
    std::int64_t const home = stages.empty() || late ? high : low;
    out_.stages[static_cast<std::size_t>(home)].backward = node;
    highest_ = home - 1;
  }

  void size_stages() {
    for (std::size_t l = 0; l < out_.stages.size(); ++l) size_forward(out_.stages[l]);
    for (chain_stage& stage : out_.stages) {
      if (stage.backward) size_backward(stage);
    }
    // Stages without a backward node pass the gradient on; behind the last there is none, or the loss.
    bytes gradient = 0;
    for (std::size_t l = out_.stages.size(); l-- > 0;) {
      chain_stage& stage = out_.stages[l];
      stage.gradient_in = gradient;
      if (!stage.backward) stage.gradient_out = gradient;
      if (l + 1 == out_.stages.size() && loss_is_gradient_) stage.gradient_out = stage.tape;
      gradient = stage.gradient_out;
    }
  }

  void size_forward(chain_stage& stage) const {
    stage.all = new_bytes(dag_, stage.forward);
    for (auto v : dag_.outputs(stage.forward)) {
      bool own = false, others = false;
      for (node_index reader : dag_.readers(v)) (stage.backward == reader ? own : others) = true;
      if (others) stage.output += dag_.memory(v);
      if (others || own) stage.tape += dag_.memory(v);
    }
  }

  void size_backward(chain_stage& stage) const {
    node_index const node = *stage.backward;
    stage.backward_time = dag_.time(node);
    stage.backward_run = new_bytes(dag_, node);
    for (value_index v : dag_.reads(node)) {
      if (dag_.producer(v) != stage.forward) continue;
      stage.backward_run += dag_.memory(v);
      stage.own_read += dag_.memory(v);
      stage.needs_output = true;
    }
    for (auto v : dag_.outputs(node)) {
      if (needed_at_end(dag_, v)) {
        stage.retained += dag_.memory(v);
      } else if (!dag_.readers(v).empty()) {
        stage.gradient_out += dag_.memory(v);
      }
    }
  }

  dag const& dag_;
  training_chain out_;
  std::vector<node_index> steps_;   // nodes that are not given
  std::vector<std::size_t> stage_;  // by node: its stage, none if it is not forward
  std::int64_t highest_ = 0;        // stage that the next backward node may have
  bool loss_is_gradient_ = false;
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
