#include "engine/injection.h"

#include <algorithm>

#include "engine/settings.h"
#include "engine/trimmed.h"

namespace stateward {
namespace {

// "a, b" as {"a", "b"}; empty parts are left out. A label's value has dots where text has commas.
std::vector<std::string_view> split_list(std::string_view text, char separator = ',') {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(separator), text.size());
    if (const std::string_view part = trimmed(text.substr(0, comma)); !part.empty())
      parts.push_back(part);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

std::string join_list(std::span<const std::string_view> parts) {
  std::string joined;
  for (const std::string_view part : parts) {
    if (!joined.empty()) joined += ',';
    joined += part;
  }
  return joined;
}

bool contains(std::span<const std::string_view> list, std::string_view entry) {
  return std::find(list.begin(), list.end(), entry) != list.end();
}

bool absent(Node node) { return !node.exists() || (node.is_text() && node.text().empty()); }

std::string json_text(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

void append(Patch& patch, Patch more) {
  patch.insert(patch.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
}

Patch write_record(Node object, std::span<const std::string_view> entries) {
  return set_member(object, "/metadata/annotations", kInjectedAnnotation,
                    json_text(join_list(entries)));
}

bool by_system(const Subject& subject) {
  return subject.request != nullptr && is_system_actor(subject.request->user);
}

bool concerns(const Injection& injection, const Subject& subject) {
  return injection.kinds.contains(subject.object.kind) &&
         injection_wanted(subject.object, subject.set, injection.group, subject.settings) &&
         (!by_system(subject) || injection.for_controllers);
}

std::vector<Proposal> proposals(std::span<const Injection* const> injections,
                                const Subject& subject) {
  std::vector<Proposal> all;
  for (const Injection* injection : injections) {
    // An immutable field of a set that exists is as it is.
    const bool late = injection->immutable && subject.operation == Operation::update;
    if (late || !concerns(*injection, subject)) continue;
    std::vector<Proposal> own;
    injection->propose(subject, all, own);
    std::move(own.begin(), own.end(), std::back_inserter(all));
  }
  return all;
}

Patch create(std::span<const Injection* const> injections, const Subject& subject) {
  std::vector<Proposal> proposed = proposals(injections, subject);
  Patch patch;
  std::vector<std::string_view> record = split_list(subject.object.annotation(kInjectedAnnotation));
  bool recorded = false;
  for (Proposal& proposal : proposed) {
    append(patch, std::move(proposal.patch));
    if (proposal.entry.empty()) continue;
    recorded = true;
    if (!contains(record, proposal.entry)) record.push_back(proposal.entry);
  }
  if (recorded) append(patch, write_record(subject.object.node, record));
  return patch;
}

// A change of the template restarts the Pods anyhow, so there more may be injected where the
// namespace asks for it.
std::vector<Proposal> late_proposals(std::span<const Injection* const> injections,
                                     const Subject& subject) {
  const Object* name_space = subject.set.find(Kind::name_space, {}, subject.object.name_space);
  if (name_space == nullptr || name_space->label(kInjectOnUpdateLabel) != "true") return {};
  if (equal(subject.object.spec()["template"], subject.old->spec()["template"])) return {};
  return proposals(injections, subject);
}

// What becomes of one recorded entry on UPDATE.
enum class Fate { keep, restore, forget };

struct Restored {
  Fate fate = Fate::forget;
  Patch patch;
};

Restored restore(const Injection& injection, std::string_view entry, const Subject& subject,
                 bool recorded) {
  const auto before = injection.place(entry, subject.old->node, {});
  const Node value = before ? resolve(subject.old->node, *before) : Node();
  const auto now =
      absent(value) ? std::nullopt : injection.place(entry, subject.object.node, value);
  if (!now) return {};
  const Node present = resolve(subject.object.node, *now);
  if (!absent(present)) return {.fate = equal(present, value) ? Fate::keep : Fate::forget};
  // The record stayed and the value went: somebody took it out on purpose.
  const bool on_purpose =
      recorded || !injection_wanted(subject.object, subject.set, injection.group);
  if (on_purpose && !injection.immutable) return {};
  return {.fate = Fate::restore,
          .patch = {{.op = PatchOperation::Op::add, .path = *now, .value = to_json(value)}}};
}

Restored restore(std::span<const Injection* const> injections, std::string_view entry,
                 const Subject& subject, bool recorded) {
  for (const Injection* injection : injections) {
    if (injection->place != nullptr && injection->kinds.contains(subject.object.kind) &&
        injection->place(entry, subject.old->node, {})) {
      return restore(*injection, entry, subject, recorded);
    }
  }
  return {};
}

Patch update(std::span<const Injection* const> injections, const Subject& subject) {
  const auto before = split_list(subject.old->annotation(kInjectedAnnotation));
  const auto recorded = split_list(subject.object.annotation(kInjectedAnnotation));
  Patch patch;
  std::vector<std::string_view> kept;
  for (const std::string_view entry : before) {
    Restored restored = restore(injections, entry, subject, contains(recorded, entry));
    if (restored.fate != Fate::forget) kept.push_back(entry);
    append(patch, std::move(restored.patch));
  }
  // What was there once and is not any more was taken out on purpose.
  std::vector<Proposal> late = late_proposals(injections, subject);
  for (Proposal& proposal : late) {
    if (contains(before, proposal.entry)) continue;
    kept.push_back(proposal.entry);
    append(patch, std::move(proposal.patch));
  }
  if (kept == recorded) return patch;
  if (!kept.empty()) {
    append(patch, write_record(subject.object.node, kept));
  } else if (!before.empty()) {
    const Path annotation = Path("/metadata/annotations") / kInjectedAnnotation;
    patch.push_back({.op = PatchOperation::Op::remove, .path = annotation});
  }
  return patch;
}

}  // namespace

bool injection_wanted(const Object& object, const ObjectSet& set, std::string_view group,
                      const Settings* settings) {
  if (settings != nullptr && !settings->injects(group, object)) return false;
  auto groups = split_list(object.annotation(kInjectAnnotation));
  const Object* name_space = set.find(Kind::name_space, {}, object.name_space);
  if (groups.empty() && name_space != nullptr)
    groups = split_list(name_space->label(kInjectAnnotation), '.');
  return groups.empty() || contains(groups, group);
}

bool is_injected(const Object& object, std::string_view entry) {
  return contains(split_list(object.annotation(kInjectedAnnotation)), entry);
}

Patch mutate(std::span<const Injection* const> injections, const Subject& subject) {
  if (subject.object.being_deleted()) return {};
  // Operators overwrite or compare what they own: what is injected there ends in a restart loop.
  const bool operated = subject.object.controller().exists() && !by_system(subject) &&
                        (subject.request == nullptr || is_service_account(subject.request->user));
  if (operated) return {};
  if (subject.operation == Operation::create) return create(injections, subject);
  if (by_system(subject)) return {};
  if (subject.operation == Operation::update && subject.old != nullptr)
    return update(injections, subject);
  return {};
}

}  // namespace stateward
