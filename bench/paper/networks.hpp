// SPDX-License-Identifier: Apache-2.0
//
// The paper's networks, and what was published for them: Table 2, Figure 6 with the authors' notes on it, and
// the results stored in their artifact for VGG19.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <checkmate/graph/forward.hpp>
#include <checkmate/graph/lower.hpp>
#include <checkmate/zoo/zoo.hpp>

namespace paper {

/// A training step ready to plan, and which of its nodes are the forward pass.
struct problem {
  checkmate::dag dag;
  checkmate::forward_mask forward;
};

inline problem make_problem(std::string_view network, std::int64_t batch) {
  auto const step = checkmate::zoo::training_step_of(checkmate::zoo::make_network(network, {.batch = batch}));
  return {checkmate::lower(step.graph, step.costs), checkmate::forward_nodes(step.graph)};
}

/// A network at the batch of Figure 5, or near it, and its row of Table 2: the geometric mean of the cost
/// over the optimum of AP sqrt(n), AP greedy, Griewank log(n) and two-phase rounding; 0 where the table has
/// none. And the cost of AP sqrt(n) over the base cost, by the rules of the authors' published code (which
/// nodes are articulation points, what is held between stages) followed apart from this library.
struct ratio_row {
  char const* network;
  std::int64_t batch;
  double ap_sqrt, ap_greedy, griewank, rounding;
  double ap_sqrt_by_rules;
};
inline constexpr std::array<ratio_row, 5> ratio_rows = {{{"vgg16", 256, 1.28, 1.06, 1.44, 1.01, 1.2034},
                                                         {"vgg19", 167, 1.54, 1.39, 1.75, 1.00, 1.2312},
                                                         {"unet", 32, 1.27, 1.23, 0, 1.03, 1.3333},
                                                         {"mobilenet", 512, 1.14, 1.07, 7.07, 1.06, 1.3172},
                                                         {"resnet50", 96, 1.20, 1.25, 0, 1.05, 1.3328}}};

/// Published largest batches in 16 GB with at most one extra forward pass; 0 where there is none.
struct batch_row {
  char const* network;
  int best;            ///< of the integer program
  int checkpoint_all;  ///< without recomputation
  int chen_sqrt, chen_greedy;
  char const* remark;
};
inline constexpr std::array<batch_row, 7> batch_rows = {
    {{"vgg16", 0, 0, 0, 0, "not published"},
     {"vgg19", 289, 167, 197, 266, "published as proven"},
     {"mobilenet", 1105, 215, 0, 0,
      "published as \"can reach at least\": what the authors' quadratic program had found after about two "
      "days, without a proof"},
     {"resnet50", 193, 0, 0, 0,
      "published as \"can reach at least\": what the authors' quadratic program had found after about two "
      "days, without a proof; even AP sqrt(n) reaches more on this graph"},
     {"unet", 61, 16, 0, 0, "the authors' notes say 57 after 30 minutes"},
     {"fcn8", 60, 0, 0, 0,
      "out of reach with this graph: one node alone with what it reads fills the memory at 58; the notes "
      "also "
      "say 57"},
     {"segnet", 62, 0, 0, 0,
      "out of reach with this graph: one node alone with what it reads fills it at 62"}}};

/// What the authors' artifact stores for VGG19 at batch 1: FLOPs, and bytes without fixed memory.
struct stored_result {
  char const* strategy;
  double cost;
  checkmate::bytes peak;
};
inline constexpr checkmate::bytes stored_budget = 51'380'224;
inline constexpr std::array<stored_result, 4> stored_results = {
    {{"checkpoint_all_held", 58'896'187'392, 81'723'296},
     {"ap_sqrt", 72'512'667'648, 69'447'584},
     {"griewank_log", 97'082'048'512, 51'380'224},
     {"optimal", 58'982'891'520, 51'380'224}}};

}  // namespace paper
