// How the members of a map lie in memory, and how one of many is found. A small map is searched
// from its first member on. Behind the members of a larger one lies an index, so that no object,
// however it is made, has a policy that looks up all members of one map in another work for
// seconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/arena.h"
#include "engine/document.h"

namespace stateward {

// Of the index that belongs behind so many members, in words of eight bytes.
constexpr std::size_t index_size(std::size_t members) {
  return members <= kFewMembers ? 0 : members;
}

// Room for so many members and their index.
Member* room_for_members(Arena& arena, std::size_t count);

// Writes the index behind `count` members. False where two have one name: then either may be found.
bool index_members(Member* members, std::size_t count);

struct KeptMembers {
  const Member* members = nullptr;
  bool all_differ = true;
};
// A copy in the arena, with its index.
KeptMembers keep_members(Arena& arena, std::span<const Member> members);

// The value of `key`, or nothing, in a map that has an index. Inlined, it would give the search of
// small maps a stack frame.
[[gnu::noinline]] const Value* find_indexed(const Member* members, std::size_t count,
                                            std::string_view key);

}  // namespace stateward
