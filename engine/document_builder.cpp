#include "engine/document_builder.h"

#include "engine/member_index.h"

namespace stateward {

void DocumentBuilder::drop_repeated(std::size_t start, std::vector<Repeated>& repeated) {
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
    KeptMembers kept = keep_members(arena(), std::span(members_).subspan(frame.start));
    if (!kept.all_differ) {
      drop_repeated(frame.start, repeated);
      kept = keep_members(arena(), std::span(members_).subspan(frame.start));
    }
    value.type = Type::map;
    value.size = static_cast<std::uint32_t>(members_.size() - frame.start);
    value.members = kept.members;
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
