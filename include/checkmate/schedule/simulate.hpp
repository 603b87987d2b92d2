// SPDX-License-Identifier: Apache-2.0
//
// The simulator: the judge of every schedule. It replays the steps under the memory model and shares no code
// with the strategies, the formulations or the lifetimes that made them.
//
//   Memory model. When a node runs, every value that it reads must be resident; all of its outputs are
//   allocated (one that is already resident keeps its place); then resident bytes plus the node's workspace
//   count toward the peak. A value stays resident until its release. Retained values are resident at the end.
//   Fixed memory always counts.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <checkmate/graph/dag.hpp>
#include <checkmate/schedule/schedule.hpp>

namespace checkmate {
inline namespace v0 {

/// What a schedule can do wrong.
enum class violation_kind : std::uint8_t {
  unknown_node,    ///< the step names a node that the graph does not have
  unknown_output,  ///< the step releases an output that the node does not have
  absent_input,    ///< a node runs while a value that it reads is not resident
  out_of_order,    ///< a first execution comes before one that precedes it in the fixed order
  /// A first execution comes before one that it must follow in any order: along a control edge, or as both
  /// are ordered run-once nodes.
  too_early,
  run_once_repeated,  ///< a run-once node is executed a second time
  absent_release,     ///< a value is released that is not resident
  over_budget,        ///< resident bytes and workspace exceed the budget
  never_executed,     ///< the schedule ends and a node has not run
  not_retained        ///< the schedule ends and a retained value is not resident
};

/// The first thing that a schedule does wrong, and where.
struct violation {
  violation_kind kind{};
  /// Index into the steps; their number where only the end shows it.
  std::size_t step = 0;
  /// The culprit in the caller's ids; `output` counts only where a value is at fault.
  value_ref value;
  /// One sentence for a person.
  std::string message;
};

/// What to hold a schedule to.
struct simulate_options {
  /// Bytes that the peak must not exceed, fixed memory included.
  bytes budget = std::numeric_limits<bytes>::max();
  /// `fixed`: first executions in the dag's order; `free`: in any order that reads and control edges allow
  /// and in which ordered run-once nodes follow each other as in the dag's.
  execution_order order = execution_order::fixed;
};

/// What a replay found.
struct simulation {
  /// Empty if the schedule is valid; the replay stops at the first violation.
  std::optional<violation> error;
  /// Bytes resident after each step, fixed memory included.
  std::vector<bytes> resident;
  /// Largest resident bytes while a node runs, its workspace included.
  bytes peak_memory = 0;
  /// The compute step that reaches the peak first.
  std::size_t peak_step = 0;
  /// Sum of the node times of the executions.
  double time = 0;
  /// Number of compute steps.
  std::size_t executions = 0;
  /// Executions beyond the first of each node.
  std::size_t recomputations = 0;
  /// Nodes that are executed more than once.
  std::size_t recomputed_nodes = 0;

  [[nodiscard]] bool valid() const noexcept { return !error.has_value(); }
};

namespace detail {

/// State of one replay; `simulate` is its only user.
class replay {
 public:
  replay(dag const& d, simulate_options const& options)
      : dag_(d),
        options_(options),
        resident_(d.value_count(), 0),
        runs_(d.size(), 0),
        bytes_(d.fixed_memory()) {
    out_.peak_memory = bytes_;
  }

  simulation run(schedule const& s) {
    out_.resident.reserve(s.size());
    for (at_ = 0; at_ < s.size(); ++at_) {
      step const& now = s.steps[at_];
      if (now.node >= dag_.size()) {
        fail(violation_kind::unknown_node, now, "there is no node " + std::to_string(now.node));
      } else if (now.what == action::compute) {
        compute(now);
      } else {
        release(now);
      }
      if (out_.error) return std::move(out_);
      out_.resident.push_back(bytes_);
    }
    finish();
    return std::move(out_);
  }

 private:
  void fail(violation_kind kind, value_ref culprit, std::string const& text) {
    out_.error = violation{kind, at_, culprit, "step " + std::to_string(at_) + ": " + text};
  }
  void fail(violation_kind kind, step const& culprit, std::string const& text) {
    fail(kind, value_ref{culprit.node, culprit.output}, text);
  }
  [[nodiscard]] std::string name(value_index v) const {
    return "output " + std::to_string(dag_.ref(v).output) + " of " + dag_.describe(dag_.producer(v));
  }

  void compute(step const& now) {
    node_index const node = dag_.index_of(now.node);
    if (runs_[node] > 0 && dag_.run_once(node)) {
      return fail(violation_kind::run_once_repeated, now,
                  dag_.describe(node) + " must not be executed again");
    }
    for (value_index v : dag_.reads(node)) {
      if (resident_[v] == 0) {
        return fail(violation_kind::absent_input, dag_.ref(v),
                    dag_.describe(node) + " reads " + name(v) + ", which is not resident");
      }
    }
    if (runs_[node] == 0 && !in_order(node, now)) return;
    for (value_index v : dag_.outputs(node)) {
      if (resident_[v] == 0) {
        resident_[v] = 1;
        bytes_ += dag_.memory(v);
      }
    }
    count(node, now);
  }

  bool in_order(node_index node, step const& now) {
    if (options_.order == execution_order::fixed && node != first_runs_) {
      fail(violation_kind::out_of_order, now,
           dag_.describe(node) + " is first executed before " +
               dag_.describe(static_cast<node_index>(first_runs_)));
      return false;
    }
    for (node_index first : dag_.control_inputs(node)) {
      if (runs_[first] > 0) continue;
      fail(violation_kind::too_early, now,
           dag_.describe(node) + " is first executed before " + dag_.describe(first) +
               ", which must come first: " +
               (dag_.ordered(node) && dag_.ordered(first) ? "run-once nodes keep their order"
                                                          : "a control edge says so"));
      return false;
    }
    ++first_runs_;
    return true;
  }

  void count(node_index node, step const& now) {
    ++out_.executions;
    if (runs_[node] > 0) ++out_.recomputations;
    if (runs_[node] == 1) ++out_.recomputed_nodes;
    ++runs_[node];
    out_.time += dag_.time(node);
    bytes const in_use = bytes_ + dag_.workspace(node);
    if (in_use > out_.peak_memory || out_.executions == 1) {
      out_.peak_memory = std::max(out_.peak_memory, in_use);
      out_.peak_step = at_;
    }
    if (in_use > options_.budget) {
      fail(violation_kind::over_budget, now,
           dag_.describe(node) + " needs " + std::to_string(in_use) + " bytes resident, the budget is " +
               std::to_string(options_.budget));
    }
  }

  void release(step const& now) {
    node_index const node = dag_.index_of(now.node);
    if (now.output >= dag_.output_count(node)) {
      return fail(violation_kind::unknown_output, now,
                  dag_.describe(node) + " has no output " + std::to_string(now.output));
    }
    value_index const v = dag_.output(node, now.output);
    if (resident_[v] == 0) {
      return fail(violation_kind::absent_release, now, name(v) + " is released but not resident");
    }
    resident_[v] = 0;
    bytes_ -= dag_.memory(v);
  }

  void finish() {
    for (node_index node : dag_.nodes()) {
      if (runs_[node] == 0) {
        return fail(violation_kind::never_executed, value_ref{dag_.id(node), 0},
                    dag_.describe(node) + " is never executed");
      }
    }
    for (value_index v : dag_.values()) {
      if (dag_.retained(v) && resident_[v] == 0) {
        return fail(violation_kind::not_retained, dag_.ref(v),
                    name(v) + " is retained but not resident at the end");
      }
    }
  }

  dag const& dag_;
  simulate_options const& options_;
  std::vector<std::uint8_t> resident_;  // by value
  std::vector<std::uint32_t> runs_;     // by node
  std::size_t first_runs_ = 0;
  std::size_t at_ = 0;
  bytes bytes_;
  simulation out_;
};

}  // namespace detail

/// Replays `s` on `d` and reports its peak, its time and the first violation, if any. Linear in the reads of
/// the executions. A budget is checked while nodes run, which is where the peak is counted.
[[nodiscard]] inline simulation simulate(dag const& d, schedule const& s,
                                         simulate_options const& options = {}) {
  return detail::replay(d, options).run(s);
}

}  // namespace v0
}  // namespace checkmate
