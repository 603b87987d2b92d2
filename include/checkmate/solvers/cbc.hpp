// SPDX-License-Identifier: Apache-2.0
//
// The CBC backend: mixed-integer linear programs (link checkmate::cbc). Written against CBC 2.10.
//
// CBC's driver (CbcMain1: preprocessing, cuts, heuristics) keeps its state in globals, so solves through it
// queue behind one process-wide mutex; `cbc{.reentrant = true}` drives CbcModel alone and may run in
// parallel. Signal handlers are left alone. Nothing is printed.
#pragma once

#if !__has_include(<CbcModel.hpp>)
#error "link checkmate::cbc: the headers of COIN-OR CBC are missing (Debian: coinor-libcbc-dev)"
#endif

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
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

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/clp.hpp>
#include <checkmate/solvers/coin/coin.hpp>
#include <checkmate/solvers/coin/recheck.hpp>
#include <checkmate/solvers/support.hpp>

namespace checkmate {
inline namespace v0 {

/// COIN-OR CBC. What it returns is checked: a point that is not feasible within `feasibility_tolerance` is
/// repaired or dropped, and nothing found so far is lost to a limit. Its claims (infeasible, the bound) are
/// CBC's own: they hold within CBC's tolerances, about 1e-7 of the largest cost; a caller who needs a bound
/// that survives rounding subtracts such a margin. With a cutoff, `infeasible` means that nothing within the
/// cutoff exists. Any number of threads may solve at once, with the answers that they would get one after the
/// other: through the driver they take turns (waiting counts as time, and ends at the time limit or a stop),
/// on the reentrant path they do not. `raw` takes the numeric and keyword parameters of the cbc program by
/// their full names ("cuts", "off"); the reentrant path takes none. More than one thread makes results
/// unrepeatable; more than 99 are not used. Programs of up to 200 columns that the driver solves quickly, and
/// those that its preprocessing settles by itself, are solved once more without preprocessing, as a check;
/// nodes, iterations and time are sums then (not so with `raw` "preprocess"). CBC does not survive a lack of
/// memory: std::bad_alloc may arrive, or the process end while CBC's driver unwinds; who plans close to the
/// limit does so in a process of its own, or with a new-handler that ends it. A solve that is stopped inside
/// strong branching leaks some 480 bytes a branching object (CBC 2.10.8): LeakSanitizer's suppression for it
/// is `leak:CbcNode::chooseBranch`.
struct cbc {
  bool reentrant =
      false;  ///< without the driver: in parallel with other solves, but fewer heuristics; one thread

  [[nodiscard]] backend_capabilities capabilities() const {
    return {.name = "cbc",
            .integers = true,
            .threads = !reentrant && CbcModel::haveMultiThreadSupport(),
            .hint = true,
            .duals = true};
  }

  /// Solves the model. Throws invalid_option, invalid_model, and what callbacks throw.
  [[nodiscard]] solver_outcome solve(linear_model const& model, solver_options const& options) const;
};

namespace detail {

/// A number as text that reads back as the same number, whatever the locale.
template <class Number>
[[nodiscard]] std::string number_text(Number value) {
  char text[40];
  auto const end = std::to_chars(text, text + sizeof text, value).ptr;
  return std::string(text, end);
}

/// The last solution that CBC announced, in the columns of its preprocessed model.
struct cbc_incumbent {
  std::mutex mutex;
  double objective = infinity;
  std::vector<std::pair<int, double>> columns;  ///< original column, value; columns that preprocessing left
};

/// What one CBC solve and its handlers share.
struct cbc_shared {
  linear_model const& model;
  solve_watch watch;
  double scale = 1;    ///< CBC's objective = scale * (ours - offset)
  double grace = 0;    ///< seconds past the deadline before handlers act; CBC keeps time itself
  bool bounds = true;  ///< whether bounds seen in events count: with threads each thread has its own idea
  std::atomic<bool> interrupted =
      false;  ///< a simplex run was cut short, after which CBC's bound means nothing
  cbc_incumbent last;

  cbc_shared(linear_model const& m, solver_options const& options) : model(m), watch(m, options) {}

  /// An objective value of CBC's in our units; CBC's sentinels become infinities.
  [[nodiscard]] double ours(double value) const {
    if (is_nan(value) || value >= 1e45) return infinity;
    if (value <= -1e45) return -infinity;
    return value / scale + model.objective_offset;
  }
};

/// Polls the watch at CBC's events, passes on incumbents and bounds, ends the search. CBC clones it, also
/// into worker threads; state is behind the pointer.
class cbc_events : public CbcEventHandler {
 public:
  explicit cbc_events(cbc_shared& shared) : shared_(&shared) {}
  [[nodiscard]] CbcEventHandler* clone() const override { return new cbc_events(*this); }

  CbcAction event(CbcEvent which) override {
    // Once a simplex run was cut short CBC takes its leftovers for results; nothing is believed from there
    // on.
    if (is_whole_problem() && !shared_->interrupted.load()) look();
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

  void look() {
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
  solve_watch const* deadline = nullptr;  ///< null without a time limit
  bool no_integers = false;               ///< preprocessing left no integer column
  bool no_point = false;                  ///< preprocessing called the model infeasible
};
inline thread_local cbc_callback_notes cbc_notes;

/// CBC's driver calls this at several points: 2 is after preprocessing, 3 just before the search. Only there
/// it learns of the time limit: where the clock ends 2.10.8's preprocessing between two of its passes, it
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

/// What is left of a bound of CBC's: with a cutoff it proves only that nothing better lies below that.
[[nodiscard]] inline double bound_within_cutoff(double bound, std::optional<double> cutoff) {
  return cutoff ? std::min(bound, *cutoff) : bound;
}

/// One CBC solve, from a linear_model to an outcome. All that it is made from must outlive it.
class cbc_run {
 public:
  cbc_run(cbc const& backend, linear_model const& model, solver_options const& options)
      : backend_(backend),
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
      backend_.reentrant ? run_model() : run_driver();
    } catch (CoinError const& fault) {
      out_.detail = "CBC: " + fault.message() + " in " + fault.methodName();
    }
    conclude();
    watch_.rethrow();
    out_.elapsed = watch_.elapsed();
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

  /// Where memory runs out CBC's objects are left half made, and the destructor of its model frees what they
  /// no longer have: then it is better left where it is.
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
    if (!options_.hint.empty()) search.setMIPStart(start_point(*search.solver()));
    std::vector<std::string> const arguments = driver_arguments(data);
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
    if (options_.node_limit) search.setMaximumNodes(node_limit());
    if (options_.seed) search.setRandomSeed(seed());
    if (options_.cutoff) search.setCutoff(cutoff());
    CbcStrategyDefault strategy(1, 5, 0, 0);
    search.setStrategy(strategy);
    search.branchAndBound();
    read(search);
  }

  /// CbcModel alone takes an unbounded relaxation for an infeasible one; so that is looked at first.
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

  [[nodiscard]] std::vector<std::pair<std::string, double>> start_point(
      OsiSolverInterface const& solver) const {
    std::vector<std::pair<std::string, double>> start;
    start.reserve(options_.hint.size());
    for (std::size_t j = 0; j < options_.hint.size(); ++j) {
      double const x = options_.hint[j];
      start.emplace_back(solver.getColName(static_cast<int>(j)),
                         model_.integer[j] != 0 ? std::nearbyint(x) : x);
    }
    return start;
  }

  [[nodiscard]] int node_limit() const {
    return static_cast<int>(
        std::min<std::int64_t>(*options_.node_limit, std::numeric_limits<int>::max() - 1));
  }
  /// CBC takes 0 for "by the clock".
  [[nodiscard]] int seed() const { return static_cast<int>(1 + *options_.seed % 2000000000u); }
  /// A little above what was asked for, as CBC wants to be better than its cutoff by some 1e-5.
  [[nodiscard]] double cutoff() const {
    double const c = (*options_.cutoff - model_.objective_offset) * shared_.scale;
    return c + std::max(1e-4, 1e-9 * std::abs(c));
  }

  [[nodiscard]] std::vector<std::string> driver_arguments(CbcSolverUsefulData const& data) const {
    // No "-seconds": see cbc_callback. 4096 keeps 2.10.8's preprocessing from making one column of two that
    // are alike, which may lose the optimum on the way back, and which CBC itself leaves out where it knows a
    // point; 6 is its default.
    std::vector<std::string> out = {"checkmate",       "-log", "0", "-timeMode", "elapsed",
                                    "-tunePreProcess", "4102"};
    auto add = [&out](std::string_view name, std::string value) {
      out.push_back(std::string("-").append(name));
      out.push_back(std::move(value));
    };
    if (options_.node_limit) add("maxNodes", number_text(node_limit()));
    if (options_.cutoff && is_finite(*options_.cutoff)) add("cutoff", number_text(cutoff()));
    // From 100 on CBC reads a mode out of the number (1xx: its deterministic mode, which crashes).
    int const threads = std::min(options_.threads.value_or(1), 99);
    if (threads > 1) add("threads", number_text(threads));
    if (options_.seed) {
      add("randomCbcSeed", number_text(seed()));
      add("randomSeed", number_text(seed()));
    }
    for (auto const& [name, value] : options_.raw) {
      check_raw(data, name, value);
      add(name, value);
    }
    out.push_back("-solve");
    out.push_back("-quit");
    return out;
  }

  /// Throws invalid_option unless CBC has a numeric or keyword parameter of that full name that takes the
  /// value.
  static void check_raw(CbcSolverUsefulData const& data, std::string const& name, std::string const& value) {
    auto refuse = [&](std::string const& what) {
      throw invalid_option("cbc: raw option '" + name + "' " + what);
    };
    for (char const* own : {"seconds", "timeMode", "log", "slog", "threads", "maxNodes", "cutoff", "ratioGap",
                            "allowableGap", "randomCbcSeed", "randomSeed"}) {
      if (name == own) refuse("is set from solver_options");
    }
    for (CbcOrClpParam const& p : data.parameters_) {
      if (plain_name(p) != name) continue;
      if (!takes(p, value)) refuse("does not take '" + value + "'");
      return;
    }
    refuse("is unknown");
  }

  /// CBC marks with '!' how far a name may be abbreviated.
  [[nodiscard]] static std::string plain_name(CbcOrClpParam const& p) {
    std::string name = p.name();
    name.erase(std::remove(name.begin(), name.end(), '!'), name.end());
    return name;
  }

  [[nodiscard]] static bool takes(CbcOrClpParam const& p, std::string const& value) {
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

  /// Takes over what CBC says and has; nothing of it is believed yet.
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
    take_points();
    out_.values = watch_.best();
    out_.objective = watch_.best_objective();
    bool const have = out_.has_values();
    out_.limit = limit();
    bool const finished = ran_ && status_ == 0 && watch_.stopped_by() == solve_limit::none;
    if (finished && unbounded_) return conclude_unbounded();
    // Preprocessing that ends in a contradiction leaves 0 and no point; the search leaves 1.
    bool const nothing = secondary_ == 1 || (secondary_ == 0 && answer_.empty());
    if (finished && nothing && !time_is_up()) return conclude_infeasible();
    bool const complete = finished && secondary_ != 2 && is_finite(claimed_objective_);
    out_.bound = std::min(complete ? claimed_objective_ : bound(), out_.objective);
    double const noise = 1e-9 * std::max(1.0, std::abs(out_.objective));
    if (have && (within_gap(options_, out_.objective, out_.bound) || out_.objective - out_.bound <= noise)) {
      out_.status = solve_status::optimal;
      if (complete) out_.limit = solve_limit::none;
    } else if (have) {
      out_.status = solve_status::feasible;
      if (out_.limit == solve_limit::none) out_.limit = solve_limit::other;
    } else if (out_.limit != solve_limit::none && answer_.empty()) {
      out_.status = solve_status::no_solution;
    } else {
      out_.status = solve_status::failed;
      if (out_.detail.empty()) {
        out_.detail = answer_.empty()
                          ? "CBC ended with status " + number_text(status_) + ", " + number_text(secondary_)
                          : "CBC returned a point that is not feasible";
      }
    }
  }

  void conclude_infeasible() {
    out_.limit = solve_limit::none;
    if (!out_.has_values()) {
      out_.status = solve_status::infeasible;
      if (options_.cutoff && is_finite(*options_.cutoff)) {
        out_.bound = *options_.cutoff;
        out_.detail = "nothing within the cutoff";
      }
      return;
    }
    out_.status = solve_status::feasible;
    out_.limit = solve_limit::other;
    out_.detail = "CBC called the model infeasible, but a feasible point is known";
  }

  /// CBC saw the relaxation unbounded; the model is, too, unless it has no point at all.
  void conclude_unbounded() {
    out_.limit = solve_limit::none;
    linear_model any = model_;
    std::fill(any.objective.begin(), any.objective.end(), 0.0);
    solver_options options;
    options.stop = options_.stop;
    if (options_.time_limit) options.time_limit = seconds(std::max(watch_.remaining(), 0.0));
    solver_outcome const point = backend_.solve(any, options);
    out_.status = point.status;
    if (point.has_values()) {
      out_.status = solve_status::unbounded;
    } else {
      out_.limit = point.limit;
    }
    out_.values.clear();
    out_.objective = infinity;
  }

  /// The points that CBC returned or announced, if they are what it says.
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

  /// Fixes the integer columns that are known and solves for the rest; for points that lost columns to
  /// preprocessing or are off by more than a tolerance.
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
    double const patience = repair_time(options_, watch_);
    fixed.getModelPtr()->setMaximumWallSeconds(patience);
    if (integers == 0) {
      fixed.initialSolve();
      if (fixed.isProvenOptimal()) keep(fixed.getColSolution());
      return;
    }
    CbcModel rest(fixed);
    rest.passInMessageHandler(&messages_);
    rest.setUseElapsedTime(true);
    rest.setMaximumSeconds(patience);
    rest.setMaximumNodes(1000);
    rest.branchAndBound();
    if (rest.bestSolution() != nullptr) keep(rest.bestSolution());
  }

  void keep(double const* x) { watch_.keep(std::vector<double>(x, x + model_.column_count())); }

  [[nodiscard]] bool time_is_up() const { return watch_.remaining() <= 0; }

  [[nodiscard]] solve_limit limit() const {
    if (watch_.stopped_by() != solve_limit::none) return watch_.stopped_by();
    if (!ran_) return solve_limit::none;
    switch (secondary_) {
      case 2:
        return solve_limit::gap;
      case 3:
        return solve_limit::nodes;
      case 4:
        return solve_limit::time;
      case 5:
        return solve_limit::stopped;
      case 6:
      case 8:
        return solve_limit::other;
      default:
        return time_is_up() ? solve_limit::time : solve_limit::none;
    }
  }

  [[nodiscard]] double bound() const {
    double const claimed = ran_ && !shared_.interrupted.load() ? claimed_bound_ : -infinity;
    double const best = std::max(is_finite(claimed) ? claimed : -infinity, watch_.reported_bound());
    return bound_within_cutoff(best, options_.cutoff);
  }

  cbc const& backend_;
  linear_model const& model_;
  solver_options const& options_;
  cbc_shared shared_;
  solve_watch& watch_;
  coin_silence silence_;
  coin_messages messages_;
  osi_clp osi_;
  solver_outcome out_;
  std::vector<double> answer_;  ///< as CBC returned it
  double claimed_objective_ = infinity;
  double claimed_bound_ = -infinity;
  int status_ = -1;
  int secondary_ = -1;
  bool unbounded_ = false;
  bool ran_ = false;
  bool settled_by_preprocessing_ = false;
};

/// Whether `outcome`, which CBC's driver gave, is worth a second look: what it claims of a small program that
/// took little, or of one of any size that preprocessing settled by itself. CBC 2.10.8's preprocessing loses
/// the optimum of a few in ten thousand small programs, and without preprocessing it calls as few of them
/// infeasible that are not; hardly any does it get wrong both ways (bench/results/robustness.md). Other
/// programs would take long to solve twice, and "nothing within the cutoff" is too common a word of
/// preprocessing's.
[[nodiscard]] inline bool is_worth_rechecking(linear_model const& model, solver_options const& options,
                                              solver_outcome const& outcome, bool settled) {
  bool const small = model.column_count() <= 200 && outcome.iterations <= 1000;
  bool const infeasible = outcome.status == solve_status::infeasible;
  if (!small && (!settled || (infeasible && options.cutoff))) return false;
  for (auto const& [name, value] : options.raw) {
    if (name == "preprocess") return false;  // the caller's own way
  }
  return infeasible || outcome.status == solve_status::optimal || outcome.status == solve_status::failed;
}

}  // namespace detail

inline solver_outcome cbc::solve(linear_model const& model, solver_options const& options) const {
  check_solver_options(capabilities(), model, options);
  if (reentrant && !options.raw.empty()) {
    throw invalid_option("cbc: raw option '" + options.raw.front().first +
                         "' is unknown to the reentrant path");
  }
  check_linear_model(model);
  if (auto known = solve_trivial(model)) return *known;
  if (!model.has_integers() && options.raw.empty()) {
    solver_options continuous = options;
    continuous.hint.clear();
    continuous.threads.reset();
    return clp{}.solve(model, continuous);
  }
  solver_outcome found;
  bool settled = false;
  {
    detail::cbc_run run(*this, model, options);  // gone before a second one is made
    found = run();
    settled = run.settled_by_preprocessing();
  }
  if (reentrant || !detail::is_worth_rechecking(model, options, found, settled)) return found;
  auto const without_preprocessing = [&](solver_options again) {
    again.raw.emplace_back("preprocess", "off");
    return detail::cbc_run(*this, model, again)();
  };
  return detail::rechecked(without_preprocessing, model, options, std::move(found));
}

}  // namespace v0
}  // namespace checkmate
