// SPDX-License-Identifier: Apache-2.0
//
// The program under Ctrl-C and without memory: what is sent are real signals, what is limited is its address
// space.
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <cli/interrupt.hpp>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/json.hpp>

#include "support/data.hpp"
#include "support/limits.hpp"

namespace {

using namespace std::chrono_literals;

/// A folder that is gone afterwards.
struct scratch {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("checkmate_interrupt_test_" + std::to_string(getpid()));
  scratch() { std::filesystem::create_directories(folder); }
  ~scratch() { std::filesystem::remove_all(folder); }
  std::string operator/(char const* name) const { return (folder / name).string(); }
};

std::string content(std::string const& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The program, running with its output in files.
class running_program {
 public:
  running_program(std::vector<std::string> arguments, std::string const& out, std::string const& err) {
    arguments.insert(arguments.begin(), CHECKMATE_CLI);
    child_ = fork();
    REQUIRE(child_ >= 0);
    if (child_ != 0) return;
    bool const led = std::freopen(out.c_str(), "w", stdout) != nullptr &&
                     std::freopen(err.c_str(), "w", stderr) != nullptr;
    std::vector<char*> argv;
    for (std::string& a : arguments) argv.push_back(a.data());
    argv.push_back(nullptr);
    if (led) execv(CHECKMATE_CLI, argv.data());
    _exit(127);
  }
  running_program(running_program const&) = delete;
  running_program& operator=(running_program const&) = delete;
  ~running_program() {
    if (child_ <= 0) return;
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }

  /// Whether SIGINT is blocked, as it is while the program plans; it is asked of the kernel.
  [[nodiscard]] bool plans() const {
    std::ifstream status("/proc/" + std::to_string(child_) + "/status");
    std::string line;
    while (std::getline(status, line)) {
      if (line.rfind("SigBlk:", 0) == 0)
        return (std::stoull(line.substr(7), nullptr, 16) >> (SIGINT - 1) & 1) != 0;
    }
    return false;
  }
  void wait_until_planning(bool planning) const {
    for (int i = 0; i < 12'000 && plans() != planning; ++i) std::this_thread::sleep_for(10ms);
    REQUIRE(plans() == planning);
  }
  void interrupt() const { kill(child_, SIGINT); }

  /// How it ended, as waitpid tells.
  int wait() {
    int status = 0;
    waitpid(child_, &status, 0);
    child_ = -1;
    return status;
  }

 private:
  pid_t child_ = -1;
};

std::string graph(char const* name) {
  return test::example_data(name).string();
}

/// Interrupts a plan that would take minutes and returns what it printed.
nlohmann::json interrupted_plan(std::vector<std::string> const& how) {
  scratch const tmp;
  std::string const schedule = tmp / "s.json";
  std::string const file = graph("torch/vgg16_b64.json.gz");
  std::vector<std::string> arguments = {"plan", file,           "--budget", "85%",   "--json", "--gap",
                                        "0",    "--time-limit", "600",      "--out", schedule};
  arguments.insert(arguments.end(), how.begin(), how.end());
  // Patience until it has a plan differs from machine to machine: more of it each time.
  for (auto const patience : {500ms, 5000ms, 30'000ms}) {
    running_program program(arguments, tmp / "out", tmp / "err");
    program.wait_until_planning(true);
    std::this_thread::sleep_for(patience);
    program.interrupt();
    int const status = program.wait();
    CAPTURE(content(tmp / "err"));
    REQUIRE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 1) continue;  // no plan yet
    REQUIRE(WEXITSTATUS(status) == 0);
    auto const g = checkmate::load_graph(file);
    auto const plan = checkmate::load_schedule(schedule);
    CHECK(checkmate::simulate(checkmate::lower(g, g), plan.plan, {.budget = plan.budget}).valid());
    return nlohmann::json::parse(content(tmp / "out"));
  }
  FAIL("no plan before the interruption");
  return {};
}

}  // namespace

TEST_CASE("interrupt: Ctrl-C ends a long plan with the best one found, whatever plans") {
  for (std::vector<std::string> const& how : std::vector<std::vector<std::string>>{
           {"--strategy", "local_search"},
           {"--strategy", "local_search", "--threads", "2"},
#ifdef CHECKMATE_CLI_WITH_CBC
           {"--backend", "cbc"},
           {"--strategy", "optimal", "--backend", "cbc"},
           {"--strategy", "windowed", "--backend", "cbc"},
#endif
       }) {
    CAPTURE(how.back());
    auto const said = interrupted_plan(how);
    CHECK(said["peak_memory"] <= said["budget"]);
    CHECK(said["seconds"] < 600);
    CHECK((said["status"] == "feasible" || said["status"] == "optimal"));
  }
}

TEST_CASE("interrupt: a sweep and a comparison show what they have, and say that it is not all") {
  scratch const tmp;
  std::string const file = graph("torch/vgg16_b64.json.gz");
  using words = std::vector<std::string>;
  for (words const& command : {words{"sweep", file, "--points", "40", "--json"},
                               words{"compare", file, "--budget", "85%", "--json"}}) {
    CAPTURE(command.front());
    words arguments = command;
    arguments.insert(arguments.end(), {"--gap", "0", "--time-limit", "600"});
    running_program program(arguments, tmp / "out", tmp / "err");
    program.wait_until_planning(true);
    std::this_thread::sleep_for(500ms);
    program.interrupt();
    int const status = program.wait();
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) <= 1);
    CHECK(nlohmann::json::parse(content(tmp / "out")).is_array());
    CHECK(content(tmp / "err").find("interrupted") != std::string::npos);
  }
}

