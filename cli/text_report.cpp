#include "cli/text_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/decide.h"

namespace stateward {
namespace {

constexpr std::size_t kLongestLine = 200;  // of source that is printed, in bytes

// The text of line `number`, counted from 1, without its end.
std::string_view line_of(std::string_view text, std::uint32_t number) {
  std::size_t start = 0;
  for (std::uint32_t line = 1; line < number; ++line) {
    start = text.find('\n', start);
    if (start == std::string_view::npos) return {};
    ++start;
  }
  std::string_view line = text.substr(start, text.find('\n', start) - start);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

// The blanks that stand before the underline: a tab stays one, so that both lines are indented
// alike.
std::string indent_like(std::string_view line, std::size_t characters) {
  std::string blanks;
  for (const char c : line) {
    if ((static_cast<unsigned char>(c) & 0xC0U) == 0x80U) continue;
    if (blanks.size() == characters) break;
    blanks += c == '\t' ? '\t' : ' ';
  }
  blanks.resize(characters, ' ');
  return blanks;
}

// Tabs stay; what else could move the cursor or colour the terminal goes.
std::string safe_source(std::string_view line) {
  std::string safe;
  while (true) {
    const std::size_t tab = line.find('\t');
    safe += printable(line.substr(0, tab), kLongestLine);
    if (tab == std::string_view::npos) return safe;
    safe += '\t';
    line.remove_prefix(tab + 1);
  }
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace

std::string TextReport::styled(Style style, std::string_view text) const {
  constexpr std::string_view kCodes[] = {"",           "\033[1m",    "\033[1;31m",
                                         "\033[1;33m", "\033[1;34m", "\033[2m"};
  if (!color_ || style == Style::plain) return std::string(text);
  return fmt::format("{}{}\033[0m", kCodes[static_cast<std::size_t>(style)], text);
}

void TextReport::print_place(std::string_view file, const Span& span) {
  std::string place(file);
  if (span.known()) place += fmt::format(":{}:{}", span.start.line, span.start.column);
  out_ << styled(Style::bold, place + ":") << ' ';
}

void TextReport::print_source(const Manifests::File& file, const Span& span) {
  const std::string_view line = line_of(file.text, span.start.line);
  if (!span.known() || line.empty() || line.size() > kLongestLine) return;
  const std::size_t length = code_points(line);
  const std::size_t start = std::min<std::size_t>(span.start.column - 1, length);
  const std::size_t end = span.end.line == span.start.line
                              ? std::min<std::size_t>(span.end.column - 1, length)
                              : length;
  const std::size_t width = end > start ? end - start : 1;
  const std::string number = fmt::format("{:>5}", span.start.line);
  out_ << styled(Style::dim, number + " | ") << safe_source(line) << '\n';
  out_ << styled(Style::dim, "      | ") << indent_like(line, start)
       << styled(Style::red, "^" + std::string(width - 1, '~')) << '\n';
}

void TextReport::print(const Manifests& manifests, const Finding& finding) {
  const EnforcementAction action = action_of(finding, Enforcement::policy);
  const Located located = locate_finding(manifests, finding);
  const Style style = finding.exemption                   ? Style::dim
                      : action == EnforcementAction::deny ? Style::red
                      : action == EnforcementAction::warn ? Style::yellow
                                                          : Style::blue;
  print_place(located.file->name, located.span);
  out_ << styled(style, fmt::format("{}:", to_string(action))) << ' '
       << printable(finding.message, 300) << ' '
       << styled(Style::dim, fmt::format("[{}]", finding.policy->id)) << '\n';
  print_source(*located.file, located.span);
  if (finding.exemption) {
    out_ << "        exempt: " << printable(finding.exemption->reason, 200) << "\n\n";
    return;
  }
  if (finding.existed) out_ << "        it was so before, so it is not denied\n";
  out_ << "        " << styled(Style::bold, "remedy:") << ' ' << finding.remedy << "\n\n";
}

void TextReport::print(const Manifests& manifests, const Diagnostic& diagnostic) {
  const bool error = diagnostic.severity == Diagnostic::Severity::error;
  print_place(diagnostic.file, diagnostic.span);
  out_ << styled(error ? Style::red : Style::blue, error ? "error:" : "note:") << ' '
       << printable(diagnostic.message, 400) << '\n';
  const auto file =
      std::find_if(manifests.files.begin(), manifests.files.end(),
                   [&](const Manifests::File& f) { return f.name == diagnostic.file; });
  if (error && file != manifests.files.end()) print_source(*file, diagnostic.span);
  out_ << '\n';
}

void TextReport::add(const JudgedSet& set) {
  // Diagnostics and findings of a file stand together, diagnostics first.
  auto finding = set.findings.begin();
  auto diagnostic = set.manifests.diagnostics.begin();
  while (finding != set.findings.end() || diagnostic != set.manifests.diagnostics.end()) {
    const bool diagnostic_first =
        finding == set.findings.end() ||
        (diagnostic != set.manifests.diagnostics.end() &&
         diagnostic->file <= set.manifests.file_of(*finding->object).name);
    if (diagnostic_first) {
      print(set.manifests, *diagnostic++);
    } else {
      print(set.manifests, *finding++);
    }
  }
}

void TextReport::finish(const Summary& summary) {
  out_ << counted(summary.objects, "object", "objects") << " in "
       << counted(summary.files, "file", "files") << ": " << summary.denied << " denied, "
       << summary.warned << (summary.warned == 1 ? " warning, " : " warnings, ") << summary.audited
       << " audited";
  if (summary.unreadable > 0) out_ << ", " << counted(summary.unreadable, "error", "errors");
  if (summary.exempted > 0) out_ << ", " << summary.exempted << " exempt";
  if (summary.ignored > 0)
    out_ << "; " << counted(summary.ignored, "other document", "other documents") << " ignored";
  out_ << '\n';
  if (summary.hidden > 0) {
    out_ << counted(summary.hidden, "finding", "findings")
         << " not shown (--pedantic shows all, --min-severity chooses)\n";
  }
  for (const auto& [reason, count] : summary.skipped) {
    out_ << counted(count, "judgement", "judgements") << " skipped: " << reason
         << " (--complete says that it is)\n";
  }
}

}  // namespace stateward
