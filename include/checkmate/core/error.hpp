// SPDX-License-Identifier: Apache-2.0
//
// Exceptions for misuse. An outcome such as "infeasible" is never one of these: it is a value in `result`.
#pragma once

#if !defined(__cpp_exceptions)
#error "checkmate reports misuse by exceptions: compile without -fno-exceptions"
#endif

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/types.hpp>

namespace checkmate {
inline namespace v0 {

/// Base of every exception the library throws on purpose; `what()` names the culprit.
class error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The graph is not a dag the library can plan: a cycle, a self-loop, an id out of range, no nodes at all.
class invalid_graph : public error {
 public:
  explicit invalid_graph(std::string const& what, std::vector<node_id> nodes = {})
      : error(what), nodes_(std::move(nodes)) {}
  /// The culprits, as the caller's ids; for a cycle its nodes in order, each reading the one before it.
  [[nodiscard]] std::vector<node_id> const& nodes() const noexcept { return nodes_; }

 private:
  std::vector<node_id> nodes_;
};

/// A cost is impossible: a time negative or not finite, bytes negative or too many to add up in 64 bits.
class invalid_cost : public error {
 public:
  using error::error;
};

/// An option is out of range, unknown, or not supported by the backend or strategy that was given it.
class invalid_option : public error {
 public:
  using error::error;
};

/// A sequence of events cannot happen: a node that is not there, or that runs before what it reads.
class invalid_schedule : public error {
 public:
  using error::error;
};

/// A linear model, hint or other argument has the wrong shape.
class invalid_model : public error {
 public:
  using error::error;
};

/// A file cannot be read, or does not hold what its format asks for; the text names file, field and node.
class invalid_file : public error {
 public:
  using error::error;
};

}  // namespace v0
}  // namespace checkmate
