#include "engine/patch.h"

#include <doctest/doctest.h>

#include <string>

#include "engine/json_reader.h"

using namespace stateward;
using Op = PatchOperation::Op;

namespace {

Document read(std::string_view json) {
  ReadDocument read = read_json(json, Places::skip);
  REQUIRE(read.document);
  return std::move(*read.document);
}

std::string applied(std::string_view json, const Patch& patch) {
  const Document document = read(json);
  const auto result = apply_patch(document.node(), patch);
  return result ? to_json(result->node()) : "error: " + result.error().message;
}

}  // namespace

TEST_CASE("a patch is applied as RFC 6902 has it") {
  CHECK(applied(R"({"a":1})", {{Op::add, "/b", "2"}}) == R"({"a":1,"b":2})");
  CHECK(applied(R"({"a":1})", {{Op::add, "/a", "2"}}) == R"({"a":2})");
  CHECK(applied(R"({"a":[1,3]})", {{Op::add, "/a/1", "2"}}) == R"({"a":[1,2,3]})");
  CHECK(applied(R"({"a":[1]})", {{Op::add, "/a/-", "2"}}) == R"({"a":[1,2]})");
  CHECK(applied(R"({"a":[1,2]})", {{Op::remove, "/a/0", ""}}) == R"({"a":[2]})");
  CHECK(applied(R"({"a":{"b":1}})", {{Op::replace, "/a/b", "\"x\""}}) == R"({"a":{"b":"x"}})");
  CHECK(applied(R"({"a":1})", {{Op::replace, "", "{\"b\":2}"}}) == R"({"b":2})");
  CHECK(applied(R"({})", {{Op::add, "/a", "{}"}, {Op::add, "/a/b", "1"}}) == R"({"a":{"b":1}})");
}

TEST_CASE("an operation that cannot be applied says which one and why") {
  CHECK(applied(R"({})", {{Op::remove, "/a", ""}}).find("remove /a: there is no \"a\"") !=
        std::string::npos);
  CHECK(applied(R"({})", {{Op::add, "/a/b", "1"}}).find("there is no \"a\"") != std::string::npos);
  CHECK(applied(R"({"a":[1]})", {{Op::add, "/a/2", "1"}}).find("there is no entry 2") !=
        std::string::npos);
  CHECK(applied(R"({"a":[1]})", {{Op::replace, "/a/-", "1"}}).find("no entry") !=
        std::string::npos);
  CHECK(applied(R"({"a":[1]})", {{Op::add, "/a/01", "1"}}).find("no entry") != std::string::npos);
  CHECK(applied(R"({"a":1})", {{Op::add, "/a/b", "1"}}).find("looked for in a whole number") !=
        std::string::npos);
  CHECK(applied(R"({"a":1})", {{Op::add, "/b", "{"}}).find("not JSON") != std::string::npos);
}

TEST_CASE("setting a member creates the maps that are missing and never wipes one that is there") {
  const auto set = [](std::string_view json) {
    const Document document = read(json);
    return applied(json,
                   set_member(document.node(), "/metadata/annotations", "x.dev/a~b", "\"1\""));
  };
  CHECK(set(R"({"metadata":{"annotations":{"k":"v"}}})") ==
        R"({"metadata":{"annotations":{"k":"v","x.dev/a~b":"1"}}})");
  CHECK(set(R"({"metadata":{"name":"n"}})") ==
        R"({"metadata":{"name":"n","annotations":{"x.dev/a~b":"1"}}})");
  CHECK(set(R"({"metadata":{"annotations":null}})") ==
        R"({"metadata":{"annotations":{"x.dev/a~b":"1"}}})");
  CHECK(set(R"({})") == R"({"metadata":{"annotations":{"x.dev/a~b":"1"}}})");
}

TEST_CASE("steps of a path are escaped on their way in and unescaped on their way out") {
  const Path path = Path("/metadata/labels") / "app.kubernetes.io/name~x" / std::size_t{3};
  CHECK(path.text() == "/metadata/labels/app.kubernetes.io~1name~0x/3");
  const std::vector<std::string> expected = {"metadata", "labels", "app.kubernetes.io/name~x", "3"};
  CHECK(path.steps() == expected);
  CHECK(Path().steps().empty());
}

TEST_CASE("a patch is sent as an array of operations, without a value where one is removed") {
  CHECK(to_json(Patch{{Op::add, "/a", "1"}, {Op::remove, "/b", ""}}) ==
        R"([{"op":"add","path":"/a","value":1},{"op":"remove","path":"/b"}])");
}

TEST_CASE("values are equal whatever the order of members, and null equals absent") {
  CHECK(equal(read(R"({"a":1,"b":[1,{"c":null}]})").node(), read(R"({"b":[1,{}],"a":1})").node()));
  CHECK_FALSE(equal(read(R"({"a":1})").node(), read(R"({"a":1,"b":2})").node()));
  CHECK_FALSE(equal(read(R"({"a":"1"})").node(), read(R"({"a":1})").node()));
  CHECK_FALSE(equal(read(R"({"a":[1,2]})").node(), read(R"({"a":[2,1]})").node()));
}
