// SPDX-License-Identifier: Apache-2.0
//
// What the CBC, Clp and Osi backends share: loading a linear_model in one call, messages that go to on_log or
// nowhere, and handlers that end a solve at its deadline or on request. No COIN object leaves these headers.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <vector>

#include <ClpEventHandler.hpp>
#include <ClpPrimalColumnDantzig.hpp>
#include <ClpPrimalColumnPivot.hpp>
#include <ClpSimplex.hpp>
#include <ClpSolve.hpp>
#include <CoinMessageHandler.hpp>
#include <OsiClpSolverInterface.hpp>
#if __has_include(<CoinTypes.hpp>)
#include <CoinTypes.hpp>
#else  // COIN-OR's CoinUtils after 2.11
#include <CoinTypes.h>
#endif

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/support.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Guards CbcMain0 and CbcMain1, which keep state in globals. One for the whole process, therefore visible
/// even from shared objects that hide their symbols.
[[gnu::visibility("default")]] inline std::mutex cbc_main_mutex;

/// COIN writes "no bound" as the largest double, and takes all beyond 1e30 for it.
[[nodiscard]] inline std::vector<double> coin_bounds(std::vector<double> bounds) {
  for (double& b : bounds) {
    if (b <= -1e30) b = -COIN_DBL_MAX;
    if (b >= 1e30) b = COIN_DBL_MAX;
  }
  return bounds;
}

/// A linear_model as COIN's loadProblem wants it; must live until that has been called.
struct coin_arrays {
  std::vector<double> column_lower, column_upper, objective, row_lower, row_upper;
  std::vector<CoinBigIndex> start;
  /// COIN's objective = scale * (ours - offset).
  double scale = 1;

  explicit coin_arrays(linear_model const& model)
      : column_lower(coin_bounds(model.column_lower)),
        column_upper(coin_bounds(model.column_upper)),
        objective(model.objective),
        row_lower(coin_bounds(model.row_lower)),
        row_upper(coin_bounds(model.row_upper)),
        scale(objective_scale(model)) {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<CoinBigIndex>::max());
    if (model.nonzero_count() > most || model.column_count() >= 2147483647u ||
        model.row_count() >= 2147483647u) {
      throw invalid_model("the model has more entries than COIN's 32-bit indices can name");
    }
    start.reserve(model.column_start.size());
    for (std::int64_t s : model.column_start) start.push_back(static_cast<CoinBigIndex>(s));
    for (double& c : objective) c *= scale;
  }
};

/// Loads the model with one call; `target` is an OsiClpSolverInterface or a ClpSimplex.
void load_coin_problem(auto& target, linear_model const& model, coin_arrays const& a) {
  target.loadProblem(static_cast<int>(model.column_count()), static_cast<int>(model.row_count()),
                     a.start.data(), model.row_index.data(), model.coefficient.data(), a.column_lower.data(),
                     a.column_upper.data(), a.objective.data(), a.row_lower.data(), a.row_upper.data());
}

/// The row duals of `model` as given, from COIN's for the scaled objective; none where COIN has none.
[[nodiscard]] inline std::vector<double> coin_duals(double const* duals, linear_model const& model,
                                                    double scale) {
  if (duals == nullptr) return {};
  std::vector<double> out(duals, duals + model.row_count());
  for (double& dual : out) dual = is_finite(dual) ? dual / scale : 0;
  return out;
}

/// Keeps Clp from taking SIGINT for itself during the initial solves of `solver` and its clones. `solver` has
/// Clp's default settings otherwise, as when it was made.
inline void leave_signals_alone(OsiClpSolverInterface& solver) {
  ClpSolve how;
  how.setSpecialOption(2, 1);
  solver.setSolveOptions(how);
}

/// How many of osi_clp's solves this thread is in.
inline thread_local int osi_clp_depth = 0;

class in_osi_clp {
 public:
  in_osi_clp() { ++osi_clp_depth; }
  in_osi_clp(in_osi_clp const&) = delete;
  in_osi_clp& operator=(in_osi_clp const&) = delete;
  ~in_osi_clp() { --osi_clp_depth; }
};

/// OsiClp less two assertions that fail on sound programs and, as Debian builds Clp 1.17.6 and OsiClp
/// 0.108.6, end the process. Preprocessing, cuts and heuristics may cause them in any solve of any clone.
/// - At the nodes of a search Clp "crunches": it solves without fixed columns and without rows that bind
///   nothing. OsiClp then asserts of its work array that no entry reaches the larger of the numbers of rows
///   and columns. Each row that is kept has left a 2 there, which stays if a row before it was dropped: with
///   two rows and two columns, the first row a mere bound, the assertion fails. Programs of that size are not
///   crunched.
/// - Where the dual simplex finds no optimum at the root, CBC turns crunching off and calls the primal one,
///   whose steepest edge rule has chosen a column with a reduced cost of the wrong sign for the assertion
///   that follows (ClpPrimalColumnSteepest.cpp:727). Dantzig's rule chooses by the reduced costs themselves;
///   it is slower, which matters little here.
class osi_clp final : public OsiClpSolverInterface {
 public:
  osi_clp() = default;
  osi_clp(osi_clp const& other) : OsiSolverInterface(other), OsiClpSolverInterface(other) {}
  osi_clp& operator=(osi_clp const&) = delete;
  [[nodiscard]] OsiSolverInterface* clone(bool copy_data = true) const override {
    return copy_data ? new osi_clp(*this) : new osi_clp;
  }

