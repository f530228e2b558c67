#include "engine/document.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/member_index.h"

namespace stateward {
namespace {

bool equal_lists(Node left, Node right) {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!equal(left[i], right[i])) return false;
  }
  return true;
}

std::vector<std::pair<std::string_view, Node>> by_name(Node map) {
  std::vector<std::pair<std::string_view, Node>> members;
  for (const auto& [key, value] : map.members()) {
    if (value.exists()) members.emplace_back(key, value);
  }
  std::sort(members.begin(), members.end(),
            [](const auto& one, const auto& other) { return one.first < other.first; });
  return members;
}

// In whatever order the members stand; a null is as good as none.
bool equal_maps(Node left, Node right) {
  const auto ours = by_name(left);
  const auto theirs = by_name(right);
  return std::equal(ours.begin(), ours.end(), theirs.begin(), theirs.end(),
                    [](const auto& one, const auto& other) {
                      return one.first == other.first && equal(one.second, other.second);
                    });
}

const Value* first_with(const Member* at, const Member* end, std::string_view key,
                        std::uint32_t mark) {
  for (; at != end; ++at) {
    if (at->is(key, mark)) return &at->value;
  }
  return nullptr;
}

}  // namespace

std::string_view describe(Type type) {
  switch (type) {
    case Type::null:
      return "null";
    case Type::boolean:
      return "a boolean";
    case Type::integer:
      return "a whole number";
    case Type::real:
      return "a number";
    case Type::string:
      return "text";
    case Type::list:
      return "a list";
    case Type::map:
      return "a map";
  }
  return "a value";
}

Node Node::find(std::string_view member, std::uint32_t mark) const {
  if (value_->size > kFewMembers) return Node(find_indexed(value_->members, value_->size, member));
  return Node(first_with(value_->members, value_->members + value_->size, member, mark));
}

Node Node::operator[](std::size_t index) const {
  if (!is_list() || index >= value_->size) return {};
  return Node(value_->items + index);
}

std::size_t Node::size() const { return is_list() || is_map() ? value_->size : 0; }

Node::Items Node::items() const {
  return Items(is_list() ? std::span(value_->items, value_->size) : std::span<const Value>());
}

Node::Members Node::members() const {
  return Members(is_map() ? std::span(value_->members, value_->size) : std::span<const Member>());
}

bool equal(Node left, Node right) {
  if (left.type() != right.type()) return false;
  switch (left.type()) {
    case Type::null:
      return true;
    case Type::boolean:
      return left.boolean() == right.boolean();
    case Type::integer:
      return left.integer() == right.integer();
    case Type::real:
      return left.real() == right.real();
    case Type::string:
      return left.text() == right.text();
    case Type::list:
      return equal_lists(left, right);
    case Type::map:
      return equal_maps(left, right);
  }
  return false;
}

}  // namespace stateward
