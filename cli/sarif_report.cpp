#include "cli/sarif_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/fingerprint.h"
#include "cli/line_hash.h"
#include "cli/policy_pages.h"
#include "cli/safe_text.h"
#include "cli/version.h"

namespace stateward {
namespace {

constexpr std::size_t kLongestDescription = 1024;  // that GitHub shows

std::string_view level_of(EnforcementAction action) {
  return action == EnforcementAction::deny   ? "error"
         : action == EnforcementAction::warn ? "warning"
                                             : "note";
}

// By which GitHub orders alerts.
std::string_view problem_severity(Severity severity) {
  return severity >= Severity::high     ? "error"
         : severity == Severity::medium ? "warning"
                                        : "recommendation";
}

// A path as a relative reference, or as a URI where it is absolute (RFC 3986).
std::string uri_of(std::string_view path) {
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') ||
                            std::string_view("-._~/").find(c) != std::string_view::npos;
    uri += unreserved ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

ReportJson physical(std::string_view path, const Span& span) {
  ReportJson place = {{"artifactLocation", {{"uri", uri_of(path)}}}};
  if (span.known()) {
    place["region"] = {{"startLine", span.start.line},
                       {"startColumn", span.start.column},
                       {"endLine", span.end.line},
                       {"endColumn", span.end.column}};
  }
  return place;
}

// A list of one; braces alone would leave it to the compiler whether there is one.
ReportJson list_of(ReportJson entry) {
  ReportJson list = ReportJson::array();
  list.push_back(std::move(entry));
  return list;
}

ReportJson message(std::string_view text) { return {{"text", safe_text(text)}}; }

std::string help_text(const Policy& policy) {
  return fmt::format("{}{}{}\n\nWhat to do: {}", policy.reason,
                     policy.exceptions.empty() ? "" : "\n\nWhen it stays silent: ",
                     policy.exceptions, policy.remedy);
}

std::string help_markdown(const Policy& policy) {
  for (const policies::PolicyEntry& entry : policies::policy_entries_of_build()) {
    if (entry.policy == &policy) return markdown_body(topic_of(entry));
  }
  return markdown_body(topic_of(policies::PolicyEntry{&policy, {}}));
}

ReportJson rule_of(const Policy& policy) {
  return {{"id", policy.id},
          {"shortDescription", message(policy.summary)},
          {"fullDescription", message(printable(policy.reason, kLongestDescription))},
          {"help", {{"text", help_text(policy)}, {"markdown", help_markdown(policy)}}},
          {"defaultConfiguration", {{"level", level_of(policy.action)}}},
          {"properties",
           {{"tags", {"kubernetes", policy.section}},
            {"precision", "high"},
            {"problem.severity", problem_severity(policy.severity)},
            {"severity", to_string(policy.severity)}}}};
}

ReportJson unreadable_rule() {
  constexpr std::string_view kText =
      "The API server would not read this document either: its syntax is wrong, a key stands "
      "twice, or a field has the wrong type. Nothing is judged of it.";
  return {{"id", kUnreadable},
          {"shortDescription", message("A document cannot be read.")},
          {"fullDescription", message(kText)},
          {"help", {{"text", kText}, {"markdown", kText}}},
          {"defaultConfiguration", {{"level", "error"}}},
          {"properties",
           {{"tags", list_of("kubernetes")},
            {"precision", "very-high"},
            {"problem.severity", "error"}}}};
}

ReportJson location_of(const JudgedSet& set, const PlacedFinding& placed) {
  const Object& object = *placed.finding.object;
  const RepositoryPlace place = repository_place(set, placed);
  ReportJson location = ReportJson::object();
  if (set.manifests != nullptr) location["physicalLocation"] = physical(place.path, place.span);
  location["logicalLocations"] = list_of(
      {{"name", safe_text(object.name)}, {"fullyQualifiedName", safe_text(full_name(object))}});
  return location;
}

ReportJson location_of(const Diagnostic& diagnostic) {
  ReportJson location = ReportJson::object();
  location["physicalLocation"] = physical(diagnostic.file, diagnostic.span);
  return location;
}

std::string message_text(const Finding& finding, std::uint32_t rendered_line) {
  const std::string line =
      rendered_line == 0 ? "" : fmt::format(" (line {} as rendered)", rendered_line);
  return fmt::format("{}{}. What to do: {}.", finding.message, line, finding.remedy);
}

}  // namespace

std::string SarifReport::Hashes::of(const Manifests::File& file, std::uint32_t line) {
  if (&file != file_) {
    file_ = &file;
    lines_ = line_hashes(file.text);
  }
  return line == 0 || line > lines_.size() ? std::string() : lines_[line - 1];
}

SarifReport::SarifReport(std::ostream& out, std::span<const Policy* const> policies) : out_(out) {
  ReportJson rules = ReportJson::array();
  for (const Policy* policy : policies) {
    rules_.emplace(policy, rules.size());
    rules.push_back(rule_of(*policy));
  }
  rules_.emplace(nullptr, rules.size());
  rules.push_back(unreadable_rule());
  const ReportJson driver = {{"name", "stateward"},
                             {"version", version()},
                             {"semanticVersion", version()},
                             {"rules", std::move(rules)}};
  out_ << R"({"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0",)"
       << R"("runs":[{"tool":{"driver":)" << to_ascii(driver)
       << R"(},"columnKind":"unicodeCodePoints","results":[)";
}

void SarifReport::write(const ReportJson& result) {
  out_ << (std::exchange(first_, false) ? "\n" : ",\n") << to_ascii(result);
}

void SarifReport::add(const JudgedSet& set, const PlacedFinding& placed,
                      const std::string& known_by, Hashes& hashes) {
  const Finding& finding = placed.finding;
  const EnforcementAction action = action_of(finding, set.enforcement);
  const RepositoryPlace place = repository_place(set, placed);
  // In what is no file of the repository nobody else can tell lines by their text.
  std::string line_hash = known_by;
  if (set.manifests != nullptr && file_of(set, *finding.object) != kStandardInput)
    line_hash = hashes.of(set.manifests->file_of(*finding.object), place.span.start.line);
  ReportJson result = {{"ruleId", finding.policy->id},
                       {"ruleIndex", rules_.at(finding.policy)},
                       {"level", level_of(action)},
                       {"message", message(message_text(finding, place.rendered_line))},
                       {"locations", list_of(location_of(set, placed))},
                       {"partialFingerprints",
                        {{"primaryLocationLineHash", line_hash.empty() ? known_by : line_hash},
                         {"stateward/v1", known_by}}},
                       {"properties",
                        {{"severity", to_string(finding.severity)},
                         {"action", to_string(action)},
                         {"path", finding.path.text()}}}};
  if (finding.exemption) {
    result["suppressions"] =
        list_of({{"kind", finding.exemption->in_settings ? "external" : "inSource"},
                 {"status", "accepted"},
                 {"justification", safe_text(finding.exemption->reason)}});
  }
  const std::string_view made_from = template_of(set, *finding.object);
  if (!made_from.empty() && place.rendered_line == 0) {
    result["relatedLocations"] = list_of(
        {{"message", message("the template")}, {"physicalLocation", physical(made_from, {})}});
  }
  write(result);
}

void SarifReport::add_unreadable(const Manifests::File& file, const Diagnostic& diagnostic,
                                 const std::string& known_by, Hashes& hashes) {
  std::string line_hash;
  if (file.name != kStandardInput) line_hash = hashes.of(file, diagnostic.span.start.line);
  write({{"ruleId", kUnreadable},
         {"ruleIndex", rules_.at(nullptr)},
         {"level", "error"},
         {"message", message(diagnostic.message)},
         {"locations", list_of(location_of(diagnostic))},
         {"partialFingerprints",
          {{"primaryLocationLineHash", line_hash.empty() ? known_by : line_hash},
           {"stateward/v1", known_by}}}});
}

void SarifReport::add(const JudgedSet& set) {
  Hashes hashes;
  const std::vector<std::string> known_by = fingerprints(set);
  for (std::size_t index = 0; index < set.findings.size(); ++index)
    add(set, set.findings[index], known_by[index], hashes);
  if (set.manifests == nullptr) return;
  const std::vector<std::string> diagnostics = diagnostic_fingerprints(set);
  for (std::size_t index = 0; index < diagnostics.size(); ++index) {
    const Diagnostic& diagnostic = set.manifests->diagnostics[index];
    const auto& files = set.manifests->files;
    const auto file = std::find_if(files.begin(), files.end(), [&](const Manifests::File& one) {
      return one.name == diagnostic.file;
    });
    if (diagnostic.severity == Diagnostic::Severity::error && file != files.end()) {
      add_unreadable(*file, diagnostic, diagnostics[index], hashes);
    } else {
      add(diagnostic);
    }
  }
}

void SarifReport::add(const Diagnostic& diagnostic) {
  const bool error = diagnostic.severity == Diagnostic::Severity::error;
  ReportJson notification = {{"level", error ? "error" : "note"},
                             {"message", message(diagnostic.message)}};
  if (!diagnostic.file.empty()) {
    notification["locations"] = list_of(location_of(diagnostic));
  }
  if (!notifications_.empty()) notifications_ += ",\n";
  notifications_ += to_ascii(notification);
}

void SarifReport::finish(const Summary& summary) {
  out_ << "\n],\"invocations\":[{\"executionSuccessful\":"
       << (summary.broken_off ? "false" : "true") << ",\"toolExecutionNotifications\":["
       << notifications_ << "]}]}]}\n";
}

}  // namespace stateward
