// One read-only document: a tree of values in an arena, with the place of each in its text where a
// reader kept it. Readers (yaml_reader, json_reader) build it; everybody else looks at it through
// Node, which never throws and never writes: a member that is absent is an absent Node, and so is
// everything below it. A Node is valid as long as its Document lives; Documents may move, their
// values stay where they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/arena.h"

namespace stateward {

// Nesting that both readers refuse to go beyond: far above any Kubernetes object, far below any
// stack's end.
inline constexpr std::size_t kMaxDepth = 256;
// Values that one document may hold, aliases counted as often as they stand for something.
inline constexpr std::size_t kMaxValues = 1'000'000;

// Counted from 1, columns in Unicode code points; line 0 means that nobody knows.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  auto operator<=>(const Position&) const = default;
};

// From `start` up to, not including, `end`.
struct Span {
  Position start;
  Position end;
  bool known() const { return start.line != 0; }
  bool operator==(const Span&) const = default;
};

enum class Type : std::uint8_t { null, boolean, integer, real, string, list, map };

// "a string", "a list": for messages.
std::string_view describe(Type type);

struct Member;

// Maps of more members have an index behind them (engine/member_index.h).
inline constexpr std::size_t kFewMembers = 32;

// What readers write into the arena. Policies use Node. Small, for an inventory holds millions.
struct Value {
  static constexpr std::uint32_t kPlaces = (1U << 24U) - 1;  // as many as `place` tells apart

  Type type : 8 = Type::null;
  std::uint32_t place : 24 = 0;  // into Document::spans; 0: unknown
  std::uint32_t size = 0;        // bytes of a string, entries of a list or map
  union {
    bool boolean;
    std::int64_t integer;
    double real;
    const char* text = nullptr;
    const Value* items;
    const Member* members;
  };
};

static_assert(sizeof(Value) == 16);

// Whether the bytes are the same, by words of which the last two may overlap: for names, quicker
// than a call of memcmp.
template <typename Word>
bool same_words(const char* left, const char* right, std::size_t size) {
  const auto word_at = [](const char* place) {
    Word word = 0;
    std::memcpy(&word, place, sizeof(word));
    return word;
  };
  const std::size_t last = size - sizeof(Word);
  for (std::size_t at = 0; at < last; at += sizeof(Word)) {
    if (word_at(left + at) != word_at(right + at)) return false;
  }
  return word_at(left + last) == word_at(right + last);
}

inline bool same_bytes(const char* left, const char* right, std::size_t size) {
  if (size >= sizeof(std::uint64_t)) return same_words<std::uint64_t>(left, right, size);
  if (size >= sizeof(std::uint32_t)) return same_words<std::uint32_t>(left, right, size);
  return size == 0 || same_words<std::uint8_t>(left, right, size);
}

// One member of a map. A map is searched from its first member on, so each carries a mark of its
// key (the length and what the two ends are) that tells most keys apart without a look at the text.
struct Member {
  Member() = default;
  Member(std::string_view key, std::uint32_t place, const Value& given)
      : value(given),
        text_(key.data()),
        mark_(mark_of(key)),
        rest_((place & Value::kPlaces) | static_cast<std::uint32_t>(key.size() >> kSizeBits)
                                             << kUpperShift) {}

  static constexpr std::uint32_t mark_of(std::string_view key) {
    if (key.empty()) return 0;
    const auto ends = static_cast<unsigned>(key.front()) * 5U + static_cast<unsigned>(key.back());
    return (static_cast<std::uint32_t>(key.size()) & kSizes) | ends << kSizeBits;
  }

  std::string_view key() const { return {text_, upper_size() | (mark_ & kSizes)}; }
  // Whether this is its key; `mark` is that of `wanted`.
  bool is(std::string_view wanted, std::uint32_t mark) const {
    return mark_ == mark && upper_size() == (wanted.size() & ~std::size_t{kSizes}) &&
           same_bytes(text_, wanted.data(), wanted.size());
  }
  std::uint32_t mark() const { return mark_; }
  std::uint32_t place() const { return rest_ & Value::kPlaces; }  // of the key
  // Came by a YAML merge key; one written out takes its place.
  bool merged() const { return (rest_ & kMerged) != 0; }
  void set_merged() { rest_ |= kMerged; }

  Value value;

 private:
  // From the lowest bit, the mark: 25 of the size, 7 of the ends; the rest: the place, whether it
  // was merged, the size's other bits.
  static constexpr unsigned kSizeBits = 25;
  static constexpr std::uint32_t kSizes = (1U << kSizeBits) - 1;
  static constexpr std::uint32_t kMerged = 1U << 24U;
  static constexpr unsigned kUpperShift = 25;

