// Lists taken apart while they arrive, held against a JSON library that has seen them whole.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "cluster/list_scanner.h"

using namespace stateward;

namespace {

using Json = nlohmann::json;

struct Taken {
  std::vector<std::string> items;
  std::string envelope;
  bool good = true;
  bool operator==(const Taken&) const = default;
};

// In pieces of at most `longest` bytes.
Taken taken(std::string_view text, std::size_t longest, unsigned seed = 1) {
  Taken all;
  ListScanner scanner([&](std::string_view item) { all.items.emplace_back(item); });
  std::minstd_rand random(seed);
  while (!text.empty() && all.good) {
    const std::size_t size =
        std::min(text.size(), std::uniform_int_distribution<std::size_t>(1, longest)(random));
    all.good = scanner.add(text.substr(0, size));
    text.remove_prefix(size);
  }
  all.envelope = scanner.envelope();
  return all;
}

// What is wrong with how `text` is taken apart, in one piece and in many.
std::string complaint(const std::string& text) {
  const Taken whole = taken(text, text.size() + 1);
  for (const std::size_t longest : {1U, 2U, 7U, 100U})
    if (taken(text, longest, static_cast<unsigned>(longest)) != whole) return "pieces matter";
  Json list = Json::parse(text);
  const Json items = list.contains("items") && list["items"].is_array() ? list["items"] : Json();
  if (whole.items.size() != items.size()) return "another number of items";
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (Json::parse(whole.items[i]) != items[i]) return "another item: " + whole.items[i];
    if (text.find(whole.items[i]) == std::string::npos) return "not the text it came in";
  }
  if (items.is_array()) list["items"] = Json::array();
  if (Json::parse(whole.envelope) != list) return "another envelope: " + whole.envelope;
  return {};
}

// JSON of any shape, with what could confuse in its keys and strings.
Json random_json(std::minstd_rand& random, int depth) {
  static const std::array<const char*, 9> texts = {"items", "\"items\":[", "}", "]{",       "\\",
                                                   "\\\"",  "a\nb",        "",  "\"items\""};
  const auto text = [&] { return texts[random() % texts.size()]; };
  switch (depth > 4 ? random() % 3 : random() % 6) {
    case 0:
      return text();
    case 1:
      return static_cast<int>(random() % 100);
    case 2:
      return nullptr;
    case 3: {
      Json list = Json::array();
      for (auto i = random() % 4; i > 0; --i) list.push_back(random_json(random, depth + 1));
      return list;
    }
    default: {
      Json map = Json::object();
      for (auto i = random() % 4; i > 0; --i) map[text()] = random_json(random, depth + 1);
      return map;
    }
  }
}

}  // namespace

TEST_CASE("a list is taken apart into its items and what stands around them") {
  const std::string text = R"({"kind":"PodList","metadata":{"resourceVersion":"7","continue":"x"},)"
                           R"("items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]})";
  const Taken list = taken(text, 3);
  CHECK(list.good);
  CHECK(list.items ==
        std::vector<std::string>{R"({"metadata":{"name":"a"}})", R"({"metadata":{"name":"b"}})"});
  CHECK(list.envelope ==
        R"({"kind":"PodList","metadata":{"resourceVersion":"7","continue":"x"},"items":[]})");
}

TEST_CASE("lists of every shape are taken apart as a JSON reader understands them") {
  for (const std::string text : {R"({"items":[]})",
                                 R"({"items":null})",
                                 R"({"items":null,"metadata":{}})",
                                 R"({})",
                                 R"({"items":[{}]})",
                                 R"({"items":[{},{},{}],"metadata":{"continue":""}})",
                                 R"( { "items" : [ { } , { "a" : [ 1 , 2 ] } ] , "kind" : "x" } )",
                                 "{\"items\"\r\n\t:\n[\n{}\n,\n{}\n]\n}\n",
                                 R"({"metadata":{"items":[{"a":1}]},"items":[{"b":2}]})",
                                 R"({"items":[{"items":[{"items":[]}]}]})",
                                 R"({"other":[{"a":1}],"items":[{"b":2}]})",
                                 R"({"kind":"items","items":[{"a":"items"}]})",
                                 R"({"a":"items","b":[{"c":1}]})",
                                 R"({"items":[{"a":"}]"},{"b":"{[\"\\"},{"c":"\\\\"}]})",
                                 R"({"items":[{"a":"x\"y{"},{"\"}":1}]})",
                                 R"({"items":[{"u":"\u007b\u0022"}]})",
                                 R"({"items":{"a":[{}]}})",
                                 R"({"items":"[{}]"})",
                                 R"({"\"items":[{"a":1}],"x\"items":[{"b":1}],"items":[{"c":1}]})",
                                 R"({"a":["items",[{"b":1}]]})"}) {
    CAPTURE(text);
    CHECK(complaint(text) == "");
  }
}

TEST_CASE("random lists are taken apart the same in one piece and byte by byte") {
  std::minstd_rand random(11);
  for (int i = 0; i < 3'000; ++i) {
    Json list = Json::object();
    for (auto more = random() % 3; more > 0; --more)
      list["k" + std::to_string(random() % 9)] = random_json(random, 0);
    list["items"] = Json::array();
    for (auto items = random() % 4; items > 0; --items) {
      Json item = Json::object();
      item["x"] = random_json(random, 0);
      list["items"].push_back(item);
    }
    const std::string text = list.dump(random() % 2 == 0 ? -1 : 1);
    CAPTURE(text);
    REQUIRE(complaint(text) == "");
  }
}

TEST_CASE("an item that never ends is refused, and so is what stands around the items") {
  const std::string large(1 << 20, 'x');
  for (const std::string begin : {R"({"items":[{"a":")", R"({"metadata":{"continue":")"}) {
    ListScanner scanner([](std::string_view) {});
    REQUIRE(scanner.add(begin));
    std::size_t taken_in = 0;
    while (scanner.add(large)) REQUIRE((taken_in += large.size()) < std::size_t{16} << 20);
    CHECK(taken_in >= ListScanner::kLargestItem - large.size());
  }
}

TEST_CASE("ten thousand items need no more memory than one") {
  std::size_t items = 0;
  ListScanner scanner([&](std::string_view) { ++items; });
  const std::string item = R"({"a":")" + std::string(2'000, 'x') + R"("},)";
  REQUIRE(scanner.add(R"({"items":[)"));
  for (int i = 0; i < 10'000; ++i) REQUIRE(scanner.add(item));
  REQUIRE(scanner.add("{}]}"));
  CHECK(items == 10'001);
  CHECK(scanner.envelope() == R"({"items":[]})");
}

TEST_CASE("what is no JSON is left to its reader, and harms nobody") {
  for (const std::string text :
       {"", "}}}}}]]]]", "]{\"items\":[{}]}", "{\"items\":[}]{[", "\"", "\\\\\"{",
        "{\"items\":[1,2,\"a\"]}", "[[[[[[[", "{\"items\":[{}"}) {
    CAPTURE(text);
    const Taken whole = taken(text, 100);
    CHECK(taken(text, 1) == whole);
    std::size_t size = 0;
    for (const std::string& item : whole.items) size += item.size();
    CHECK(size <= text.size());
  }
}
