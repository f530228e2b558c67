// Two walks over the same members: one counts, one writes into a block that was made to measure.
// Structures come first and text behind them, so that nothing is lost to alignment. A text that
// stands in an object several times (the labels of a set's selector and of its template) is kept
// once.

#include "cluster/projection.h"

#include <algorithm>
#include <cstring>

#include "engine/member_index.h"
#include "engine/text_hash.h"

namespace stateward {

std::optional<std::string_view> NamePool::keep(std::string_view name) {
  if (name.size() > kLongest) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const std::string key(name);
  const auto found = names_.find(key);
  if (found != names_.end()) return *found;
  if (names_.size() >= kMost) return std::nullopt;
  return *names_.insert(key).first;
}

Projection::Projection(std::span<const std::string_view> paths) {
  for (std::string_view path : paths) {
    std::vector<Step>* steps = &steps_;
    while (!path.empty()) {
      const std::string_view word = path.substr(0, path.find(' '));
      path.remove_prefix(std::min(word.size() + 1, path.size()));
      const bool prefix = word.ends_with('*');
      const std::string_view name = prefix ? word.substr(0, word.size() - 1) : word;
      auto at = std::find_if(steps->begin(), steps->end(), [&](const Step& step) {
        return step.name == name && step.prefix == prefix;
      });
      if (at == steps->end()) at = steps->insert(at, Step{.name = name, .prefix = prefix});
      steps = &at->below;
    }
  }
}

// `steps` are those that apply to the members of a node; none: everything is kept.
class Projection::Copy {
 public:
  Copy(const std::vector<Step>& steps, NamePool& names) : steps_(steps), names_(names) {}

  Compact of(Node object, std::size_t room) {
    constexpr std::size_t kAlignment = alignof(std::max_align_t);
    room = (room + kAlignment - 1) / kAlignment * kAlignment;
    structures_ = sizeof(Value);
    count(object, steps_);
    const std::size_t size = room + structures_ + text_;
    Compact compact{.block = std::make_shared<std::byte[]>(size), .size = size};
    next_structure_ = compact.block.get() + room;
    next_text_ = reinterpret_cast<char*>(next_structure_ + structures_);
    texts_.clear();
    auto* root = structure<Value>(1);
    *root = write(object, steps_);
    compact.root = root;
    return compact;
  }

 private:
  // Calls `visit(key, member, steps below)` for what is kept; the key lives long enough, or is
  // copied by the visitor where `own` is false.
  template <typename Visit>
  void each(Node map, const std::vector<Step>& steps, const Visit& visit) {
    static const std::vector<Step> everything;
    for (const auto [key, member] : map.members()) {
      if (!member.exists()) continue;
      const auto step = std::find_if(steps.begin(), steps.end(),
                                     [&, name = key](const Step& s) { return s.matches(name); });
      if (step == steps.end() && !steps.empty()) continue;
      const bool literal = step != steps.end() && !step->prefix;
      const auto pooled = literal ? std::optional(step->name) : names_.keep(key);
      visit(pooled.value_or(key), member, step == steps.end() ? everything : step->below,
            pooled.has_value());
    }
  }

  void count(Node node, const std::vector<Step>& steps) {
    if (node.is_text()) count_text(node.text());
    for (const Node item : node.items()) {
      structures_ += sizeof(Value);
      count(item, steps);
    }
    std::size_t kept = 0;
    each(node, steps,
         [&](std::string_view key, Node member, const std::vector<Step>& rest, bool own) {
           ++kept;
           if (!own) count_text(key);
           count(member, rest);
         });
    structures_ += kept * sizeof(Member) + index_size(kept) * sizeof(std::uint64_t);
  }

  Value write(Node node, const std::vector<Step>& steps) {
    Value value = node.value() == nullptr ? Value{} : *node.value();
    value.place = 0;
    if (node.is_text()) {
      value.text = write_text(node.text()).data();
    } else if (node.is_list()) {
      auto* items = structure<Value>(node.size());
      value.items = items;
      for (const Node item : node.items()) *items++ = write(item, steps);
    } else if (node.is_map()) {
      write_members(node, steps, value);
    }
    return value;
  }

  void write_members(Node map, const std::vector<Step>& steps, Value& value) {
    std::uint32_t kept = 0;
    each(map, steps, [&](auto&&...) { ++kept; });
    auto* const members = structure<Member>(kept);
    structure<std::uint64_t>(index_size(kept));
    value.members = members;
    value.size = kept;
    auto* next = members;
    each(map, steps,
         [&](std::string_view key, Node member, const std::vector<Step>& rest, bool own) {
           *next++ = Member(own ? key : write_text(key), 0, write(member, rest));
         });
    index_members(members, kept);
  }

  template <typename T>
  T* structure(std::size_t count) {
    T* place = reinterpret_cast<T*>(next_structure_);
    next_structure_ += count * sizeof(T);
    return place;
  }

  void count_text(std::string_view text) {
    if (texts_.insert(text).second) text_ += text.size();
  }

  std::string_view write_text(std::string_view text) {
    if (const auto before = texts_.find(text); before != texts_.end()) return *before;
    if (!text.empty()) std::memcpy(next_text_, text.data(), text.size());
    const std::string_view copy(next_text_, text.size());
    next_text_ += text.size();
    return *texts_.insert(copy).first;
  }

  const std::vector<Step>& steps_;
  NamePool& names_;
  std::size_t structures_ = 0;  // bytes
  std::size_t text_ = 0;        // bytes
  // Whoever may create a set decides how many there are, so finding one must not take longer then.
  std::unordered_set<std::string_view, TextHash> texts_;
  std::byte* next_structure_ = nullptr;
  char* next_text_ = nullptr;
};

Compact Projection::of(Node object, NamePool& names, std::size_t room) const {
  return Copy(steps_, names).of(object, room);
}

}  // namespace stateward
