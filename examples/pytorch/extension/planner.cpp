// SPDX-License-Identifier: Apache-2.0
//
// checkmate_torch._planner: the header-only library behind one Python class. Arrays come in, steps go out.
//
// All that the package knows of the library is in this file. A step is a pair of integers: (node, -1)
// computes the node, (node, k) releases its output k.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/function.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <checkmate/core/error.hpp>
#include <checkmate/io/recorded_graph.hpp>
#include <checkmate/memory/floor.hpp>
#include <checkmate/solve.hpp>
#include <checkmate/strategies/baselines/checkpoint.hpp>
#include <checkmate/strategies/greedy.hpp>

#ifdef CHECKMATE_TORCH_WITH_CBC
#include <checkmate/solvers/cbc.hpp>
#endif

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using steps_out = std::vector<std::pair<std::int64_t, std::int64_t>>;
using numbers = nb::ndarray<double const, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using integers = nb::ndarray<std::int64_t const, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using flags = nb::ndarray<std::uint8_t const, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

/// What planning came to; `steps` is empty without a plan.
struct outcome {
  std::string reason;  ///< "optimal", "feasible", "infeasible", "no_solution" or "failed"
  std::string detail;
  std::string strategy;
  steps_out steps;
  bool planned = false;
  double time = 0;
  double base_time = 0;
  std::optional<double> bound;
  std::int64_t peak = 0;
  double elapsed = 0;
};

/// What a replay of steps found.
struct replayed {
  double time = 0;
  std::int64_t peak = 0;         ///< by the memory model
  std::int64_t engine_peak = 0;  ///< where an output still held exists twice while its node runs again
  std::int64_t executions = 0;
};

steps_out to_python(checkmate::schedule const& plan) {
  steps_out out;
  out.reserve(plan.size());
  for (checkmate::step const& s : plan) {
    bool const computes = s.what == checkmate::action::compute;
    out.emplace_back(s.node, computes ? -1 : static_cast<std::int64_t>(s.output));
  }
  return out;
}

checkmate::schedule from_python(steps_out const& steps) {
  checkmate::schedule out;
  out.steps.reserve(steps.size());
  for (auto const& [node, output] : steps) {
    constexpr std::int64_t most = 0xffffffff;
    if (node < 0 || node > most || output < -1 || output > most) {
      throw std::invalid_argument("there is no step (" + std::to_string(node) + ", " +
                                  std::to_string(output) + ")");
    }
    auto const action = output < 0 ? checkmate::action::compute : checkmate::action::release;
    auto const released = static_cast<std::uint32_t>(output < 0 ? 0 : output);
    out.steps.push_back({action, static_cast<checkmate::node_id>(node), released});
  }
  return out;
}

/// Runs `work(stop)` on a thread of its own, without the interpreter's lock; meanwhile this thread passes on
/// progress and, on Ctrl-C, stops the work and raises KeyboardInterrupt.
template <class Work, class Report>
void run_interruptibly(Work work, Report report) {
  std::mutex guard;
  std::condition_variable wake;
  bool done = false;
  std::exception_ptr trouble;
  std::jthread worker([&](std::stop_token const& stop) {
    try {
      work(stop);
    } catch (...) {
      trouble = std::current_exception();
    }
    std::lock_guard const hold(guard);
    done = true;
    wake.notify_all();
  });
  auto wait = [&] {
    nb::gil_scoped_release const unlocked;
    std::unique_lock hold(guard);
    return wake.wait_for(hold, std::chrono::milliseconds(50), [&] { return done; });
  };
  auto stop = [&] {
    nb::gil_scoped_release const unlocked;
    worker.request_stop();
    worker.join();
  };
  try {
    while (!wait()) {
      if (PyErr_CheckSignals() != 0) throw nb::python_error();
      report();
    }
  } catch (...) {
    stop();
    throw;
  }
  stop();
  if (trouble) std::rethrow_exception(trouble);
}

/// The last progress that the planning thread saw.
class progress_box {
 public:
  void put(checkmate::progress const& seen) {
    std::lock_guard const hold(guard_);
    last_ = seen;
    phase_ = std::string(seen.phase);
    fresh_ = true;
  }
  /// Calls `function(elapsed, best_time, bound, phase)` if there is something new.
  void pass_to(nb::object const& function) {
    checkmate::progress seen;
    std::string phase;
    {
      std::lock_guard const hold(guard_);
      if (!std::exchange(fresh_, false)) return;
      seen = last_;
      phase = phase_;
    }
    if (!function.is_none()) function(seen.elapsed, seen.best_time, seen.bound, phase);
  }

 private:
  std::mutex guard_;
  checkmate::progress last_;
  std::string phase_;
  bool fresh_ = false;
};

