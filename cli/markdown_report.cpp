#include "cli/markdown_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "cli/markdown_text.h"

namespace stateward {
namespace {

// A comment on GitHub holds 65,536 characters; ours is never longer in bytes, its frame included.
constexpr std::size_t kLongest = 60'000;
constexpr std::size_t kLongestMessage = 400;
constexpr std::size_t kPlaces = 20;  // of a group that are named

std::string text_of(std::string_view message) {
  return markdown_text(printable(message, kLongestMessage));
}

std::string place_of(std::string_view file, const Span& span) {
  std::string place = std::string(printable(file, kLongestMessage));
  if (span.known()) place += fmt::format(":{}:{}", span.start.line, span.start.column);
  return markdown_code(place);
}

std::string place_line(const JudgedSet& set, const PlacedFinding& placed, const Finding& first) {
  const Finding& finding = placed.finding;
  const Object& object = *finding.object;
  std::string line = "  - ";
  if (set.manifests == nullptr) {
    line += place_of(full_name(object), {});
    if (!finding.path.text().empty()) line += " " + place_of(finding.path.text(), {});
  } else {
    line += place_of(file_of(set, object), placed.place) + " " + text_of(short_name(object));
  }
  if (const std::string values = differing_values(finding.message, first.message); !values.empty())
    line += ": " + text_of(values);
  const std::string_view made_from = template_of(set, object);
  if (!made_from.empty()) line += " from " + place_of(made_from, {});
  return line + "\n";
}

std::string entry_of(const JudgedSet& set, const FindingGroup& group) {
  const Finding& first = group.front()->finding;
  std::string text = fmt::format("- **{}** ({}): {}\n", markdown_text(first.policy->id),
                                 to_string(first.severity), text_of(first.message));
  const std::size_t named = std::min(group.size(), kPlaces);
  for (const PlacedFinding* placed : std::span(group).first(named))
    text += place_line(set, *placed, first);
  if (group.size() > named) text += fmt::format("  - and {} more\n", group.size() - named);
  if (first.exemption) return text + "  - " + text_of(exempt_text(*first.exemption)) + "\n";
  return text + "  - remedy: " + text_of(first.remedy) + "\n";
}

}  // namespace

void MarkdownReport::Section::add(Entry entry) {
  if (size + entry.text.size() > kLongest) {
    left_out += entry.findings;
    return;
  }
  size += entry.text.size();
  entries.push_back(std::move(entry));
}

void MarkdownReport::add(const JudgedSet& set) {
  for (const FindingGroup& group : groups_of(set)) {
    const EnforcementAction action = action_of(group.front()->finding, set.enforcement);
    Section& section = action == EnforcementAction::deny   ? sections_[1]
                       : action == EnforcementAction::warn ? sections_[2]
                                                           : sections_[3];
    section.add({entry_of(set, group), group.size()});
  }
  if (set.manifests == nullptr) return;
  for (const Diagnostic& diagnostic : set.manifests->diagnostics) add(diagnostic);
}

void MarkdownReport::add(const Diagnostic& diagnostic) {
  const std::string place =
      diagnostic.file.empty() ? "" : place_of(diagnostic.file, diagnostic.span) + " ";
  const bool error = diagnostic.severity == Diagnostic::Severity::error;
  sections_[error ? 0 : 4].add({fmt::format("- {}{}\n", place, text_of(diagnostic.message))});
}

void MarkdownReport::finish(const Summary& summary) {
  out_ << "### stateward\n\n" << markdown_text(sum_of(summary)) << '\n';
  std::size_t room = kLongest;
  std::size_t left_out = 0;
  for (const Section& section : sections_) {
    left_out += section.left_out;
    bool titled = false;
    for (const Entry& entry : section.entries) {
      if (entry.text.size() > room) {
        left_out += entry.findings;
        continue;
      }
      if (!std::exchange(titled, true)) out_ << "\n#### " << section.title << "\n\n";
      out_ << entry.text;
      room -= entry.text.size();
    }
  }
  if (left_out > 0)
    out_ << fmt::format("\n{} more do not fit here; the other formats have them all.\n", left_out);
  for (const auto& [reason, count] : summary.skipped) {
    out_ << fmt::format("\nSkipped: {}: {}.\n",
                        counted(count.policies.size(), "policy", "policies"),
                        markdown_text(reason));
  }
}

}  // namespace stateward
