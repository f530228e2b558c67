#include "engine/object_set.h"

#include <algorithm>
#include <tuple>

namespace stateward {
namespace {

// Kinds that nobody judges may still repeat each other, so they are told apart by group and kind as
// written.
auto identity(const Object& object) {
  return std::tuple(object.kind, object.name_space,
                    object.kind == Kind::other ? object.group() : "",
                    object.kind == Kind::other ? object.kind_name : "", object.name);
}

}  // namespace

ObjectSet::ObjectSet(std::vector<Object> objects, Coverage coverage)
    : objects_(std::move(objects)), coverage_(coverage) {
  index_.reserve(objects_.size());
  for (const Object& object : objects_) {
    if (!object.name.empty()) index_.push_back(&object);
  }
  std::stable_sort(index_.begin(), index_.end(), [](const Object* left, const Object* right) {
    return identity(*left) < identity(*right);
  });
  std::size_t kept = 0;
  for (const Object* object : index_) {
    if (kept > 0 && identity(*index_[kept - 1]) == identity(*object)) {
      duplicates_.push_back({index_[kept - 1], object});
    } else {
      index_[kept++] = object;
    }
  }
  index_.resize(kept);
}

ObjectSet::ObjectSet(std::vector<const Object*> objects, std::shared_ptr<const void> owner)
    : owner_(std::move(owner)), index_(std::move(objects)) {
  const auto before = [](const Object* left, const Object* right) {
    return identity(*left) < identity(*right);
  };
  // The inventory keeps them in order.
  if (!std::is_sorted(index_.begin(), index_.end(), before))
    std::sort(index_.begin(), index_.end(), before);
}

ObjectSet::ObjectSet(std::shared_ptr<const ObjectSet> name_space,
                     std::shared_ptr<const ObjectSet> cluster, Coverage coverage)
    : name_space_(std::move(name_space)), cluster_(std::move(cluster)), coverage_(coverage) {}

const Object* ObjectSet::find(Kind kind, std::string_view name_space, std::string_view name) const {
  const auto found = all(kind, name_space);
  const auto at = std::lower_bound(
      found.begin(), found.end(), name,
      [](const Object* object, std::string_view wanted) { return object->name < wanted; });
  return at != found.end() && (*at)->name == name ? *at : nullptr;
}

std::span<const Object* const> ObjectSet::all(Kind kind, std::string_view name_space) const {
  if (const auto& part = is_cluster_scoped(kind) ? cluster_ : name_space_; part != nullptr)
    return part->all(kind, name_space);
  const auto key = [](const Object* object) { return std::pair(object->kind, object->name_space); };
  const auto wanted = std::pair(kind, name_space);
  const auto begin = std::lower_bound(
      index_.begin(), index_.end(), wanted,
      [&](const Object* object, const auto& value) { return key(object) < value; });
  const auto end = std::upper_bound(
      begin, index_.end(), wanted,
      [&](const auto& value, const Object* object) { return value < key(object); });
  return std::span(index_).subspan(static_cast<std::size_t>(begin - index_.begin()),
                                   static_cast<std::size_t>(end - begin));
}

}  // namespace stateward
