// SPDX-License-Identifier: Apache-2.0
//
// One solve by CBC, through its driver or through CbcModel alone: loading, running, reading what CBC says,
// and completing points that are not what it says.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <checkmate/core/finite.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/coin/cbc_events.hpp>
#include <checkmate/solvers/coin/cbc_parameters.hpp>
#include <checkmate/solvers/coin/coin.hpp>
#include <checkmate/solvers/conclude.hpp>
#include <checkmate/solvers/support.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// One CBC solve, from a linear_model to an outcome whose `unbounded` speaks of the relaxation alone. All
/// that it is made from must outlive it.
class cbc_run {
 public:
  cbc_run(bool reentrant, linear_model const& model, solver_options const& options)
      : reentrant_(reentrant),
        model_(model),
        options_(options),
        shared_(model, options),
        watch_(shared_.watch),
        messages_(watch_, false) {}

  [[nodiscard]] solver_outcome operator()() {
    // A feasible hint is a solution at once: nothing that CBC does can make the answer worse than it.
    if (!options_.hint.empty()) watch_.keep(options_.hint);
    shared_.bounds = options_.threads.value_or(1) == 1;
    try {
      load();
      reentrant_ ? run_model() : run_driver();
    } catch (CoinError const& fault) {
      out_.detail = "failed: " + fault.message() + " in " + fault.methodName();
    }
    take_points();
    conclude();
    return std::move(out_);
  }

  /// Whether the driver's preprocessing left no integer column, or called the model infeasible.
  [[nodiscard]] bool settled_by_preprocessing() const { return settled_by_preprocessing_; }

 private:
  void load() {
    coin_arrays const arrays(model_);
    shared_.scale = arrays.scale;
    osi_.passInMessageHandler(&silence_);
    osi_.setHintParam(OsiDoReducePrint, true, OsiHintTry);
    leave_signals_alone(osi_);
    load_coin_problem(osi_, model_, arrays);
    messages_.quieten();
    for (std::size_t j = 0; j < model_.column_count(); ++j) {
      if (model_.integer[j] != 0) osi_.setInteger(static_cast<int>(j));
    }
    // CBC stops at the deadline between nodes; one long simplex run is cut short somewhat later.
    double const limit = options_.time_limit ? options_.time_limit->count() : 0;
    shared_.grace = std::clamp(0.02 * limit, 0.02, 1.0);
    clp_stopper stopper(watch_, shared_.grace, shared_.interrupted);
    osi_.getModelPtr()->passInEventHandler(&stopper);
  }

  void run_driver() {
    std::unique_lock<std::mutex> lock(cbc_main_mutex, std::defer_lock);
    if (!wait_for_turn(lock, watch_)) return;
    with_search([&](CbcModel& search) { drive(search); });
  }

  /// A lack of memory leaves CBC's objects half made. The destructor of its model would free what they no
  /// longer have, so the model is leaked.
  template <class Call>
  void with_search(Call const& call) {
    auto search = std::make_unique<CbcModel>(osi_);
    try {
      call(*search);
    } catch (std::bad_alloc const&) {
      (void)search.release();
      throw;
    }
  }

  void drive(CbcModel& search) {
    CbcSolverUsefulData data;
    data.useSignalHandler_ = false;
    CbcMain0(search, data);
    prepare(search);  // after CbcMain0, which resets handlers and levels
    if (!options_.hint.empty()) search.setMIPStart(cbc_start(watch_, *search.solver()));
    std::vector<std::string> const arguments = cbc_driver_arguments(data, shared_);
    std::vector<char const*> argv;
    for (std::string const& a : arguments) argv.push_back(a.c_str());
    if (watch_.should_stop()) return;
    cbc_notes = {.deadline = options_.time_limit ? &watch_ : nullptr};
    CbcMain1(static_cast<int>(argv.size()), argv.data(), search, cbc_callback, data);
    settled_by_preprocessing_ = cbc_notes.no_integers || cbc_notes.no_point;
    read(search);
  }

  void run_model() {
    if (watch_.should_stop() || relaxation_is_unbounded() || watch_.should_stop()) return;
    with_search([&](CbcModel& search) { branch(search); });
  }

  void branch(CbcModel& search) {
    prepare(search);
    if (options_.time_limit) search.setMaximumSeconds(std::max(watch_.remaining(), 1e-3));
    if (options_.node_limit) search.setMaximumNodes(cbc_node_limit(*options_.node_limit));
    if (options_.seed) search.setRandomSeed(cbc_seed(*options_.seed));
    if (options_.cutoff) search.setCutoff(cbc_cutoff(*options_.cutoff, shared_));
    CbcStrategyDefault strategy(1, 5, 0, 0);
    search.setStrategy(strategy);
    search.branchAndBound();
    read(search);
  }

  /// Asked first, as CbcModel alone takes an unbounded relaxation for an infeasible one.
  [[nodiscard]] bool relaxation_is_unbounded() {
    osi_.initialSolve();
    if (!osi_.isProvenDualInfeasible() || watch_.stopped_by() != solve_limit::none) return false;
    ran_ = unbounded_ = true;
    status_ = 0;
    return true;
  }

  void prepare(CbcModel& search) {
    search.passInMessageHandler(&messages_);
    search.solver()->passInMessageHandler(&silence_);
    messages_.quieten();
    cbc_events const events(shared_);
    search.passInEventHandler(&events);
    search.setUseElapsedTime(true);
    if (options_.absolute_gap) search.setAllowableGap(*options_.absolute_gap * shared_.scale);
    // CBC divides by the larger of |objective| and |bound|, and does not know the offset: with one, only the
    // event handler judges the relative gap. g / (1 + g) of the larger is at most g of |objective|.
    if (options_.relative_gap && model_.objective_offset == 0) {
      search.setAllowableFractionGap(*options_.relative_gap / (1 + *options_.relative_gap));
    }
  }

