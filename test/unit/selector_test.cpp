#include "engine/selector.h"

#include <doctest/doctest.h>

#include <string>

#include "engine/json_reader.h"

using namespace stateward;

namespace {

bool matches(const char* selector, const char* labels) {
  const ReadDocument read =
      read_json(std::string("{\"s\":") + selector + ",\"l\":" + labels + "}", Places::skip);
  REQUIRE(read.document);
  const Node node = read.document->node();
  return selector_matches(node["s"], node["l"]);
}

std::string expression(const char* key, const char* operation, const char* values) {
  return std::string(R"({"matchExpressions":[{"key":")") + key + R"(","operator":")" + operation +
         R"(","values":)" + values + "}]}";
}

struct Case {
  const char* key;
  const char* operation;
  const char* values;
  bool on_one;    // {"a":"1"}
  bool on_other;  // {"a":"2","b":"1"}
  bool on_none;   // {}
};

}  // namespace

TEST_CASE("a null selector matches nothing and an empty one everything") {
  for (const char* labels : {"null", "{}", R"({"a":"1"})"}) {
    CAPTURE(labels);
    CHECK_FALSE(matches("null", labels));
    CHECK(matches("{}", labels));
    CHECK(matches(R"({"matchLabels":{},"matchExpressions":[]})", labels));
    CHECK(matches(R"({"matchLabels":null,"matchExpressions":null})", labels));
  }
}

TEST_CASE("all of matchLabels must be among the labels with the same value") {
  CHECK(matches(R"({"matchLabels":{"a":"1"}})", R"({"a":"1","b":"2"})"));
  CHECK(matches(R"({"matchLabels":{"a":"1","b":"2"}})", R"({"b":"2","a":"1"})"));
  CHECK_FALSE(matches(R"({"matchLabels":{"a":"1","b":"2"}})", R"({"a":"1"})"));
  CHECK_FALSE(matches(R"({"matchLabels":{"a":"1"}})", R"({"a":"2"})"));
  CHECK_FALSE(matches(R"({"matchLabels":{"a":"1"}})", R"({"a":"11"})"));
  CHECK_FALSE(matches(R"({"matchLabels":{"a":"1"}})", "{}"));
  CHECK_FALSE(matches(R"({"matchLabels":{"a":"1"}})", "null"));
}

TEST_CASE("expressions hold as meta/v1 has them") {
  const Case cases[] = {
      {"a", "In", R"(["1"])", true, false, false},
      {"a", "In", R"(["1","2"])", true, true, false},
      {"a", "In", R"(["3"])", false, false, false},
      {"a", "In", R"([""])", false, false, false},    // absent is not empty
      {"a", "NotIn", R"(["1"])", false, true, true},  // absent is not among the values
      {"a", "NotIn", R"(["1","2"])", false, false, true},
      {"a", "Exists", "[]", true, true, false},
      {"a", "DoesNotExist", "[]", false, false, true},
      {"b", "Exists", "[]", false, true, false},
      {"b", "DoesNotExist", "[]", true, false, true},
      {"a", "in", R"(["1"])", false, false, false},  // no such operator
      {"a", "Gt", R"(["0"])", false, false, false},
      {"a", "", "[]", false, false, false},
  };
  for (const Case& expected : cases) {
    const std::string selector = expression(expected.key, expected.operation, expected.values);
    CAPTURE(selector);
    CHECK(matches(selector.c_str(), R"({"a":"1"})") == expected.on_one);
    CHECK(matches(selector.c_str(), R"({"a":"2","b":"1"})") == expected.on_other);
    CHECK(matches(selector.c_str(), "{}") == expected.on_none);
  }
}

TEST_CASE("labels and every expression must all hold") {
  constexpr const char* kSelector =
      R"({"matchLabels":{"a":"1"},"matchExpressions":[{"key":"b","operator":"Exists"},
          {"key":"c","operator":"DoesNotExist"}]})";
  CHECK(matches(kSelector, R"({"a":"1","b":"x"})"));
  CHECK_FALSE(matches(kSelector, R"({"a":"2","b":"x"})"));
  CHECK_FALSE(matches(kSelector, R"({"a":"1"})"));
  CHECK_FALSE(matches(kSelector, R"({"a":"1","b":"x","c":"y"})"));
}

TEST_CASE("a label written without a value is an empty label, as the API server reads it") {
  CHECK(matches(R"({"matchLabels":{"a":""}})", R"({"a":null})"));
  CHECK(matches(R"({"matchLabels":{"a":null}})", R"({"a":""})"));
  CHECK(matches(R"({"matchLabels":{"a":null}})", R"({"a":null})"));
  CHECK(matches(expression("a", "Exists", "[]").c_str(), R"({"a":null})"));
  CHECK(matches(expression("a", "In", R"([""])").c_str(), R"({"a":null})"));
  CHECK_FALSE(matches(expression("a", "DoesNotExist", "[]").c_str(), R"({"a":null})"));
  CHECK_FALSE(matches(R"({"matchLabels":{"a":null}})", "{}"));
  CHECK_FALSE(matches(R"({"matchLabels":{"a":null}})", R"({"a":"1"})"));
}
