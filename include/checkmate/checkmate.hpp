// SPDX-License-Identifier: Apache-2.0
//
// The umbrella: what planning needs, with the standard library and Eigen alone. Solvers, files, adapters to
// other people's types, the zoo of networks and the baselines of the literature are headers of their own.
#pragma once

#include <checkmate/bounds/combinatorial.hpp>
#include <checkmate/bounds/no_point.hpp>
#include <checkmate/bounds/safe_dual.hpp>
#include <checkmate/bounds/time_bound.hpp>
#include <checkmate/bounds/window_model.hpp>
#include <checkmate/bounds/window_point.hpp>
#include <checkmate/bounds/windowed.hpp>
#include <checkmate/cost/concepts.hpp>
#include <checkmate/cost/functional.hpp>
#include <checkmate/cost/roofline.hpp>
#include <checkmate/cost/table.hpp>
#include <checkmate/cost/uniform.hpp>
#include <checkmate/deadline.hpp>
#include <checkmate/error.hpp>
#include <checkmate/formulation/paper.hpp>
#include <checkmate/formulation/stages.hpp>
#include <checkmate/graph/algorithms.hpp>
#include <checkmate/graph/concepts.hpp>
#include <checkmate/graph/dag.hpp>
#include <checkmate/graph/forward.hpp>
#include <checkmate/graph/generators.hpp>
#include <checkmate/graph/lower.hpp>
#include <checkmate/graph/memory_need.hpp>
#include <checkmate/graph/training.hpp>
#include <checkmate/least_memory.hpp>
#include <checkmate/max_batch.hpp>
#include <checkmate/model/builder.hpp>
#include <checkmate/model/linear_model.hpp>
#include <checkmate/model/relax.hpp>
#include <checkmate/schedule/execute.hpp>
#include <checkmate/schedule/lifetimes.hpp>
#include <checkmate/schedule/masks.hpp>
#include <checkmate/schedule/schedule.hpp>
#include <checkmate/schedule/simulate.hpp>
#include <checkmate/schedule/stages.hpp>
#include <checkmate/solve.hpp>
#include <checkmate/solvers/backend.hpp>
#include <checkmate/solvers/checked_solve.hpp>
#include <checkmate/strategies/automatic.hpp>
#include <checkmate/strategies/checkpoint_all.hpp>
#include <checkmate/strategies/contradiction.hpp>
#include <checkmate/strategies/greedy.hpp>
#include <checkmate/strategies/least_peak_order.hpp>
#include <checkmate/strategies/local_search.hpp>
#include <checkmate/strategies/lp_rounding.hpp>
#include <checkmate/strategies/optimal.hpp>
#include <checkmate/strategies/strategy.hpp>
#include <checkmate/strategies/traits.hpp>
#include <checkmate/strategies/windowed.hpp>
#include <checkmate/sweep.hpp>
#include <checkmate/types.hpp>
#include <checkmate/version.hpp>
