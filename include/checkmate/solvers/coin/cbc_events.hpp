// SPDX-License-Identifier: Apache-2.0
//
// CBC's headers, and what happens while CBC runs: the state that a solve shares with its handlers, the event
// handler, and the callback of CBC's driver.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <utility>
#include <vector>

// Some of CBC's headers copy through a deprecated constructor; users whose warnings are errors should not pay
// for that.
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-copy"
#endif
#include <CbcConfig.h>
#include <CbcEventHandler.hpp>
#include <CbcModel.hpp>
#include <CbcSolver.hpp>
#include <CbcStrategy.hpp>
#include <CoinError.hpp>
#include <OsiClpSolverInterface.hpp>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#include <checkmate/core/finite.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/support.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// The last solution that CBC announced, in the columns of its preprocessed model.
struct cbc_incumbent {
  std::mutex mutex;
  double objective = infinity;
  /// Original column and value, of the columns that preprocessing left.
  std::vector<std::pair<int, double>> columns;
};

/// What one CBC solve and its handlers share.
struct cbc_shared {
  solve_watch watch;
  /// CBC's objective = scale * (ours - offset).
  double scale = 1;
  /// Seconds past the deadline before handlers act: CBC keeps time itself.
  double grace = 0;
  /// Whether bounds seen in events count: with threads each thread has its own idea.
  bool bounds = true;
  /// A simplex run was cut short, after which CBC's bound means nothing.
  std::atomic<bool> interrupted = false;
  cbc_incumbent last;

  cbc_shared(linear_model const& model, solver_options const& options) : watch(model, options) {}

  /// An objective value of CBC's in our units; CBC's sentinels become infinities.
  [[nodiscard]] double ours(double value) const {
    if (is_nan(value) || value >= 1e45) return infinity;
    if (value <= -1e45) return -infinity;
    return value / scale + watch.model().objective_offset;
  }
};

/// Polls the watch at CBC's events, passes on incumbents and bounds, ends the search. CBC clones it, into
/// worker threads too, so its state is behind the pointer.
class cbc_events : public CbcEventHandler {
 public:
  explicit cbc_events(cbc_shared& shared) : shared_(&shared) {}
  [[nodiscard]] CbcEventHandler* clone() const override { return new cbc_events(*this); }

  CbcAction event(CbcEvent which) override {
    // Once a simplex run was cut short CBC takes its leftovers for results; nothing is believed from there
    // on.
    if (is_whole_problem() && !shared_->interrupted.load()) report();
    bool const can_stop = which == node || which == treeStatus || which == afterHeuristic ||
                          which == heuristicPass || which == generatedCuts;
    return can_stop && shared_->watch.should_stop(shared_->grace) ? stop : noAction;
  }
  CbcAction event(CbcEvent which, void*) override { return event(which); }

 private:
  /// Heuristics run CBC on restricted problems, whose bounds say nothing about ours.
  [[nodiscard]] bool is_whole_problem() const {
    constexpr int small_search = 2048;
    return model_ != nullptr && model_->parentModel() == nullptr &&
           (model_->specialOptions() & small_search) == 0;
  }

  void report() {
    double const bound = shared_->bounds ? shared_->ours(model_->getBestPossibleObjValue()) : -infinity;
    shared_->watch.report(announced(), is_finite(bound) ? bound : -infinity);
  }

  /// The objective of CBC's solution so far, which is saved if it is news; infinity if there is none. CBC
  /// also announces points of its feasibility pump that are not integral.
  [[nodiscard]] double announced() {
    double const* const x = model_->bestSolution();
    double const objective = x != nullptr ? shared_->ours(model_->getObjValue()) : infinity;
    std::lock_guard const lock(shared_->last.mutex);
    if (!(objective < shared_->last.objective)) return shared_->last.objective;
    std::vector<std::pair<int, double>> columns;
    int const* const origin = model_->originalColumns();
    for (int j = 0; j < model_->getNumCols(); ++j) {
      if (model_->isInteger(j) && std::abs(x[j] - std::nearbyint(x[j])) > 1e-5)
        return shared_->last.objective;
      columns.emplace_back(origin != nullptr ? origin[j] : j, x[j]);
    }
    shared_->last.columns = std::move(columns);
    return shared_->last.objective = objective;
  }

  cbc_shared* shared_;
};

/// What the driver's callback, a plain function that the driver calls on its own thread, knows and notes.
struct cbc_callback_notes {
  /// Null without a time limit.
  solve_watch const* deadline = nullptr;
  /// Preprocessing left no integer column.
  bool no_integers = false;
  /// Preprocessing called the model infeasible.
  bool no_point = false;
};
inline thread_local cbc_callback_notes cbc_notes;

/// CBC's driver calls this at several points: 2 is after preprocessing, 3 just before the search. CBC learns
/// of the time limit only at 3: where the clock ends 2.10.8's preprocessing between two of its passes, it
/// ends the program on the way back. Until then our handlers, which end single simplex runs, are enough.
inline int cbc_callback(CbcModel* current, int where) {
  if (current == nullptr) return 0;
  if (where == 2) cbc_notes.no_point = current->status() == 0 && current->secondaryStatus() == 1;
  if (where != 3) return 0;
  cbc_notes.no_integers = current->solver()->getNumIntegers() == 0;
  if (cbc_notes.deadline == nullptr) return 0;
  double const left = std::max(cbc_notes.deadline->remaining(), 1e-3);
  current->setMaximumSeconds(current->getCurrentSeconds() + left);
  return 0;
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
