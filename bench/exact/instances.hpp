// SPDX-License-Identifier: Apache-2.0
//
// The instances of the benchmark of exactness: unit chains, the networks of the Checkmate paper, the two of
// Moccasin's graphs that are networks, and training steps of PyTorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/json_graph.hpp>
#include <checkmate/zoo/zoo.hpp>

#include "../scale_graphs.hpp"

namespace exact {

namespace cm = checkmate;

/// A graph at a budget.
struct instance {
  std::string name;  ///< graph@budget
  std::string graph;
  cm::dag dag;
  cm::bytes budget = 0;
  bool in_paper = true;  ///< one value per node, no workspace: the paper's program can say it
  bool quick = false;    ///< part of --quick
};

/// What is left of a dag in the paper's terms: all values of a node as one, no workspace.
inline cm::dag in_terms_of_the_paper(cm::dag const& d) {
  std::vector<std::vector<cm::node_id>> edges;
  std::vector<double> times;
  std::vector<cm::bytes> sizes;
  for (cm::node_index i : d.nodes()) {
    edges.push_back(cm::inputs(d, static_cast<cm::node_id>(edges.size())));
    times.push_back(d.time(i));
    cm::bytes size = 0;
    for (cm::value_index v : d.outputs(i)) size += d.memory(v);
    sizes.push_back(size);
  }
  return cm::lower(edges, cm::table_cost::of_nodes(std::move(times), std::move(sizes)));
}

/// The first of the folders with the project's graphs that has `path`; empty if none.
inline std::filesystem::path graph_file(std::string const& path) {
  for (std::string const root : {CHECKMATE_EXAMPLE_DATA "/", CHECKMATE_SHARED_DIR "/graphs/"}) {
    for (std::string const ending : {".json", ".json.gz"}) {
      if (std::filesystem::exists(root + path + ending)) return root + path + ending;
    }
  }
  return {};
}

/// Collects instances in the order of the tables.
class instance_list {
 public:
  instance_list() {
    for (int layers : {8, 16, 24, 32, 40, 48}) {
      auto const step = cm::zoo::unit_chain_step(layers);
      add("chain" + std::to_string(layers), cm::lower(step.graph, step.costs), {0.25, 0.5, 0.75}, true,
          layers <= 24);
    }
    for (char const* name : {"vgg16_b256", "vgg19_b167", "unet_b32", "fcn8_b32", "segnet_b32",
                             "mobilenet_b512", "resnet50_b96"}) {
      std::string const net(name);
      load("paper/" + net, [&](cm::recorded_graph const& g) {
        add(net, cm::lower(g, g), {0.25, 0.5, 0.75}, true, net.starts_with("vgg"));
      });
    }
    for (char const* name : {"CM1_fcn8", "CM2_resnet50"}) {
      load(std::string("moccasin/") + name, [&](cm::recorded_graph const& g) {
        cm::dag const d = cm::lower(g, g);
        cm::bytes const peak = cm::no_recompute_schedule(d).peak_memory;
        for (int percent : {90, 80}) {
          list_.push_back({std::string(name).substr(0, 3) + "@" + std::to_string(percent) + "%",
                           std::string(name).substr(0, 3), d,
                           peak / 100 * percent + peak % 100 * percent / 100});
        }
      });
    }
    for (char const* name : {"vgg16_b64", "unet_b8", "mobilenet_v2_b64", "resnet50_b64"}) {
      load(std::string("torch/") + name, [&](cm::recorded_graph const& g) {
        cm::dag const d = scale::moving_part(g);
        add(std::string(name) + " (one value a node)", in_terms_of_the_paper(d), {0.25, 0.5, 0.75}, true,
            false);
      });
    }
    for (char const* name : {"vgg16_b64", "unet_b8", "mobilenet_v2_b64", "resnet50_b64", "densenet121_b32",
                             "gpt2_small_b4_s1024", "vit_b_16_b32", "llama_1b_b1_s2048"}) {
      load(std::string("torch/") + name, [&](cm::recorded_graph const& g) {
        cm::dag const d = scale::moving_part(g);
        add(name, d, {0.1, 0.25, 0.5, 0.75}, false, false);
      });
    }
  }

  [[nodiscard]] std::vector<instance> const& all() const { return list_; }

 private:
  void add(std::string const& name, cm::dag const& d, std::vector<double> const& fractions, bool in_paper,
           bool quick) {
    for (double f : fractions) {
      char at[16];
      std::snprintf(at, sizeof at, "%.2f", f);
      list_.push_back({name + "@" + at, name, d, scale::budget_at(d, f), in_paper, quick});
    }
  }

  template <class Take>
  void load(std::string const& path, Take&& take) {
    std::filesystem::path const file = graph_file(path);
    if (file.empty()) {
      std::fprintf(stderr, "no graph file for %s\n", path.c_str());
    } else {
      take(cm::load_graph(file));
    }
  }

  std::vector<instance> list_;
};

}  // namespace exact
