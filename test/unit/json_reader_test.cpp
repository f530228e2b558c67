#include "engine/json_reader.h"

#include <doctest/doctest.h>

#include <string>

#include "engine/json_writer.h"

using namespace stateward;

TEST_CASE("JSON comes back as it was read") {
  const std::string json =
      R"({"a":[1,-2,9223372036854775807,1.5,true,false,null],"b":{"c":"\"\\\n\u0001é𝄞"},"d":[],"e":{}})";
  const ReadDocument read = read_json(json, Places::skip);
  REQUIRE(read.document);
  CHECK(to_json(read.document->node()) == json);
  CHECK(read.document->spans.empty());
}

TEST_CASE("a whole number stays whole and a real one stays real") {
  const ReadDocument read =
      read_json(R"({"a":1.0,"b":1,"c":18446744073709551615,"d":1e3})", Places::skip);
  REQUIRE(read.document);
  const Node node = read.document->node();
  CHECK(node["a"].type() == Type::real);
  CHECK(node["b"].type() == Type::integer);
  CHECK(node["c"].type() == Type::real);
  CHECK(node["d"].type() == Type::real);
  CHECK(to_json(node["a"]) == "1.0");
}

TEST_CASE("what is not exactly one JSON document is refused") {
  const char* const refused[] = {
      "",
      "   ",
      "{",
      "{\"a\":1",
      "{\"a\":1}}",
      "{\"a\":1} x",
      "{\"a\":1},",
      "{\"a\" 1}",
      "{\"a\":}",
      "{\"a\":01}",
      "{a:1}",
      "{\"a\":1,}",
      "[1,]",
      "[1 2]",
      "{\"a\":nul}",
      "{\"a\":truex}",
      "\"text\"",
      "12",
      "\xEF\xBB\xBF{}",
      "{\"a\":\"\x01\"}",
      "{\"a\":\"\\ud800\"}",
      "{\"a\":\"\xFF\"}",
      "{\"a\":1e400}",
      "{\"a\":123456789012345678901234567890}",
      "{\"a\":\"\\x\"}",
      "{} {}",
      "[{]}",
      "{\"a\":-}",
      "{\"a\":.5}",
      "{\"a\":+1}",
      "{\"a\":'x'}",
  };
  for (const char* text : refused) {
    CAPTURE(text);
    const ReadDocument read = read_json(text, Places::keep);
    CHECK_FALSE(read.document);
    CHECK(read.diagnostics.size() == 1);
  }
  CHECK_FALSE(read_json(std::string_view("{}\0", 3), Places::skip).document);
}

TEST_CASE("a member that comes again is diagnosed, at every level") {
  for (const char* text :
       {R"({"a":1,"a":2})", R"({"x":[{"a":1,"b":2,"a":2}]})", R"({"a":1,"\u0061":2})"}) {
    CAPTURE(text);
    const ReadDocument read = read_json(text, Places::keep);
    REQUIRE(read.diagnostics.size() == 1);
    CHECK(read.diagnostics.front().message.find("stands already in line 1") != std::string::npos);
  }
}

TEST_CASE("places are where the text has them") {
  const ReadDocument read = read_json(
      "{\n  \"kéy\": \"va\\\"l\",\n  \"n\" : -12 ,\n  \"l\": [true]\n}", Places::keep, 10);
  REQUIRE(read.document);
  const Document& document = *read.document;
  const auto span = [&](Node node) { return document.span(node.value()->place); };
  CHECK(span(document.node()["kéy"]) == Span{{11, 10}, {11, 17}});
  CHECK(span(document.node()["n"]) == Span{{12, 9}, {12, 12}});
  CHECK(span(document.node()["l"][std::size_t{0}]) == Span{{13, 9}, {13, 13}});
  CHECK(document.span(document.root.members->place()) == Span{{11, 3}, {11, 8}});
}

TEST_CASE("nesting ends with a message") {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  const ReadDocument read = read_json(deep, Places::skip);
  CHECK_FALSE(read.document);
  const std::string fits = std::string(kMaxDepth, '[') + std::string(kMaxDepth, ']');
  CHECK(read_json(fits, Places::skip).document);
  CHECK_FALSE(read_json("[" + fits + "]", Places::skip).document);
}

TEST_CASE("what is written is valid JSON whatever the text") {
  std::string out;
  append_json_string(out, std::string_view("a\xFF\xC3(\xED\xA0\x80\x00z", 9));
  CHECK(read_json("[" + out + "]", Places::skip).document);
  CHECK(out.find("\xEF\xBF\xBD") != std::string::npos);
  CHECK(out.find("\\u0000") != std::string::npos);
}
