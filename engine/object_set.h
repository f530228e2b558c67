// What belongs together: the objects a policy may ask for beside the one it judges. Offline the
// files of a folder or a stream, online the inventory. Immutable once built; several threads may
// read it. The set knows whether it is complete. From a partial one nothing may be concluded from
// absence.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/object.h"

namespace stateward {

class ObjectSet {
 public:
  enum class Coverage : std::uint8_t { partial, complete };
  struct Duplicate {
    const Object* first = nullptr;
    const Object* again = nullptr;
  };

  ObjectSet() = default;  // nothing is known
  ObjectSet(std::vector<Object> objects, Coverage coverage);
  // Objects that `owner` keeps alive, each of its kind, namespace and name once.
  ObjectSet(std::vector<const Object*> objects, std::shared_ptr<const void> owner);
  // The objects of one namespace together with those of the cluster: what admission looks into.
  ObjectSet(std::shared_ptr<const ObjectSet> name_space, std::shared_ptr<const ObjectSet> cluster,
            Coverage coverage);
  ObjectSet(ObjectSet&&) = default;
  ObjectSet& operator=(ObjectSet&&) = default;

  bool complete() const { return coverage_ == Coverage::complete; }
  // Those that the set itself owns, in their order; of a joined set, those of its namespace.
  std::span<const Object> objects() const {
    return name_space_ != nullptr ? name_space_->objects() : objects_;
  }
  std::size_t size() const { return index_.size(); }
  // Objects that repeat the kind, namespace and name of an earlier one; find() and all() do not see
  // them.
  std::span<const Duplicate> duplicates() const { return duplicates_; }

  // The object of that kind, namespace and name; nullptr where the set holds none. Objects of the
  // cluster have no namespace.
  const Object* find(Kind kind, std::string_view name_space, std::string_view name) const;
  // All of one kind in one namespace, by name.
  std::span<const Object* const> all(Kind kind, std::string_view name_space) const;

 private:
  std::vector<Object> objects_;
  std::shared_ptr<const void> owner_;
  std::shared_ptr<const ObjectSet> name_space_;
  std::shared_ptr<const ObjectSet> cluster_;
  std::vector<const Object*> index_;  // by kind, namespace, name; first ones only
  std::vector<Duplicate> duplicates_;
  Coverage coverage_ = Coverage::partial;
};

}  // namespace stateward