  void initialSolve() override {
    in_osi_clp const inside;
    OsiClpSolverInterface::initialSolve();
  }
  void solveFromHotStart() override {
    in_osi_clp const inside;
    OsiClpSolverInterface::solveFromHotStart();
  }

  void resolve() override {
    in_osi_clp const inside;
    constexpr unsigned crunch = 1, no_crunch = 2048;
    unsigned const usual = specialOptions();
    if ((usual & no_crunch) != 0 && primal_is_wanted()) return resolve_by_dantzig();
    if (getNumRows() > 2 || getNumCols() > 2 || (usual & crunch) == 0)
      return OsiClpSolverInterface::resolve();
    setSpecialOptions(usual | no_crunch);
    OsiClpSolverInterface::resolve();
    setSpecialOptions((specialOptions() & ~no_crunch) | (usual & no_crunch));
  }

 private:
  [[nodiscard]] bool primal_is_wanted() const {
    bool dual = true;
    OsiHintStrength strength = OsiHintIgnore;
    getHintParam(OsiDoDualInResolve, dual, strength);
    return strength != OsiHintIgnore && !dual;
  }

  void resolve_by_dantzig() {
    ClpSimplex& simplex = *getModelPtr();
    std::unique_ptr<ClpPrimalColumnPivot> const usual(simplex.primalColumnPivot()->clone(true));
    ClpPrimalColumnDantzig dantzig;
    simplex.setPrimalColumnPivotAlgorithm(dantzig);
    OsiClpSolverInterface::resolve();
    simplex.setPrimalColumnPivotAlgorithm(*usual);
  }
};

/// COIN's message stream, line by line to on_log; without on_log to nowhere. COIN keeps pointers and clones,
/// all of which talk to the same watch.
class coin_messages : public CoinMessageHandler {
 public:
  /// `simplex_lines` lets Clp talk too; under CBC it says a line for each of thousands of small programs.
  coin_messages(solve_watch& watch, bool simplex_lines) : watch_(&watch), simplex_lines_(simplex_lines) {
    quieten();
  }

  int print() override {
    watch_->log(messageBuffer());
    return 0;
  }
  // A severe message makes the base class abort the process; faults are seen in the status instead.
  void checkSeverity() override {}
  [[nodiscard]] CoinMessageHandler* clone() const override { return new coin_messages(*this); }

  /// Log levels of all components: 1 with a listener, else 0. COIN's own set-up calls overwrite them.
  void quieten() {
    int const level = watch_->wants_log() ? 1 : 0;
    setLogLevel(level);
    for (int component = 0; component < 4; ++component) {
      bool const simplex = component == 1 || component == 2;  // Clp and CoinUtils
      setLogLevel(component, simplex && !simplex_lines_ ? 0 : level);
    }
  }

 private:
  solve_watch* watch_;
  bool simplex_lines_;
};

/// A message handler that prints nothing, for the solver inside a CbcModel. Its component levels stay unset:
/// where they are set, every CbcModel that the driver makes from that solver takes the handler for its own
/// and raises its level to 2, from which on CBC prints past it.
class coin_silence : public CoinMessageHandler {
 public:
  coin_silence() { setLogLevel(0); }
  int print() override { return 0; }
  void checkSeverity() override {}  // see coin_messages
  [[nodiscard]] CoinMessageHandler* clone() const override { return new coin_silence(*this); }
};

/// Ends a simplex run at the deadline or on request. Clp clones it; the watch is shared.
///
/// Ends the dual simplex where bounds cross, too. Probing that refutes all that is left sets an upper bound
/// of -1e50. CBC then solves the relaxation once more, past its Osi interface (OsiClp's computeLargestAway),
/// by Clp's dual simplex and, as that finds nothing, by the primal one, which asserts that bounds do not
/// cross and ends the process (ClpNonLinearCost.cpp:1064). Stopped in the dual simplex, CBC does not call the
/// primal one.
class clp_stopper : public ClpEventHandler {
 public:
  /// `grace` seconds past the deadline; `*interrupted` becomes true when a run was cut short.
  clp_stopper(solve_watch& watch, double grace, std::atomic<bool>& interrupted)
      : watch_(&watch), interrupted_(&interrupted), grace_(grace) {}

  int event(Event which) override {
    // Only between iterations, where Clp is ready to leave; and not at each of them, as most take
    // microseconds.
    if (which != endOfIteration && which != endOfFactorization) return -1;
    if (which == endOfFactorization && osi_clp_depth == 0 && bounds_cross()) return 0;
    if (which == endOfIteration && (++calls_ & 15u) != 0) return -1;
    if (!watch_->should_stop(grace_)) return -1;
    interrupted_->store(true);
    return 0;
  }
  [[nodiscard]] ClpEventHandler* clone() const override { return new clp_stopper(*this); }

 private:
  [[nodiscard]] bool bounds_cross() const {
    double const* const lower = model_->lowerRegion();
    double const* const upper = model_->upperRegion();
    if (lower == nullptr || upper == nullptr) return false;
    for (int i = 0; i < model_->numberColumns() + model_->numberRows(); ++i) {
      if (lower[i] > upper[i] + 1) return true;
    }
    return false;
  }

  solve_watch* watch_;
  std::atomic<bool>* interrupted_;
  double grace_;
  unsigned calls_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
