// Writers (one thread a watch) keep each namespace's objects in order and, when one has really
// changed, build that namespace's set anew and swap it in. Most events of a cluster are status
// updates, whose projection is what it was: they end at a comparison. Readers copy a pointer.

#include "cluster/inventory.h"

#include <algorithm>
#include <tuple>

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

bool Inventory::wait_for(Kind kind, std::string_view name_space, std::string_view name,
                         std::chrono::steady_clock::time_point deadline) const {
  const std::string key(name_space);
  std::unique_lock lock(reading_);
  return published_.wait_until(lock, deadline, [&] {
    const auto found = sets_.find(key);
    return found != sets_.end() && found->second->find(kind, name_space, name) != nullptr;
  });
}

std::size_t Inventory::size() const {
  const std::lock_guard lock(reading_);
  std::size_t objects = 0;
  for (const auto& [name_space, set] : sets_) objects += set->size();
  return objects;
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

void Inventory::put(Slot slot, bool publish_now) {
  const std::lock_guard lock(writing_);
  const Object& object = slot.entry->object;
  const std::string name_space(object.name_space);
  Space& space = spaces_[name_space];
  const auto at = std::lower_bound(space.slots.begin(), space.slots.end(), object,
                                   [](const Slot& left, const Object& right) {
                                     return place_of(left.entry->object) < place_of(right);
                                   });
  const bool known = at != space.slots.end() && place_of(at->entry->object) == place_of(object);
  if (known && equal(at->entry->kept.node(), slot.entry->kept.node())) {
    at->feed = slot.feed;
    at->generation = slot.generation;
    return;
  }
  if (known) {
    *at = std::move(slot);
  } else {
    space.slots.insert(at, std::move(slot));
  }
  space.changed = true;
  if (publish_now) publish(name_space, space);
}

std::string_view Inventory::name_of_space(std::string_view name_space) {
  const std::lock_guard lock(writing_);
  return spaces_.try_emplace(std::string(name_space)).first->first;
}

void Inventory::remove(const Object& object, bool publish_now) {
  const std::lock_guard lock(writing_);
  const std::string name_space(object.name_space);
  const auto space = spaces_.find(name_space);
  if (space == spaces_.end()) return;
  const auto gone = std::remove_if(
      space->second.slots.begin(), space->second.slots.end(),
      [&](const Slot& slot) { return place_of(slot.entry->object) == place_of(object); });
  if (gone == space->second.slots.end()) return;
  space->second.slots.erase(gone, space->second.slots.end());
  space->second.changed = true;
  if (publish_now) publish(name_space, space->second);
}

void Inventory::drop_older(std::uint32_t feed, std::uint32_t generation) {
  const std::lock_guard lock(writing_);
  for (auto& [name_space, space] : spaces_) {
    const auto gone = std::remove_if(space.slots.begin(), space.slots.end(), [&](const Slot& slot) {
      return slot.feed == feed && slot.generation != generation;
    });
    space.changed |= gone != space.slots.end();
    space.slots.erase(gone, space.slots.end());
    if (space.changed) publish(name_space, space);
  }
}

void Inventory::publish(const std::string& name_space, Space& space) {
  std::vector<std::shared_ptr<const Object>> objects;
  objects.reserve(space.slots.size());
  for (const Slot& slot : space.slots) objects.emplace_back(slot.entry, &slot.entry->object);
  auto set = std::make_shared<const ObjectSet>(std::move(objects));
  space.changed = false;
  {
    const std::lock_guard lock(reading_);
    const bool empty = set->size() == 0;
    std::swap(sets_[name_space], set);
    // Its name stays, for others may still look at what was there.
    if (empty) sets_.erase(name_space);
  }
  published_.notify_all();
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
      projection_(projection_of(resource)),
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

std::shared_ptr<const Inventory::Entry> Inventory::Feed::keep(Node object) const {
  auto entry = std::make_shared<Entry>();
  entry->kept = projection_.of(object, inventory_.names_);
  entry->object = identify(entry->kept.node());
  entry->object.name_space = inventory_.name_of_space(identify(object).name_space);
  return entry;
}

void Inventory::Feed::put(Node object) {
  if (!is_kept(identify(object))) return remove(object);
  inventory_.put({.entry = keep(object), .feed = number_, .generation = generation_}, !listing_);
}

void Inventory::Feed::remove(Node object) { inventory_.remove(identify(object), !listing_); }

void Inventory::Feed::heard() { inventory_.heard(number_, false); }

}  // namespace stateward
