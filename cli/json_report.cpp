#include "cli/json_report.h"

#include <fmt/format.h>

#include <utility>

#include "cli/fingerprint.h"
#include "cli/json_text.h"

namespace stateward {
namespace {

ReportJson object_json(const Object& object) {
  return {{"apiVersion", object.api_version},
          {"kind", object.kind_name},
          {"namespace", object.name_space},
          {"name", object.name}};
}

ReportJson location_json(std::string_view file, const Span& span) {
  if (file.empty()) return nullptr;
  return {{"file", file},
          {"line", span.start.line},
          {"column", span.start.column},
          {"endLine", span.end.line},
          {"endColumn", span.end.column}};
}

ReportJson fix_json(const std::optional<Fix>& fix) {
  if (!fix) return nullptr;
  // A patch that were no JSON would take the whole report with it.
  ReportJson patch = ReportJson::parse(to_json(fix->patch), nullptr, false);
  if (patch.is_discarded()) return nullptr;
  return {{"applicability", fix->applicability == Fix::Applicability::safe ? "safe" : "unsafe"},
          {"patch", std::move(patch)}};
}

ReportJson exemption_json(const std::optional<Exemption>& exemption) {
  if (!exemption) return nullptr;
  return {
      {"reason", exemption->reason},
      {"owner", exemption->owner.empty() ? ReportJson(nullptr) : ReportJson(exemption->owner)},
      {"until", exemption->until ? ReportJson(to_string(*exemption->until)) : ReportJson(nullptr)}};
}

ReportJson finding_json(const JudgedSet& set, const PlacedFinding& placed,
                        const std::string& fingerprint) {
  const Finding& finding = placed.finding;
  const std::string_view made_from = template_of(set, *finding.object);
  return {{"policy", finding.policy->id},
          {"severity", to_string(finding.severity)},
          {"action", to_string(action_of(finding, set.enforcement))},
          {"object", object_json(*finding.object)},
          {"path", finding.path.text()},
          {"location", location_json(file_of(set, *finding.object), placed.place)},
          {"template", made_from.empty() ? ReportJson() : ReportJson(made_from)},
          {"message", finding.message},
          {"remedy", finding.remedy},
          {"fix", fix_json(finding.fix)},
          {"exemption", exemption_json(finding.exemption)},
          {"fingerprint", fingerprint}};
}

void append(std::string& list, const ReportJson& entry) {
  if (!list.empty()) list += ",\n";
  list += to_ascii(entry);
}

}  // namespace

JsonReport::JsonReport(std::ostream& out) : out_(out) {
  out_ << R"({"schema":"stateward.dev/report/v1","findings":[)";
}

void JsonReport::add(const JudgedSet& set) {
  const std::vector<std::string> known_by = fingerprints(set);
  for (std::size_t index = 0; index < set.findings.size(); ++index) {
    out_ << (first_ ? "\n" : ",\n")
         << to_ascii(finding_json(set, set.findings[index], known_by[index]));
    first_ = false;
  }
  if (set.manifests == nullptr) return;
  for (const Diagnostic& diagnostic : set.manifests->diagnostics) add(diagnostic);
}

void JsonReport::add(const Diagnostic& diagnostic) {
  append(diagnostics_,
         {{"severity", diagnostic.severity == Diagnostic::Severity::error ? "error" : "note"},
          {"location", location_json(diagnostic.file, diagnostic.span)},
          {"message", diagnostic.message}});
}

void JsonReport::finish(const Summary& summary) {
  std::string skipped;
  for (const auto& [reason, count] : summary.skipped) {
    for (const auto& [policy, judgements] : count.policies)
      append(skipped, {{"policy", policy->id}, {"reason", reason}, {"objects", judgements}});
  }
  ReportJson counts = ReportJson::object();
  if (summary.namespaces) counts["namespaces"] = *summary.namespaces;
  counts.update({{"files", summary.files},
                 {"documents", summary.documents},
                 {"ignored", summary.ignored},
                 {"objects", summary.objects},
                 {"findings",
                  {{"deny", summary.denied}, {"warn", summary.warned}, {"audit", summary.audited}}},
                 {"hidden", summary.hidden},
                 {"exempted", summary.exempted},
                 {"known", summary.known},
                 {"implied", summary.implied},
                 {"unreadable", summary.unreadable},
                 {"brokenOff", summary.broken_off}});
  out_ << "\n],\"diagnostics\":[" << diagnostics_ << "],\"skipped\":[" << skipped
       << "],\"summary\":" << to_ascii(counts) << "}\n";
}

}  // namespace stateward
