#include "engine/yaml_reader.h"

#include <doctest/doctest.h>

#include <string>

#include "engine/json_writer.h"

using namespace stateward;

namespace {

std::string json_of(std::string_view yaml) {
  const ReadDocument read = read_yaml({yaml});
  return read.document ? to_json(read.document->node()) : "refused";
}

std::string first_message(const ReadDocument& read) {
  return read.diagnostics.empty() ? "" : read.diagnostics.front().message;
}

}  // namespace

TEST_CASE("threat i: plain scalars have the type that go-yaml gives them") {
  struct Case {
    const char* written;
    const char* json;
  };
  const Case cases[] = {
      {"yes", "true"},
      {"on", "true"},
      {"n", "false"},
      {"Off", "false"},
      {"yEs", "\"yEs\""},
      {"~", "null"},
      {"nULL", "\"nULL\""},
      {"0644", "420"},
      {"0o644", "420"},
      {"0x1F", "31"},
      {"0b11", "3"},
      {"-0x1F", "-31"},
      {"1_000", "1000"},
      {"08", "8"},
      {"1e3", "1000"},
      {"1e-9999999999999999999", "0"},
      {"1e9999999999999999999", "\"1e9999999999999999999\""},
      {"3.0", "3"},
      {"1.5", "1.5"},
      {"1:30", "\"1:30\""},
      {"+12", "12"},
      {".5", "0.5"},
      {"1.2.3", "\"1.2.3\""},
      {"0x", "\"0x\""},
      {"2001-01-01", "\"2001-01-01\""},
      {"9223372036854775807", "9223372036854775807"},
      {"1e", "\"1e\""},
      {"!!str 12", "\"12\""},
      {"\"yes\"", "\"yes\""},
      {"!custom 12", "\"12\""},
      {"1__0", "10"},
      {".", "\".\""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.written);
    CHECK(json_of("a: " + std::string(c.written)) == "{\"a\":" + std::string(c.json) + "}");
  }
}

TEST_CASE("keys are text, whatever type they were written with") {
  CHECK(json_of("y: 1\n0x10: 2\n1.5: 3\n\"no\": 4") == R"({"true":1,"16":2,"1.5":3,"no":4})");
}

TEST_CASE("merge keys are merged where they stand, the earlier map of a list first") {
  CHECK(json_of("a: &a {x: 1, w: 1}\nb: &b {x: 2, z: 2}\nc:\n  <<: [*a, *b]\n  w: 3") ==
        R"({"a":{"x":1,"w":1},"b":{"x":2,"z":2},"c":{"x":1,"z":2,"w":3}})");
  CHECK(read_yaml({"a: &a {x: 1}\nb:\n  <<: *a\n  x: 2"}).diagnostics.empty());
  CHECK(first_message(read_yaml({"a:\n  <<: 3"})).find("merge key") != std::string::npos);
  CHECK(json_of("\"<<\": 3") == R"({"<<":3})");
}

TEST_CASE("what kubectl refuses is refused, at the place") {
  struct Case {
    const char* yaml;
    Position where;
    const char* says;
  };
  const Case cases[] = {
      {"a: @x", {1, 4}, "cannot start any token"},
      {"a: 1\n\tb: 2", {2, 1}, ""},
      {"a: \"x", {1, 6}, ""},
      {"a: {{ .Values.x }}", {1, 5}, "a map cannot be a key"},
      {"? [a]\n: 1", {1, 3}, "a list cannot be a key"},
      {"~: 1", {1, 1}, "null cannot be a key"},
      {"a: *x", {1, 4}, "unknown anchor"},
      {"a: &x\n  b: *x", {2, 6}, "contains itself"},
      {"a: .inf", {1, 4}, "JSON"},
      {"%YAML 1.2\n---\na: 1", {1, 1}, "%YAML"},
      {"é: \"ü\\/x\"", {1, 4}, "no escape"},
      {"a: 1\nb: x\xFF", {2, 5}, ""},
      {"--- {a: 1}", {1, 5}, "separator"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.yaml);
    const ReadDocument read = read_yaml({c.yaml});
    CHECK_FALSE(read.document);
    REQUIRE(read.diagnostics.size() == 1);
    CHECK(read.diagnostics.front().span.start == c.where);
    CHECK(read.diagnostics.front().message.find(c.says) != std::string::npos);
  }
}

