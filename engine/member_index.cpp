#include "engine/member_index.h"

#include <algorithm>

#include "engine/text_hash.h"

namespace stateward {
namespace {

// An entry: forty bits of the hash of the key, and below them which member it is.
constexpr unsigned kPlaceBits = 24;
constexpr std::uint64_t kPlace = (std::uint64_t{1} << kPlaceBits) - 1;
static_assert(kMaxValues < kPlace);
static_assert(sizeof(Member) % sizeof(std::uint64_t) == 0);

std::uint64_t entry_of(std::string_view key) { return TextHash{}(key) << kPlaceBits; }

std::span<const std::uint64_t> index_of(const Member* members, std::size_t count) {
  return {reinterpret_cast<const std::uint64_t*>(members + count), count};
}

bool all_differ_pairwise(std::span<const Member> members) {
  for (std::size_t i = 1; i < members.size(); ++i) {
    const std::uint32_t mark = members[i].mark();
    for (std::size_t j = 0; j < i; ++j) {
      if (members[j].mark() == mark && members[j].key() == members[i].key()) return false;
    }
  }
  return true;
}

}  // namespace

Member* room_for_members(Arena& arena, std::size_t count) {
  constexpr std::size_t kWords = sizeof(Member) / sizeof(std::uint64_t);
  return arena.room<Member>(count + (index_size(count) + kWords - 1) / kWords);
}

bool index_members(Member* members, std::size_t count) {
  if (count <= kFewMembers) return all_differ_pairwise({members, count});
  auto* const index = reinterpret_cast<std::uint64_t*>(members + count);
  for (std::size_t i = 0; i < count; ++i) index[i] = entry_of(members[i].key()) | i;
  std::sort(index, index + count);
  // Those of one name stand together; so may a few of two names, by chance.
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = i + 1; j < count && (index[i] ^ index[j]) <= kPlace; ++j) {
      if (members[index[i] & kPlace].key() == members[index[j] & kPlace].key()) return false;
    }
  }
  return true;
}

KeptMembers keep_members(Arena& arena, std::span<const Member> members) {
  if (members.empty()) return {};
  Member* const kept = room_for_members(arena, members.size());
  std::copy(members.begin(), members.end(), kept);
  return {kept, index_members(kept, members.size())};
}

const Value* find_indexed(const Member* members, std::size_t count, std::string_view key) {
  const std::uint64_t entry = entry_of(key);
  const auto index = index_of(members, count);
  for (auto at = std::lower_bound(index.begin(), index.end(), entry);
       at != index.end() && (*at ^ entry) <= kPlace; ++at) {
    const Member& member = members[*at & kPlace];
    if (member.key() == key) return &member.value;
  }
  return nullptr;
}

}  // namespace stateward
