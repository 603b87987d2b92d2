// SPDX-License-Identifier: Apache-2.0
//
// checkmate, the command-line program: plans recorded graphs (checkmate-graph files) under a memory budget.
//
//   exit code 0  done
//             1  infeasible, no plan found, or an invalid schedule
//             2  bad usage or input
#include <exception>
#include <iostream>
#include <new>

#include "commands.hpp"

namespace {

int run(int argc, char** argv) {
  CLI::App program("Plans how to run a dataflow graph in less memory, at the least extra time", "checkmate");
  using version = checkmate::version;
  program.set_version_flag("--version", "checkmate " + std::to_string(version::major) + "." +
                                            std::to_string(version::minor) + "." +
                                            std::to_string(version::patch));
  program.require_subcommand(1);
  program.footer(
      "Amounts of memory: bytes, 500MB, 8GiB, or 50% of the no-recompute peak; pinned memory counts.\n"
      "Exit codes: 0 done; 1 infeasible, no plan found, or an invalid schedule; 2 bad usage or input.");
  int code = cli::bad_usage;
  cli::add_info(program, code);
  cli::add_plan(program, code);
  cli::add_check(program, code);
  cli::add_compare(program, code);
  cli::add_strategies(program, code);
  try {
    program.parse(argc, argv);
  } catch (CLI::ParseError const& wrong) {  // --help and --version come this way, too
    return program.exit(wrong) == 0 ? cli::done : cli::bad_usage;
  }
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    int const code = run(argc, argv);
    std::cout.flush();
    return std::cout ? code : cli::bad_usage;
  } catch (std::bad_alloc const&) {
    std::cerr << "checkmate: out of memory\n";
  } catch (std::exception const& wrong) {
    std::cerr << "checkmate: " << wrong.what() << "\n";
  }
  return cli::bad_usage;
}
