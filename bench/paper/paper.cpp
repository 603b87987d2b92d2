// SPDX-License-Identifier: Apache-2.0
//
// The reproduction of the Checkmate paper (Jain et al., MLSys 2020): its tables and figures by our
// strategies, beside the published numbers.
//
//   bench_paper [--quick] [--out FOLDER]
//
// Writes FOLDER/paper.md with its SVG plots, FOLDER/curves.csv (Figure 5) and FOLDER/cells.csv. Started
// again, it goes on with what cells.csv does not have yet; remove the folder to plan everything anew.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string_view>
#include <vector>

#include "curves.hpp"
#include "facts.hpp"
#include "largest_batch.hpp"
#include "report.hpp"
#include "rounding.hpp"

namespace {

paper::settings parse(int argc, char** argv) {
  paper::settings how;
  for (int i = 1; i < argc; ++i) {
    std::string_view const arg = argv[i];
    if (arg == "--quick") {
      how.quick = true;
    } else if (arg == "--out" && i + 1 < argc) {
      how.out = argv[++i];
    } else {
      std::cerr << "usage: bench_paper [--quick] [--out FOLDER]\n";
      std::exit(arg == "--help" ? 0 : 2);
    }
  }
  return how;
}

/// The parts in the order of the report; the claims that they check come first in it.
void write(paper::report& to) {
  std::ostringstream body;
  std::ofstream csv(to.how.out / "curves.csv");
  paper::table_1(body);
  std::vector<paper::curves> all;
  for (paper::ratio_row const& row : paper::ratio_rows) all.push_back(paper::plan_all(row, to));
  paper::table_2(body, all, to);
  paper::check_dominance(all, to);
  paper::figure_5(body, csv, all, to.how);
  paper::figure_6(body, to);
  paper::figure_7(body, to);
  paper::figure_8(body, to);
  paper::integrality_gap(body, to);
  paper::stored(body, to);
  paper::sizes(body, to);

  std::ofstream out(to.how.out / "paper.md");
  out << "# The Checkmate paper, reproduced\n\nMade by `bench_paper" << (to.how.quick ? " --quick" : "")
      << "`: the tables and figures of Jain et al., MLSys 2020, by this library's strategies.\n\n## "
         "Claims\n\n";
  for (paper::claim const& c : to.claims)
    out << "- " << (c.holds ? "holds: " : "**does not hold**: ") << c.text << '\n';
  out << body.str();
  if (!out || !csv) throw checkmate::error("cannot write to " + to.how.out.string());
}

}  // namespace

int main(int argc, char** argv) try {
  paper::settings const how = parse(argc, argv);
  std::filesystem::create_directories(how.out);
  paper::report to(how);
  write(to);
  for (paper::claim const& c : to.claims)
    std::cout << (c.holds ? "holds           " : "DOES NOT HOLD   ") << c.text << '\n';
  std::cout << "written: " << (how.out / "paper.md").string() << '\n';
  return 0;
} catch (std::exception const& e) {
  std::cerr << "bench_paper: " << e.what() << '\n';
  return 1;
}
