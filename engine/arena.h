// Memory that is handed out front to back and given back all at once: a document lives and dies as
// a whole. Nothing placed here is destroyed one by one, so only trivially destructible types may be
// placed. Not for use by several threads at a time.
#pragma once

#include <cstddef>
#include <cstdint>
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
    T* place = room<T>(items.size());
    std::memcpy(static_cast<void*>(place), items.data(), items.size_bytes());
    return place;
  }

  // Room for `count` of them, at least one, to be constructed in place by the caller.
  template <typename T>
  T* room(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    return static_cast<T*>(take(count * sizeof(T), alignof(T)));
  }

  std::size_t bytes() const { return reserved_; }

 private:
  static constexpr std::size_t kFirstBlock = 4096;
  static constexpr std::size_t kLargestBlock = std::size_t{256} * 1024;

  void* take(std::size_t bytes, std::size_t alignment) {
    const std::size_t gap = -reinterpret_cast<std::uintptr_t>(next_) & (alignment - 1);
    if (gap + bytes > static_cast<std::size_t>(end_ - next_)) return take_from_new_block(bytes);
    std::byte* const place = next_ + gap;
    next_ = place + bytes;
    return place;
  }

  void* take_from_new_block(std::size_t bytes) {
    const std::size_t wanted = blocks_.empty() ? kFirstBlock : size_ * 2;
    size_ = wanted > kLargestBlock ? kLargestBlock : wanted;
    if (size_ < bytes) size_ = bytes;
    // new[] aligns for every ordinary type, so offset 0 fits whatever is placed.
    std::byte* const block = blocks_.emplace_back(new std::byte[size_]).get();
    reserved_ += size_;
    next_ = block + bytes;
    end_ = block + size_;
    return block;
  }

  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* next_ = nullptr;  // of the last block: what is free
  std::byte* end_ = nullptr;
  std::size_t size_ = 0;  // of the last block
  std::size_t reserved_ = 0;
};

}  // namespace stateward
