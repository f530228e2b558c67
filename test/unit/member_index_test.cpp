// Large maps: each of their members is found, whatever the names, and by whatever way the map was
// made.

#include "engine/member_index.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>
#include <string>
#include <vector>

#include "engine/json_reader.h"
#include "engine/patch.h"
#include "engine/text_hash.h"

using namespace stateward;

namespace {

std::string map_of(std::size_t members) {
  std::string json;
  for (std::size_t i = 0; i < members; ++i)
    json += fmt::format("{}\"key-{}\":{}", json.empty() ? "{" : ",", i, i);
  return json + "}";
}

void check_all(Node map, std::size_t members) {
  CHECK(map.size() == members);
  for (std::size_t i = 0; i < members; ++i)
    CHECK(map[fmt::format("key-{}", i)].integer() == static_cast<std::int64_t>(i));
  CHECK_FALSE(map[""].written());
  CHECK_FALSE(map["key"].written());
  CHECK_FALSE(map[fmt::format("key-{}", members)].written());
}

// Names of 16 bytes that std::hash of libstdc++ (MurmurHash64A, with a seed that is known) takes
// for one: the second half undoes what the first one did.
std::vector<std::string> colliding(std::size_t count) {
  constexpr std::uint64_t kFactor = 0xC6A4A7935BD1E995U;
  std::uint64_t inverse = kFactor;
  for (int i = 0; i < 6; ++i) inverse *= 2 - kFactor * inverse;
  const auto mixed = [](std::uint64_t word) { return word ^ (word >> 47U); };
  const std::uint64_t start = 0xC70F6907U ^ (16 * kFactor);
  std::vector<std::string> names;
  for (std::uint64_t first = 0; first < count; ++first) {
    const std::uint64_t state = (start ^ mixed(first * kFactor) * kFactor) * kFactor;
    const std::uint64_t second = mixed(state * inverse) * inverse;
    std::string name(reinterpret_cast<const char*>(&first), sizeof(first));
    name.append(reinterpret_cast<const char*>(&second), sizeof(second));
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

TEST_CASE("every member of a map is found, however many there are") {
  for (const std::size_t members : {31U, 32U, 33U, 34U, 1000U}) {
    for (const Places places : {Places::skip, Places::keep}) {
      const ReadDocument read = read_json(map_of(members), places);
      REQUIRE(read.document);
      check_all(read.document->node(), members);
    }
  }
}

TEST_CASE("and so it is when a patch has made the map larger, or smaller") {
  for (const std::size_t members : {31U, 32U, 33U, 1000U}) {
    const ReadDocument read = read_json(map_of(members), Places::skip);
    REQUIRE(read.document);
    const std::string name = fmt::format("/key-{}", members);
    const auto larger = apply_patch(read.document->node(),
                                    {{.path = Path(name), .value = std::to_string(members)}});
    REQUIRE(larger);
    check_all(larger->node(), members + 1);
    const auto again =
        apply_patch(larger->node(), {{.op = PatchOperation::Op::remove, .path = Path(name)}});
    REQUIRE(again);
    check_all(again->node(), members);
  }
}

TEST_CASE("a name that comes twice is seen among many") {
  std::string json = map_of(1000);
  json.back() = ',';
  const ReadDocument read = read_json(json + "\"key-500\":1}", Places::skip);
  REQUIRE(read.diagnostics.size() == 1);
  CHECK(read.diagnostics.front().message.find("key-500") != std::string::npos);
}

TEST_CASE("names made for one place in a hash that is known have places of their own") {
  const std::vector<std::string> names = colliding(2000);
  std::set<std::size_t> known;
  std::set<std::size_t> ours;
  std::vector<Member> members;
  for (const std::string& name : names) {
    known.insert(std::hash<std::string_view>{}(name));
    ours.insert(TextHash{}(name));
    members.emplace_back(name, 0, Value{});
  }
  CHECK(known.size() == 1);
  CHECK(ours.size() == names.size());
  Arena arena;
  const KeptMembers kept = keep_members(arena, members);
  CHECK(kept.all_differ);
  for (std::size_t i = 0; i < names.size(); ++i)
    CHECK(find_indexed(kept.members, names.size(), names[i]) == &kept.members[i].value);
}

TEST_CASE("names that differ by their sizes alone are told apart, however long they are") {
  constexpr std::size_t kWrap = std::size_t{1} << 25U;
  const std::string longest(kWrap + 1, 'a');
  const Member few("a", 7, {});
  Member many(longest, 7, {});
  CHECK(few.mark() == many.mark());
  CHECK(few.is("a", Member::mark_of("a")));
  CHECK(many.is(longest, Member::mark_of(longest)));
  CHECK_FALSE(few.is(longest, Member::mark_of(longest)));
  CHECK_FALSE(many.is("a", Member::mark_of("a")));
  many.set_merged();
  CHECK(many.key() == longest);
  CHECK(many.place() == 7);
  CHECK(many.merged());
  CHECK_FALSE(few.merged());
}
