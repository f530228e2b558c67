#include "cli/text_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "cli/safe_text.h"

namespace stateward {
namespace {

constexpr std::size_t kLongestLine = 16384;  // of source that is looked at, in bytes
constexpr std::size_t kShown = 140;          // of a source line, in code points
constexpr std::size_t kBefore = 60;          // of them before the span, where the line is longer
constexpr std::size_t kLongestMessage = 400;

std::string message_text(std::string_view text) {
  return safe_text(printable(text, kLongestMessage));
}

// What stands under the part of a line before the span: a tab stays one, so that both lines are
// indented alike.
std::string blank(std::string_view text) {
  std::string blanks;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) blanks += c == '\t' ? '\t' : ' ';
  }
  return blanks;
}

}  // namespace

std::string_view TextReport::Lines::line(const Manifests::File& file, std::uint32_t number) {
  const std::string_view text = file.text;
  if (&file != file_ || number < number_) {
    file_ = &file;
    number_ = 1;
    start_ = 0;
  }
  for (; number_ < number; ++number_) {
    const std::size_t end = text.find('\n', start_);
    if (end == std::string_view::npos) return {};
    start_ = end + 1;
  }
  std::string_view line = text.substr(start_, text.find('\n', start_) - start_);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string TextReport::styled(Style style, std::string_view text) const {
  constexpr std::string_view kCodes[] = {"",           "\033[1m",    "\033[1;31m",
                                         "\033[1;33m", "\033[1;34m", "\033[2m"};
  if (!color_ || style == Style::plain) return std::string(text);
  return fmt::format("{}{}\033[0m", kCodes[static_cast<std::size_t>(style)], text);
}

void TextReport::print_place(std::string_view file, const Span& span) {
  std::string place = safe_text(file);
  // GitHub's runner takes a line that begins with two colons for a command.
  if (const auto name = place.find_first_not_of(' ');
      place.substr(std::min(name, place.size())).starts_with("::"))
    place.insert(0, "./");
  if (span.known()) place += fmt::format(":{}:{}", span.start.line, span.start.column);
  out_ << styled(Style::bold, place + ":") << ' ';
}

void TextReport::print_place(const JudgedSet& set, const PlacedFinding& placed) {
  const Object& object = *placed.finding.object;
  if (set.manifests == nullptr) return print_place(full_name(object), {});
  print_place(file_of(set, object), placed.place);
}

void TextReport::print_source(const Manifests::File& file, const Span& span) {
  if (!span.known()) return;
  const std::string_view line = lines_.line(file, span.start.line);
  if (line.empty() || line.size() > kLongestLine) return;
  const std::size_t length = count_code_points(line);
  const std::size_t start = std::min<std::size_t>(span.start.column - 1, length);
  const bool one_line = span.end.line == span.start.line;
  const std::size_t end = one_line ? std::min<std::size_t>(span.end.column - 1, length) : length;
  const std::size_t from = length > kShown && start > kBefore ? start - kBefore : 0;
  const std::size_t width = std::max<std::size_t>(std::min(end, from + kShown), start + 1) - start;
  const std::string number = fmt::format("{:>5} | ", span.start.line);
  const std::string_view cut = from > 0 ? "..." : "";
  out_ << styled(Style::dim, number) << cut << safe_source(line, from, kShown)
       << (from + kShown < length ? "..." : "") << '\n'
       << styled(Style::dim, fmt::format("{:>{}}", "| ", number.size())) << blank(cut)
       << blank(safe_source(line, from, start - from))
       << styled(Style::red, "^" + std::string(width - 1, '~')) << '\n';
}

void TextReport::print(const JudgedSet& set, const PlacedFinding& placed) {
  const Finding& finding = placed.finding;
  const EnforcementAction action = action_of(finding, set.enforcement);
  const Style style = finding.exemption                   ? Style::dim
                      : action == EnforcementAction::deny ? Style::red
                      : action == EnforcementAction::warn ? Style::yellow
                                                          : Style::blue;
  print_place(set, placed);
  out_ << styled(style, fmt::format("{}:", to_string(action))) << ' '
       << message_text(finding.message) << ' '
       << styled(Style::dim, fmt::format("[{}]", finding.policy->id)) << '\n';
  if (set.manifests != nullptr) {
    print_source(set.manifests->file_of(*finding.object), placed.place);
  } else if (!finding.path.text().empty()) {
    out_ << "        " << message_text(finding.path.text()) << '\n';
  }
  if (const auto made_from = template_of(set, *finding.object); !made_from.empty())
    out_ << "        from " << message_text(made_from) << '\n';
  if (finding.exemption) {
    out_ << "        " << message_text(exempt_text(*finding.exemption)) << '\n';
    return;
  }
  if (finding.existed && finding.action == EnforcementAction::deny)
    out_ << "        it was so before, so it is not denied\n";
  out_ << "        " << styled(Style::bold, "remedy:") << ' ' << message_text(finding.remedy)
       << '\n';
}

void TextReport::print_other(const JudgedSet& set, const PlacedFinding& placed,
                             const Finding& first) {
  const Finding& finding = placed.finding;
  out_ << "          ";
  print_place(set, placed);
  out_ << message_text(set.manifests == nullptr ? finding.path.text()
                                                : short_name(*finding.object));
  if (const std::string values = differing_values(finding.message, first.message); !values.empty())
    out_ << ": " << message_text(values);
  const auto made_from = template_of(set, *finding.object);
  if (made_from != template_of(set, *first.object)) out_ << " (" << message_text(made_from) << ')';
  out_ << '\n';
}

void TextReport::print(const JudgedSet& set, const FindingGroup& group) {
  print(set, *group.front());
  if (group.size() > 1) out_ << "        and " << group.size() - 1 << " more like it:\n";
  for (const PlacedFinding* other : std::span(group).subspan(1)) {
    print_other(set, *other, group.front()->finding);
  }
  out_ << '\n';
}

void TextReport::print(const Manifests::File& file, const Diagnostic& diagnostic) {
  const bool error = diagnostic.severity == Diagnostic::Severity::error;
  print_place(diagnostic.file, diagnostic.span);
  out_ << styled(error ? Style::red : Style::blue, error ? "error:" : "note:") << ' '
       << message_text(diagnostic.message) << '\n';
  if (error) print_source(file, diagnostic.span);
  out_ << '\n';
}

void TextReport::add(const JudgedSet& set) {
  const std::vector<FindingGroup> groups = groups_of(set);
  if (set.manifests == nullptr) {
    for (const FindingGroup& group : groups) print(set, group);
    return;
  }
  lines_ = {};
  auto group = groups.begin();
  auto diagnostic = set.manifests->diagnostics.begin();
  for (const Manifests::File& file : set.manifests->files) {
    const auto group_here = [&] {
      return group != groups.end() &&
             &set.manifests->file_of(*group->front()->finding.object) == &file;
    };
    const auto diagnostic_here = [&] {
      return diagnostic != set.manifests->diagnostics.end() && diagnostic->file == file.name;
    };
    while (group_here() || diagnostic_here()) {
      const bool diagnostic_first =
          diagnostic_here() &&
          (!group_here() || diagnostic->span.start <= group->front()->place.start);
      if (diagnostic_first) {
        print(file, *diagnostic++);
      } else {
        print(set, *group++);
      }
    }
  }
}

void TextReport::print_skipped(const Summary& summary) {
  for (const auto& [reason, count] : summary.skipped) {
    out_ << "skipped: " << counted(count.policies.size(), "policy", "policies") << ", "
         << counted(count.judgements, "judgement", "judgements") << ": " << reason
         << (summary.namespaces || reason == kJudgedAlone ? "\n"
                                                          : " (--complete says that it is)\n");
  }
}

void TextReport::finish(const Summary& summary) {
  if (summary.broken_off && summary.objects == 0) return;  // of nothing there is no sum
  out_ << sum_of(summary) << '\n';
  if (summary.known > 0)
    out_ << counted(summary.known, "finding", "findings") << " not shown: in the baseline\n";
  if (summary.implied > 0) {
    out_ << counted(summary.implied, "finding", "findings")
         << " not shown: put right by what is to be done about others\n";
  }
  if (summary.hidden > 0) {
    out_ << counted(summary.hidden, "finding", "findings")
         << " not shown (--pedantic shows all, --min-severity chooses)\n";
  }
  print_skipped(summary);
}

}  // namespace stateward
