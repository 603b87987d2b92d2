// SPDX-License-Identifier: Apache-2.0
//
// The reproduction of the Checkmate paper (Jain et al., MLSys 2020): its tables and figures by our
// strategies, beside the published numbers.
//
//   bench_paper [--quick] [--minutes M] [--out FOLDER]
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
    } else if (arg == "--minutes" && i + 1 < argc) {
      how.minutes = std::atof(argv[++i]);
    } else {
      std::cerr << "usage: bench_paper [--quick] [--minutes M] [--out FOLDER]\n";
      std::exit(arg == "--help" ? 0 : 2);
    }
  }
  return how;
}

/// The parts of the report; the quick ones are made first, and the claims that they check head the report.
void write(paper::report& to) {
  std::ostringstream tables, batches, grids, roundings, facts;
  std::ofstream csv(to.how.out / "curves.csv");
  paper::table_1(tables);
  paper::figure_7(grids, to);
  paper::integrality_gap(facts, to);
  paper::stored(facts, to);
  paper::sizes(facts, to);
  paper::figure_6(batches, to);
  paper::figure_8(roundings, to);
  std::vector<paper::curves> all;
  for (int turn = 0; turn < paper::last_turn; ++turn) {
    for (paper::ratio_row const& row : paper::ratio_rows) (void)paper::plan_all(row, to, turn);
  }
  for (paper::ratio_row const& row : paper::ratio_rows)
    all.push_back(paper::plan_all(row, to, paper::last_turn));
  paper::table_2(tables, all, to);
  paper::check_dominance(all, to);
  paper::figure_5(tables, csv, all, to.how);

  std::ofstream out(to.how.out / "paper.md");
  out << "# The Checkmate paper, reproduced\n\nMade by `bench_paper" << (to.how.quick ? " --quick" : "")
      << (to.how.minutes > 0 ? " --minutes " + paper::number(to.how.minutes, 0) : "")
      << "`: the tables and figures of Jain et al., MLSys 2020, by this library's strategies. Not planned "
         "are, on "
         "the networks of more than 100 nodes, the integer program over stages and, of more than 200, "
         "two-phase "
         "rounding as published, which needs its relaxation: neither ends within minutes there.\n\n## "
         "Claims\n\n";
  for (paper::claim const& c : to.claims)
    out << "- " << (c.holds ? "holds: " : "**does not hold**: ") << c.text << '\n';
  if (to.cells.left_out() > 0) {
    out << "\nLeft out, because the time was up: " << to.cells.left_out() << " of the plans (`-` below).\n";
  }
  out << tables.str() << batches.str() << grids.str() << roundings.str() << facts.str();
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
