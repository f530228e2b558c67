#include "engine/location.h"

#include <fmt/format.h>

#include <span>

namespace stateward {
namespace {

bool is_scalar(Node node) { return node.written() && !node.is_map() && !node.is_list(); }

const Member* member_of(Node map, std::string_view key) {
  if (!map.is_map()) return nullptr;
  for (const Member& member : std::span(map.value()->members, map.size())) {
    if (member.key() == key) return &member;
  }
  return nullptr;
}

// A map or list as a whole, where no key leads to it: an entry's name, else where its first member
// begins.
Span head_of(const Document& document, Node node) {
  const Node name = node["name"];
  if (name.is_text()) return document.span(name.value()->place);
  if (node.is_map() && !node.empty()) return document.span(node.value()->members->place());
  const Span whole = document.span(node.value()->place);
  return {whole.start, {whole.start.line, whole.start.column + 1}};
}

}  // namespace

Span locate(const Document& document, Node root, const Path& path) {
  if (!root.written()) return {};
  Span key = head_of(document, root);
  Node node = root;
  for (const std::string& step : path.steps()) {
    Node next;
    if (node.is_list()) {
      next = node[parse_index(step)];
      if (next.written()) key = head_of(document, next);
    } else if (const Member* member = member_of(node, step)) {
      next = Node(&member->value);
      key = document.span(member->place());
    }
    if (!next.written()) return key;
    node = next;
  }
  return is_scalar(node) ? document.span(node.value()->place) : key;
}

std::string named_path(Node root, const Path& path) {
  std::string named;
  const std::vector<std::string> steps = path.steps();
  for (const std::string& step : steps) {
    const bool in_list = root.is_list();
    // A member is looked up for what is below it.
    if (in_list || &step != &steps.back())
      root = in_list ? root[parse_index(step)] : root[std::string_view(step)];
    std::string_view name = in_list ? root["name"].text() : std::string_view();
    // Claim templates carry theirs in their metadata.
    if (in_list && name.empty()) name = root["metadata"]["name"].text();
    named += name.empty() ? fmt::format("/{}", step) : fmt::format("/[name={}]", name);
  }
  return named;
}

}  // namespace stateward
