#include "engine/patch.h"

#include <fmt/format.h>

#include <span>

#include "engine/json_reader.h"
#include "engine/member_index.h"

namespace stateward {
namespace {

std::string_view name_of(PatchOperation::Op op) {
  switch (op) {
    case PatchOperation::Op::add:
      return "add";
    case PatchOperation::Op::remove:
      return "remove";
    case PatchOperation::Op::replace:
      return "replace";
  }
  return "";
}

// Rebuilds the spine from the root to the place that changes; all else is shared with what was
// there.
class Editor {
 public:
  Editor(Document& document, const PatchOperation& operation, const Value& value)
      : document_(document), operation_(operation), value_(value), steps_(operation.path.steps()) {}

  // An error is a word on what is missing.
  Result<Value> edit(const Value& root) {
    if (steps_.empty()) return value_;
    return edit(root, 0);
  }

 private:
  bool last(std::size_t depth) const { return depth + 1 == steps_.size(); }

  Result<Value> edit(const Value& value, std::size_t depth) {
    if (value.type == Type::map) return edit_map(value, depth);
    if (value.type == Type::list) return edit_list(value, depth);
    return fail(fmt::format("\"{}\" is looked for in {}", steps_[depth], describe(value.type)));
  }

  Result<Value> edit_map(const Value& map, std::size_t depth) {
    std::vector<Member> members(map.members, map.members + map.size);
    const auto found = std::find_if(members.begin(), members.end(), [&](const Member& member) {
      return member.key() == steps_[depth];
    });
    const bool adds = last(depth) && operation_.op == PatchOperation::Op::add;
    if (found == members.end() && !adds)
      return fail(fmt::format("there is no \"{}\"", steps_[depth]));
    if (found == members.end()) {
      members.emplace_back(document_.arena.copy(steps_[depth]), 0, value_);
    } else if (!last(depth)) {
      auto inner = edit(found->value, depth + 1);
      if (!inner) return inner;
      found->value = *inner;
    } else if (operation_.op == PatchOperation::Op::remove) {
      members.erase(found);
    } else {
      found->value = value_;
    }
    Value edited = map;
    edited.size = static_cast<std::uint32_t>(members.size());
    edited.members = keep_members(document_.arena, members).members;
    return edited;
  }

  Result<Value> edit_list(const Value& list, std::size_t depth) {
    std::vector<Value> items(list.items, list.items + list.size);
    const bool adds = last(depth) && operation_.op == PatchOperation::Op::add;
    const std::size_t index =
        adds && steps_[depth] == "-" ? items.size() : parse_index(steps_[depth]);
    if (index > items.size() || (index == items.size() && !adds)) {
      return fail(fmt::format("there is no entry {}", steps_[depth]));
    }
    const auto place = items.begin() + static_cast<std::ptrdiff_t>(index);
    if (adds) {
      items.insert(place, value_);
    } else if (!last(depth)) {
      auto inner = edit(*place, depth + 1);
      if (!inner) return inner;
      *place = *inner;
    } else if (operation_.op == PatchOperation::Op::remove) {
      items.erase(place);
    } else {
      *place = value_;
    }
    Value edited = list;
    edited.size = static_cast<std::uint32_t>(items.size());
    edited.items = document_.arena.copy(std::span<const Value>(items));
    return edited;
  }

  Document& document_;
  const PatchOperation& operation_;
  const Value& value_;
  std::vector<std::string> steps_;
};

// A deep copy into `document`, so that it outlives what it was copied from.
Value copy(Node node, Document& document) {
  if (!node.written()) return {};
  Value value = *node.value();
  value.place = 0;
  if (node.is_text()) value.text = document.arena.copy(node.text()).data();
  if (node.is_list()) {
    std::vector<Value> items;
    for (const Node item : node.items()) items.push_back(copy(item, document));
    value.items = document.arena.copy(std::span<const Value>(items));
  }
  if (node.is_map()) {
    std::vector<Member> members;
    for (const auto& [key, member] : node.members()) {
      members.emplace_back(document.arena.copy(key), 0, copy(member, document));
    }
    value.members = keep_members(document.arena, members).members;
  }
  return value;
}

Result<Value> read_value(const std::string& json, Document& document) {
  if (json.empty()) return Value{};
  const ReadDocument read = read_json("[" + json + "]", Places::skip);
  if (!read.document || read.document->node().size() != 1) return fail("its value is not JSON");
  return copy(read.document->node()[std::size_t{0}], document);
}

}  // namespace

Patch set_member(Node object, const Path& map, std::string_view member, std::string value) {
  if (resolve(object, map).is_map()) {
    return {{.op = PatchOperation::Op::add, .path = map / member, .value = std::move(value)}};
  }
  const std::size_t slash = map.text().rfind('/');
  std::string whole;
  JsonWriter(whole).begin_object().key(member).raw(value).end_object();
  if (slash == std::string::npos)
    return {{.op = PatchOperation::Op::add, .path = map, .value = std::move(whole)}};
  const std::vector<std::string> steps = map.steps();
  return set_member(object, Path(std::string_view(map.text()).substr(0, slash)), steps.back(),
                    std::move(whole));
}

void write_patch(JsonWriter& out, const Patch& patch) {
  out.begin_array();
  for (const PatchOperation& operation : patch) {
    out.begin_object()
        .key("op")
        .string(name_of(operation.op))
        .key("path")
        .string(operation.path.text());
    if (operation.op != PatchOperation::Op::remove) out.key("value").raw(operation.value);
    out.end_object();
  }
  out.end_array();
}

std::string to_json(const Patch& patch) {
  std::string text;
  JsonWriter out(text);
  write_patch(out, patch);
  return text;
}

Result<Document> apply_patch(Node document, const Patch& patch) {
  Document result;
  result.root = copy(document, result);
  for (const PatchOperation& operation : patch) {
    const auto context = [&](const Error& error) {
      return Error{
          fmt::format("{} {}: {}", name_of(operation.op), operation.path.text(), error.message)};
    };
    auto value = read_value(operation.value, result);
    if (!value) return tl::unexpected(context(value.error()));
    auto root = Editor(result, operation, *value).edit(result.root);
    if (!root) return tl::unexpected(context(root.error()));
    result.root = *root;
  }
  return result;
}

Node resolve(Node root, const Path& path) {
  for (const std::string& step : path.steps()) {
    root = root.is_list() ? root[parse_index(step)] : root[std::string_view(step)];
  }
  return root;
}

}  // namespace stateward
