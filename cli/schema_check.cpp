// valijson says where something is wrong, and its words are of schemas ("Failed to match against
// any enum values"); what is wrong there is told from the schema of that place.

#include "cli/schema_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "cli/nearest.h"
#include "engine/json_writer.h"
#include "engine/location.h"

namespace stateward {
namespace {

using Json = nlohmann::json;

// "a list", "true or false": what a schema's type is in a file.
std::string_view in_words(std::string_view type) {
  if (type == "object") return "a map";
  if (type == "array") return "a list";
  if (type == "string") return "a text";
  if (type == "integer") return "a whole number";
  if (type == "boolean") return "true or false";
  return type;
}

bool has_type(const Json& value, std::string_view type) {
  return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
         (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
         (type == "integer" && value.is_number_integer());
}

std::string shown(const Json& value) {
  constexpr std::size_t kLongest = 40;
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  return text.size() > kLongest ? text.substr(0, kLongest) + "…" : text;
}

// What is said of a value that is none of `values`. So many that nobody would read them are not
// listed.
std::string not_among(const Json& values, const Json& value) {
  constexpr std::size_t kListed = 8;
  if (values.size() == 1)
    return fmt::format("is {}, and must be {}", shown(value), values[0].dump());
  std::string all;
  std::vector<std::string_view> known;
  for (const Json& one : values) {
    // YAML 1.1 reads the word off as false.
    if (one.is_boolean()) continue;
    known.push_back(one.get_ref<const std::string&>());
    all += fmt::format("{}{}", all.empty() ? "" : ", ", known.back());
  }
  if (known.size() <= kListed) return fmt::format("{} is none of {}", shown(value), all);
  const std::string text = value.is_string() ? value.get<std::string>() : std::string();
  return fmt::format("{} is not known{}", shown(value), did_you_mean(text, known));
}

const Json& referred(const Json& root, const Json& schema) {
  if (!schema.contains("$ref")) return schema;
  return root[Json::json_pointer(schema["$ref"].get<std::string>().substr(1))];
}

// The schema of what stands at `step` of a value with `schema`; null where it says nothing.
const Json* below(const Json& schema, const std::string& step) {
  if (schema.contains("properties") && schema["properties"].contains(step))
    return &schema["properties"][step];
  if (schema.contains("additionalProperties") && schema["additionalProperties"].is_object())
    return &schema["additionalProperties"];
  return schema.contains("items") ? &schema["items"] : nullptr;
}

class Complaints {
 public:
  void explain(const Json& schema, const Json& value, const Path& path,
               const std::string& otherwise) {
    const std::size_t before = added_;
    if (schema.contains("type") && !has_type(value, schema["type"].get<std::string>())) {
      add(path, fmt::format("is {}, and must be {}", shown(value),
                            in_words(schema["type"].get<std::string>())));
      return;
    }
    if (schema.contains("enum") && !contains(schema["enum"], value))
      add(path, not_among(schema["enum"], value));
    if (value.is_object()) explain_members(schema, value, path);
    if (schema.contains("minimum") && value.is_number() &&
        (value < schema["minimum"] || value > schema["maximum"])) {
      add(path, fmt::format("{} is not between {} and {}", shown(value), schema["minimum"].dump(),
                            schema["maximum"].dump()));
    }
    const bool none = (value.is_array() || value.is_string()) && value.empty();
    if (none && (schema.contains("minItems") || schema.contains("minLength")))
      add(path, "must not be empty");
    if (added_ == before) add(path, otherwise);
  }

  std::vector<SchemaComplaint> take() {
    std::vector<SchemaComplaint> all;
    for (const auto& [path, message] : found_) all.push_back({Path(path), message});
    return all;
  }

 private:
  static bool contains(const Json& values, const Json& value) {
    return std::find(values.begin(), values.end(), value) != values.end();
  }

  void add(const Path& path, std::string message) {
    ++added_;
    found_.emplace(path.text(), std::move(message));
  }

  void explain_members(const Json& schema, const Json& value, const Path& path) {
    const bool closed =
        schema.contains("additionalProperties") && schema["additionalProperties"] == Json(false);
    const Json properties = schema.value("properties", Json::object());
    std::vector<std::string_view> known;
    for (auto member = properties.begin(); member != properties.end(); ++member)
      known.push_back(member.key());
    for (const auto& [name, _] : value.items()) {
      if (!closed || std::find(known.begin(), known.end(), name) != known.end()) continue;
      add(path / name, fmt::format("\"{}\" is not known{}", name, did_you_mean(name, known)));
    }
    const Json required = schema.value("required", Json::array());
    for (const Json& name : required) {
      if (!value.contains(name.get<std::string>()))
        add(path, fmt::format("needs \"{}\"", name.get<std::string>()));
    }
  }

  std::set<std::pair<std::string, std::string>> found_;
  std::size_t added_ = 0;  // also what was found before
};

// "<root>", "[policies]", "[0]".
std::string step_of(std::string context) {
  if (context.starts_with("[") && context.ends_with("]"))
    return context.substr(1, context.size() - 2);
  return context;
}

void explain(const Json& schema, const Json& value, const std::vector<std::string>& context,
             const std::string& otherwise, Complaints& complaints) {
  const Json* at = &schema;
  const Json* there = &value;
  Path path;
  for (std::size_t index = 1; index < context.size(); ++index) {
    const std::string step = step_of(context[index]);
    const Json* next = below(*at, step);
    if (next == nullptr) return complaints.explain(Json::object(), *there, path, otherwise);
    at = &referred(schema, *next);
    if (there->is_array()) {
      there = &there->at(std::stoul(step));
      path = path / std::stoul(step);
    } else {
      there = &there->at(step);
      path = path / step;
    }
  }
  complaints.explain(*at, *there, path, otherwise);
}

// That something below is wrong is said below.
bool is_echo(std::string_view description) { return description.starts_with("Failed to validate"); }

}  // namespace

std::vector<SchemaComplaint> schema_complaints(const Json& schema, const Json& value) {
  using valijson::adapters::NlohmannJsonAdapter;
  valijson::Schema compiled;
  valijson::SchemaParser().populateSchema(NlohmannJsonAdapter(schema), compiled);
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  valijson::ValidationResults results;
  Complaints complaints;
  if (validator.validate(compiled, NlohmannJsonAdapter(value), &results)) return {};
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    if (!is_echo(error.description))
      explain(schema, value, error.context, error.description, complaints);
  }
  return complaints.take();
}

std::vector<Diagnostic> schema_diagnostics(const Json& schema, const Document& document) {
  std::vector<Diagnostic> problems;
  const Json value = Json::parse(to_json(document.node()));
  for (const SchemaComplaint& complaint : schema_complaints(schema, value)) {
    const std::string where = complaint.path.text().empty() ? "" : complaint.path.text() + ": ";
    problems.push_back({.span = locate(document, document.node(), complaint.path),
                        .message = where + complaint.message});
  }
  std::stable_sort(problems.begin(), problems.end(),
                   [](const Diagnostic& left, const Diagnostic& right) {
                     return left.span.start < right.span.start;
                   });
  return problems;
}

}  // namespace stateward
