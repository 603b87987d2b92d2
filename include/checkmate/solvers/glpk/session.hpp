// SPDX-License-Identifier: Apache-2.0
//
// What the GLPK backend stands on: GLPK's environment for the length of one solve, its terminal output led to
// on_log or nowhere, its fatal errors turned into a value, a linear_model loaded as a glp_prob, and a simplex
// that can be stopped.
//
// GLPK reports faults inside itself by calling abort(), after a hook that may leave by longjmp. So every
// call that computes runs under `guarded`, with nothing on the stack between that needs a destructor. A
// problem that GLPK gave up on is not touched again: its memory goes with the environment.
#pragma once

#include <algorithm>
#include <cmath>
#include <csetjmp>
#include <cstddef>
#include <limits>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <glpk.h>

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/support.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// Guards a GLPK built without thread-local storage, whose environment all threads share. Visible even from
/// shared objects that hide their symbols.
[[gnu::visibility("default")]] inline std::mutex glpk_mutex;

/// GLPK's environment of this thread, for one solve: silent, or speaking to on_log. Sessions nest, as a
/// callback may solve another model. An environment that was there before is left there, less its own
/// terminal hook.
class glpk_session {
 public:
  explicit glpk_session(solve_watch& watch) : watch_(watch), outer_(innermost) {
    if (glp_config("TLS") == nullptr && outer_ == nullptr) wait_for_turn();
    int const state = glp_init_env();
    if (state > 1) throw std::bad_alloc();  // 1: it is there already
    made_environment_ = state == 0;
    innermost = this;
    was_on_ = glp_term_out(watch.wants_log() ? GLP_ON : GLP_OFF);
    glp_term_hook(on_terminal, this);
  }
  glpk_session(glpk_session const&) = delete;
  glpk_session& operator=(glpk_session const&) = delete;
  ~glpk_session() {
    innermost = outer_;
    glp_term_hook(outer_ != nullptr ? on_terminal : nullptr, outer_);
    glp_term_out(was_on_);
    if (made_environment_) glp_free_env();
  }

  /// Runs `call`, which may use GLPK and must not own anything; false if GLPK gave up, see `last_message`.
  [[nodiscard]] bool guarded(auto const& call) {
    std::jmp_buf landing;
    std::jmp_buf* const before = landing_;
    landing_ = &landing;
    glp_error_hook(jump_back, landing_);
    bool const alive = setjmp(landing) == 0;
    if (alive) call();
    landing_ = before;
    glp_error_hook(before != nullptr ? jump_back : nullptr, before);
    return alive;
  }

  /// What GLPK said last, without line ends.
  [[nodiscard]] std::string last_message() const {
    std::string text = last_line_ + line_;
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  }

 private:
  void wait_for_turn() {
    turn_ = std::unique_lock<std::mutex>(glpk_mutex, std::defer_lock);
    if (checkmate::v0::wait_for_turn(turn_, watch_)) return;
    turn_.lock();  // what follows is short, as the watch says stop
  }

  static void jump_back(void* landing) { std::longjmp(*static_cast<std::jmp_buf*>(landing), 1); }

  /// GLPK's hook: takes a piece of text; 1 keeps it from the terminal. Lines are passed on whole.
  static int on_terminal(void* self, char const* text) noexcept {
    try {
      static_cast<glpk_session*>(self)->take(text);
    } catch (...) {  // no memory for a line of a log
    }
    return 1;
  }

  void take(std::string_view text) {
    line_ += text;
    std::size_t const end = line_.rfind('\n');
    if (end == std::string::npos) return;
    last_line_ = line_.substr(0, end + 1);
    line_.erase(0, end + 1);
    watch_.log(last_line_);
  }

  static inline thread_local glpk_session* innermost = nullptr;
  static inline thread_local std::jmp_buf* landing_ = nullptr;

  solve_watch& watch_;
  glpk_session* outer_;
  std::unique_lock<std::mutex> turn_;
  bool made_environment_ = false;
  int was_on_ = GLP_ON;
  std::string line_, last_line_;
};

/// A glp_prob with a linear_model in it. The objective is multiplied by `scale` and lacks the offset.
class glpk_problem {
 public:
  /// Throws invalid_model where the model is larger than GLPK's indices. `!ok()` if GLPK gave up.
  glpk_problem(glpk_session& session, linear_model const& model)
      : session_(session), scale_(objective_scale(model)), offset_(model.objective_offset) {
    if (model.row_count() > 100'000'000 || model.column_count() > 100'000'000 ||
        model.nonzero_count() > 500'000'000) {
      throw invalid_model("the model is larger than GLPK can take");
    }
    entries const all(model);
    if (!session.guarded([&] { load(model, all); })) problem_ = nullptr;
  }
  glpk_problem(glpk_problem const&) = delete;
  glpk_problem& operator=(glpk_problem const&) = delete;
  ~glpk_problem() {
    if (problem_ != nullptr) glp_delete_prob(problem_);
  }

  [[nodiscard]] bool ok() const { return problem_ != nullptr; }
  [[nodiscard]] glp_prob* get() const { return problem_; }

  /// Runs `call(glp_prob*)` under guard; afterwards `!ok()` if GLPK gave up.
  void run(auto const& call) {
    glp_prob* const p = problem_;
    if (p != nullptr && !session_.guarded([&] { call(p); })) problem_ = nullptr;
  }

  /// Our objective value for one of GLPK's.
  [[nodiscard]] double ours(double objective) const {
    bool const given = is_finite(objective) && std::abs(objective) < std::numeric_limits<double>::max();
    return given ? objective / scale_ + offset_ : (objective < 0 ? -infinity : infinity);
  }

