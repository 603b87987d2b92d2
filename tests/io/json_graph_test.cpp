// SPDX-License-Identifier: Apache-2.0
//
// The graph reader: what it takes, and that everything else is refused by name.
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <checkmate/checkmate.hpp>
#include <checkmate/io/json.hpp>

#include "support/data.hpp"

namespace {

using checkmate::parse_graph;

// A valid file of three nodes; the broken ones below differ from it in one place.
constexpr std::string_view head =
    R"({"format":"checkmate-graph","version":1,"name":"g","source":"s","units":{"cost":"us","memory":"bytes"},"fixed_memory":5,)";
constexpr std::string_view node0 =
    R"({"id":0,"name":"a","cost":1.5,"memory":30,"outputs":[10,20],"backward":false})";
constexpr std::string_view node1 =
    R"({"id":1,"name":"b","op":"relu","cost":2,"memory":7,"workspace":3,"reads":[[0,1]],"backward":false,"run_once":true})";
constexpr std::string_view node2 = R"({"id":2,"name":"c","cost":0,"memory":8,"backward":true,"keep":[0]})";
constexpr std::string_view edges = R"("edges":[[0,1],[0,2],[1,2]])";

std::string file_of(std::string_view first, std::string_view a, std::string_view b, std::string_view c,
                    std::string_view last) {
  std::string text(first);
  text += "\"nodes\":[";
  text += a;
  text += ",";
  text += b;
  text += ",";
  text += c;
  text += "],";
  text += last;
  return text + "}";
}

std::string good() {
  return file_of(head, node0, node1, node2, edges);
}
std::string with_head(std::string_view text) {
  return file_of(text, node0, node1, node2, edges);
}
std::string with_node0(std::string_view text) {
  return file_of(head, text, node1, node2, edges);
}
std::string with_node1(std::string_view text) {
  return file_of(head, node0, text, node2, edges);
}
std::string with_edges(std::string_view text) {
  return file_of(head, node0, node1, node2, text);
}

std::string refusal(std::string_view text) {
  try {
    (void)parse_graph(text, "f.json");
  } catch (checkmate::invalid_file const& refused) {
    return refused.what();
  }
  return "accepted";
}

struct broken_file {
  char const* what;
  std::string text;
  char const* message;  // must be part of the refusal
};

void check_refused(std::vector<broken_file> const& files) {
  for (auto const& file : files) {
    CAPTURE(file.what);
    std::string const message = refusal(file.text);
    CAPTURE(message);
    CHECK(message.find("f.json: ") == 0);
    CHECK(message.find(file.message) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("parse_graph: every field of a valid file arrives") {
  auto const g = parse_graph(good());
  CHECK(g.name == "g");
  CHECK(g.source == "s");
  CHECK(g.time_unit == "us");
  CHECK(g.memory_unit == "bytes");
  CHECK(g.fixed == 5);
  CHECK_FALSE(g.eager.has_value());
  REQUIRE(g.nodes.size() == 3);
  CHECK(g.nodes[0].outputs == std::vector<checkmate::bytes>{10, 20});
  CHECK(g.nodes[0].time == 1.5);
  CHECK(g.nodes[1].op == "relu");
  CHECK(g.nodes[1].workspace == 3);
  CHECK(g.nodes[1].run_once);
  CHECK_FALSE(g.nodes[2].run_once);
  CHECK(g.nodes[2].backward);
  CHECK(g.nodes[2].retained == std::vector<std::uint32_t>{0});
  CHECK(g.nodes[1].reads == std::vector<checkmate::value_ref>{{0, 1}});
  // No "reads": all outputs of every predecessor.
  CHECK(g.nodes[2].reads == std::vector<checkmate::value_ref>{{0, 0}, {0, 1}, {1, 0}});
}

TEST_CASE("parse_graph: a recorded graph is its own cost model and lowers as it stands") {
  auto const g = parse_graph(good());
  auto const d = checkmate::lower(g, g);
  CHECK(d.size() == 3);
  CHECK(d.value_count() == 4);
  CHECK(d.edge_count() == 3);
  CHECK(d.fixed_memory() == 5);
  CHECK(d.base_time() == 3.5);
  CHECK(d.workspace(checkmate::node_index{1}) == 3);
  CHECK(d.run_once(checkmate::node_index{1}));
  CHECK(d.retained(checkmate::value_index{3}));
  CHECK(d.label(checkmate::node_index{0}) == "a");
  CHECK(checkmate::simulate(d, checkmate::no_recompute_schedule(d)).peak_memory == 5 + 30 + 7 + 8);
}

TEST_CASE("parse_graph: optional text may be absent, unknown fields are ignored") {
  auto const g = parse_graph(
      R"({"format":"checkmate-graph","version":1,"more":[{}],"nodes":[{"id":0,"cost":1,"memory":2,"x":{}}],"edges":[]})");
  CHECK(g.nodes.size() == 1);
  CHECK(g.fixed == 0);
  CHECK_FALSE(g.nodes[0].backward);
}

TEST_CASE("parse_graph: whole numbers may be written with a fraction or an exponent, to the last digit") {
  auto const memory_of = [](std::string const& text) {
    return parse_graph(with_node1(R"({"id":1.0,"cost":1,"memory":)" + text + R"(,"reads":[[0.0,1e0]]})"))
        .nodes[1]
        .outputs[0];
  };
  CHECK(memory_of("1048576.0") == 1048576);
  CHECK(memory_of("1e6") == 1'000'000);
  CHECK(memory_of("1.5E+3") == 1500);
  CHECK(memory_of("12500e-2") == 125);
  CHECK(memory_of("0.0e99") == 0);
  CHECK(memory_of("9007199254740993.0") == 9007199254740993);  // not a double
  CHECK(memory_of("9223372036854775807.000") == 9223372036854775807);
  CHECK(memory_of("0.000000000000000001e20") == 100);
  CHECK(parse_graph(with_node1(R"({"id":1,"cost":2e0,"memory":1})")).nodes[1].time == 2);
  for (std::string const wrong :
       {"1048576.5", "1e-1", "9223372036854775808.0", "1e19", "1e300", "-1.0", "5e-324"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(memory_of(wrong), checkmate::invalid_file);
  }
}

TEST_CASE("parse_graph: an edge and a read may stand there twice, as inputs may in a graph in C++") {
  auto const g =
      parse_graph(file_of(head, node0, R"({"id":1,"cost":1,"memory":1,"reads":[[0,1],[0,1],[0,0]]})", node2,
                          R"("edges":[[0,1],[0,2],[1,2],[0,1],[0,1]])"));
  CHECK(g.nodes[1].reads == std::vector<checkmate::value_ref>{{0, 0}, {0, 1}});
  CHECK(checkmate::lower(g, g).edge_count() == 3);
}

TEST_CASE("parse_graph: the figures of the framework are read where present") {
  auto const g = parse_graph(
      R"({"format":"checkmate-graph","version":1,"eager":{"step_ms":1.5,"peak_bytes":9,"base_bytes":4},)"
      R"("nodes":[{"id":0,"cost":1,"memory":2}],"edges":[]})");
  REQUIRE(g.eager.has_value());
  CHECK(g.eager->step_ms == 1.5);
  CHECK(g.eager->peak_bytes == 9);
  CHECK(g.eager->base_bytes == 4);
}

TEST_CASE("parse_graph: text that is not JSON is refused with the byte") {
  check_refused({
      {"nothing", "", "is not JSON, byte 1"},
      {"truncated", good().substr(0, 200), "is not JSON, byte 201"},
      {"a word", "hello", "is not JSON, byte 1"},
      {"something after it", good() + "}", "is not JSON, byte "},
      {"NaN", with_node0(R"({"id":0,"cost":NaN,"memory":1})"), "is not JSON"},
      {"not UTF-8", with_head("{\"name\":\"\xff\","), "is not JSON"},
      {"a number beyond double", with_node0(R"({"id":0,"cost":1e999,"memory":1})"),
       "number overflow parsing '1e999'"},
      {"nested a million deep", std::string(1000000, '['), "nests deeper than 64 levels, at byte 65"},
  });
}

TEST_CASE("parse_graph: a wrong head is refused by field") {
  check_refused({
      {"an array", "[]", "must be an object, it is an array"},
      {"null", "null", "must be an object, it is null"},
      {"no format", R"({"version":1})", "format is missing"},
      {"another format", with_head(R"({"format":"checkmate-schedule","version":1,)"),
       "format must be \"checkmate-graph\", it is \"checkmate-schedule\""},
      {"format of another type", with_head(R"({"format":7,"version":1,)"), "format must be text, it is 7"},
      {"no version", with_head(R"({"format":"checkmate-graph",)"), "version is missing"},
      {"a later version", with_head(R"({"format":"checkmate-graph","version":3,)"),
       "version must be 1 or 2, the versions that this library knows, it is 3"},
      {"version as text", with_head(R"({"format":"checkmate-graph","version":"1",)"),
       "version must be 1 or 2, it is \"1\""},
      {"negative fixed bytes", with_head(R"({"format":"checkmate-graph","version":1,"fixed_memory":-1,)"),
       "fixed_memory must be an integer from 0 to 2^63-1 (bytes), it is -1"},
      {"units of another type", with_head(R"({"format":"checkmate-graph","version":1,"units":3,)"),
       "units must be an object, it is 3"},
      {"a unit of another type", with_head(R"({"format":"checkmate-graph","version":1,"units":{"cost":3},)"),
       "units.cost must be text, it is 3"},
      {"megabytes", with_head(R"({"format":"checkmate-graph","version":1,"units":{"memory":"MB"},)"),
       "units.memory must be \"bytes\", it is \"MB\""},
      {"mebibytes", with_head(R"({"format":"checkmate-graph","version":1,"units":{"memory":"MiB"},)"),
       "units.memory must be \"bytes\", it is \"MiB\""},
      {"name of another type", with_head(R"({"format":"checkmate-graph","version":1,"name":[],)"),
       "name must be text, it is an array"},
      {"eager of another type",
       with_head(R"({"format":"checkmate-graph","version":1,"eager":{"peak_bytes":"x"},)"),
       "eager.peak_bytes must be an integer"},
      {"no nodes", R"({"format":"checkmate-graph","version":1,"edges":[]})", "nodes is missing"},
      {"empty nodes", R"({"format":"checkmate-graph","version":1,"nodes":[],"edges":[]})",
       "nodes must not be empty"},
      {"nodes of another type", R"({"format":"checkmate-graph","version":1,"nodes":{},"edges":[]})",
       "nodes must be an array, it is an object"},
  });
}

TEST_CASE("parse_graph: a wrong node is refused by node and field") {
  check_refused({
      {"not an object", with_node1("7"), "nodes[1] must be an object, it is 7"},
      {"no id", with_node1(R"({"cost":1,"memory":1})"), "nodes[1].id is missing"},
      {"an id out of place", with_node1(R"({"id":2,"cost":1,"memory":1})"),
       "nodes[1].id must be the node's position in the array, 1, it is 2"},
      {"an id that is text", with_node1(R"({"id":"1","cost":1,"memory":1})"),
       "nodes[1].id must be the node's position"},
      {"no cost", with_node1(R"({"id":1,"memory":1})"), "nodes[1].cost is missing"},
      {"a negative cost", with_node1(R"({"id":1,"cost":-1,"memory":1})"),
       "nodes[1].cost must be a number >= 0, it is -1"},
      {"a cost that is text", with_node1(R"({"id":1,"cost":"1","memory":1})"),
       "nodes[1].cost must be a number >= 0, it is \"1\""},
      {"a cost that is null", with_node1(R"({"id":1,"cost":null,"memory":1})"),
       "nodes[1].cost must be a number >= 0, it is null"},
      {"no memory", with_node1(R"({"id":1,"cost":1})"), "nodes[1].memory is missing"},
      {"negative memory", with_node1(R"({"id":1,"cost":1,"memory":-8})"),
       "nodes[1].memory must be an integer from 0 to 2^63-1 (bytes), it is -8"},
      {"half a byte", with_node1(R"({"id":1,"cost":1,"memory":0.5})"), "nodes[1].memory must be an integer"},
      {"2^63 bytes", with_node1(R"({"id":1,"cost":1,"memory":9223372036854775808})"),
       "nodes[1].memory must be an integer"},
      {"2^64 bytes", with_node1(R"({"id":1,"cost":1,"memory":18446744073709551616})"),
       "nodes[1].memory must be an integer"},
      {"name of another type", with_node1(R"({"id":1,"name":1,"cost":1,"memory":1})"),
       "nodes[1].name must be text"},
      {"op of another type", with_node1(R"({"id":1,"op":1,"cost":1,"memory":1})"),
       "nodes[1].op must be text"},
      {"backward of another type", with_node1(R"({"id":1,"backward":0,"cost":1,"memory":1})"),
       "nodes[1].backward must be true or false, it is 0"},
      {"run_once of another type", with_node1(R"({"id":1,"run_once":"yes","cost":1,"memory":1})"),
       "nodes[1].run_once must be true or false"},
      {"negative workspace", with_node1(R"({"id":1,"workspace":-4,"cost":1,"memory":1})"),
       "nodes[1].workspace must be an integer from 0"},
      {"outputs of another type", with_node1(R"({"id":1,"outputs":1,"cost":1,"memory":1})"),
       "nodes[1].outputs must be an array, it is 1"},
      {"a negative output", with_node1(R"({"id":1,"outputs":[2,-1],"cost":1,"memory":1})"),
       "nodes[1].outputs"},
      {"outputs that are less than memory", with_node1(R"({"id":1,"outputs":[3,4],"cost":1,"memory":8})"),
       "nodes[1].outputs must add up to memory, 8 bytes, but add up to 7"},
      {"outputs that overflow",
       with_node1(
           R"({"id":1,"outputs":[9223372036854775807,9223372036854775807],"cost":1,"memory":9223372036854775806})"),
       "nodes[1].outputs must add up to memory"},
      {"keep of another type", with_node1(R"({"id":1,"keep":true,"cost":1,"memory":1})"),
       "nodes[1].keep must be an array"},
      {"keep out of range", with_node1(R"({"id":1,"keep":[1],"cost":1,"memory":1})"),
       "nodes[1].keep[0] must be one of the node's outputs, 0..0, it is 1"},
      {"keep negative", with_node1(R"({"id":1,"keep":[-1],"cost":1,"memory":1})"),
       "nodes[1].keep[0] must be one of the node's outputs"},
      {"keep of no outputs", with_node1(R"({"id":1,"keep":[0],"outputs":[],"cost":1,"memory":0})"),
       "of which there are none"},
      {"keep twice", with_node1(R"({"id":1,"keep":[0,0],"cost":1,"memory":1})"),
       "nodes[1].keep names an output twice"},
  });
}

TEST_CASE("parse_graph: wrong edges and reads are refused by place") {
  check_refused({
      {"no edges", R"({"format":"checkmate-graph","version":1,"nodes":[{"id":0,"cost":1,"memory":2}]})",
       "edges is missing"},
      {"edges of another type", with_edges(R"("edges":7)"), "edges must be an array, it is 7"},
      {"an edge of another type", with_edges(R"("edges":[[0,1],7])"), "edges[1] must be an array, it is 7"},
      {"three ends", with_edges(R"("edges":[[0,1,2]])"), "edges[0] must be a pair [from, to]"},
      {"an unknown node", with_edges(R"("edges":[[0,1],[0,3]])"),
       "edges[1][1] must be one of the node ids, 0..2, it is 3"},
      {"a negative node", with_edges(R"("edges":[[-1,1]])"), "edges[0][0] must be one of the node ids"},
      {"a self-loop", with_edges(R"("edges":[[1,1]])"), "edges[0] is a self-loop: node 1"},
      {"backwards", with_edges(R"("edges":[[0,1],[2,1]])"), "edges[1] goes from node 2 back to node 1"},
      {"a read without edge", with_edges(R"("edges":[[1,2]])"),
       "nodes[1].reads[0] reads node 0, but edges have no [0, 1]"},
      {"an edge without read", with_node1(R"({"id":1,"reads":[],"cost":1,"memory":1})"),
       "nodes[1].reads names no output of node 0, but edges have [0, 1]"},
      {"a read of an unknown node", with_node1(R"({"id":1,"reads":[[9,0]],"cost":1,"memory":1})"),
       "nodes[1].reads[0][0] must be one of the node ids, 0..2, it is 9"},
      {"a read of an unknown output", with_node1(R"({"id":1,"reads":[[0,2]],"cost":1,"memory":1})"),
       "nodes[1].reads[0][1] must be one of the node's outputs, 0..1, it is 2"},
      {"a read that is no pair", with_node1(R"({"id":1,"reads":[0],"cost":1,"memory":1})"),
       "nodes[1].reads[0] must be a pair [node, output]"},
      {"a read of another type", with_node1(R"({"id":1,"reads":{},"cost":1,"memory":1})"),
       "nodes[1].reads must be an array"},
      {"an edge from a node without outputs", with_node0(R"({"id":0,"cost":1,"memory":0,"outputs":[]})"),
       "nodes[1].reads[0][1]"},
  });
}

TEST_CASE(
    "parse_graph: control edges and run-once nodes that may pass others arrive, and come back when written") {
  std::string_view const free_node =
      R"({"id":1,"name":"b","cost":2,"memory":7,"reads":[[0,1]],"run_once":true,"ordered":false,"after":[0,0]})";
  auto const g = parse_graph(with_node1(free_node));
  CHECK_FALSE(checkmate::is_ordered(g, 1));
  CHECK(checkmate::is_ordered(g, 0));
  CHECK(g.after(1) == std::vector<checkmate::node_id>{0});  // named twice, once is enough
  CHECK(g.after(2).empty());
  CHECK(parse_graph(checkmate::graph_text(g)) == g);
  CHECK(checkmate::graph_text(parse_graph(good())).find("after") == std::string::npos);
  CHECK(checkmate::graph_text(parse_graph(good())).find("ordered") == std::string::npos);
  CHECK_FALSE(checkmate::lower(g, g).ordered(checkmate::node_index{1}));
}

TEST_CASE("parse_graph: wrong control edges are refused by place") {
  auto const refused = [](std::string const& after) {
    return refusal(with_node1(R"({"id":1,"name":"b","cost":2,"memory":7,"after":)" + after + "}"));
  };
  CHECK(refused("[3]").find("nodes[1].after[0]") != std::string::npos);
  CHECK(refused("[-1]").find("nodes[1].after[0]") != std::string::npos);
  CHECK(refused("[1]").find("node 1 would come after itself") != std::string::npos);
  CHECK(refused("[0, 2]").find("nodes[1].after[1]") != std::string::npos);
  CHECK(refused("[0, 2]").find("node ids must be a topological order") != std::string::npos);
  CHECK(refused("[\"a\"]").find("nodes[1].after[0]") != std::string::npos);
  CHECK(refused("0").find("nodes[1].after") != std::string::npos);
  CHECK(refusal(with_node1(R"({"id":1,"name":"b","cost":2,"memory":7,"ordered":1})"))
            .find("nodes[1].ordered") != std::string::npos);
}

TEST_CASE("load_graph: what is no readable file is refused by name") {
  auto const folder = std::filesystem::temp_directory_path() / "checkmate_json_graph_test";
  std::filesystem::create_directories(folder);
  auto refused = [](std::filesystem::path const& file) {
    try {
      (void)checkmate::load_graph(file);
    } catch (checkmate::invalid_file const& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(refused(folder).find("is a directory, not a file") != std::string::npos);
  CHECK(refused(folder / "absent.json").find("absent.json: cannot be opened: No such file") !=
        std::string::npos);

  auto const packed = folder / "graph.json.gz";
  checkmate::write_text_file(packed, good());
  CHECK(checkmate::load_graph(packed).nodes.size() == 3);
  std::string whole;
  {
    std::ifstream in(packed, std::ios::binary);
    whole.assign(std::istreambuf_iterator<char>(in), {});
  }
  auto put = [&](std::string const& data) { std::ofstream(packed, std::ios::binary) << data; };
  for (std::size_t cut : {std::size_t{2}, std::size_t{12}, whole.size() / 2, whole.size() - 1}) {
    CAPTURE(cut);
    put(whole.substr(0, cut));
    CHECK(refused(packed).find("graph.json.gz: is truncated") != std::string::npos);
  }
  std::string damaged = whole;
  damaged[damaged.size() - 6] ^= 1;  // the checksum
  put(damaged);
  CHECK(refused(packed).find("graph.json.gz: is damaged") != std::string::npos);
  put(whole + "more");
  CHECK(refused(packed).find("something follows") != std::string::npos);
  std::filesystem::remove_all(folder);
}

TEST_CASE("read_text_file: a file beyond the limit is refused, packed or not") {
  auto const file = std::filesystem::temp_directory_path() / "checkmate_limit_test.txt";
  auto const packed = std::filesystem::temp_directory_path() / "checkmate_limit_test.txt.gz";
  std::string const zeros(1 << 20, '0');
  checkmate::write_text_file(file, zeros);
  checkmate::write_text_file(packed, zeros);
  CHECK(std::filesystem::file_size(packed) < 5000);
  CHECK(checkmate::read_text_file(file) == zeros);
  CHECK(checkmate::read_text_file(packed) == zeros);
  CHECK_THROWS_AS((void)checkmate::read_text_file(file, zeros.size() - 1), checkmate::invalid_file);
  CHECK_THROWS_AS((void)checkmate::read_text_file(packed, zeros.size() - 1), checkmate::invalid_file);
  std::filesystem::remove(file);
  std::filesystem::remove(packed);
}

TEST_CASE("graph_text: what is written is read back the same") {
  auto g = parse_graph(good());
  CHECK(parse_graph(checkmate::graph_text(g)) == g);
  g.eager = checkmate::eager_figures{1.25, 100, 50};
  g.nodes[0].time = 0.1;
  g.nodes[0].name = "quotes \" and \\ and \n and \xc3\xa9";
  CHECK(parse_graph(checkmate::graph_text(g)) == g);
}

TEST_CASE(
    "load_graph: every graph of the project, and the developers' ones, is read and survives a round trip") {
  std::size_t seen = 0;
  std::vector<std::filesystem::path> files;
  for (auto const* folder : {"torch", "paper", "layered"}) {
    for (auto const& file : test::graph_files(test::example_data(folder))) files.push_back(file);
  }
  CHECK(files.size() >= 25);
  for (auto const* folder : {"torch", "paper", "layered", "dtr", "moccasin"}) {
    for (auto const& file : test::graph_files(test::shared_graphs(folder))) files.push_back(file);
  }
  for (auto const& file : files) {
    CAPTURE(file.string());
    auto const g = checkmate::load_graph(file);
    CHECK(parse_graph(checkmate::graph_text(g)) == g);
    auto const d = checkmate::lower(g, g);
    CHECK(checkmate::simulate(d, checkmate::no_recompute_schedule(d)).valid());
    ++seen;
  }
  CHECK(seen == files.size());
}

TEST_CASE("graph_text: outputs of more than 2^63 bytes together come back as they are, for lower to refuse") {
  checkmate::recorded_graph g;
  g.nodes.push_back({.outputs = {checkmate::bytes{1} << 62, checkmate::bytes{1} << 62}});
  CHECK(parse_graph(checkmate::graph_text(g)) == g);
  CHECK_THROWS_AS((void)checkmate::lower(g, g), checkmate::invalid_cost);
}

namespace {

/// The good file of above in the words of version 2, its second node and its outputs as given.
std::string second_version(std::string_view node =
                               R"({"id":1,"name":"b","op":"relu","time":2,"workspace":3,)"
                               R"("run_once":true,"reads":[[0,1]],"outputs":[{"bytes":7}]})",
                           std::string_view more = "") {
  return R"({"format":"checkmate-graph","version":2,"name":"g","source":"s",)" + std::string(more) +
         R"("units":{"time":"us","memory":"bytes"},"fixed_memory":5,"nodes":[)"
         R"({"id":0,"name":"a","time":1.5,"reads":[],"outputs":[{"bytes":10},{"bytes":20}]},)" +
         std::string(node) +
         R"(,{"id":2,"name":"c","time":0,"backward":true,"reads":[[0,0],[0,1],[1,0]],)"
         R"("outputs":[{"bytes":8,"retained":true}]}]})";
}

std::string second_version_with(std::string const& reads, std::string const& outputs) {
  return second_version(R"({"id":1,"time":2,"reads":)" + reads + R"(,"outputs":)" + outputs + "}");
}

}  // namespace

TEST_CASE("parse_graph: version 2 says the same as version 1") {
  CHECK(parse_graph(second_version()) == parse_graph(good()));
  std::string const written = checkmate::graph_text(parse_graph(good()));
  CHECK(written.find("\"version\":2") != std::string::npos);
  CHECK(parse_graph(written) == parse_graph(good()));
  // A read may stand there twice, and unknown fields are nobody's mistake.
  CHECK(parse_graph(second_version_with("[[0,1],[0,1]]", R"([{"bytes":7,"dtype":"f16"}])")).nodes[1].reads ==
        std::vector<checkmate::value_ref>{{0, 1}});
}

TEST_CASE("parse_graph: version 2 refuses by place what is wrong, misspelt or beyond it") {
  auto const node1_with = [](std::string const& field) {
    return second_version(R"({"id":1,"time":2,"reads":[[0,1]],"outputs":[{"bytes":7}],)" + field + "}");
  };
  check_refused({
      {"no time", second_version(R"({"id":1,"reads":[],"outputs":[{"bytes":7}]})"),
       "nodes[1].time is missing"},
      {"no reads", second_version(R"({"id":1,"time":1,"outputs":[{"bytes":7}]})"),
       "nodes[1].reads is missing"},
      {"no outputs", second_version(R"({"id":1,"time":1,"reads":[]})"), "nodes[1].outputs is missing"},
      {"plain sizes", second_version_with("[]", "[7]"), "nodes[1].outputs[0] must be an object, it is 7"},
      {"no bytes", second_version_with("[]", "[{}]"), "nodes[1].outputs[0].bytes is missing"},
      {"negative bytes", second_version_with("[]", R"([{"bytes":-1}])"), "nodes[1].outputs[0].bytes must be"},
      {"retained of another type", second_version_with("[]", R"([{"bytes":1,"retained":1}])"),
       "nodes[1].outputs[0].retained must be true or false, it is 1"},
      {"a read of itself", second_version_with("[[1,0]]", R"([{"bytes":7}])"),
       "nodes[1].reads[0] is a self-loop"},
      {"a read of what comes later", second_version_with("[[0,1],[2,0]]", R"([{"bytes":7}])"),
       "nodes[1].reads[1] is of node 2, which comes after node 1"},
      {"a read of no node", second_version_with("[[3,0]]", R"([{"bytes":7}])"),
       "nodes[1].reads[0][0] must be one of"},
      {"a word of version 1", node1_with(R"("keep":[0])"), "nodes[1].keep is a word of version 1"},
      {"a letter too few", node1_with(R"("workspac":4)"), "nodes[1].workspac is unknown: workspace is meant"},
      {"a letter too many", node1_with(R"("run_oncee":true)"),
       "nodes[1].run_oncee is unknown: run_once is meant"},
      {"another letter", node1_with(R"("bfter":[0])"), "nodes[1].bfter is unknown: after is meant"},
      {"a misspelt output", second_version_with("[]", R"([{"bytes":1,"retaind":true}])"),
       "nodes[1].outputs[0].retaind is unknown: retained is meant"},
      {"a misspelt head", second_version("{\"id\":1}", "\"fixed_memori\":7,"), "fixed_memori is unknown"},
      {"a view", second_version_with("[]", R"([{"bytes":1,"alias_of":[0,0]}])"),
       "nodes[1].outputs[0].alias_of is nothing that this version of the library can plan with"},
      {"in place", second_version_with("[]", R"([{"bytes":1,"may_overwrite":[[0,0]]}])"),
       "may_overwrite is nothing"},
      {"forms", second_version_with("[]", R"([{"bytes":1,"forms":{}}])"), "forms is nothing"},
      {"resources", second_version("{\"id\":1}", "\"resources\":[],"), "resources is nothing"},
  });
}