  /// Copies what CBC claims, unchecked.
  void read(CbcModel const& search) {
    ran_ = true;
    status_ = search.status();
    secondary_ = search.secondaryStatus();
    unbounded_ = search.isContinuousUnbounded();
    out_.nodes = search.getNodeCount();
    out_.iterations = search.getIterationCount();
    claimed_bound_ = shared_.ours(search.getBestPossibleObjValue());
    double const* const x = search.bestSolution();
    if (x == nullptr) return;
    claimed_objective_ = shared_.ours(search.getObjValue());
    answer_.assign(x, x + std::min<std::size_t>(model_.column_count(),
                                                static_cast<std::size_t>(std::max(search.getNumCols(), 0))));
  }

  void conclude() {
    bool const finished = ran_ && status_ == 0 && watch_.stopped_by() == solve_limit::none;
    if (finished && unbounded_) return conclude_simplex(watch_, {.status = solve_status::unbounded}, out_);
    // Preprocessing that ends in a contradiction leaves 0 and no point; the search leaves 1.
    bool const nothing = secondary_ == 1 || (secondary_ == 0 && answer_.empty());
    bool const complete = finished && secondary_ != 2 && is_finite(claimed_objective_);
    conclude_search(
        watch_,
        {.bound = complete ? claimed_objective_ : bound(),
         .limit = limit(),
         .complete = complete,
         .infeasible = finished && nothing && !time_is_up(),
         .answered = !answer_.empty(),
         .fault = "ended with status " + std::to_string(status_) + ", " + std::to_string(secondary_)},
        out_);
  }

  /// Offers the points that CBC returned or announced to the watch, completed where they are not feasible.
  void take_points() {
    if (!round_if_feasible(model_, answer_).empty()) {
      watch_.keep(answer_);
    } else if (!answer_.empty()) {
      std::vector<std::pair<int, double>> known;
      for (std::size_t j = 0; j < answer_.size(); ++j) known.emplace_back(static_cast<int>(j), answer_[j]);
      complete(known);
    }
    double const announced = shared_.last.objective;
    if (announced < watch_.best_objective() - 1e-6 * std::abs(announced)) complete(shared_.last.columns);
  }

  /// Fixes the integer columns that are known and solves for the rest: for points that lost columns to
  /// preprocessing or violate the model by more than a tolerance.
  void complete(std::vector<std::pair<int, double>> const& known) {
    osi_clp fixed(osi_);
    ClpEventHandler const forever;
    fixed.getModelPtr()->passInEventHandler(&forever);
    std::size_t integers = 0;
    for (std::uint8_t i : model_.integer) integers += i;
    for (auto const& [column, value] : known) {
      auto const j = static_cast<std::size_t>(column);
      if (column < 0 || j >= model_.column_count() || model_.integer[j] == 0) continue;
      double const whole = std::nearbyint(value);
      // Where the caller lets preprocessing make one column of two, their sum is left to be found again.
      if (whole < model_.column_lower[j] - 1e-9 || whole > model_.column_upper[j] + 1e-9) continue;
      fixed.setColBounds(column, whole, whole);
      --integers;
    }
    double const time = repair_time(options_, watch_);
    fixed.getModelPtr()->setMaximumWallSeconds(time);
    if (integers == 0) {
      fixed.initialSolve();
      if (fixed.isProvenOptimal()) keep(fixed.getColSolution());
      return;
    }
    CbcModel rest(fixed);
    rest.passInMessageHandler(&messages_);
    rest.setUseElapsedTime(true);
    rest.setMaximumSeconds(time);
    rest.setMaximumNodes(1000);
    rest.branchAndBound();
    if (rest.bestSolution() != nullptr) keep(rest.bestSolution());
  }

  void keep(double const* x) { watch_.keep(std::vector<double>(x, x + model_.column_count())); }

  [[nodiscard]] bool time_is_up() const { return watch_.remaining() <= 0; }

  [[nodiscard]] solve_limit limit() const {
    if (watch_.stopped_by() != solve_limit::none) return watch_.stopped_by();
    if (!ran_) return solve_limit::none;
    using enum solve_limit;
    constexpr std::array by_secondary = {none, none, gap, nodes, time, stopped, other, none, other};
    auto const at = static_cast<std::size_t>(secondary_);  // -1: none
    auto const said = at < by_secondary.size() ? by_secondary[at] : none;
    return said == none && time_is_up() ? time : said;
  }

  [[nodiscard]] double bound() const {
    double const claimed = ran_ && !shared_.interrupted.load() ? claimed_bound_ : -infinity;
    return std::max(is_finite(claimed) ? claimed : -infinity, watch_.reported_bound());
  }

  bool reentrant_;
  linear_model const& model_;
  solver_options const& options_;
  cbc_shared shared_;
  solve_watch& watch_;
  coin_silence silence_;
  coin_messages messages_;
  osi_clp osi_;
  solver_outcome out_;
  /// As CBC returned it.
  std::vector<double> answer_;
  double claimed_objective_ = infinity;
  double claimed_bound_ = -infinity;
  int status_ = -1;
  int secondary_ = -1;
  bool unbounded_ = false;
  bool ran_ = false;
  bool settled_by_preprocessing_ = false;
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
