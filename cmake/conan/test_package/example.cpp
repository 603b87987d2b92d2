// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <vector>

#include <checkmate/checkmate.hpp>
#ifdef WITH_CBC
#include <checkmate/solvers/cbc.hpp>
#endif
#ifdef WITH_BOOST_GRAPH
#include <checkmate/adapters/boost_graph.hpp>
#endif
#ifdef WITH_GLPK
#include <checkmate/solvers/glpk.hpp>
#endif
#ifdef WITH_IO
#include <checkmate/io/json.hpp>
#endif
#ifdef WITH_ONNX
#include <checkmate/io/onnx.hpp>
#endif

int main() {
  std::vector<std::vector<int>> const graph = {{}, {0}, {1}, {2, 0}};
  auto const found = checkmate::solve(graph, checkmate::uniform_cost{}, {.budget = 3});
  if (!found) return 1;
  std::cout << "checkmate " << CHECKMATE_VERSION_MAJOR << '.' << CHECKMATE_VERSION_MINOR << '.'
            << CHECKMATE_VERSION_PATCH << ": " << found.plan->steps.size() << " steps\n";
#ifdef WITH_CBC
  std::cout << "with " << checkmate::cbc{}.capabilities().name << '\n';
#endif
#ifdef WITH_GLPK
  std::cout << "with " << checkmate::glpk{}.capabilities().name << '\n';
#endif
#ifdef WITH_IO
  std::cout << "with files: " << checkmate::graph_text({}).size() << '\n';
#endif
#ifdef WITH_ONNX
  try {
    (void)checkmate::load_onnx("/no/such/file.onnx");
  } catch (checkmate::invalid_file const& missing) {
    std::cout << "with models: " << missing.what() << '\n';
  }
#endif
}
