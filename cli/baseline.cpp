#include "cli/baseline.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cli/inputs.h"
#include "cli/json_text.h"
#include "cli/schema_check.h"
#include "engine/json_reader.h"
#include "engine/location.h"

namespace stateward {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kSchema = "stateward.dev/baseline/v1";

}  // namespace

nlohmann::json baseline_schema() {
  const Json text = {{"type", "string"}};
  const Json entry = {
      {"type", "object"},
      {"additionalProperties", false},
      {"required", {"policy", "group", "kind", "namespace", "name", "path", "count"}},
      {"properties",
       {{"policy", text},
        {"group", text},
        {"kind", text},
        {"namespace", text},
        {"name", text},
        {"path", text},
        {"count", {{"type", "integer"}, {"minimum", 1}, {"maximum", 1'000'000}}}}}};
  return {
      {"$schema", "http://json-schema.org/draft-07/schema#"},
      {"title", "A baseline of stateward: findings that do not fail a run again"},
      {"type", "object"},
      {"additionalProperties", false},
      {"required", {"schema", "findings"}},
      {"properties",
       {{"schema", {{"enum", {kSchema}}}}, {"findings", {{"type", "array"}, {"items", entry}}}}}};
}

Result<Baseline> Baseline::parse(std::string_view text, const std::string& name) {
  ReadDocument read = read_json(text, Places::keep);
  if (read.document && read.diagnostics.empty())
    read.diagnostics = schema_diagnostics(baseline_schema(), *read.document);
  for (Diagnostic& problem : read.diagnostics) problem.file = name;
  if (!read.diagnostics.empty()) return fail(lines_of(read.diagnostics));
  Baseline baseline;
  for (const Node node : read.document->node()["findings"].items()) {
    const auto of = [&](std::string_view member) { return std::string(node[member].text()); };
    baseline
        .entries_[{of("group"), of("kind"), of("namespace"), of("name"), of("policy"), of("path")}]
        .known += static_cast<std::size_t>(node["count"].integer(1));
  }
  return baseline;
}

Result<Baseline> Baseline::read(const std::string& file) {
  const auto text = read_input({.name = file, .path = file});
  if (!text) {
    return fail(fmt::format("baseline {} cannot be read: {}{}", file, text.error().message,
                            access(file.c_str(), F_OK) == 0 ? "" : "; --write-baseline makes it"));
  }
  return parse(*text, file);
}

Baseline::Entry Baseline::entry_of(const Object& object, std::string_view policy,
                                   std::string path) {
  return {
      std::string(object.group()), std::string(object.kind_name), std::string(object.name_space),
      std::string(object.name),    std::string(policy),           std::move(path)};
}

bool Baseline::Entry::about(const Object& object) const {
  return group == object.group() && kind == object.kind_name && name_space == object.name_space &&
         name == object.name;
}

void Baseline::add(const Finding& finding) {
  const Object& object = *finding.object;
  ++entries_[entry_of(object, finding.policy->id, named_path(object.node, finding.path))].known;
}

std::string Baseline::text() const {
  std::string text = fmt::format(R"({{"schema":"{}","findings":[)", kSchema);
  bool first = true;
  for (const auto& [entry, count] : entries_) {
    text += first ? "\n" : ",\n";
    text += to_ascii({{"policy", entry.policy},
                      {"group", entry.group},
                      {"kind", entry.kind},
                      {"namespace", entry.name_space},
                      {"name", entry.name},
                      {"path", entry.path},
                      {"count", count.known}});
    first = false;
  }
  return text + "\n]}\n";
}

std::size_t Baseline::size() const {
  std::size_t findings = 0;
  for (const auto& [entry, count] : entries_) findings += count.known;
  return findings;
}

bool Baseline::take(const Finding& finding) {
  const Object& object = *finding.object;
  const auto entry =
      entries_.find(entry_of(object, finding.policy->id, named_path(object.node, finding.path)));
  if (entry == entries_.end() || entry->second.found == entry->second.known) return false;
  ++entry->second.found;
  return true;
}

void Baseline::mark(const Object& object, std::string_view policy, bool judged) {
  for (auto at = entries_.lower_bound(entry_of(object, policy, ""));
       at != entries_.end() && at->first.about(object) &&
       (policy.empty() || at->first.policy == policy);
       ++at) {
    at->second.judged = judged;
  }
}

void Baseline::judged(const Object& object) { mark(object, "", true); }

void Baseline::skipped(const Object& object, const Policy& policy) {
  mark(object, policy.id, false);
}

std::vector<std::string> Baseline::gone(std::span<const Policy* const> policies) const {
  std::vector<std::string> gone;
  for (const auto& [entry, count] : entries_) {
    const bool asked =
        std::any_of(policies.begin(), policies.end(),
                    [&id = entry.policy](const Policy* policy) { return policy->id == id; });
    if (asked && count.judged && count.found < count.known)
      gone.push_back(
          fmt::format("{} of {} {} at {}", entry.policy, entry.kind, entry.name, entry.path));
  }
  return gone;
}

}  // namespace stateward
