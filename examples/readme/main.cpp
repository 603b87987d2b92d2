// SPDX-License-Identifier: Apache-2.0
//
// The program of the README: a graph type and a cost model of one's own, planned and executed.
#include <cstdint>
#include <iostream>
#include <span>
#include <vector>

#include <checkmate/checkmate.hpp>

using namespace checkmate::literals;

namespace my {  // any graph: two functions found by argument-dependent lookup

struct op {
  std::vector<checkmate::node_id> args;
  double flops;
  std::int64_t bytes;
};
struct net {
  std::vector<op> ops;
};
std::size_t node_count(net const& n) {
  return n.ops.size();
}
std::span<checkmate::node_id const> inputs(net const& n, checkmate::node_id v) {
  return n.ops[v].args;
}

struct roofline {  // any cost model: the time of a node and the bytes of its value
  double flops_per_second;
  double time(net const& n, checkmate::node_id v) const { return n.ops[v].flops / flops_per_second; }
  std::int64_t memory(net const& n, checkmate::node_id v) const { return n.ops[v].bytes; }
};

net training_step() {  // four layers, a loss, four gradients; each gradient reads what its layer read
  return {{{{}, 4e12, 512_MiB},
           {{0}, 8e12, 512_MiB},
           {{1}, 8e12, 256_MiB},
           {{2}, 4e12, 256_MiB},
           {{3}, 1e9, 1_MiB},
           {{3, 4}, 8e12, 256_MiB},
           {{2, 5}, 16e12, 256_MiB},
           {{1, 6}, 16e12, 512_MiB},
           {{0, 7}, 8e12, 512_MiB}}};
}

struct engine {  // whatever runs your operators
  void compute(checkmate::node_id v) { std::cout << " run " << v; }
  void release(checkmate::node_id v, std::uint32_t) { std::cout << " free " << v; }
};

}  // namespace my

int main() {
  my::net const net = my::training_step();
  auto const found = checkmate::solve(net, my::roofline{19.5e12}, {.budget = 1600_MiB});
  if (!found) {
    std::cerr << found.termination.detail << '\n';
    return 1;
  }
  std::cout << "peak " << (found.plan->peak_memory >> 20) << " MiB, " << 100 * found.overhead()
            << " % more time\n";
  checkmate::execute(*found.plan, my::engine{});
  std::cout << '\n';
}
