// SPDX-License-Identifier: Apache-2.0
//
// One solve by CBC, through its driver or through CbcModel alone: solver_options turned into CBC's own
// parameters; loading, running, reading what CBC says, and completing points that are not what it says.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/core/text.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/coin/cbc_events.hpp>
#include <checkmate/solvers/coin/coin.hpp>
#include <checkmate/solvers/conclude.hpp>
#include <checkmate/solvers/support.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

[[nodiscard]] inline int cbc_node_limit(std::int64_t limit) {
  return static_cast<int>(std::min<std::int64_t>(limit, std::numeric_limits<int>::max() - 1));
}

/// CBC takes 0 for "by the clock".
[[nodiscard]] inline int cbc_seed(std::uint32_t seed) {
  return static_cast<int>(1 + seed % 2000000000u);
}

/// A little above what was asked for, as CBC wants to be better than its cutoff by some 1e-5.
[[nodiscard]] inline double cbc_cutoff(double cutoff, cbc_shared const& shared) {
  double const c = (cutoff - shared.watch.model().objective_offset) * shared.scale;
  return c + std::max(1e-4, 1e-9 * std::abs(c));
}

/// The hint as CBC wants it, by the names of columns.
[[nodiscard]] inline std::vector<std::pair<std::string, double>> cbc_start(solve_watch const& watch,
                                                                           OsiSolverInterface const& solver) {
  std::vector<double> const& hint = watch.options().hint;
  std::vector<std::pair<std::string, double>> start;
  start.reserve(hint.size());
  for (std::size_t j = 0; j < hint.size(); ++j) {
    start.emplace_back(solver.getColName(static_cast<int>(j)),
                       watch.model().integer[j] != 0 ? std::nearbyint(hint[j]) : hint[j]);
  }
  return start;
}

/// The parameter's name; CBC marks with '!' how far it may be abbreviated.
[[nodiscard]] inline std::string cbc_parameter_name(CbcOrClpParam const& p) {
  std::string name = p.name();
  name.erase(std::remove(name.begin(), name.end(), '!'), name.end());
  return name;
}

[[nodiscard]] inline bool cbc_parameter_takes(CbcOrClpParam const& p, std::string const& value) {
  double number = 0;
  auto const [end, fault] = std::from_chars(value.data(), value.data() + value.size(), number);
  bool const numeric = fault == std::errc() && end == value.data() + value.size() && !is_nan(number);
  int const type = p.type();
  if (type > 0 && type <= 100) {
    return numeric && number >= p.lowerDoubleValue() && number <= p.upperDoubleValue();
  }
  if (type > 100 && type <= 200) {
    return numeric && number == std::floor(number) && number >= p.lowerIntValue() &&
           number <= p.upperIntValue();
  }
  if (type > 200 && type <= 400) return !value.empty() && p.parameterOption(value) >= 0;
  return false;  // an action, such as reading a file
}

/// Throws invalid_option unless CBC has a numeric or keyword parameter of that full name that takes the
/// value.
inline void check_cbc_parameter(CbcSolverUsefulData const& data, std::string const& name,
                                std::string const& value) {
  auto refuse = [&](std::string const& what) {
    throw invalid_option("cbc: raw option '" + name + "' " + what);
  };
  for (char const* own : {"seconds", "timeMode", "log", "slog", "threads", "maxNodes", "cutoff", "ratioGap",
                          "allowableGap", "randomCbcSeed", "randomSeed"}) {
    if (name == own) refuse("is set from solver_options");
  }
  for (CbcOrClpParam const& p : data.parameters_) {
    if (cbc_parameter_name(p) != name) continue;
    if (!cbc_parameter_takes(p, value)) refuse("does not take '" + value + "'");
    return;
  }
  refuse("is unknown");
}

/// The command line for CBC's driver, whose parameters `data` lists. Throws as `check_cbc_parameter`.
[[nodiscard]] inline std::vector<std::string> cbc_driver_arguments(CbcSolverUsefulData const& data,
                                                                   cbc_shared const& shared) {
  solver_options const& options = shared.watch.options();
  // No "-seconds": see cbc_callback. 4096 keeps 2.10.8's preprocessing from making one column of two that are
  // alike, which may lose the optimum on the way back, and which CBC itself leaves out where it knows a
  // point; 6 is its default.
  std::vector<std::string> out = {"checkmate",       "-log", "0", "-timeMode", "elapsed",
                                  "-tunePreProcess", "4102"};
  auto add = [&out](std::string_view name, std::string value) {
    out.push_back(std::string("-").append(name));
    out.push_back(std::move(value));
  };
  if (options.node_limit) add("maxNodes", std::to_string(cbc_node_limit(*options.node_limit)));
  if (options.cutoff && is_finite(*options.cutoff))
    add("cutoff", text_of(cbc_cutoff(*options.cutoff, shared)));
  // From 100 on CBC reads a mode out of the number (1xx: its deterministic mode, which crashes).
  int const threads = std::min(options.threads.value_or(1), 99);
  if (threads > 1) add("threads", std::to_string(threads));
  if (options.seed) {
    add("randomCbcSeed", std::to_string(cbc_seed(*options.seed)));
    add("randomSeed", std::to_string(cbc_seed(*options.seed)));
  }
  for (auto const& [name, value] : options.raw) {
    check_cbc_parameter(data, name, value);
    add(name, value);
  }
  out.push_back("-solve");
  out.push_back("-quit");
  return out;
}

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
  void with_search(auto const& call) {
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
