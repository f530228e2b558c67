#include "cli/github_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/safe_text.h"

namespace stateward {
namespace {

constexpr std::size_t kShown = 10;  // annotations of one level that GitHub shows for a step

std::string_view level_of(EnforcementAction action) {
  return action == EnforcementAction::deny   ? "error"
         : action == EnforcementAction::warn ? "warning"
                                             : "notice";
}

// What the runner takes apart again: in the properties commas and colons, too.
std::string escaped(std::string_view text, bool is_property) {
  std::string out;
  for (const char c : text) {
    const bool special =
        c == '%' || c == '\r' || c == '\n' || (is_property && (c == ':' || c == ','));
    out += special ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return out;
}

std::string property(std::string_view text) { return escaped(safe_text(text), true); }

std::string region(const Span& span) {
  if (!span.known()) return {};
  const std::string lines = fmt::format(",line={},endLine={}", span.start.line, span.end.line);
  if (span.start.line != span.end.line) return lines;  // columns are for a single line only
  return lines + fmt::format(",col={},endColumn={}", span.start.column, span.end.column);
}

// Several lines in one message; each of them safe.
std::string lines_of(const JudgedSet& set, const PlacedFinding& placed, std::uint32_t rendered) {
  const Finding& finding = placed.finding;
  std::string text = fmt::format("{}: {}", short_name(*finding.object), finding.message);
  if (rendered > 0) text += fmt::format(" (line {} as rendered)", rendered);
  text = safe_text(text);
  const std::string_view made_from = template_of(set, *finding.object);
  if (rendered == 0 && !made_from.empty()) text += "\nfrom " + safe_text(made_from);
  if (finding.exemption) return text + "\n" + safe_text(exempt_text(*finding.exemption));
  return text + "\nremedy: " + safe_text(finding.remedy);
}

}  // namespace

void GithubReport::write(std::string_view level, const RepositoryPlace& place,
                         std::string_view title, const std::string& message) {
  ++written_[level];
  const std::string file = place.path.empty() ? "" : "file=" + property(place.path);
  out_ << fmt::format("::{} {}{}{}title={}::{}\n", level, file, region(place.span),
                      file.empty() ? "" : ",", property(title), escaped(message, false));
}

void GithubReport::add(const JudgedSet& set) {
  for (const PlacedFinding& placed : set.findings) {
    RepositoryPlace place = repository_place(set, placed);
    std::string message = lines_of(set, placed, place.rendered_line);
    if (set.manifests == nullptr) {
      message = fmt::format("{}/{}", safe_text(placed.finding.object->name_space), message);
      place = {};
    }
    write(level_of(action_of(placed.finding, set.enforcement)), place, placed.finding.policy->id,
          message);
  }
  if (set.manifests == nullptr) return;
  for (const Diagnostic& diagnostic : set.manifests->diagnostics) add(diagnostic);
}

void GithubReport::add(const Diagnostic& diagnostic) {
  const bool error = diagnostic.severity == Diagnostic::Severity::error;
  write(error ? "error" : "notice", {.path = diagnostic.file, .span = diagnostic.span},
        error ? kUnreadable : "note", safe_text(diagnostic.message));
}

void GithubReport::finish(const Summary& summary) {
  out_ << sum_of(summary) << '\n';
  for (const auto& [level, count] : written_) {
    if (count <= kShown) continue;
    out_ << fmt::format("{} {} annotations: GitHub shows {} of a level for each step\n", count,
                        level, kShown);
  }
}

}  // namespace stateward