/// The library's best within the limits; the greedy plan where they ended the search before it had one.
checkmate::result plan_with_best(checkmate::dag const& d, checkmate::plan_options options,
                                 std::uint64_t moves, [[maybe_unused]] bool prove) {
  checkmate::result found;
  if (moves > 0) {
    found = checkmate::solve(d, options, checkmate::local_search{.moves = moves});
#ifdef CHECKMATE_TORCH_WITH_CBC
  } else if (prove) {
    found = checkmate::solve(d, options, checkmate::automatic(checkmate::cbc{}));
#endif
  } else {
    found = checkmate::solve(d, options);
  }
  if (found || found.termination.reason != checkmate::stop_reason::no_solution) return found;
  options.time_limit.reset();
  checkmate::result simple = checkmate::solve(d, options, checkmate::greedy{});
  return simple ? simple : found;
}

/// A graph with its costs, lowered once.
class problem {
 public:
  problem(std::vector<std::string> names, numbers time, integers workspace, flags run_once,
          integers first_output, integers output_bytes, flags retained, integers first_read,
          integers read_node, integers read_output, std::int64_t fixed_memory)
      : dag_(lowered(std::move(names), time, workspace, run_once, first_output, output_bytes, retained,
                     first_read, read_node, read_output, fixed_memory)) {}

  /// The smallest budget that any schedule could meet, and the node that sets it.
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> smallest_budget() const {
    auto const floor = checkmate::smallest_conceivable_budget(dag_);
    return {floor.budget, dag_.id(floor.node)};
  }

  [[nodiscard]] steps_out plain_steps() const { return to_python(checkmate::no_recompute_schedule(dag_)); }

  [[nodiscard]] replayed replay(steps_out const& steps, bool free_order) const {
    checkmate::schedule const plan = from_python(steps);
    auto const order = free_order ? checkmate::execution_order::free : checkmate::execution_order::fixed;
    checkmate::simulation const seen = checkmate::simulate(dag_, plan, {.order = order});
    if (!seen.valid()) throw std::invalid_argument(seen.error->message);
    return {seen.time, seen.peak_memory, engine_peak(plan, seen), static_cast<std::int64_t>(seen.executions)};
  }

  [[nodiscard]] outcome plan(std::int64_t budget, std::optional<double> time_limit, std::uint64_t moves,
                             std::uint32_t seed, bool free_order, bool prove,
                             nb::object const& on_progress) const {
    checkmate::plan_options options;
    options.budget = budget;
    if (time_limit) options.time_limit = checkmate::seconds(*time_limit);
    options.seed = seed;
    options.order = free_order ? checkmate::execution_order::free : checkmate::execution_order::fixed;
    progress_box box;
    options.on_progress = [&box](checkmate::progress const& seen) { box.put(seen); };
    checkmate::result found;
    run_interruptibly(
        [&](std::stop_token const& stop) {
          options.stop = stop;
          found = plan_with_best(dag_, options, moves, prove);
        },
        [&] { box.pass_to(on_progress); });
    return describe(found);
  }

  /// The least peak of a plan that the greedy strategy finds between `low` (as a rule the smallest budget)
  /// and the plain peak, to one part in a hundred of their distance.
  [[nodiscard]] std::int64_t smallest_found(std::int64_t low) const {
    std::int64_t least = checkmate::simulate(dag_, checkmate::no_recompute_schedule(dag_)).peak_memory;
    run_interruptibly(
        [&](std::stop_token const& stop) {
          std::int64_t const exact = (least - low) / 100;
          while (least - low > exact && !stop.stop_requested()) {
            std::int64_t const middle = low + (least - low) / 2;
            auto const found = checkmate::solve(dag_, {.budget = middle, .stop = stop}, checkmate::greedy{});
            (found ? least : low) = found ? found.plan->peak_memory : middle;
          }
        },
        [] {});
    return least;
  }

 private:
  static checkmate::dag lowered(std::vector<std::string> names, numbers time, integers workspace,
                                flags run_once, integers first_output, integers output_bytes, flags retained,
                                integers first_read, integers read_node, integers read_output,
                                std::int64_t fixed_memory) {
    std::size_t const n = names.size();
    auto expect = [](char const* what, std::size_t have, std::size_t want) {
      if (have == want) return;
      throw std::invalid_argument(std::string(what) + " has " + std::to_string(have) + " entries, not " +
                                  std::to_string(want));
    };
    expect("time", time.size(), n);
    expect("workspace", workspace.size(), n);
    expect("run_once", run_once.size(), n);
    check_ranges("first_output", first_output, n, output_bytes.size());
    expect("retained", retained.size(), output_bytes.size());
    check_ranges("first_read", first_read, n, read_node.size());
    expect("read_output", read_output.size(), read_node.size());

    checkmate::recorded_graph graph;
    graph.fixed = fixed_memory;
    graph.nodes.resize(n);
    for (std::size_t v = 0; v < n; ++v) {
      checkmate::recorded_node& node = graph.nodes[v];
      node.name = std::move(names[v]);
      node.time = time(v);
      node.workspace = workspace(v);
      node.run_once = run_once(v) != 0;
      auto const begin = static_cast<std::size_t>(first_output(v));
      for (std::size_t k = begin; k < static_cast<std::size_t>(first_output(v + 1)); ++k) {
        if (retained(k) != 0) node.retained.push_back(static_cast<std::uint32_t>(k - begin));
        node.outputs.push_back(output_bytes(k));
      }
      for (auto r = static_cast<std::size_t>(first_read(v)); r < static_cast<std::size_t>(first_read(v + 1));
           ++r) {
        node.reads.push_back({id(read_node(r)), id(read_output(r))});
      }
    }
    return checkmate::lower(graph, graph);
  }

