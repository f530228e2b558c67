// What both readers share: collecting the entries of open lists and maps until they close and move
// into the arena as one piece. A reader opens, adds and closes in the order of its text; nothing
// recurses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/document.h"
#include "engine/text_hash.h"

namespace stateward {

class DocumentBuilder {
 public:
  explicit DocumentBuilder(bool keep_places) : keep_places_(keep_places) {
    if (keep_places_) document_.spans.emplace_back();
  }

  std::uint32_t place(const Span& span) {
    if (!keep_places_) return 0;
    document_.spans.push_back(span);
    return static_cast<std::uint32_t>(document_.spans.size() - 1);
  }
  Arena& arena() { return document_.arena; }
  const Document& document() const { return document_; }
  std::size_t depth() const { return frames_.size(); }
  // Inside a map, between two members.
  bool wants_key() const {
    return !frames_.empty() && frames_.back().map && !frames_.back().has_key;
  }

  void open_list(std::uint32_t place) { frames_.push_back({false, false, place, items_.size()}); }
  void open_map(std::uint32_t place) { frames_.push_back({true, false, place, members_.size()}); }

  // The key of the next member. `key` must live in the arena.
  void key(std::string_view key, std::uint32_t place) {
    members_.emplace_back(key, place, Value{});
    frames_.back().has_key = true;
  }

  // A value where the text has one: an entry, a member's value, or the root.
  void value(const Value& value) {
    if (frames_.empty()) {
      document_.root = value;
    } else if (frames_.back().map) {
      members_.back().value = value;
      frames_.back().has_key = false;
    } else {
      items_.push_back(value);
    }
  }

  struct Repeated {
    std::uint32_t first = 0;  // places of the two keys
    std::uint32_t again = 0;
    std::string_view key;
  };

  // Takes back the key that was just given: a merge key is no member.
  void drop_key() {
    members_.pop_back();
    frames_.back().has_key = false;
  }
  // The members of `map` as if they stood here (YAML merge key); what comes later overrides what
  // came before.
  void merge(const Value& map) {
    for (Member member : std::span(map.members, map.size)) {
      member.set_merged();
      members_.push_back(member);
    }
  }
  void set_end(std::uint32_t place, Position end) {
    if (place != 0) document_.spans[place].end = end;
  }

  // Closes the innermost list or map and answers it as a value, not yet placed. In a map a key that
  // comes again is reported, and its last value stays.
  Value close(std::vector<Repeated>& repeated);
  Document take() { return std::move(document_); }

 private:
  struct Frame {
    bool map = false;
    bool has_key = false;
    std::uint32_t place = 0;
    std::size_t start = 0;  // of its entries in items_ or members_
  };

  void drop_repeated(std::size_t start, std::vector<Repeated>& repeated);

  Document document_;
  bool keep_places_ = false;
  std::vector<Frame> frames_;
  std::vector<Value> items_;
  std::vector<Member> members_;
  std::unordered_map<std::string_view, std::size_t, TextHash> seen_;
};

}  // namespace stateward
