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

const Object* ObjectSet::find(Kind kind, std::string_view name_space, std::string_view name) const {
  for (const Object* object : all(kind, name_space)) {
    if (object->name == name) return object;
  }
  return nullptr;
}

std::span<const Object* const> ObjectSet::all(Kind kind, std::string_view name_space) const {
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
