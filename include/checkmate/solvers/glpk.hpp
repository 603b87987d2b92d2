// SPDX-License-Identifier: Apache-2.0
//
// The GLPK backend: linear and mixed-integer programs (link checkmate::glpk). GLPK is under the GPL version
// 3: a program that links it and is passed on falls under that licence; a program that does not include this
// header has nothing to do with it.
//
// Where GLPK was built with thread-local storage, as Debian's is, threads solve side by side; elsewhere they
// queue. Solves are deterministic. GLPK's own branch and cut has one thread and is no match for CBC on hard
// models; it proves that the backend seam is real, and it is small.
#pragma once

#if !__has_include(<glpk.h>)
#error "link checkmate::glpk: the header of GLPK is missing (Debian: libglpk-dev)"
#endif

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <glpk.h>

#include <checkmate/core/error.hpp>
#include <checkmate/core/finite.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/conclude.hpp>
#include <checkmate/solvers/dual_bound.hpp>
#include <checkmate/solvers/glpk/session.hpp>
#include <checkmate/solvers/support.hpp>

namespace checkmate {
inline namespace v0 {

/// GLPK's simplex and branch and cut.
/// - Time limits and stops end it between nodes, and between slices of the first relaxation's simplex.
/// - `raw` takes the names of glp_iocp: br_tech (ffv, lfv, mfv, dth, pch), bt_tech (dfs, bfs, blb, bph),
///   pp_tech (none, root, all); on or off for mir_cuts, gmi_cuts, cov_cuts, clq_cuts, fp_heur and sr_heur.
/// - The cuts are on by default.
struct glpk {
  [[nodiscard]] backend_capabilities capabilities() const {
    return {.name = "glpk", .integers = true, .hint = true, .duals = true, .incumbent_values = true};
  }

  /// Solves the model; duals only for models without integers. Throws invalid_option, invalid_model, and what
  /// callbacks throw.
  [[nodiscard]] solver_outcome solve(linear_model const& model, solver_options const& options) const;
};

namespace detail {

/// One of glp_iocp's fields, with the words that it takes.
struct glpk_parameter {
  std::string_view name;
  int glp_iocp::*field;
  std::pair<std::string_view, int> words[5];  // the last ones may be empty
};

inline constexpr glpk_parameter glpk_parameters[] = {
    {"br_tech",
     &glp_iocp::br_tech,
     {{"ffv", GLP_BR_FFV},
      {"lfv", GLP_BR_LFV},
      {"mfv", GLP_BR_MFV},
      {"dth", GLP_BR_DTH},
      {"pch", GLP_BR_PCH}}},
    {"bt_tech",
     &glp_iocp::bt_tech,
     {{"dfs", GLP_BT_DFS}, {"bfs", GLP_BT_BFS}, {"blb", GLP_BT_BLB}, {"bph", GLP_BT_BPH}}},
    {"pp_tech", &glp_iocp::pp_tech, {{"none", GLP_PP_NONE}, {"root", GLP_PP_ROOT}, {"all", GLP_PP_ALL}}},
    {"mir_cuts", &glp_iocp::mir_cuts, {{"on", GLP_ON}, {"off", GLP_OFF}}},
    {"gmi_cuts", &glp_iocp::gmi_cuts, {{"on", GLP_ON}, {"off", GLP_OFF}}},
    {"cov_cuts", &glp_iocp::cov_cuts, {{"on", GLP_ON}, {"off", GLP_OFF}}},
    {"clq_cuts", &glp_iocp::clq_cuts, {{"on", GLP_ON}, {"off", GLP_OFF}}},
    {"fp_heur", &glp_iocp::fp_heur, {{"on", GLP_ON}, {"off", GLP_OFF}}},
    {"sr_heur", &glp_iocp::sr_heur, {{"on", GLP_ON}, {"off", GLP_OFF}}}};

/// Sets `how` as `option` says; throws invalid_option for names and words that GLPK does not have.
inline void set_glpk_parameter(glp_iocp& how, std::pair<std::string, std::string> const& option) {
  for (auto const& [name, field, words] : glpk_parameters) {
    if (name != option.first) continue;
    std::string known;
    for (auto const& [word, value] : words) {
      if (word.empty()) continue;
      if (word == option.second) {
        how.*field = value;
        return;
      }
      known.append(known.empty() ? "" : ", ").append(word);
    }
    throw invalid_option("glpk: raw option '" + option.first + "' takes " + known + ", not '" +
                         option.second + "'");
  }
  throw invalid_option("glpk: unknown raw option '" + option.first + "'");
}

/// GLPK's settings for the integer search; throws as `set_glpk_parameter`.
[[nodiscard]] inline glp_iocp glpk_settings(solver_options const& options) {
  glp_iocp how;
  glp_init_iocp(&how);
  how.msg_lev = options.on_log ? GLP_MSG_ALL : GLP_MSG_OFF;
  how.mir_cuts = how.gmi_cuts = how.cov_cuts = how.clq_cuts = GLP_ON;
  how.tol_int = 1e-7;
  how.tol_obj = 1e-9;
  for (auto const& option : options.raw) set_glpk_parameter(how, option);
  return how;
}

/// One GLPK solve, from a linear_model to an outcome.
class glpk_run {
 public:
  glpk_run(linear_model const& model, solver_options const& options, glp_iocp const& how)
      : model_(model), options_(options), how_(how), watch_(model, options) {}

  [[nodiscard]] solver_outcome operator()() {
    // A feasible hint is a solution at once: nothing that GLPK does can make the answer worse than it.
    if (!options_.hint.empty() && model_.has_integers()) watch_.keep(options_.hint);
    {
      glpk_session session(watch_);
      glpk_problem problem(session, model_);
      if (problem.ok()) relax(problem);
      if (problem.ok() && model_.has_integers() && relaxation_ == solve_status::optimal) search(problem);
      if (!problem.ok()) out_.detail = "gave up: " + session.last_message();
      if (problem.ok() && claimed_ < watch_.best_objective() - objective_noise(claimed_)) complete(session);
    }
    model_.has_integers() ? conclude() : conclude_continuous();
    return std::move(out_);
  }

 private:
  void relax(glpk_problem& problem) {
    relaxation_ = glpk_simplex(problem, watch_)();
    if (!problem.ok()) return;
    out_.iterations = glp_get_it_cnt(problem.get());
    if (relaxation_ == solve_status::optimal || relaxation_ == solve_status::no_solution)
      duals_ = problem.duals();
    if (model_.has_integers()) {
      root_bound_ = dual_bound(model_, duals_);  // holds for any duals, unfinished ones too
      report();
    } else if (relaxation_ == solve_status::optimal) {
      answer_ = problem.point();
    }
  }

  void search(glpk_problem& problem) {
    if (watch_.should_stop()) return;
    problem_ = &problem;
    how_.cb_func = [](glp_tree* tree, void* self) { static_cast<glpk_run*>(self)->on_callback(tree); };
    how_.cb_info = this;
    problem.run([&](glp_prob* p) { code_ = glp_intopt(p, &how_); });
    problem_ = nullptr;
    if (!problem.ok()) return;
    out_.iterations = glp_get_it_cnt(problem.get());
    finished_ = code_ == 0 && watch_.stopped_by() == solve_limit::none;
    int const status = glp_mip_status(problem.get());
    nothing_ = finished_ && status == GLP_NOFEAS;
    if (status != GLP_OPT && status != GLP_FEAS) return;
    answer_ = problem.integer_point();
    claimed_ = problem.ours(glp_mip_obj_val(problem.get()));
    watch_.keep(answer_);
  }

  /// GLPK calls this at several points of every node.
  void on_callback(glp_tree* tree) {
    int const reason = glp_ios_reason(tree);
    if (reason == GLP_IPREPRO) {
      if (options_.node_limit && out_.nodes >= *options_.node_limit) {
        watch_.give_reason(solve_limit::nodes);
      } else {
        ++out_.nodes;
      }
    }
    if (reason == GLP_IHEUR && !watch_.best().empty() && !hint_offered_) offer_hint(tree);
    int const best = glp_ios_best_node(tree);
    double const bound = best == 0 ? -infinity : problem_->ours(glp_ios_node_bound(tree, best));
    tree_bound_ = std::max(tree_bound_, bound);
    note_incumbent();
    report();
    if (options_.cutoff && tree_bound_ > *options_.cutoff + objective_noise(*options_.cutoff))
      beyond_cutoff_ = true;
    if (beyond_cutoff_ || watch_.should_stop()) glp_ios_terminate(tree);
  }

  void offer_hint(glp_tree* tree) {
    hint_offered_ = true;
    hint_.assign(1, 0.0);
    hint_.insert(hint_.end(), watch_.best().begin(), watch_.best().end());
    glp_ios_heur_sol(tree, hint_.data());
  }

  void note_incumbent() {
    int const status = glp_mip_status(problem_->get());
    if (status != GLP_FEAS && status != GLP_OPT) return;
    double const objective = problem_->ours(glp_mip_obj_val(problem_->get()));
    if (!(objective < noted_)) return;
    noted_ = objective;
    watch_.keep(problem_->integer_point());
  }

  void report() {
    double const bound = std::max(root_bound_, tree_bound_);
    watch_.report(watch_.best_objective(), std::min(bound, watch_.best_objective()), &watch_.best());
  }

  /// Solves for the continuous columns with the integers of GLPK's answer: for answers that are off by more
  /// than a tolerance.
  void complete(glpk_session& session) {
    linear_model fixed = model_;
    for (std::size_t j = 0; j < fixed.column_count(); ++j) {
      if (fixed.integer[j] == 0) continue;
      double const whole = std::nearbyint(answer_[j]);
      if (whole < fixed.column_lower[j] || whole > fixed.column_upper[j]) return;
      fixed.column_lower[j] = fixed.column_upper[j] = whole;
    }
    solver_options repair;
    repair.time_limit = seconds(repair_time(options_, watch_));
    solve_watch watch(fixed, repair);
    glpk_problem problem(session, fixed);
    if (problem.ok() && glpk_simplex(problem, watch)() == solve_status::optimal) watch_.keep(problem.point());
  }

  void conclude_continuous() {
    conclude_simplex(watch_,
                     {.status = relaxation_,
                      .point = std::move(answer_),
                      .duals = std::move(duals_),
                      .fault = "ended its simplex without an answer"},
                     out_);
  }

  void conclude() {
    if (relaxation_ == solve_status::unbounded)
      return conclude_simplex(watch_, {.status = relaxation_}, out_);
    double const known = watch_.best_objective();
    // A search that ended with less than what is known has contradicted itself.
    bool const complete = finished_ && is_finite(claimed_) && claimed_ <= known + objective_noise(known);
    bool const beyond_cutoff =
        beyond_cutoff_ || (finished_ && options_.cutoff && claimed_ > *options_.cutoff);
    conclude_search(watch_,
                    {.bound = complete ? claimed_ : std::max(root_bound_, tree_bound_),
                     .limit = watch_.stopped_by(),
                     .complete = complete,
                     .infeasible = relaxation_ == solve_status::infeasible || nothing_ ||
                                   (beyond_cutoff && watch_.best().empty()),
                     .answered = !answer_.empty(),
                     .fault = "ended its search with code " + std::to_string(code_)},
                    out_);
  }

  linear_model const& model_;
  solver_options const& options_;
  glp_iocp how_;
  solve_watch watch_;
  solver_outcome out_;
  /// Null unless GLPK searches.
  glpk_problem* problem_ = nullptr;
  solve_status relaxation_ = solve_status::failed;
  std::vector<double> duals_;
  /// As GLPK returned it; its objective is `claimed_`.
  std::vector<double> answer_;
  /// As GLPK wants it: entry 0 unused.
  std::vector<double> hint_;
  double root_bound_ = -infinity;
  double tree_bound_ = -infinity;
  double claimed_ = infinity;
  /// Objective of the last solution seen during the search.
  double noted_ = infinity;
  int code_ = 0;
  bool finished_ = false;
  bool nothing_ = false;
  bool beyond_cutoff_ = false;
  bool hint_offered_ = false;
};

}  // namespace detail

inline solver_outcome glpk::solve(linear_model const& model, solver_options const& options) const {
  check_solver_options(capabilities(), model, options);
  glp_iocp const how = detail::glpk_settings(options);
  check_linear_model(model);
  if (auto known = solve_trivial(model)) return *known;
  return confirm_unbounded(*this, model, options, detail::glpk_run(model, options, how)());
}

}  // namespace v0
}  // namespace checkmate
