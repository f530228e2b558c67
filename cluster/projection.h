// What is kept of an object: the fields that policies ask for, copied into one block of exactly the
// right size. All else, environment values and data of any kind among it, is gone.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "engine/document.h"

namespace stateward {

// Names that come again in thousands of objects (label keys, namespaces), each kept once. They are
// never given back, so there is an end to how many are taken. Thread safe.
class NamePool {
 public:
  // The pool's own copy, which lives as long as the pool; nullopt where it takes no more.
  std::optional<std::string_view> keep(std::string_view name);

 private:
  static constexpr std::size_t kMost = 50'000;
  static constexpr std::size_t kLongest = 320;  // a label key: prefix of 253, slash, name of 63

  std::mutex mutex_;
  std::unordered_set<std::string> names_;
};

// A copy of parts of an object, in one allocation. It borrows names from the pool that it was made
// with.
struct Compact {
  std::shared_ptr<std::byte[]> block;  // begins with the room that was asked for
  std::size_t size = 0;                // of the block in bytes
  const Value* root = nullptr;         // in the block
  Node node() const { return Node(root); }
};

class Projection {
 public:
  // Paths to keep, steps parted by spaces: "spec template spec volumes name". Lists are passed
  // through: a step goes into every entry. A step may end in "*": all members that begin so. What
  // the last step names is kept as a whole. The paths must live as long as the copies.
  explicit Projection(std::span<const std::string_view> paths);

  // `room` bytes in front of the copy are left to the caller, aligned for anything.
  Compact of(Node object, NamePool& names, std::size_t room = 0) const;

 private:
  struct Step {
    std::string_view name;  // without the asterisk
    bool prefix = false;
    std::vector<Step> below;  // none: keep the whole
    bool matches(std::string_view key) const {
      return prefix ? key.starts_with(name) : key == name;
    }
  };
  class Copy;

  std::vector<Step> steps_;
};

}  // namespace stateward