  static std::uint32_t id(std::int64_t number) {
    if (number < 0 || number > 0xffffffff)
      throw std::invalid_argument("there is no node or output " + std::to_string(number));
    return static_cast<std::uint32_t>(number);
  }

  static void check_ranges(char const* what, integers const& first, std::size_t n, std::size_t end) {
    bool good = first.size() == n + 1 && first(0) == 0 && first(n) == static_cast<std::int64_t>(end);
    for (std::size_t v = 0; good && v < n; ++v) good = first(v) <= first(v + 1);
    if (!good)
      throw std::invalid_argument(std::string(what) +
                                  " must rise from 0 to the number of entries, one more than nodes");
  }

  /// The peak where a node that runs again allocates all of its outputs anew before the old ones go.
  [[nodiscard]] std::int64_t engine_peak(checkmate::schedule const& plan,
                                         checkmate::simulation const& seen) const {
    std::vector<std::vector<bool>> held(dag_.size());
    for (auto v : dag_.nodes()) held[dag_.id(v)].resize(dag_.output_count(v));
    std::int64_t most = seen.peak_memory;
    for (std::size_t at = 0; at < plan.size(); ++at) {
      checkmate::step const& s = plan.steps[at];
      if (s.what == checkmate::action::release) {
        held[s.node][s.output] = false;
        continue;
      }
      checkmate::node_index const v = dag_.index_of(s.node);
      std::int64_t twice = 0;
      for (std::uint32_t k = 0; k < dag_.output_count(v); ++k) {
        if (held[s.node][k]) twice += dag_.memory(dag_.output(v, k));
        held[s.node][k] = true;
      }
      if (twice > 0) most = std::max(most, seen.resident[at] + dag_.workspace(v) + twice);
    }
    return most;
  }

  static outcome describe(checkmate::result const& found) {
    outcome out;
    out.reason = to_string(found.termination.reason);
    out.detail = found.termination.detail;
    out.strategy = found.strategy;
    out.base_time = found.base_time;
    out.elapsed = found.elapsed;
    if (found.has_bound()) out.bound = found.bound.time;
    if (!found) return out;
    out.planned = true;
    out.steps = to_python(*found.plan);
    out.time = found.plan->time;
    out.peak = found.plan->peak_memory;
    return out;
  }

  checkmate::dag dag_;
};

}  // namespace

NB_MODULE(_planner, m) {
  nb::set_leak_warnings(false);  // an exception in flight at exit holds its frames, and they a problem
  m.doc() = "checkmate's planner: arrays in, steps out";
  using current = checkmate::version;
  m.attr("version") = nb::make_tuple(current::major, current::minor, current::patch);
#ifdef CHECKMATE_TORCH_WITH_CBC
  m.attr("has_cbc") = true;
#else
  m.attr("has_cbc") = false;
#endif
  nb::register_exception_translator([](std::exception_ptr const& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (checkmate::error const& misuse) {
      PyErr_SetString(PyExc_ValueError, misuse.what());
    }
  });
  nb::class_<outcome>(m, "Outcome")
      .def_ro("reason", &outcome::reason)
      .def_ro("detail", &outcome::detail)
      .def_ro("strategy", &outcome::strategy)
      .def_ro("steps", &outcome::steps)
      .def_ro("planned", &outcome::planned)
      .def_ro("time", &outcome::time)
      .def_ro("base_time", &outcome::base_time)
      .def_ro("bound", &outcome::bound)
      .def_ro("peak", &outcome::peak)
      .def_ro("elapsed", &outcome::elapsed);
  nb::class_<replayed>(m, "Replay")
      .def_ro("time", &replayed::time)
      .def_ro("peak", &replayed::peak)
      .def_ro("engine_peak", &replayed::engine_peak)
      .def_ro("executions", &replayed::executions);
  nb::class_<problem>(m, "Problem")
      .def(nb::init<std::vector<std::string>, numbers, integers, flags, integers, integers, flags, integers,
                    integers, integers, std::int64_t>(),
           "names"_a, "time"_a, "workspace"_a, "run_once"_a, "first_output"_a, "output_bytes"_a, "retained"_a,
           "first_read"_a, "read_node"_a, "read_output"_a, "fixed_memory"_a)
      .def("smallest_budget", &problem::smallest_budget)
      .def("smallest_found", &problem::smallest_found, "low"_a)
      .def("plain_steps", &problem::plain_steps)
      .def("replay", &problem::replay, "steps"_a, "free_order"_a = false)
      .def("plan", &problem::plan, "budget"_a, "time_limit"_a.none() = nb::none(), "moves"_a = 0,
           "seed"_a = 0, "free_order"_a = false, "prove"_a = false, "on_progress"_a.none() = nb::none());
}
