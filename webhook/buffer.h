// Bytes that have been read and wait to be used. Unlike a string it does not write zeros over the
// room that the next read is about to fill.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace stateward {

class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t capacity) { reserve(capacity); }

  std::string_view view() const { return {bytes_.get(), size_}; }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }

  // Where more can be written; added() says how much was.
  std::span<char> room() { return {bytes_.get() + size_, capacity_ - size_}; }
  void added(std::size_t size) { size_ += size; }

  void append(std::string_view text) {
    reserve(size_ + text.size());
    std::copy(text.begin(), text.end(), bytes_.get() + size_);
    size_ += text.size();
  }
  void drop_front(std::size_t size) {
    size_ -= size;
    if (size_ > 0) std::memmove(bytes_.get(), bytes_.get() + size, size_);
  }
  void clear() { size_ = 0; }

  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    std::copy_n(bytes_.get(), size_, larger.get());
    bytes_ = std::move(larger);
    capacity_ = capacity;
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace stateward
