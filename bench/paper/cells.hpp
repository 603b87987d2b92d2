// SPDX-License-Identifier: Apache-2.0
//
// What one planning run gave, kept in a CSV file line by line, so that an interrupted reproduction goes on
// where it stopped.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <string>

#include <checkmate/core/error.hpp>
#include <checkmate/planning/strategy.hpp>

namespace paper {

/// One run: a strategy on a network at a budget.
struct cell {
  double time = std::numeric_limits<double>::infinity();    ///< infinity: no schedule
  double bound = -std::numeric_limits<double>::infinity();  ///< proven, for the fixed order or any
  double base = 0;
  double peak = 0;
  double seconds = 0;
  bool optimal = false;
  [[nodiscard]] bool found() const { return time < std::numeric_limits<double>::infinity(); }
  [[nodiscard]] double overhead_percent() const { return 100 * (time - base) / base; }
};

inline cell cell_of(checkmate::result const& r) {
  cell out;
  if (r.plan) {
    out.time = r.plan->time;
    out.peak = static_cast<double>(r.plan->peak_memory);
  }
  // A bound for the paper's stages alone says nothing of the other schedules that are compared here.
  if (r.bound.space != checkmate::schedule_space::stages) out.bound = r.bound.time;
  out.base = r.base_time;
  out.seconds = r.elapsed;
  out.optimal = r.termination.reason == checkmate::stop_reason::optimal;
  return out;
}

/// The cells of a reproduction, on disk.
class cell_store {
 public:
  explicit cell_store(std::filesystem::path file) : file_(std::move(file)) {
    std::ifstream in(file_);
    std::string line;
    while (std::getline(in, line)) {
      auto const cut = line.find(';');
      std::istringstream numbers(line.substr(cut == std::string::npos ? line.size() : cut + 1));
      std::string word;
      double values[6];
      int n = 0;
      for (; n < 6 && std::getline(numbers, word, ';'); ++n) values[n] = std::strtod(word.c_str(), nullptr);
      if (n == 6) {
        cells_[line.substr(0, cut)] = {values[0], values[1], values[2], values[3], values[4], values[5] != 0};
      }
    }
  }

  /// After this nothing is made any more.
  void stop_at(std::chrono::steady_clock::time_point end) { end_ = end; }
  [[nodiscard]] bool expired() const { return std::chrono::steady_clock::now() >= end_; }
  /// Cells that were asked for too late.
  [[nodiscard]] std::size_t left_out() const noexcept { return left_out_; }

  /// The cell called `key`, from disk or made now; an empty one if it is too late for that.
  template <class Make>
  cell get(std::string const& key, Make&& make) {
    auto const at = cells_.find(key);
    if (at != cells_.end()) return at->second;
    if (expired()) {
      ++left_out_;
      return {};
    }
    cell const made = make();
    std::ofstream out(file_, std::ios::app);
    out.precision(17);
    out << key << ';' << made.time << ';' << made.bound << ';' << made.base << ';' << made.peak << ';'
        << made.seconds << ';' << made.optimal << '\n';
    if (!out) throw checkmate::error("cannot write " + file_.string());
    return cells_[key] = made;
  }

 private:
  std::filesystem::path file_;
  std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::time_point::max();
  std::size_t left_out_ = 0;
  std::map<std::string, cell> cells_;
};

}  // namespace paper
