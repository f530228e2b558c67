#include "engine/json_reader.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <iterator>
#include <string>
#include <vector>

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
  const ReadDocument long_one = read_json("[33.33333333333333333333]", Places::keep);
  REQUIRE(long_one.document);
  CHECK(to_json(long_one.document->node()) == "[33.333333333333336]");
}

// As Go 1.26's encoding/json reads them into an interface{}, and sigs.k8s.io/json keeps integers.
TEST_CASE("rule 47: a number is what the API server takes it for, with and without places") {
  struct Case {
    const char* written;
    const char* means;
  };
  for (const auto& [written, means] : {
           Case{"1e-9999999999999999999", "0.0"},
           {"-1e-9999999999999999999", "-0.0"},
           {"1e-99999999999999999999999999", "0.0"},
           {"0e9999999999999999999", "0.0"},
           {"0.0e99999999999999999999999999", "0.0"},
           {"-0e9999999999999999999", "-0.0"},
           {"1e-400", "0.0"},
           {"1E0000000000000000000000000001", "10.0"},
           {"1e-0000000000000000000000000001", "0.1"},
           {"0.00000000000000000001e20", "1.0"},
           {"100000000000000000000000000000000000000000000e-9999999999999999999", "0.0"},
           {"179769313486231580793728971405301e276", "1.7976931348623157e+308"},
           {"5e-324", "5e-324"},
           {"33.33333333333333333333", "33.333333333333336"},
           {"-0", "0"},
           {"-9223372036854775808", "-9223372036854775808"},
           {"-9223372036854775809", "-9.223372036854776e+18"},
           {"18446744073709551616", "1.8446744073709552e+19"},
           {"20000000000000000000", "2e+19"},
           {"123456789012345678901234567890", "1.2345678901234568e+29"},
       }) {
    for (const Places places : {Places::skip, Places::keep}) {
      CAPTURE(written);
      const ReadDocument read = read_json("[" + std::string(written) + "]", places);
      REQUIRE(read.document);
      CHECK(to_json(read.document->node()) == "[" + std::string(means) + "]");
    }
  }
}

TEST_CASE("a member is found behind any number of others that look like it") {
  std::string json = "{";
  for (int i = 0; i < 900'000; ++i) json += fmt::format("\"m{:06}a\":0,", i);
  const ReadDocument read = read_json(json + R"("metadata":1})", Places::skip);
  REQUIRE(read.document);
  CHECK(read.document->node()["metadata"].exists());
  CHECK_FALSE(read.document->node()["manydata"].exists());
}

namespace {

const char* const kRefused[] = {
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
    "{\"a\":1e9999999999999999999}",
    "{\"a\":-1e99999999999999999999999999}",
    "{\"a\":1.7976931348623159e308}",
    "[1e]",
    "[1.e5]",
    "[-01]",
    "[1e+]",
    "[1e99999999999999999999x]",
    "[0e9999999999999999999:1]",
    "{\"a\":\"\\x\"}",
    "{} {}",
    "[{]}",
    "{\"a\":-}",
    "{\"a\":.5}",
    "{\"a\":+1}",
    "{\"a\":'x'}",
};

// A map of `count` members, the last of which is called as the first is where `repeats`.
std::string map_of(int count, bool repeats) {
  std::string json = "{";
  for (int i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    json += "\"m" + std::to_string(last && repeats ? 0 : i) + "\":" + std::to_string(i);
    json += last ? "}" : ",";
  }
  return json;
}

// What there is to say of a text, but for the places.
std::string told(const ReadDocument& read) {
  std::string all = read.document ? to_json(read.document->node()) : "refused";
  for (const Diagnostic& diagnostic : read.diagnostics)
    all += "\n" + diagnostic.message.substr(0, diagnostic.message.find(" stands already"));
  return all;
}

}  // namespace

TEST_CASE("rule 46: what is not exactly one JSON document is refused") {
  for (const char* text : kRefused) {
    CAPTURE(text);
    const ReadDocument read = read_json(text, Places::keep);
    CHECK_FALSE(read.document);
    CHECK(read.diagnostics.size() == 1);
  }
  CHECK_FALSE(read_json(std::string_view("{}\0", 3), Places::skip).document);
}

TEST_CASE("rule 46: a member that comes again is diagnosed, at every level") {
  for (const char* text :
       {R"({"a":1,"a":2})", R"({"x":[{"a":1,"b":2,"a":2}]})", R"({"a":1,"\u0061":2})"}) {
    CAPTURE(text);
    const ReadDocument read = read_json(text, Places::keep);
    REQUIRE(read.diagnostics.size() == 1);
    CHECK(read.diagnostics.front().message.find("stands already in line 1") != std::string::npos);
  }
}

TEST_CASE("a text is read alike with and without places") {
  std::vector<std::string> texts(std::begin(kRefused), std::end(kRefused));
  for (const char* text :
       {"{}", "[]", "[{},[],\"\"]", R"({"":""})", R"([""])", R"({"":1,"":2})", R"(["","",""])",
        R"({"a":{"b":[1,-2,1.5,18446744073709551615,true,false,null,"\u00e9\ud834\udd1e\\"]}})",
        "[33.33333333333333333333,1e-400,0.1e1,-0.0,-0]", R"( {"ab":1,"ac":2,"xb":{"ab":3}} )",
        R"({"a":1,"b":{"c":[{"d":1,"d":2}]}})"})
    texts.emplace_back(text);
  for (const int count : {1, 2, 31, 32, 33, 200}) {
    texts.push_back(map_of(count, false));
    if (count > 1) texts.push_back(map_of(count, true));
  }
  for (const std::size_t depth : {kMaxDepth - 1, kMaxDepth, kMaxDepth + 1}) {
    texts.push_back(std::string(depth, '[') + std::string(depth, ']'));
    texts.push_back(std::string(depth - 1, '[') + "{}" + std::string(depth - 1, ']'));
  }
  texts.push_back("[\"" + std::string(300'000, 'x') + "\"]");
  for (const std::string& text : texts) {
    CAPTURE(text);
    CHECK(told(read_json(text, Places::skip)) == told(read_json(text, Places::keep)));
  }
}

TEST_CASE("a member is found by its whole name") {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string name(size, 'a');
    // One that differs in each single place, among them names with the same two ends.
    std::string json = "{\"" + name + "\":-1";
    for (std::size_t at = 0; at < size; ++at) {
      std::string other = name;
      other[at] = 'b';
      json += ",\"" + other + "\":" + std::to_string(at);
    }
    const ReadDocument read = read_json(json + "}", Places::skip);
    REQUIRE(read.document);
    const Node map = read.document->node();
    CHECK(map[name].integer() == -1);
    for (std::size_t at = 0; at < size; ++at) {
      std::string other = name;
      other[at] = 'b';
      CHECK(map[other].integer() == static_cast<std::int64_t>(at));
      other[at] = 'c';
      CHECK_FALSE(map[other].written());
    }
    CHECK_FALSE(map[name + "a"].written());
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

TEST_CASE("rule 46: nesting ends with a message") {
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
