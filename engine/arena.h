// Memory that is handed out front to back and given back all at once: a document lives and dies as
// a whole. Nothing placed here is destroyed one by one, so only trivially destructible types may be
// placed. Not for use by several threads at a time.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace stateward {

class Arena {
 public:
  // A copy of `text` that lives as long as the arena.
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    auto* place = static_cast<char*>(take(text.size(), 1));
    std::memcpy(place, text.data(), text.size());
    return {place, text.size()};
  }

  // A copy of `items`, contiguous, that lives as long as the arena.
  template <typename T>
  const T* copy(std::span<const T> items) {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
    if (items.empty()) return nullptr;
    void* place = take(items.size_bytes(), alignof(T));
    std::memcpy(place, items.data(), items.size_bytes());
    return static_cast<const T*>(place);
  }

  std::size_t bytes() const { return reserved_; }

 private:
  static constexpr std::size_t kFirstBlock = 4096;
  static constexpr std::size_t kLargestBlock = std::size_t{256} * 1024;

  void* take(std::size_t bytes, std::size_t alignment) {
    const std::size_t start = (used_ + alignment - 1) & ~(alignment - 1);
    if (blocks_.empty() || start + bytes > size_) return take_from_new_block(bytes);
    used_ = start + bytes;
    return blocks_.back().get() + start;
  }

  void* take_from_new_block(std::size_t bytes) {
    const std::size_t wanted = blocks_.empty() ? kFirstBlock : size_ * 2;
    size_ = wanted > kLargestBlock ? kLargestBlock : wanted;
    if (size_ < bytes) size_ = bytes;
    // new[] aligns for every ordinary type, so offset 0 fits whatever is placed.
    blocks_.push_back(std::unique_ptr<std::byte[]>(new std::byte[size_]));
    reserved_ += size_;
    used_ = bytes;
    return blocks_.back().get();
  }

  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::size_t used_ = 0;
  std::size_t size_ = 0;
  std::size_t reserved_ = 0;
};

}  // namespace stateward