  std::size_t upper_size() const { return std::size_t{rest_ >> kUpperShift} << kSizeBits; }

  const char* text_ = "";
  std::uint32_t mark_ = 0;
  std::uint32_t rest_ = 0;
};
static_assert(sizeof(Member) == 32);

class Node {
 public:
  Node() = default;  // absent
  explicit Node(const Value* value) : value_(value) {}

  // Present, and not null: to the Kubernetes API, null and absent are the same.
  bool exists() const { return value_ != nullptr && value_->type != Type::null; }
  explicit operator bool() const { return exists(); }
  // Written in the document, if only as null: what a patch must know.
  bool written() const { return value_ != nullptr; }
  Type type() const { return value_ == nullptr ? Type::null : value_->type; }
  bool is_map() const { return type() == Type::map; }
  bool is_list() const { return type() == Type::list; }
  bool is_text() const { return type() == Type::string; }
  bool is_integer() const { return type() == Type::integer; }

  // Members of a map, entries of a list; absent where there is no such thing.
  // Inlined everywhere, so that the mark of a literal is made by the compiler.
  [[gnu::always_inline]] Node operator[](std::string_view member) const {
    return is_map() ? find(member, Member::mark_of(member)) : Node();
  }
  [[gnu::always_inline]] Node operator[](const char* member) const {
    return (*this)[std::string_view(member)];
  }
  // Of a map, by a mark made before.
  Node find(std::string_view member, std::uint32_t mark) const;
  Node operator[](std::size_t index) const;
  std::size_t size() const;  // of a list or map; 0 for all else
  bool empty() const { return size() == 0; }

  // Scalars, or the fallback where the node is absent or of another type.
  std::string_view text(std::string_view fallback = {}) const {
    return is_text() ? std::string_view(value_->text, value_->size) : fallback;
  }
  std::optional<std::int64_t> integer() const {
    return is_integer() ? std::optional(value_->integer) : std::nullopt;
  }
  std::int64_t integer(std::int64_t fallback) const {
    return is_integer() ? value_->integer : fallback;
  }
  bool boolean(bool fallback = false) const {
    return type() == Type::boolean ? value_->boolean : fallback;
  }
  double real() const { return type() == Type::real ? value_->real : 0; }

  class Items;
  class Members;
  Items items() const;      // entries of a list, in order; of anything else none
  Members members() const;  // members of a map, in order; of anything else none

  const Value* value() const { return value_; }

 private:
  const Value* value_ = nullptr;
};

class Node::Items {
 public:
  explicit Items(std::span<const Value> values) : values_(values) {}
  struct Iterator {
    using value_type = Node;
    using difference_type = std::ptrdiff_t;
    const Value* at = nullptr;
    Node operator*() const { return Node(at); }
    Iterator& operator++() { return ++at, *this; }
    Iterator operator++(int) { return Iterator{at++}; }
    bool operator==(const Iterator&) const = default;
  };
  Iterator begin() const { return {values_.data()}; }
  Iterator end() const { return {values_.data() + values_.size()}; }

 private:
  std::span<const Value> values_;
};

class Node::Members {
 public:
  explicit Members(std::span<const Member> members) : members_(members) {}
  struct Entry {
    std::string_view key;
    Node value;
  };
  struct Iterator {
    using value_type = Entry;
    using difference_type = std::ptrdiff_t;
    const Member* at = nullptr;
    Entry operator*() const { return {at->key(), Node(&at->value)}; }
    Iterator& operator++() { return ++at, *this; }
    Iterator operator++(int) { return Iterator{at++}; }
    bool operator==(const Iterator&) const = default;
  };
  Iterator begin() const { return {members_.data()}; }
  Iterator end() const { return {members_.data() + members_.size()}; }

 private:
  std::span<const Member> members_;
};

// The text of `node`; the fallback where it is absent, of another type or empty, which are one to
// the Kubernetes API.
inline std::string_view non_empty(Node node, std::string_view fallback = {}) {
  const std::string_view text = node.text();
  return text.empty() ? fallback : text;
}

// Equal as values: the order of members does not matter, and a null member equals an absent one.
bool equal(Node left, Node right);

struct Document {
  Arena arena;
  Value root;
  std::vector<Span> spans;  // [0] is "unknown"; empty where the reader kept no places

  Node node() const { return Node(&root); }
  Span span(std::uint32_t place) const { return place < spans.size() ? spans[place] : Span{}; }
};

}  // namespace stateward
