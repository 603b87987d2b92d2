// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/json.hpp>

#include "support/data.hpp"
#include "support/throws.hpp"

namespace {

std::string with_steps(std::string_view steps) {
  return R"({"format":"checkmate-schedule","version":1,"graph":"g","strategy":"s","budget":10,"peak_memory":9,)"
         R"("time":3,"base_time":2,"lower_bound":2.5,"status":"feasible","steps":)" +
         std::string(steps) + "}";
}

// The same with one field called something else.
std::string without(std::string const& field) {
  std::string text = with_steps("[]");
  text.insert(text.find(field + "\":"), "not_");
  return text;
}

std::string refusal(std::string const& text) {
  return test::message_of<checkmate::invalid_file>([&] { (void)checkmate::parse_schedule(text, "s.json"); });
}

bool refused(std::string const& text, std::string const& message) {
  std::string const said = refusal(text);
  CAPTURE(said);
  bool const found = said.find("s.json: " + message) == 0;
  CHECK(found);
  return found;
}

}  // namespace

TEST_CASE("parse_schedule: every field of a valid file arrives") {
  auto const s = checkmate::parse_schedule(
      with_steps(R"([{"op":"compute","node":3},{"op":"free","node":3,"output":1}])"));
  CHECK(s.graph == "g");
  CHECK(s.strategy == "s");
  CHECK(s.budget == 10);
  CHECK(s.plan.peak_memory == 9);
  CHECK(s.plan.time == 3);
  CHECK(s.base_time == 2);
  REQUIRE(s.bound);
  CHECK(s.bound->time == 2.5);
  CHECK(s.bound->space == checkmate::schedule_space::fixed_order);
  CHECK(s.status == checkmate::stop_reason::feasible);
  CHECK(s.plan.steps ==
        std::vector<checkmate::step>{{checkmate::action::compute, 3, 0}, {checkmate::action::release, 3, 1}});
}

TEST_CASE("parse_schedule: what breaks the format is refused by field and step") {
  refused("{}", "format is missing");
  refused("[]", "must be an object, it is an array");
  refused(with_steps("["), "is not JSON, byte ");
  refused(R"({"format":"checkmate-graph","version":1})", "format must be \"checkmate-schedule\"");
  refused(R"({"format":"checkmate-schedule","version":3})",
          "version must be 1 or 2, the versions that this library knows, it is 3");
  for (auto const* field : {"budget", "peak_memory", "time", "base_time", "status"}) {
    refused(without(field), std::string(field) + " is missing");
  }
  refused(with_steps("{}"), "steps must be an array, it is an object");
  refused(with_steps("[7]"), "steps[0] must be an object, it is 7");
  refused(with_steps(R"([{"node":1}])"), "steps[0].op is missing");
  refused(with_steps(R"([{"op":"compute"}])"), "steps[0].node is missing");
  refused(with_steps(R"([{"op":"run","node":1}])"),
          "steps[0].op must be \"compute\" or \"free\", it is \"run\"");
  refused(with_steps(R"([{"op":"compute","node":-1}])"), "steps[0].node must be a node id, it is -1");
  refused(with_steps(R"([{"op":"compute","node":4294967295}])"), "steps[0].node must be a node id");
  refused(with_steps(R"([{"op":"compute","node":1},{"op":"free","node":1}])"), "steps[1].output is missing");
  refused(with_steps(R"([{"op":"free","node":1,"output":"0"}])"),
          "steps[0].output must be an output's number");
}

TEST_CASE("schedule_text: a bound is written with the schedules that it holds for, and read back") {
  checkmate::result found;
  for (auto const space : {checkmate::schedule_space::stages, checkmate::schedule_space::fixed_order,
                           checkmate::schedule_space::any_order}) {
    found.bound = {2.0, space};
    auto const back = checkmate::parse_schedule(checkmate::schedule_text(checkmate::record(found, "g")));
    REQUIRE(back.bound);
    CHECK(back.bound->time == 2.0);
    CHECK(back.bound->space == space);
  }
  found.bound = {};
  CHECK_FALSE(checkmate::record(found, "g").bound);
  std::string const text = checkmate::schedule_text(checkmate::record(found, "g"));
  CHECK(text.find("lower_bound") == std::string::npos);
  CHECK(text.find("bound_space") == std::string::npos);
}

TEST_CASE(
    "parse_schedule: a bound of version 1 that holds for the paper's schedules is not read as one for all") {
  std::string text = with_steps("[]");
  text.replace(text.find("lower_bound"), 11, "stages_lower_bound");
  auto const s = checkmate::parse_schedule(text);
  REQUIRE(s.bound);
  CHECK(s.bound->space == checkmate::schedule_space::stages);
}

TEST_CASE("parse_schedule: version 2 has the words of the API, and no others") {
  auto const second = [](std::string const& steps, std::string const& claim = "") {
    return R"({"format":"checkmate-schedule","version":2,"budget":10,"peak_memory":9,"time":3,"base_time":2,)" +
           claim + R"("status":"feasible","steps":)" + steps + "}";
  };
  auto const s =
      checkmate::parse_schedule(second(R"([{"op":"compute","node":3},{"op":"release","node":3,"output":1}])",
                                       R"("lower_bound":2.5,"bound_space":"any_order",)"));
  CHECK(s.plan.steps ==
        std::vector<checkmate::step>{{checkmate::action::compute, 3, 0}, {checkmate::action::release, 3, 1}});
  REQUIRE(s.bound);
  CHECK(s.bound->space == checkmate::schedule_space::any_order);
  refused(second("[]", R"("lower_bound":2.5,)"), "bound_space is missing");
  refused(second("[]", R"("lower_bound":2.5,"bound_space":"all",)"), "bound_space must be \"stages\"");
  refused(second(R"([{"op":"free","node":3,"output":1}])"),
          "steps[0].op must be \"compute\" or \"release\", it is \"free\"");
  refused(second(R"([{"op":"pack","node":3,"output":1}])"), "steps[0].op must be \"compute\" or \"release\"");
  refused(second(R"([{"op":"compute","node":3,"offsets":[0]}])"),
          "steps[0].offsets is nothing that this version");
  // Version 1 does not have them.
  refused(with_steps(R"([{"op":"release","node":3,"output":1}])"),
          "steps[0].op must be \"compute\" or \"free\"");
}

TEST_CASE("save_schedule: a plan of a real training step is written, read back the same and replays") {
  auto const g = checkmate::load_graph(test::example_data("torch/resnet50_b64.json.gz"));
  auto const d = checkmate::lower(g, g);
  auto const found = checkmate::solve(d, {}, checkmate::checkpoint_all{});
  REQUIRE(found);
  auto const file = std::filesystem::temp_directory_path() / "checkmate_schedule_test.json.gz";
  checkmate::save_schedule(file, checkmate::record(found, g.name));
  auto const back = checkmate::load_schedule(file);
  std::filesystem::remove(file);
  CHECK(back.graph == "resnet50_b64");
  CHECK(back.strategy == "checkpoint_all");
  CHECK(back.status == checkmate::stop_reason::optimal);
  CHECK(back.plan.steps == found.plan->steps);
  CHECK(back.plan.time == found.plan->time);
  CHECK(back.plan.peak_memory == found.plan->peak_memory);
  REQUIRE(back.bound);
  CHECK(back.bound->time == found.base_time);
  CHECK(checkmate::simulate(d, back.plan).peak_memory == back.plan.peak_memory);
}
