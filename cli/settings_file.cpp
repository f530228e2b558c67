#include "cli/settings_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <system_error>

#include "cli/inputs.h"
#include "cli/schema_check.h"
#include "engine/json_writer.h"
#include "engine/location.h"
#include "engine/trimmed.h"
#include "engine/yaml_reader.h"
#include "policies/catalogue.h"

namespace stateward {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kApiVersion = "stateward.dev/v1";
constexpr std::string_view kKind = "Settings";

Json one_of(Json values) { return {{"enum", std::move(values)}}; }
Json list_of(Json items) {
  return {{"type", "array"}, {"items", std::move(items)}, {"minItems", 1}};
}
Json text() { return {{"type", "string"}, {"minLength", 1}}; }
Json described(Json schema, std::string_view description) {
  schema["description"] = description;
  return schema;
}

Json closed_map(Json properties) {
  return {
      {"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
}

// YAML reads an unquoted off as false.
Json actions() { return one_of({"deny", "warn", "audit", "off", false}); }

Json parameter_schema(const Parameter& parameter) {
  Json schema;
  if (parameter.choices.empty()) {
    schema = {{"type", "integer"},
              {"minimum", parameter.least},
              {"maximum", parameter.most},
              {"default", parameter.standard}};
  } else {
    schema =
        one_of(Json(std::vector<std::string>(parameter.choices.begin(), parameter.choices.end())));
    schema["default"] = parameter.choices.front();
  }
  return described(std::move(schema), parameter.description);
}

Json policy_schema(const Policy& policy) {
  Json properties = {{"action", actions()},
                     {"guarded", actions()},
                     {"severity", one_of({"info", "low", "medium", "high", "critical"})}};
  Json parameters = Json::object();
  for (const Parameter& parameter : policy.parameters)
    parameters[std::string(parameter.name)] = parameter_schema(parameter);
  if (!parameters.empty()) properties["parameters"] = closed_map(std::move(parameters));
  return described(closed_map(std::move(properties)), policy.summary);
}

Json policies_schema() {
  Json properties = Json::object();
  for (const Policy* policy : policies::all_policies())
    properties[std::string(policy->id)] = policy_schema(*policy);
  return closed_map(std::move(properties));
}

Json injections_schema() {
  Json properties = Json::object();
  for (const Injection* injection : policies::all_injections())
    properties[std::string(injection->id)] = described({{"type", "boolean"}}, injection->summary);
  return closed_map(std::move(properties));
}

Json selector_schema() {
  return closed_map(
      {{"matchLabels", {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}}},
       {"matchExpressions",
        list_of({{"type", "object"},
                 {"required", {"key", "operator"}},
                 {"additionalProperties", false},
                 {"properties",
                  {{"key", text()},
                   {"operator", one_of({"In", "NotIn", "Exists", "DoesNotExist"})},
                   {"values", {{"type", "array"}, {"items", {{"type", "string"}}}}}}}})}});
}

// A pattern for any other kind would match nothing, which is how a mistyped one goes unnoticed.
Json judged_kinds() {
  std::set<std::string> kinds;
  for (const Policy* policy : policies::all_policies()) {
    for (const std::string_view name : names_of(policy->kinds)) kinds.emplace(name);
  }
  return Json(std::move(kinds));
}

// What an ObjectPattern is read from.
Json pattern_properties() {
  return {{"namespaces", described(list_of(text()), "Namespaces; * stands for any text")},
          {"kinds", described(list_of(one_of(judged_kinds())), "Kinds, such as StatefulSet")},
          {"names", described(list_of(text()), "Names; * stands for any text")},
          {"selector", {{"$ref", "#/definitions/selector"}}}};
}

Json override_schema() {
  Json properties = pattern_properties();
  properties["policies"] = {{"$ref", "#/definitions/policies"}};
  properties["injections"] = {{"$ref", "#/definitions/injections"}};
  return described(closed_map(std::move(properties)),
                   "What holds for some objects only; later entries win");
}

Json exemption_schema() {
  std::vector<std::string> ids;
  for (const Policy* policy : policies::all_policies()) ids.emplace_back(policy->id);
  Json properties = pattern_properties();
  properties["policies"] = list_of(one_of(Json(std::move(ids))));
  properties["reason"] = described({{"type", "string"}}, "Why; without one it excepts nothing");
  properties["owner"] = described({{"type", "string"}}, "Who answers for it");
  properties["until"] = described({{"type", "string"}}, "The last day on which it holds");
  Json schema = closed_map(std::move(properties));
  schema["required"] = {"policies"};
  return schema;
}

std::vector<std::string_view> texts(Node list) {
  std::vector<std::string_view> all;
  for (const Node item : list.items()) all.push_back(item.text());
  return all;
}

ObjectPattern pattern_of(Node node) {
  return {.namespaces = texts(node["namespaces"]),
          .kinds = texts(node["kinds"]),
          .names = texts(node["names"]),
          .selector = node["selector"]};
}

std::optional<EnforcementAction> action_of(Node node) {
  if (!node.exists()) return std::nullopt;
  for (const auto action :
       {EnforcementAction::deny, EnforcementAction::warn, EnforcementAction::audit}) {
    if (node.text() == to_string(action)) return action;
  }
  return EnforcementAction::off;
}

std::optional<Severity> severity_of(Node node) {
  for (const auto severity :
       {Severity::info, Severity::low, Severity::medium, Severity::high, Severity::critical}) {
    if (node.text() == to_string(severity)) return severity;
  }
  return std::nullopt;
}

// Makes settings of a document that the schema allows.
class Reader {
 public:
  explicit Reader(const Document& document) : document_(document), root_(document.node()) {}

  void read(Settings::Content& content) const {
    if (root_["enforcement"].text() == "observe") content.enforcement = Enforcement::observe;
    content.rules.push_back(rule(root_, ""));
    content.rules.front().where = {};
    for (std::size_t index = 0; index < root_["overrides"].size(); ++index)
      content.rules.push_back(rule(root_["overrides"][index], Path("/overrides") / index));
    for (const Node exemption : root_["exemptions"].items())
      content.exemptions.push_back(exemption_of(exemption));
  }

 private:
  SettingsRule rule(Node node, const Path& path) const {
    SettingsRule rule{.where = pattern_of(node)};
    for (const Policy* policy : policies::all_policies()) {
      const Node choice = node["policies"][policy->id];
      if (!choice.exists()) continue;
      const Path place = path / "policies" / policy->id;
      rule.policies.emplace_back(policy,
                                 PolicyChoice{.action = action_of(choice["action"]),
                                              .guarded = action_of(choice["guarded"]),
                                              .severity = severity_of(choice["severity"]),
                                              .parameters = choice["parameters"],
                                              .place = locate(document_, root_, place).start});
    }
    for (const Injection* injection : policies::all_injections()) {
      const Node on = node["injections"][injection->id];
      if (on.exists()) rule.injections.emplace_back(injection->group, on.boolean());
    }
    return rule;
  }

  static StatedExemption exemption_of(Node node) {
    StatedExemption stated{.where = pattern_of(node),
                           .reason = trimmed(node["reason"].text()),
                           .owner = node["owner"].text()};
    if (node["until"].exists()) {
      stated.until = parse_date(node["until"].text());
      stated.unreadable_end = !stated.until;
    }
    const std::vector<std::string_view> named = texts(node["policies"]);
    for (const Policy* policy : policies::all_policies()) {
      if (std::find(named.begin(), named.end(), policy->id) != named.end())
        stated.policies.push_back(policy);
    }
    return stated;
  }

  const Document& document_;
  const Node root_;
};

ReadDocument only_document(std::string_view text) {
  ReadDocument only;
  for (const YamlChunk& chunk : split_yaml(text)) {
    ReadDocument read = read_yaml(chunk);
    if (read.document && only.document) {
      only.diagnostics.push_back({.span = locate(*read.document, read.document->node(), ""),
                                  .message = "settings are one document, and this is another"});
      continue;
    }
    if (read.document) only.document = std::move(read.document);
    std::move(read.diagnostics.begin(), read.diagnostics.end(),
              std::back_inserter(only.diagnostics));
  }
  return only;
}

}  // namespace

nlohmann::json settings_schema() {
  Json properties = {
      {"apiVersion", one_of({kApiVersion})},
      {"kind", one_of({kKind})},
      {"enforcement", described(one_of({"policy", "observe"}), "observe: nothing is denied")},
      {"policies", {{"$ref", "#/definitions/policies"}}},
      {"injections", {{"$ref", "#/definitions/injections"}}},
      {"overrides", list_of(override_schema())},
      {"exemptions", list_of(exemption_schema())}};
  Json schema = closed_map(std::move(properties));
  schema["$schema"] = "http://json-schema.org/draft-07/schema#";
  schema["title"] = "Settings of stateward";
  schema["required"] = {"apiVersion", "kind"};
  schema["definitions"] = {{"policies", policies_schema()},
                           {"injections", injections_schema()},
                           {"selector", selector_schema()}};
  return schema;
}

SettingsReading read_settings(std::string_view text, const std::string& name) {
  ReadDocument read = only_document(text);
  SettingsReading reading{.problems = std::move(read.diagnostics)};
  if (read.document && reading.problems.empty())
    reading.problems = schema_diagnostics(settings_schema(), *read.document);
  if (!read.document && reading.problems.empty())
    reading.problems.push_back(
        {.span = {{1, 1}, {1, 1}}, .message = "there are no settings in it"});
  for (Diagnostic& problem : reading.problems) problem.file = name;
  if (!reading.problems.empty()) return reading;
  Settings::Content content{.name = name, .document = std::move(*read.document)};
  Reader(content.document).read(content);
  reading.settings = std::make_shared<const Settings>(std::move(content));
  return reading;
}

std::optional<std::filesystem::path> find_settings(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path above;
  // "." at its end would count as a step up.
  const fs::path start = (fs::absolute(folder, error) / "").lexically_normal().parent_path();
  for (fs::path at = start; !error; at = at.parent_path()) {
    // A link that leads nowhere is left to who reads it, to say so.
    if (fs::is_regular_file(at / kSettingsFile, error) ||
        fs::is_symlink(at / kSettingsFile, error)) {
      return above / kSettingsFile;
    }
    if (fs::exists(at / ".git", error) || !at.has_relative_path()) break;
    above /= "..";
  }
  return std::nullopt;
}

Result<std::shared_ptr<const Settings>> load_settings(const SettingsOptions& options) {
  if (options.none) return nullptr;
  std::filesystem::path file = options.file;
  if (file.empty()) {
    const auto found = find_settings(".");
    if (!found) return nullptr;
    file = *found;
  }
  const auto text = read_input({.name = file.string(), .path = file.string()});
  if (!text) return fail(fmt::format("{} cannot be read: {}", file.string(), text.error().message));
  const SettingsReading reading = read_settings(*text, file.string());
  if (reading.settings) return reading.settings;
  return fail(lines_of(reading.problems));
}

}  // namespace stateward
