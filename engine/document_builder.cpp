#include "engine/document_builder.h"

#include <algorithm>
#include <unordered_set>

namespace stateward {
namespace {

// Up to so many members comparing each with each is faster than hashing.
constexpr std::size_t kFewMembers = 32;

bool all_differ_pairwise(std::span<const Member> members) {
  for (std::size_t i = 1; i < members.size(); ++i) {
    const std::uint64_t mark = members[i].mark();
    for (std::size_t j = 0; j < i; ++j) {
      if (members[j].mark() == mark && members[j].key() == members[i].key()) return false;
    }
  }
  return true;
}

bool all_differ_hashed(std::span<const Member> members) {
  std::unordered_set<std::string_view> seen(members.size());
  return std::all_of(members.begin(), members.end(),
                     [&](const Member& member) { return seen.insert(member.key()).second; });
}

}  // namespace

bool all_differ(std::span<const Member> members) {
  return members.size() <= kFewMembers ? all_differ_pairwise(members) : all_differ_hashed(members);
}

void DocumentBuilder::drop_repeated(std::size_t start, std::vector<Repeated>& repeated) {
  if (all_differ(std::span(members_).subspan(start))) return;
  seen_.clear();
  std::size_t kept = start;
  for (std::size_t i = start; i < members_.size(); ++i) {
    const auto [at, fresh] = seen_.try_emplace(members_[i].key(), kept);
    if (fresh) {
      members_[kept++] = members_[i];
      continue;
    }
    Member& earlier = members_[at->second];
    if (!earlier.merged() && !members_[i].merged()) {
      repeated.push_back({earlier.place(), members_[i].place(), earlier.key()});
    }
    earlier = members_[i];
  }
  members_.resize(kept);
}

Value DocumentBuilder::close(std::vector<Repeated>& repeated) {
  const Frame frame = frames_.back();
  frames_.pop_back();
  Value value;
  value.place = frame.place & Value::kPlaces;
  if (frame.map) {
    drop_repeated(frame.start, repeated);
    const auto members = std::span<const Member>(members_).subspan(frame.start);
    value.type = Type::map;
    value.size = static_cast<std::uint32_t>(members.size());
    value.members = arena().copy(members);
    members_.resize(frame.start);
  } else {
    const auto items = std::span<const Value>(items_).subspan(frame.start);
    value.type = Type::list;
    value.size = static_cast<std::uint32_t>(items.size());
    value.items = arena().copy(items);
    items_.resize(frame.start);
  }
  return value;
}

}  // namespace stateward
