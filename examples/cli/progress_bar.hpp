// SPDX-License-Identifier: Apache-2.0
//
// A line on the terminal that tells what planning does: time, best overhead, proven bound, phase.
//
// Our own because Debian packages no C++ progress-bar library; it draws only if stderr is a terminal, and
// only once the work has taken a while.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include <checkmate/core/types.hpp>
#include <checkmate/planning/strategy.hpp>

#include "text_table.hpp"

namespace cli {

class progress_bar {
 public:
  /// `what` heads the line; `base_time` turns times into overheads; `limit` makes the bar's full length.
  progress_bar(std::string what, double base_time, std::optional<checkmate::seconds> limit);
  progress_bar(progress_bar const&) = delete;
  progress_bar& operator=(progress_bar const&) = delete;
  /// Erases the line.
  ~progress_bar();

  /// Takes over the latest state; for plan_options::on_progress. Any thread may call it.
  void update(checkmate::progress const& now);

 private:
  void run(std::stop_token const& done);
  [[nodiscard]] std::string line() const;  // with mutex_ held

  std::string what_;
  double base_time_;
  std::optional<checkmate::seconds> limit_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::condition_variable_any wake_;
  double best_time_;
  double bound_;
  std::string phase_;
  bool drawn_ = false;
  std::jthread painter_;
};

}  // namespace cli
