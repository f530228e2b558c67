// Writers (one thread a watch) keep each namespace's objects in order and, when one has really
// changed, build that namespace's set anew and swap it in. Most events of a cluster are status
// updates, whose projection is what it was: they end at a comparison. Readers copy a pointer.

#include "cluster/inventory.h"

#include <algorithm>
#include <new>
#include <tuple>
#include <type_traits>
#include <utility>

namespace stateward {
namespace {

auto place_of(const Object& object) { return std::tuple(object.kind, object.name); }

}  // namespace

Inventory::Inventory(std::size_t feeds, SteadyClock now) : now_(std::move(now)), feeds_(feeds) {}

ObjectSet Inventory::view(std::string_view name_space) const {
  const bool whole = synced();
  return {set_of(std::string(name_space)), set_of({}),
          whole ? ObjectSet::Coverage::complete : ObjectSet::Coverage::partial};
}

std::shared_ptr<const ObjectSet> Inventory::set_of(const std::string& name_space) const {
  static const auto empty = std::make_shared<const ObjectSet>();
  const std::lock_guard lock(reading_);
  const auto found = sets_.find(name_space);
  return found == sets_.end() ? empty : found->second;
}

bool Inventory::filled() const {
  const std::lock_guard lock(reading_);
  return std::all_of(feeds_.begin(), feeds_.end(), [](const Heard& feed) { return feed.listed; });
}

std::chrono::seconds Inventory::staleness() const {
  const std::lock_guard lock(reading_);
  const auto now = now_();
  auto oldest = now;
  for (const Heard& feed : feeds_) oldest = std::min(oldest, feed.at);
  return std::chrono::duration_cast<std::chrono::seconds>(now - oldest);
}

bool Inventory::synced() const { return filled() && staleness() <= kStale; }

bool Inventory::knows(Kind kind, std::string_view name_space, std::string_view name) const {
  return set_of(std::string(name_space))->find(kind, name_space, name) != nullptr;
}

std::size_t Inventory::size() const {
  const std::lock_guard lock(reading_);
  return objects_;
}

std::vector<std::string> Inventory::namespaces() const {
  std::vector<std::string> names;
  {
    const std::lock_guard lock(reading_);
    for (const auto& [name_space, set] : sets_) {
      if (!name_space.empty()) names.push_back(name_space);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Inventory::Slots& Inventory::Space::to_change() {
  if (!std::exchange(changed, true)) slots = std::make_shared<Slots>(*slots);
  return *slots;
}

void Inventory::put(Slot slot, bool publish_now) {
  const std::lock_guard lock(writing_);
  const Object& object = *slot.object;
  const auto space = spaces_.find(std::string(object.name_space));
  Slots& slots = *space->second.slots;
  const auto at = std::lower_bound(slots.begin(), slots.end(), object,
                                   [](const Slot& left, const Object& right) {
                                     return place_of(*left.object) < place_of(right);
                                   });
  const bool known = at != slots.end() && place_of(*at->object) == place_of(object);
  if (known && equal(at->object->node, object.node)) {
    // Which list it was last seen in is nobody's business but ours.
    at->feed = slot.feed;
    at->generation = slot.generation;
    return;
  }
  const auto index = at - slots.begin();
  Slots& changed = space->second.to_change();
  if (known) {
    changed[static_cast<std::size_t>(index)] = std::move(slot);
  } else {
    changed.insert(changed.begin() + index, std::move(slot));
  }
  if (publish_now) publish(space->first, space->second);
}

std::string_view Inventory::name_of_space(std::string_view name_space) {
  const std::lock_guard lock(writing_);
  return spaces_.try_emplace(std::string(name_space)).first->first;
}

void Inventory::drop(const std::string& name_space, Space& space,
                     const std::function<bool(const Slot&)>& gone, bool publish_now) {
  if (std::any_of(space.slots->begin(), space.slots->end(), gone))
    std::erase_if(space.to_change(), gone);
  if (publish_now && space.changed) publish(name_space, space);
}

void Inventory::remove(const Object& object, bool publish_now) {
  const std::lock_guard lock(writing_);
  const auto space = spaces_.find(std::string(object.name_space));
  if (space == spaces_.end()) return;
  drop(
      space->first, space->second,
      [&](const Slot& slot) { return place_of(*slot.object) == place_of(object); }, publish_now);
}

void Inventory::drop_older(std::uint32_t feed, std::uint32_t generation) {
  const std::lock_guard lock(writing_);
  for (auto& [name_space, space] : spaces_) {
    drop(
        name_space, space,
        [&](const Slot& slot) { return slot.feed == feed && slot.generation != generation; }, true);
  }
}

void Inventory::publish(const std::string& name_space, Space& space) {
  space.slots->shrink_to_fit();
  std::vector<const Object*> objects;
  objects.reserve(space.slots->size());
  for (const Slot& slot : *space.slots) objects.push_back(slot.object.get());
  auto set = std::make_shared<const ObjectSet>(std::move(objects), space.slots);
  space.changed = false;
  {
    const std::lock_guard lock(reading_);
    const bool empty = set->size() == 0;
    objects_ += set->size();
    std::swap(sets_[name_space], set);
    if (set) objects_ -= set->size();
    // Its name stays, for others may still look at what was there.
    if (empty) sets_.erase(name_space);
  }
  if (changed_) changed_(name_space);
}

void Inventory::heard(std::size_t feed, bool listed) {
  const std::lock_guard lock(reading_);
  feeds_[feed].listed |= listed;
  feeds_[feed].at = now_();
}

Inventory::Feed::Feed(Inventory& inventory, const WatchedResource& resource, std::size_t number)
    : inventory_(inventory),
      resource_(resource),
      projection_(projection_of(resource, false)),
      more_projection_(projection_of(resource, true)),
      number_(static_cast<std::uint32_t>(number)) {}

Object Inventory::Feed::identify(Node object) const {
  const Node metadata = object["metadata"];
  return {.kind = resource_.kind,
          .api_version = resource_.api_version,
          .kind_name = resource_.kind_name,
          .name_space = resource_.namespaced() ? metadata["namespace"].text() : std::string_view(),
          .name = metadata["name"].text(),
          .node = object};
}

void Inventory::Feed::begin_list() {
  ++generation_;
  listing_ = true;
}

void Inventory::Feed::end_list() {
  listing_ = false;
  inventory_.drop_older(number_, generation_);
  inventory_.heard(number_, true);
}

std::shared_ptr<const Object> Inventory::Feed::keep(Node object) const {
  static_assert(std::is_trivially_destructible_v<Object>);
  const Object seen = identify(object);
  const Compact kept = (has_more(seen) ? more_projection_ : projection_)
                           .of(object, inventory_.names_, sizeof(Object));
  auto* own = new (kept.block.get()) Object(identify(kept.node()));
  own->name_space = inventory_.name_of_space(seen.name_space);
  return {kept.block, own};
}

void Inventory::Feed::put(Node object) {
  if (!is_kept(identify(object))) return remove(object);
  inventory_.put({.object = keep(object), .feed = number_, .generation = generation_}, !listing_);
}

void Inventory::Feed::remove(Node object) { inventory_.remove(identify(object), !listing_); }

void Inventory::Feed::heard() { inventory_.heard(number_, false); }

}  // namespace stateward