TEST_CASE("interrupt: a Ctrl-C after planning ends the program as ever") {
  scratch const tmp;
  std::string const pipe = tmp / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  running_program program({"plan", graph("paper/chain8_unit.json"), "--budget", "60%", "--strategy",
                           "local_search", "--gap", "0", "--time-limit", "600", "--out", pipe},
                          tmp / "out", tmp / "err");
  program.wait_until_planning(true);
  std::this_thread::sleep_for(500ms);
  program.interrupt();
  program.wait_until_planning(false);  // nobody reads the pipe: it waits for that now
  program.interrupt();
  int const status = program.wait();
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGINT);
}

TEST_CASE("interrupt: the first Ctrl-C asks, one that is no echo of it ends the program at once") {
  scratch const tmp;
  std::string const alive = tmp / "alive", err = tmp / "err";
  pid_t const child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (std::freopen(err.c_str(), "w", stderr) == nullptr) _exit(1);
    cli::interrupt const ctrl_c;
    kill(getpid(), SIGINT);
    while (!ctrl_c.requested()) std::this_thread::sleep_for(1ms);
    kill(getpid(), SIGINT);  // as timeout(1) does, which signals the program and its group
    std::this_thread::sleep_for(600ms);
    std::ofstream(alive) << "yes";
    kill(getpid(), SIGINT);
    std::this_thread::sleep_for(600s);  // work that does not heed the first
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 130);
  CHECK(content(alive) == "yes");
  CHECK(content(err).find("interrupted again") != std::string::npos);
}

#ifndef CHECKMATE_TEST_WITHOUT_LIMITS
namespace {

/// How the program ends that may use so much address space: its exit code, or 1000 and the signal.
int ending_within(int kibibytes, std::string const& arguments, std::string const& err) {
  std::string const command = "ulimit -v " + std::to_string(kibibytes) + "; exec '" CHECKMATE_CLI "' " +
                              arguments + " >/dev/null 2>'" + err + "'";
  int const status = std::system(("/bin/sh -c \"" + command + "\"").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/// The least, in whole MiB, in which the loader and the libraries have what they need.
int least_kibibytes(std::string const& err) {
  int least = 4 << 10;
  while (ending_within(least, "--version", err) != 0) least += 1 << 10;
  return least;
}

/// Runs the program with ever more memory, in steps that `next` makes of what it has beyond the least, until
/// it does what it is asked: whatever it has, it ends by itself and says what it lacks.
void check_every_limit(std::string const& arguments, int (*next)(int)) {
  scratch const tmp;
  std::string const err = tmp / "err";
  int const least = least_kibibytes(err);
  bool refused = false, done = false;
  for (int more = 0; more < 1 << 20 && !done; more = next(more)) {
    int const code = ending_within(least + more, arguments, err);
    std::string const said = content(err);
    CAPTURE(least + more);
    CAPTURE(said);
    CHECK((code == 0 || code == 1 || code == 3));  // 1: no plan in the second that it has
    if (code == 3) CHECK(said.find("out of memory") != std::string::npos);
    refused = refused || code == 3;
    done = code == 0 || code == 1;
  }
  CHECK(refused);
  CHECK(done);
}

}  // namespace

TEST_CASE("program: without memory it says so, and ends with 3") {
  check_every_limit("plan '" + graph("paper/chain8_unit.json") +
                        "' --budget 50% --strategy automatic --backend none --time-limit 1",
                    [](int more) { return more * 2 + 1'000; });
}

TEST_CASE("program: a file that memory cannot hold is refused for that, wherever memory runs out") {
  check_every_limit("info '" + graph("torch/densenet121_b32.json.gz") + "' --json",
                    [](int more) { return more + 100; });
}
#endif
