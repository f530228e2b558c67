#include "cli/gitlab_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/fingerprint.h"
#include "cli/json_text.h"
#include "cli/safe_text.h"

namespace stateward {
namespace {

std::string_view severity_of(const Finding& finding) {
  if (finding.exemption) return "info";
  switch (finding.severity) {
    case Severity::info:
      return "info";
    case Severity::low:
      return "minor";
    case Severity::medium:
      return "major";
    case Severity::high:
      return "critical";
    case Severity::critical:
      return "blocker";
  }
  return "info";
}

std::string description_of(const JudgedSet& set, const PlacedFinding& placed,
                           std::uint32_t rendered) {
  const Finding& finding = placed.finding;
  std::string text = fmt::format("{}: {}: {}", to_string(action_of(finding, set.enforcement)),
                                 short_name(*finding.object), finding.message);
  if (rendered > 0) text += fmt::format(" (line {} as rendered)", rendered);
  text += finding.exemption ? "; " + exempt_text(*finding.exemption)
                            : fmt::format("; remedy: {}", finding.remedy);
  return safe_text(text);
}

}  // namespace

void GitlabReport::write(const Issue& issue) {
  const std::uint32_t line = std::max(issue.span.start.line, 1U);
  out_ << (first_ ? "\n" : ",\n")
       << to_ascii(
              {{"description", issue.description},
               {"check_name", issue.check},
               {"fingerprint", issue.fingerprint},
               {"severity", issue.severity},
               {"location",
                {{"path", safe_text(issue.path)},
                 {"lines", {{"begin", line}, {"end", std::max(issue.span.end.line, line)}}}}}});
  first_ = false;
}

void GitlabReport::add(const JudgedSet& set) {
  const std::vector<std::string> known_by = fingerprints(set);
  for (std::size_t index = 0; index < set.findings.size(); ++index) {
    const PlacedFinding& placed = set.findings[index];
    RepositoryPlace place = repository_place(set, placed);
    write({.check = placed.finding.policy->id,
           .severity = severity_of(placed.finding),
           .description = description_of(set, placed, place.rendered_line),
           .fingerprint = known_by[index],
           .path = std::move(place.path),
           .span = place.span});
  }
  if (set.manifests == nullptr) return;
  const std::vector<std::string> diagnostics = diagnostic_fingerprints(set);
  for (std::size_t index = 0; index < diagnostics.size(); ++index) {
    const Diagnostic& diagnostic = set.manifests->diagnostics[index];
    if (diagnostic.severity != Diagnostic::Severity::error) continue;
    write({.check = kUnreadable,
           .severity = "blocker",
           .description = safe_text(diagnostic.message),
           .fingerprint = diagnostics[index],
           .path = diagnostic.file,
           .span = diagnostic.span});
  }
}

}  // namespace stateward
