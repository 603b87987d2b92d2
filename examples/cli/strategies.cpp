// SPDX-License-Identifier: Apache-2.0
//
// checkmate strategies
#include <algorithm>
#include <iostream>

#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "registry.hpp"
#include "text_table.hpp"

namespace cli {
namespace {

void print_json() {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (auto const& entry : strategies()) {
    out.push_back({{"name", entry.name},
                   {"needs", describe(entry.backend)},
                   {"available", is_available(entry)},
                   {"summary", entry.summary}});
  }
  std::cout << out.dump(2) << "\n";
}

void print_text() {
  std::size_t width = 0;
  std::size_t needs_width = 0;
  for (auto const& entry : strategies()) {
    width = std::max(width, entry.name.size());
    needs_width = std::max(needs_width, describe(entry.backend).size());
  }
  std::cout << fit_left("strategy", width) << "  " << fit_left("needs", needs_width) << "  what it does\n";
  for (auto const& entry : strategies()) {
    std::cout << fit_left(entry.name, width) << "  " << fit_left(describe(entry.backend), needs_width) << "  "
              << entry.summary << "\n";
  }
  std::cout << "\nThe first one is what `plan` does unless --strategy says otherwise.\n\nbackends\n";
  for (auto const& backend : backends()) std::cout << "  " << backend.name << "  " << backend.summary << "\n";
  if (backends().empty()) std::cout << "  none: this program was built without any\n";
}

}  // namespace

int run(strategies_options const& options) {
  options.json ? print_json() : print_text();
  return done;
}

}  // namespace cli
