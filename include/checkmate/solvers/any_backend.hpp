// SPDX-License-Identifier: Apache-2.0
//
// A backend chosen at run time: holds any linear_backend by value, as std::function holds a callable.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include <checkmate/core/error.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>

namespace checkmate {
inline namespace v0 {

/// Any backend, by value: copies copy the backend held. Empty ones convert to false and throw when used.
class any_backend {
 public:
  any_backend() = default;

  /// Holds a copy of `backend`.
  template <class B>
  requires(!std::same_as<std::remove_cvref_t<B>, any_backend> && linear_backend<std::remove_cvref_t<B>> &&
           std::copy_constructible<std::remove_cvref_t<B>>)
      any_backend(B&& backend)  // NOLINT: implicit, so that a backend can be passed where any is taken
      : held_(std::make_unique<holder<std::remove_cvref_t<B>>>(std::forward<B>(backend))) {}

  any_backend(any_backend const& other) : held_(other.held_ ? other.held_->clone() : nullptr) {}
  any_backend(any_backend&&) noexcept = default;
  any_backend& operator=(any_backend other) noexcept {
    held_ = std::move(other.held_);
    return *this;
  }
  ~any_backend() = default;

  /// Whether there is a backend.
  [[nodiscard]] explicit operator bool() const noexcept { return held_ != nullptr; }

  /// Of the backend held; throws invalid_option if there is none.
  [[nodiscard]] backend_capabilities capabilities() const { return held().capabilities(); }

  /// Solves with the backend held; throws invalid_option if there is none, and what the backend throws.
  [[nodiscard]] solver_outcome solve(linear_model const& model, solver_options const& options) {
    return held().solve(model, options);
  }

  /// Solves with a copy of the backend held, so that const objects can be shared between threads.
  [[nodiscard]] solver_outcome solve(linear_model const& model, solver_options const& options) const {
    return held().clone()->solve(model, options);
  }

 private:
  struct base {
    virtual ~base() = default;
    [[nodiscard]] virtual std::unique_ptr<base> clone() const = 0;
    [[nodiscard]] virtual backend_capabilities capabilities() const = 0;
    [[nodiscard]] virtual solver_outcome solve(linear_model const&, solver_options const&) = 0;
  };

  template <class B>
  struct holder final : base {
    explicit holder(B b) : backend(std::move(b)) {}
    [[nodiscard]] std::unique_ptr<base> clone() const override { return std::make_unique<holder>(backend); }
    [[nodiscard]] backend_capabilities capabilities() const override { return backend.capabilities(); }
    [[nodiscard]] solver_outcome solve(linear_model const& model, solver_options const& options) override {
      return backend.solve(model, options);
    }
    B backend;
  };

  [[nodiscard]] base& held() const {
    if (!held_) throw invalid_option("any_backend: there is no backend in it");
    return *held_;
  }

  std::unique_ptr<base> held_;
};

}  // namespace v0
}  // namespace checkmate
