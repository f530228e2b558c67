#include "cli/json_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace stateward {
namespace {

using Json = nlohmann::ordered_json;

// ASCII only, so that no terminal and no log can be made to do anything.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

Json object_json(const Object& object) {
  return {{"apiVersion", object.api_version},
          {"kind", object.kind_name},
          {"namespace", object.name_space},
          {"name", object.name}};
}

Json location_json(std::string_view file, const Span& span) {
  if (file.empty()) return nullptr;
  return {{"file", file},
          {"line", span.start.line},
          {"column", span.start.column},
          {"endLine", span.end.line},
          {"endColumn", span.end.column}};
}

Json fix_json(const std::optional<Fix>& fix) {
  if (!fix) return nullptr;
  // A patch that were no JSON would take the whole report with it.
  Json patch = Json::parse(to_json(fix->patch), nullptr, false);
  if (patch.is_discarded()) return nullptr;
  return {{"applicability", fix->applicability == Fix::Applicability::safe ? "safe" : "unsafe"},
          {"patch", std::move(patch)}};
}

Json exemption_json(const std::optional<Exemption>& exemption) {
  if (!exemption) return nullptr;
  return {{"reason", exemption->reason},
          {"owner", exemption->owner.empty() ? Json(nullptr) : Json(exemption->owner)},
          {"until", exemption->until ? Json(to_string(*exemption->until)) : Json(nullptr)}};
}

Json finding_json(const JudgedSet& set, const PlacedFinding& placed) {
  const Finding& finding = placed.finding;
  return {
      {"policy", finding.policy->id},
      {"severity", to_string(finding.severity)},
      {"action", to_string(action_of(finding, set.enforcement))},
      {"object", object_json(*finding.object)},
      {"path", finding.path.text()},
      {"location", set.manifests == nullptr
                       ? Json()
                       : location_json(set.manifests->file_of(*finding.object).name, placed.place)},
      {"message", finding.message},
      {"remedy", finding.remedy},
      {"fix", fix_json(finding.fix)},
      {"exemption", exemption_json(finding.exemption)}};
}

void append(std::string& list, const Json& entry) {
  if (!list.empty()) list += ",\n";
  list += dump(entry);
}

}  // namespace

JsonReport::JsonReport(std::ostream& out) : out_(out) {
  out_ << R"({"schema":"stateward.dev/report/v1","findings":[)";
}

void JsonReport::add(const JudgedSet& set) {
  for (const PlacedFinding& placed : set.findings) {
    out_ << (first_ ? "\n" : ",\n") << dump(finding_json(set, placed));
    first_ = false;
  }
  if (set.manifests != nullptr) {
    for (const Diagnostic& diagnostic : set.manifests->diagnostics) add(diagnostic);
  }
  for (const Skipped& skipped : set.skipped) {
    append(skipped_, {{"policy", skipped.policy->id},
                      {"object", object_json(*skipped.object)},
                      {"reason", skipped.reason}});
  }
}

void JsonReport::add(const Diagnostic& diagnostic) {
  append(diagnostics_,
         {{"severity", diagnostic.severity == Diagnostic::Severity::error ? "error" : "note"},
          {"location", location_json(diagnostic.file, diagnostic.span)},
          {"message", diagnostic.message}});
}

void JsonReport::finish(const Summary& summary) {
  Json counts = Json::object();
  if (summary.namespaces) counts["namespaces"] = *summary.namespaces;
  counts.update({{"files", summary.files},
                 {"documents", summary.documents},
                 {"ignored", summary.ignored},
                 {"objects", summary.objects},
                 {"findings",
                  {{"deny", summary.denied}, {"warn", summary.warned}, {"audit", summary.audited}}},
                 {"hidden", summary.hidden},
                 {"exempted", summary.exempted}});
  out_ << "\n],\"diagnostics\":[" << diagnostics_ << "],\"skipped\":[" << skipped_
       << "],\"summary\":" << dump(counts) << "}\n";
}

}  // namespace stateward
