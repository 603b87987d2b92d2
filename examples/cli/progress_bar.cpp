// SPDX-License-Identifier: Apache-2.0
#include "progress_bar.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <utility>

#include <unistd.h>

#include <checkmate/core/finite.hpp>

#include "units.hpp"

namespace cli {

progress_bar::progress_bar(std::string what, double base_time, std::optional<checkmate::seconds> limit)
    : what_(std::move(what)),
      base_time_(base_time),
      limit_(limit),
      best_time_(std::numeric_limits<double>::infinity()),
      bound_(-std::numeric_limits<double>::infinity()) {
  if (isatty(STDERR_FILENO) != 0) {
    painter_ = std::jthread([this](std::stop_token const& done) { run(done); });
  }
}

progress_bar::~progress_bar() {
  if (!painter_.joinable()) return;
  painter_.request_stop();
  painter_.join();
  if (drawn_) std::fputs("\r\033[K", stderr);
}

void progress_bar::update(checkmate::progress const& now) {
  std::lock_guard const lock(mutex_);
  best_time_ = std::min(best_time_, now.best_time);
  bound_ = std::max(bound_, now.bound);
  if (!now.phase.empty()) phase_ = now.phase;
}

void progress_bar::run(std::stop_token const& done) {
  using namespace std::chrono_literals;
  std::unique_lock lock(mutex_);
  auto wait = 400ms;  // short work shows nothing
  while (!wake_.wait_for(lock, done, wait, [] { return false; }) && !done.stop_requested()) {
    std::fprintf(stderr, "\r%s\033[K", line().c_str());
    std::fflush(stderr);
    drawn_ = true;
    wait = 100ms;
  }
}

std::string progress_bar::line() const {
  constexpr std::size_t cells = 20;
  glyphs const& with = terminal_glyphs();
  double const elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  std::string bar;
  if (limit_ && limit_->count() > 0) {
    double const part = std::min(1.0, elapsed / limit_->count());
    auto const filled = static_cast<std::size_t>(part * cells);
    for (std::size_t i = 0; i < cells; ++i) bar += i < filled ? with.levels.back() : with.shade;
  } else {  // no limit: something that moves
    auto const at = static_cast<std::size_t>(elapsed * 8) % cells;
    for (std::size_t i = 0; i < cells; ++i) bar += i == at ? with.levels.back() : with.shade;
  }
  std::string out = what_ + " " + bar + " " + show_seconds(elapsed);
  if (limit_) out += " of " + show_seconds(limit_->count());
  if (base_time_ > 0 && checkmate::detail::is_finite(best_time_)) {
    out.append(with.separator)
        .append("best +")
        .append(show_percent(std::max(0.0, best_time_ / base_time_ - 1)));
  }
  if (base_time_ > 0 && checkmate::detail::is_finite(bound_)) {
    out.append(with.separator).append("bound +").append(show_percent(std::max(0.0, bound_ / base_time_ - 1)));
  }
  if (!phase_.empty()) out.append(with.separator).append(phase_);
  return out;
}

}  // namespace cli