  /// The columns of the basic solution, and of the best solution of the integer search.
  [[nodiscard]] std::vector<double> point() const { return read(glp_get_num_cols, glp_get_col_prim); }
  [[nodiscard]] std::vector<double> integer_point() const { return read(glp_get_num_cols, glp_mip_col_val); }
  /// The basic solution's row duals for the objective as it was given.
  [[nodiscard]] std::vector<double> duals() const {
    std::vector<double> y = read(glp_get_num_rows, glp_get_row_dual);
    for (double& dual : y) dual = is_finite(dual) ? dual / scale_ : 0;
    return y;
  }

 private:
  /// The matrix as triples that count from 1, entry 0 unused.
  struct entries {
    std::vector<int> row, column;
    std::vector<double> value;
    explicit entries(linear_model const& model) {
      row.push_back(0);
      column.push_back(0);
      value.push_back(0);
      for (std::size_t j = 0; j < model.column_count(); ++j) {
        model.for_column(j, [&](std::size_t i, double a) {
          row.push_back(static_cast<int>(i) + 1);
          column.push_back(static_cast<int>(j) + 1);
          value.push_back(a);
        });
      }
    }
  };

  [[nodiscard]] std::vector<double> read(int (*count)(glp_prob*), double (*entry)(glp_prob*, int)) const {
    std::vector<double> out;
    for (int i = 1; i <= count(problem_); ++i) out.push_back(entry(problem_, i));
    return out;
  }

  static int bound_type(double low, double high) {
    if (is_finite(low) && is_finite(high)) return low < high ? GLP_DB : GLP_FX;
    return is_finite(low) ? GLP_LO : is_finite(high) ? GLP_UP : GLP_FR;
  }

  void load(linear_model const& model, entries const& all) {
    problem_ = glp_create_prob();
    glp_set_obj_dir(problem_, GLP_MIN);
    auto const rows = static_cast<int>(model.row_count());
    auto const columns = static_cast<int>(model.column_count());
    glp_add_rows(problem_, rows);  // neither is 0: such models never come here
    for (int i = 0; i < rows; ++i) {
      double const low = model.row_lower[static_cast<std::size_t>(i)];
      double const high = model.row_upper[static_cast<std::size_t>(i)];
      glp_set_row_bnds(problem_, i + 1, bound_type(low, high), low, high);
    }
    glp_add_cols(problem_, columns);
    for (int j = 0; j < columns; ++j) load_column(model, j);
    glp_load_matrix(problem_, static_cast<int>(all.value.size()) - 1, all.row.data(), all.column.data(),
                    all.value.data());
    glp_scale_prob(problem_, GLP_SF_AUTO);
  }

  /// GLPK refuses fractional bounds of integer columns.
  void load_column(linear_model const& model, int column) {
    auto const j = static_cast<std::size_t>(column);
    double low = model.column_lower[j];
    double high = model.column_upper[j];
    if (model.integer[j] != 0) {
      low = std::ceil(low - 1e-9);
      high = std::floor(high + 1e-9);
      glp_set_col_kind(problem_, column + 1, GLP_IV);
    }
    glp_set_col_bnds(problem_, column + 1, bound_type(low, high), low, high);
    glp_set_obj_coef(problem_, column + 1, model.objective[j] * scale_);
  }

  glpk_session& session_;
  glp_prob* problem_ = nullptr;
  double scale_;
  double offset_;
};

/// The simplex on a problem's relaxation. GLPK's has no callback, so it runs in slices of a fixed number of
/// iterations, each from the basis that the last one left; between slices the watch is asked.
class glpk_simplex {
 public:
  glpk_simplex(glpk_problem& problem, solve_watch& watch) : problem_(problem), watch_(watch) {}

  [[nodiscard]] solve_status operator()() {
    solve_status const end = solve(GLP_DUALP);
    return end == solve_status::failed && problem_.ok() ? solve(GLP_PRIMAL) : end;
  }

 private:
  /// About a tenth of a second of work: an iteration takes time in proportion to the rows and entries.
  [[nodiscard]] int slice() const {
    double const size = glp_get_num_rows(problem_.get()) + 0.1 * glp_get_num_nz(problem_.get()) + 1;
    return static_cast<int>(std::clamp(1e6 / size, 20.0, 10'000.0));
  }

  [[nodiscard]] solve_status solve(int method) {
    glp_smcp how;
    glp_init_smcp(&how);
    how.msg_lev = watch_.wants_log() ? GLP_MSG_ALL : GLP_MSG_OFF;
    how.tol_bnd = how.tol_dj = 1e-8;
    how.meth = method;
    how.it_lim = slice();
    bool repaired = false;
    for (;;) {
      if (watch_.should_stop()) return solve_status::no_solution;
      how.tm_lim = static_cast<int>(std::clamp(1000 * watch_.remaining(), 1.0, 1e9));  // milliseconds
      int code = GLP_EFAIL;
      problem_.run([&](glp_prob* p) { code = glp_simplex(p, &how); });
      if (!problem_.ok()) return solve_status::failed;
      if (code == GLP_EITLIM || code == GLP_ETMLIM) continue;
      if (code == 0) return read();
      bool const bad_basis = code == GLP_EBADB || code == GLP_ESING || code == GLP_ECOND;
      if (!bad_basis || repaired) return solve_status::failed;
      repaired = true;
      problem_.run([](glp_prob* p) { glp_std_basis(p); });
    }
  }

  [[nodiscard]] solve_status read() const {
    int const status = glp_get_status(problem_.get());
    if (status == GLP_OPT) return solve_status::optimal;
    if (status == GLP_NOFEAS) return solve_status::infeasible;
    return status == GLP_UNBND ? solve_status::unbounded : solve_status::failed;
  }

  glpk_problem& problem_;
  solve_watch& watch_;
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
