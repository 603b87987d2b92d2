// SPDX-License-Identifier: Apache-2.0
//
// The command-line program as its user meets it: exit codes, what it prints, what it writes.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/json.hpp>

#include "support/data.hpp"

namespace {

using nlohmann::json;

struct outcome {
  int code = -1;
  std::string out;  // standard output and standard error together
};

/// Runs the program with `arguments` (a shell's words).
outcome checkmate_cli(std::string const& arguments, std::string const& redirect = "2>&1") {
  std::string const command = "'" CHECKMATE_CLI "' " + arguments + " " + redirect;
  outcome seen;
  FILE* const pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> buffer{};
  while (std::size_t const got = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    seen.out.append(buffer.data(), got);
  }
  int const status = pclose(pipe);
  seen.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return seen;
}

json parsed(outcome const& seen) {
  CAPTURE(seen.out);
  REQUIRE(json::accept(seen.out));
  return json::parse(seen.out);
}

std::string graph(std::string const& name) {
  std::string quoted("'");
  return quoted.append(test::example_data(name).string()).append("'");
}

/// A folder that is gone afterwards.
struct scratch {
  std::filesystem::path folder = std::filesystem::temp_directory_path() / "checkmate_program_test";
  scratch() { std::filesystem::create_directories(folder); }
  ~scratch() { std::filesystem::remove_all(folder); }
  std::string operator/(char const* name) const { return (folder / name).string(); }
};

bool holds(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("program: help everywhere, bad usage ends with 2") {
  CHECK(checkmate_cli("--help").code == 0);
  CHECK(holds(checkmate_cli("--help").out, "Exit codes"));
  CHECK(checkmate_cli("--version").code == 0);
  for (std::string const command : {"info", "plan", "check", "compare", "sweep", "max-batch", "strategies"}) {
    CAPTURE(command);
    CHECK(checkmate_cli(command + " --help").code == 0);
    CHECK(checkmate_cli(command + " --no-such-option").code == 2);
  }
  CHECK(checkmate_cli("").code == 2);
  CHECK(checkmate_cli("fly").code == 2);
  CHECK(checkmate_cli("info").code == 2);
  CHECK(checkmate_cli("plan " + graph("paper/chain8_unit.json")).code == 2);  // no budget
  CHECK(holds(checkmate_cli("plann").out, "plann"));
}

TEST_CASE("program: bad input ends with 2 and says what is bad") {
  std::string const plan = "plan " + graph("paper/chain8_unit.json") + " --budget ";
  for (std::string const arguments :
       {"x", "-1", "5 parsecs", "50% --gap -1", "50% --threads 0", "50% --seed -1", "50% --time-limit -1",
        "50% --threads 100000", "50% --order sideways", "50% --gap nan", "50% --gap inf",
        "50% --time-limit inf", "50% --strategy magic", "50% --backend magic",
        "50% --out /no/such/folder/s.json", "50% --svg /"}) {
    CAPTURE(arguments);
    // Quoted by hand where an argument holds a space.
    auto const seen = checkmate_cli(plan + (arguments == "5 parsecs" ? "'5 parsecs'" : arguments));
    CAPTURE(seen.out);
    CHECK(seen.code == 2);
    CHECK_FALSE(seen.out.empty());
  }
  CHECK(
      holds(checkmate_cli(plan + "50% --strategy magic").out, "there is no strategy \"magic\"; there are "));
  CHECK(checkmate_cli("info /no/such/file.json").code == 2);
  CHECK(holds(checkmate_cli("info /no/such/file.json").out, "/no/such/file.json: cannot be opened"));
  CHECK(checkmate_cli("info /").code == 2);
}

TEST_CASE("program: info shows the facts of a graph") {
  auto const text = checkmate_cli("info " + graph("torch/resnet50_b64.json.gz"));
  CHECK(text.code == 0);
  CHECK(holds(text.out, "no-recompute peak"));
  CHECK(holds(text.out, "smallest conceivable budget"));
  auto const facts = parsed(checkmate_cli("info --json " + graph("torch/resnet50_b64.json.gz")));
  CHECK(facts["nodes"] == 355);
  CHECK(facts["edges"] == 599);
  CHECK(facts["fixed_memory"] == 140763808);
  CHECK(facts["smallest_budget"].get<long>() < facts["peak_memory"].get<long>());
}

TEST_CASE("program: a plan is written, its figures are in the JSON, and check agrees") {
  scratch const tmp;
  std::string const g = graph("torch/resnet50_b64.json.gz");
  auto const seen =
      parsed(checkmate_cli("plan " + g + " --budget 50% --strategy greedy --json --out '" + tmp / "s.json" +
                           "' --svg '" + tmp / "m.svg" + "' --grid '" + tmp / "g.svg" + "'"));
  auto const facts = parsed(checkmate_cli("info --json " + g));
  CHECK(seen["budget"] == facts["peak_memory"].get<long>() / 2);
  CHECK(seen["peak_memory"].get<long>() <= seen["budget"].get<long>());
  CHECK(seen["time"].get<double>() > seen["base_time"].get<double>());
  CHECK(seen["overhead"].get<double>() ==
        doctest::Approx(seen["time"].get<double>() / seen["base_time"].get<double>() - 1));
  CHECK(seen["gap"].get<double>() >= 0);
  CHECK(seen["lower_bound"].get<double>() <= seen["time"].get<double>());
  CHECK(seen["strategy"] == "greedy");
  CHECK(seen["status"] == "feasible");
  CHECK(seen.contains("seconds"));

  auto const file = checkmate::load_schedule(tmp / "s.json");
  CHECK(file.graph == "resnet50_b64");
  CHECK(file.plan.time == seen["time"].get<double>());
  CHECK(file.plan.peak_memory == seen["peak_memory"].get<long>());
  CHECK(checkmate::read_text_file(tmp / "m.svg").find("</svg>") != std::string::npos);
  CHECK(checkmate::read_text_file(tmp / "g.svg").find("</svg>") != std::string::npos);

  CHECK(checkmate_cli("check " + g + " '" + tmp / "s.json" + "'").code == 0);
  auto const checked = parsed(checkmate_cli("check --json " + g + " '" + tmp / "s.json" + "'"));
  CHECK(checked["valid"] == true);
  CHECK(checked["peak_memory"] == seen["peak_memory"]);
  CHECK(checked["recomputations"] == seen["recomputations"]);
}

TEST_CASE("program: a plan that cannot be written is shown all the same") {
  for (std::string const how : {"", " --json"}) {
    auto const seen =
        checkmate_cli("plan " + graph("paper/chain8_unit.json") + " --budget 60% --out /dev/full" + how);
    CAPTURE(seen.out);
    CHECK(seen.code == 2);
    CHECK(holds(seen.out, how.empty() ? "overhead" : "\"overhead\""));
    CHECK(holds(seen.out, "/dev/full"));
  }
}

TEST_CASE("program: a tampered schedule is refused with the reason and exit code 1") {
  scratch const tmp;
  std::string const g = graph("torch/unet_b8.json.gz");
  CHECK(checkmate_cli("plan " + g + " --budget 90% --strategy greedy --out '" + tmp / "s.json" + "'").code ==
        0);
  auto const honest = checkmate::load_schedule(tmp / "s.json");
  auto check = [&](auto tamper) {
    auto copy = honest;
    tamper(copy);
    checkmate::save_schedule(tmp / "t.json", copy);
    auto const seen = checkmate_cli("check " + g + " '" + tmp / "t.json" + "'");
    CAPTURE(seen.out);
    CHECK(seen.code == 1);
    auto const object = parsed(checkmate_cli("check --json " + g + " '" + tmp / "t.json" + "'"));
    CHECK(object["valid"] == false);
    return object["reason"].get<std::string>();
  };
  using schedule_file = checkmate::recorded_schedule;
  CHECK(holds(check([](schedule_file& s) { s.plan.steps.erase(s.plan.steps.begin()); }), "step 0"));
  CHECK(holds(check([](schedule_file& s) {
                s.plan.steps.pop_back();
                s.plan.steps.pop_back();
                s.plan.steps.pop_back();
              }),
              "is never executed"));
  CHECK(holds(check([](schedule_file& s) { s.plan.steps[0].node = 999; }), "there is no node 999"));
  CHECK(holds(check([](schedule_file& s) { s.budget = 1000; }), "the budget is 1000"));
  CHECK(holds(check([](schedule_file& s) { s.plan.time *= 0.9; }), "the file claims a time"));
  CHECK(holds(check([](schedule_file& s) { s.base_time *= 0.9; }), "the file claims a base time"));
  CHECK(holds(check([](schedule_file& s) {
                s.bound = checkmate::time_bound{2 * s.plan.time, checkmate::schedule_space::fixed_order};
              }),
              "the file claims a lower bound"));

  std::ofstream(tmp / "broken.json") << "{\"format\":\"checkmate-schedule\",";
  auto const broken = checkmate_cli("check " + g + " '" + tmp / "broken.json" + "'");
  CHECK(broken.code == 2);
  CHECK(holds(broken.out, "broken.json: is not JSON, byte "));
}

TEST_CASE(
    "program: a schedule checked against other sizes is valid within its budget, with a warning about its "
    "peak") {
  scratch const tmp;
  std::string const g = graph("torch/unet_b8.json.gz");
  CHECK(checkmate_cli("plan " + g + " --budget 90% --strategy greedy --out '" + tmp / "s.json" + "'").code ==
        0);
  auto other = checkmate::load_graph(test::example_data("torch/unet_b8.json.gz"));
  for (auto& node : other.nodes) {
    for (auto& size : node.outputs) size -= size / 8;
  }
  checkmate::save_graph(tmp / "g.json", other);
  std::string const check = "check '" + tmp / "g.json" + "' '" + tmp / "s.json" + "' ";
  auto const text = checkmate_cli(check);
  CHECK(text.code == 0);
  CHECK(holds(text.out, "valid"));
  CHECK(holds(text.out, "warning: the file claims a peak of "));
  auto const object = parsed(checkmate_cli(check + "--json"));
  CHECK(object["valid"] == true);
  REQUIRE(object["warnings"].size() == 1);
  auto const d = checkmate::lower(other, other);
  auto const peak = checkmate::simulate(d, checkmate::load_schedule(tmp / "s.json").plan).peak_memory;
  CHECK(object["peak_memory"] == peak);
  CHECK(holds(object["warnings"][0].get<std::string>(),
              "with the sizes of this graph it is " + std::to_string(peak)));
  CHECK(parsed(checkmate_cli("check --json " + g + " '" + tmp / "s.json" + "'"))["warnings"].empty());

  // Larger ones exceed the budget: invalid, and the peak is said.
  for (auto& node : other.nodes) {
    for (auto& size : node.outputs) size *= 2;
  }
  checkmate::save_graph(tmp / "g.json", other);
  auto const larger = parsed(checkmate_cli(check + "--json"));
  CHECK(larger["valid"] == false);
  CHECK(holds(larger["reason"].get<std::string>(), "; its peak is "));

  // All times different: it was made for others. One of them: a false claim.
  auto slower = checkmate::load_graph(test::example_data("torch/unet_b8.json.gz"));
  for (auto& node : slower.nodes) node.time *= 2;
  checkmate::save_graph(tmp / "g.json", slower);
  auto const times = parsed(checkmate_cli(check + "--json"));
  CHECK(times["valid"] == true);
  CHECK(holds(times["warnings"][0].get<std::string>(), "it was made for other times"));
}

TEST_CASE("program: - is the standard input, for a graph or for a schedule, plain or gzip") {
  scratch const tmp;
  std::string const g = graph("torch/unet_b8.json.gz");
  auto const from = [](std::string const& file) { return "<" + file + " 2>&1"; };
  CHECK(parsed(checkmate_cli("info - --json", from(g))) == parsed(checkmate_cli("info --json " + g)));
  CHECK(checkmate_cli("plan - --budget 90% --strategy greedy --out '" + tmp / "s.json" + "'", from(g)).code ==
        0);
  CHECK(checkmate_cli("check - '" + tmp / "s.json" + "'", from(g)).code == 0);
  CHECK(checkmate_cli("check " + g + " -", from("'" + tmp / "s.json" + "'")).code == 0);
  auto const both = checkmate_cli("check - -", from(g));
  CHECK(both.code == 2);
  CHECK(holds(both.out, "only one of GRAPH and SCHEDULE can be -"));
  auto const nothing = checkmate_cli("info -", from("/dev/null"));
  CHECK(nothing.code == 2);
  CHECK(holds(nothing.out, "standard input: is not JSON"));
  CHECK(holds(checkmate_cli("info - --batch 4", from(g)).out, "standard input is a graph file"));
}

TEST_CASE("program: --overhead finds the least memory for the time that it allows") {
  scratch const tmp;
  std::string const plan =
      "plan " + graph("torch/unet_b8.json.gz") + " --strategy greedy --out '" + tmp / "s.json" + "'";
  auto const facts = parsed(checkmate_cli("info --json " + graph("torch/unet_b8.json.gz")));
  long before = facts["peak_memory"].get<long>() + 1;
  for (std::string const overhead : {"0%", "5%", "30%"}) {
    CAPTURE(overhead);
    auto const seen = parsed(checkmate_cli(plan + " --json --overhead " + overhead));
    double const allowed = std::stod(overhead) / 100;
    CHECK(seen["allowed_overhead"] == allowed);
    CHECK(seen["overhead"].get<double>() <= allowed + 1e-9);
    CHECK(seen["peak_memory"].get<long>() < before);
    CHECK(seen["budget"] == seen["peak_memory"]);
    CHECK(seen["memory_lower_bound"].get<long>() >= facts["smallest_budget"].get<long>());
    CHECK(seen["memory_lower_bound"].get<long>() <= seen["peak_memory"].get<long>());
    CHECK(seen["memory_bound_space"].is_string());
    before = seen["peak_memory"].get<long>();
    CHECK(checkmate_cli("check " + graph("torch/unet_b8.json.gz") + " '" + tmp / "s.json" + "'").code == 0);
  }
  auto const text = checkmate_cli(plan + " --overhead 5%");
  CHECK(text.code == 0);
  CHECK(holds(text.out, "proven lower bound on memory"));
  CHECK(holds(text.out, "overhead allowed"));
}

TEST_CASE("program: --overhead and --budget exclude each other, and neither is guessed") {
  std::string const plan = "plan " + graph("paper/chain8_unit.json");
  CHECK(checkmate_cli(plan + " --budget 60% --overhead 5%").code == 2);
  CHECK(checkmate_cli(plan).code == 2);
  for (std::string const wrong : {"0.05", "5", "-5%", "x", "5MB", "nan%"}) {
    CAPTURE(wrong);
    auto const seen = checkmate_cli(plan + " --overhead=" + wrong);
    CHECK(seen.code == 2);
    CHECK(holds(seen.out, "is not a percentage (write 5%"));
  }
  auto const part = checkmate_cli(plan + " --budget 0.5");
  CHECK(part.code == 2);
  CHECK(holds(part.out, "it may mean 50% or 0.5GiB"));
}

TEST_CASE("program: a budget below the floor says what holds the bytes") {
  scratch const tmp;
  checkmate::recorded_graph g{.name = "g", .fixed = 10};
  g.nodes = {{.name = "x", .time = 1, .outputs = {4}},
             {.name = "grad_a", .time = 1, .outputs = {500}, .reads = {{0, 0}}, .retained = {0}},
             {.name = "grad_b", .time = 1, .outputs = {300}, .reads = {{0, 0}}, .retained = {0}}};
  checkmate::save_graph(tmp / "g.json", g);
  std::string const plan = "plan '" + tmp / "g.json" + "' --budget 700 ";
  auto const text = checkmate_cli(plan).out;
  CHECK(holds(text, "the end alone needs 814 bytes"));
  CHECK(holds(text, "2 retained values 800 (node 1 (grad_a) 500, node 2 (grad_b) 300)"));
  CHECK(holds(text, "fixed memory 10"));
  auto const needed = parsed(checkmate_cli(plan + "--json"))["needed"];
  CHECK(needed["bytes"] == 814);
  CHECK(needed["at_end"] == true);
  CHECK(needed["parts"][0]["kind"] == "retained value");
  CHECK(needed["parts"][0]["node"] == 1);
  CHECK(needed["parts"][0]["bytes"] == 500);
  CHECK(holds(checkmate_cli("info '" + tmp / "g.json" + "'").out, "retained value"));
}

TEST_CASE("program: infeasible is exit code 1, says why, and writes nothing") {
  scratch const tmp;
  std::string const plan =
      "plan " + graph("torch/unet_b8.json.gz") + " --budget 1MB --out '" + tmp / "s.json" + "'";
  auto const text = checkmate_cli(plan);
  CHECK(text.code == 1);
  CHECK(holds(text.out, "infeasible"));
  CHECK(holds(text.out, "alone needs"));
  CHECK_FALSE(std::filesystem::exists(tmp / "s.json"));
  auto const seen = checkmate_cli(plan + " --json");
  CHECK(seen.code == 1);
  auto const object = parsed(seen);
  CHECK(object["status"] == "infeasible");
  CHECK(object["time"].is_null());
}

TEST_CASE("program: the table and the picture, with box characters and without") {
  std::string const plan = "plan " + graph("torch/vgg16_b64.json.gz") + " --budget 90% --strategy greedy";
  std::string const words[] = {"budget",           "peak memory",        "time",
                               "overhead",         "proven lower bound", "gap to it",
                               "nodes recomputed", "seconds to solve",   "recomputing"};
  auto const plain = checkmate_cli(plan, "2>&1");
  for (auto const& word : words) {
    CAPTURE(word);
    CHECK(holds(plain.out, word));
  }
  setenv("LC_ALL", "C", 1);
  auto const ascii = checkmate_cli(plan).out;
  for (char const c : ascii) REQUIRE(static_cast<unsigned char>(c) < 128);
  setenv("LC_ALL", "C.UTF-8", 1);
  CHECK(holds(checkmate_cli(plan).out, "█"));
  unsetenv("LC_ALL");
}

TEST_CASE("program: compare runs the strategies side by side at each budget") {
  auto const rows = parsed(checkmate_cli("compare " + graph("torch/unet_b8.json.gz") +
                                         " --strategies greedy,checkpoint_all --budget 100% 90% --json"));
  REQUIRE(rows.size() == 4);
  CHECK(rows[0]["strategy"] == "greedy");
  CHECK(rows[0]["overhead"] == 0.0);
  CHECK(rows[1]["strategy"] == "checkpoint_all");
  CHECK(rows[3]["status"] == "no_solution");
  CHECK(
      checkmate_cli("compare " + graph("torch/unet_b8.json.gz") + " --budget 90% --strategies checkpoint_all")
          .code == 1);
}

TEST_CASE("program: compare leaves out what needs a free order, and runs it where the order is free") {
  std::string const compare =
      "compare " + graph("paper/chain8_unit.json") + " --budget 60% --json --backend none";
  auto names = [&](std::string const& more) {
    std::string text;
    for (auto const& row : parsed(checkmate_cli(compare + more)))
      text += row["strategy"].get<std::string>() + " ";
    return text;
  };
  std::string const fixed = names(" --time-limit 1");
  for (std::string const name : {"automatic", "greedy", "state_search", "rotor", "checkpoint_all"}) {
    CAPTURE(name);
    CHECK(holds(fixed, name + " "));
  }
  CHECK_FALSE(holds(fixed, "least_peak_order"));
  CHECK(names(" --strategies least_peak_order --order free --time-limit 1") == "least_peak_order ");
  auto const asked =
      checkmate_cli("plan " + graph("paper/chain8_unit.json") + " --budget 60% --strategy least_peak_order");
  CHECK(asked.code == 2);
  CHECK(holds(asked.out, "add --order free"));
}

// CBC 2.10.8 prints past its message handlers on small degenerate models, the first of these among them, if
// it is let.
TEST_CASE("program: standard output holds the result alone") {
  for (std::string const file : {"paper/chain8_unit.json", "paper/chain16_unit.json"}) {
    for (int percent = 40; percent < 100; percent += 10) {
      CAPTURE(file);
      CAPTURE(percent);
      auto const seen = checkmate_cli(
          "plan " + graph(file) + " --strategy optimal --json --budget " + std::to_string(percent) + "%",
          "2>/dev/null");
      if (holds(seen.out, "built without")) return;
      CHECK(json::accept(seen.out));
    }
  }
}

// `script` (bsdutils, on every Debian) gives the program a terminal.
TEST_CASE("program: on a terminal long work shows a bar with the best plan and the bound so far") {
  if (std::system("command -v script >/dev/null 2>&1") != 0) return;
  std::string const plan = "plan " + graph("torch/unet_b8.json.gz") + " --budget 60% --time-limit 2 --gap 0";
  auto const bar = [&](std::string const& streams) {
    std::string const inner = "\"'" CHECKMATE_CLI "' " + plan + " --strategy local_search " + streams + "\"";
    std::string const command = "LC_ALL=C.UTF-8 script -qec " + inner + " /dev/null </dev/null";
    std::string text;
    FILE* const pipe = popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
    pclose(pipe);
    return text;
  };
  std::string const seen = bar(">/dev/null");
  CAPTURE(seen);
  CHECK(holds(seen, "local_search "));
  CHECK(holds(seen, " of 2.00 s"));
  CHECK(holds(seen, "best +"));
  CHECK(holds(seen, "bound +"));
  CHECK_FALSE(holds(bar("2>/dev/null"), "best +"));  // and only there
}

TEST_CASE("program: sweep gives a curve that only falls, as a table, as JSON and as a drawing") {
  scratch const tmp;
  std::string const sweep = "sweep " + graph("torch/vgg16_b64.json.gz") + " --strategy greedy --points 5";
  auto const rows = parsed(checkmate_cli(sweep + " --json --svg '" + tmp / "c.svg" + "'"));
  REQUIRE(rows.size() == 5);
  double before = 1e9;
  for (auto const& row : rows) {
    CHECK(row["time"].get<double>() >= row["base_time"].get<double>());
    CHECK(row["overhead"].get<double>() <= before);
    CHECK(row["peak_memory"].get<long>() <= row["budget"].get<long>());
    before = row["overhead"].get<double>();
  }
  CHECK(before == 0);
  std::string const drawing = checkmate::read_text_file(tmp / "c.svg");
  CHECK(holds(drawing, "memory budget (GiB)"));
  CHECK(holds(drawing, "extra time (%)"));
  auto const text = checkmate_cli(sweep);
  CHECK(text.code == 0);
  CHECK(holds(text.out, "overhead"));
}

TEST_CASE("program: sweep refuses what makes no curve, and ends with 1 where no budget has a plan") {
  std::string const sweep = "sweep " + graph("paper/chain8_unit.json");
  for (std::string const wrong : {"--points 1", "--points x", "--svg /", "--strategy magic", "--seed -1"}) {
    CAPTURE(wrong);
    CHECK(checkmate_cli(sweep + " " + wrong).code == 2);
  }
  CHECK(checkmate_cli("sweep /no/such/file.json").code == 2);
  // A method for chains on a graph that is none finds nothing at any budget.
  CHECK(checkmate_cli("sweep " + graph("paper/resnet50_b1.json") + " --points 2 --strategy griewank_log")
            .code == 1);
}

TEST_CASE("program: max-batch finds the largest batch and says whether one more could fit") {
  std::string const ask = "max-batch vgg16 --memory 4GB --strategy chen_greedy";
  auto const found = parsed(checkmate_cli(ask + " --json"));
  long const batch = found["batch"].get<long>();
  CHECK(batch > 1);
  CHECK(found["refused"] == batch + 1);
  CHECK(found["peak_memory"].get<long>() <= 4'000'000'000);
  CHECK(found["interrupted"] == false);
  CHECK(parsed(checkmate_cli(ask + " --json --extra-passes 0"))["batch"].get<long>() <= batch);
  CHECK(parsed(checkmate_cli(ask + " --json --largest 3"))["batch"] == 3);
  auto const text = checkmate_cli(ask);
  CHECK(text.code == 0);
  CHECK(holds(text.out, "largest batch " + std::to_string(batch)));
  auto const none = checkmate_cli("max-batch vgg16 --memory 1MB");
  CHECK(none.code == 1);
  CHECK(holds(none.out, "no batch fits"));
}

TEST_CASE("program: max-batch takes graph files of one network at two batch sizes") {
  scratch const tmp;
  auto const record = [&](std::int64_t batch, char const* file) {
    checkmate::recorded_graph g{.name = "net", .time_unit = "us", .fixed = 100};
    double const time = 5 + static_cast<double>(batch);
    g.nodes = {{.name = "a", .time = time, .outputs = {10 * batch}},
               {.name = "b", .time = time, .outputs = {10 * batch}, .reads = {{0, 0}}},
               {.name = "c", .time = time, .outputs = {7}, .reads = {{1, 0}, {0, 0}}, .backward = true}};
    checkmate::save_graph(tmp / file, g);
    return "'" + tmp / file + "'@" + std::to_string(batch);
  };
  std::string const two = record(2, "two.json") + " " + record(6, "six.json");
  // Peak: 100 + 20 batch + 7.
  auto const found = parsed(checkmate_cli("max-batch " + two + " --memory 1127 --json"));
  CHECK(found["network"] == "net");
  CHECK(found["batch"] == 51);
  CHECK(found["peak_memory"] == 1127);
  CHECK(found["refused"] == 52);
  CHECK(found["refusal_proven"] == true);
  CHECK(holds(checkmate_cli("max-batch " + two + " --memory 1127").out, "largest batch 51"));
  CHECK(parsed(checkmate_cli("max-batch --memory 1127 --json -- -@2 '" + tmp / "six.json" + "'@6",
                             "<'" + tmp / "two.json" + "' 2>&1"))["batch"] == 51);

  auto const refusal = [](std::string const& words) {
    auto const seen = checkmate_cli("max-batch " + words + " --memory 1127");
    CHECK(seen.code == 2);
    return seen.out;
  };
  CHECK(holds(refusal(record(2, "two.json")), "two batch sizes"));
  CHECK(holds(refusal("'" + tmp / "two.json" + "'"), "FILE@BATCH"));
  CHECK(holds(refusal("'" + tmp / "two.json" + "'@x '" + tmp / "six.json" + "'@6"),
              "after the @ must come the batch"));
  CHECK(holds(refusal(two + " " + graph("paper/chain8_unit.json") + "@9"), "are not of one network"));
  CHECK(holds(refusal("vgg16 vgg19"), "FILE@BATCH"));
  CHECK(holds(refusal("vgg16 --dim T=3"), "--dim is for ONNX models"));
}

TEST_CASE("program: max-batch refuses unknown networks and amounts, naming what there is") {
  auto const wrong = checkmate_cli("max-batch vgg17 --memory 4GB");
  CHECK(wrong.code == 2);
  CHECK(holds(wrong.out, "vgg17"));
  CHECK(holds(wrong.out, "mobilenet"));
  CHECK(checkmate_cli("max-batch vgg16").code == 2);
  CHECK(checkmate_cli("max-batch vgg16 --memory 50%").code == 2);
  CHECK(checkmate_cli("max-batch vgg16 --memory lots").code == 2);
  CHECK(checkmate_cli("max-batch vgg16 --memory 4GB --extra-passes -1").code == 2);
  CHECK(checkmate_cli("max-batch vgg16 --memory 4GB --extra-passes nan").code == 2);
  CHECK(checkmate_cli("max-batch vgg16 --memory 4GB --extra-passes inf").code == 2);
  CHECK(checkmate_cli("max-batch vgg16 --memory 4GB --largest 0").code == 2);
}

TEST_CASE("program: strategies lists names and needs") {
  auto const all = parsed(checkmate_cli("strategies --json"));
  bool found = false;
  for (auto const& entry : all) found |= entry["name"] == "greedy" && entry["needs"] == "nothing";
  CHECK(found);
  CHECK(holds(checkmate_cli("strategies").out, "baseline: "));
  CHECK(holds(checkmate_cli("strategies").out, "checkpoint_all"));
}

TEST_CASE("program: every MIP backend that is built in proves the same optimum when asked for by name") {
  std::string const backends = checkmate_cli("strategies").out;
  for (std::string const name : {"cbc", "glpk"}) {
    if (!holds(backends, "\n  " + name + "  ")) continue;
    CAPTURE(name);
    auto const plan = parsed(checkmate_cli("plan " + graph("paper/chain8_unit.json") +
                                           " --budget 60% --strategy optimal --json --backend " + name));
    CHECK(plan["status"] == "optimal");
    CHECK(plan["time"] == 21);  // 17 nodes of time 1, four of them twice
    CHECK(holds(plan["proof"].get<std::string>(), name));
  }
}
