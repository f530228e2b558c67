#include "engine/document_builder.h"

namespace stateward {
namespace {

// Below this many members comparing each with each is faster than hashing.
constexpr std::size_t kFewMembers = 16;

bool all_differ(std::span<const Member> members) {
  for (std::size_t i = 1; i < members.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (members[i].key() == members[j].key()) return false;
    }
  }
  return true;
}

}  // namespace

void DocumentBuilder::drop_repeated(std::size_t start, std::vector<Repeated>& repeated) {
  const std::size_t count = members_.size() - start;
  if (count <= kFewMembers && all_differ(std::span(members_).subspan(start))) return;
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