TEST_CASE("a key that comes again is diagnosed with both places and the last one counts") {
  const ReadDocument read = read_yaml({"a: 1\nb: 2\na: 3\n"});
  REQUIRE(read.document);
  CHECK(to_json(read.document->node()) == R"({"a":3,"b":2})");
  REQUIRE(read.diagnostics.size() == 1);
  CHECK(read.diagnostics.front().span == Span{{3, 1}, {3, 2}});
  CHECK(read.diagnostics.front().message.find("line 1, column 1") != std::string::npos);
  CHECK(read_yaml({"1: a\n01: b"}).diagnostics.size() == 1);
  CHECK(read_yaml({"yes: a\ntrue: b"}).diagnostics.size() == 1);
}

TEST_CASE("a repeated key is found among many") {
  std::string yaml;
  for (int i = 0; i < 100; ++i) yaml += "k" + std::to_string(i) + ": 1\n";
  CHECK(read_yaml({yaml}).diagnostics.empty());
  CHECK(read_yaml({yaml + "k50: 2\n"}).diagnostics.size() == 1);
}

TEST_CASE("threat i: a file of a billion laughs costs nothing") {
  std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    yaml += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 9; ++j) yaml += before + ", ";
    yaml += before + "]\n";
  }
  const ReadDocument read = read_yaml({yaml});
  CHECK_FALSE(read.document);
  CHECK(first_message(read).find("aliases written out") != std::string::npos);
}

TEST_CASE("nesting ends with a message, also by way of aliases") {
  CHECK(first_message(read_yaml({std::string(100'000, '[')})).find("nested deeper") !=
        std::string::npos);
  std::string yaml = "a: &a " + std::string(200, '[') + std::string(200, ']') + "\n";
  CHECK(read_yaml({yaml}).document);
  yaml += "b: " + std::string(100, '[') + "*a" + std::string(100, ']') + "\n";
  CHECK(first_message(read_yaml({yaml})).find("nested deeper") != std::string::npos);
}

TEST_CASE("a stream is cut at every line that begins with three dashes, and lines go on counting") {
  const auto chunks = split_yaml("a: 1\r\n---\r\nb: |\r\n  ---\r\n--- # c\r\nc: 3");
  REQUIRE(chunks.size() == 3);
  CHECK(chunks[1].first_line == 2);
  CHECK(chunks[2].first_line == 5);
  const ReadDocument read = read_yaml(chunks[2]);
  REQUIRE(read.document);
  const Node value = read.document->node()["c"];
  CHECK(read.document->span(value.value()->place) == Span{{6, 4}, {6, 5}});
}

TEST_CASE("nothing but comments is no document, and a byte order mark is none of its columns") {
  CHECK_FALSE(read_yaml({"# only this\n"}).document);
  CHECK(read_yaml({"# only this\n"}).diagnostics.empty());
  CHECK_FALSE(read_yaml({"---\n"}).document);
  const ReadDocument read = read_yaml({"\xEF\xBB\xBFkey: value"});
  REQUIRE(read.document);
  CHECK(read.document->span(read.document->node()["key"].value()->place) == Span{{1, 6}, {1, 11}});
}

TEST_CASE("what kubectl ignores behind the end of a document is said") {
  const ReadDocument read = read_yaml({"a: 1\n...\nb: 2\n"});
  REQUIRE(read.document);
  CHECK(to_json(read.document->node()) == R"({"a":1})");
  REQUIRE(read.diagnostics.size() == 1);
  CHECK(read.diagnostics.front().severity == Diagnostic::Severity::note);
  CHECK(read.diagnostics.front().span.start.line == 3);
}

TEST_CASE("columns count code points") {
  const ReadDocument read = read_yaml({"\"größe\": \"über\""});
  REQUIRE(read.document);
  CHECK(read.document->span(read.document->node()["größe"].value()->place) ==
        Span{{1, 10}, {1, 16}});
}
