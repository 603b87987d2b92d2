// SPDX-License-Identifier: Apache-2.0
//
// What one solve gave, kept in a text file line by line, so that an interrupted benchmark goes on where it
// stopped.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include <checkmate/core/error.hpp>

namespace exact {

/// One instance by one formulation. Times are in the graph's unit.
struct cell {
  static constexpr double none = std::numeric_limits<double>::infinity();
  double columns = 0, rows = 0, nonzeros = 0;  ///< of the integer program; the largest of several
  double root = -none;                         ///< bound of the linear relaxation
  double root_seconds = 0;
  double time = none;    ///< of the best schedule, simulated; infinity: none found
  double bound = -none;  ///< proven
  double base = 0;       ///< executing every node once
  double seconds = 0;
  double nodes = 0;  ///< branch-and-bound nodes, where known

  [[nodiscard]] bool found() const { return time < none; }
  /// (time - bound) / time.
  [[nodiscard]] double gap() const { return found() ? (time > 0 ? (time - bound) / time : 0.0) : none; }
};

/// The cells of a benchmark, on disk: name;number;number;...
class cell_store {
 public:
  explicit cell_store(std::filesystem::path file) : file_(std::move(file)) {
    std::ifstream in(file_);
    for (std::string line; std::getline(in, line);) {
      std::istringstream words(line);
      std::string key, word;
      std::getline(words, key, ';');
      std::array<double, 10> x{};
      std::size_t n = 0;
      while (n < x.size() && std::getline(words, word, ';')) x[n++] = std::strtod(word.c_str(), nullptr);
      if (n == x.size()) cells_[key] = {x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], x[9]};
    }
  }

  [[nodiscard]] cell const* find(std::string const& key) const {
    auto const at = cells_.find(key);
    return at == cells_.end() ? nullptr : &at->second;
  }

  void put(std::string const& key, cell const& c) {
    std::ofstream out(file_, std::ios::app);
    out.precision(17);
    out << key;
    for (double x : {c.columns, c.rows, c.nonzeros, c.root, c.root_seconds, c.time, c.bound, c.base,
                     c.seconds, c.nodes}) {
      out << ';' << x;
    }
    out << '\n';
    if (!out) throw checkmate::error("cannot write " + file_.string());
    cells_[key] = c;
  }

 private:
  std::filesystem::path file_;
  std::map<std::string, cell> cells_;
};

}  // namespace exact
