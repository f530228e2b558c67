#include "cli/policy_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include "cli/markdown_text.h"

namespace stateward {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark =
    "<!-- Written by `stateward explain -o markdown --out docs/policies`: change the policy, not "
    "this. -->\n";

// Paragraphs, or the entries of a list.
std::string prose(const Topic::Section& section) {
  std::string out;
  std::string_view text = section.text;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!section.one_a_line && !out.empty()) out += '\n';
    out +=
        fmt::format("{}{}\n", section.one_a_line ? "- " : "", markdown_text(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string row(const Policy& policy) {
  return fmt::format("| [{0}]({0}.md) | {1} | {2} | {3} | {4} |\n", policy.id,
                     to_string(policy.severity), to_string(policy.action),
                     to_string(policy.guarded), markdown_text(policy.summary));
}

std::string table(const std::vector<const Policy*>& rows) {
  std::string out =
      "| policy | severity | action | guarded | what is wrong |\n|---|---|---|---|---|\n";
  for (const Policy* policy : rows) out += row(*policy);
  return out;
}

std::string title_case(std::string_view word) {
  std::string title(word);
  if (!title.empty() && title.front() >= 'a' && title.front() <= 'z')
    title.front() = static_cast<char>(title.front() - 'a' + 'A');
  return title;
}

Result<void> write(const fs::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << kMark << text;
  if (!out.flush()) return fail(fmt::format("cannot write {}", file.string()));
  return {};
}

bool is_ours(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string line;
  return std::getline(in, line) && line + "\n" == kMark;
}

}  // namespace

std::string markdown_body(const Topic& topic) {
  std::string out = markdown_text(topic.summary) + "\n\n";
  for (const auto& [name, value] : topic.facts)
    out += fmt::format("- {}: {}\n", name, markdown_text(value));
  for (const Topic::Section& section : topic.sections)
    out += fmt::format("\n## {}\n\n{}", section.title, prose(section));
  for (const Topic::Sample& sample : topic.samples)
    out += fmt::format("\n## {}\n\n{}", sample.title, markdown_block(sample.text, "yaml"));
  return out;
}

std::string markdown_page(const Topic& topic) {
  return fmt::format("# {}\n\n{}", topic.id, markdown_body(topic));
}

std::string markdown_index() {
  std::map<std::string_view, std::vector<const Policy*>> sections;
  std::map<Severity, std::vector<const Policy*>, std::greater<>> severities;
  for (const Policy* policy : policies::all_policies()) {
    sections[policy->section].push_back(policy);
    severities[policy->severity].push_back(policy);
  }
  std::string out = fmt::format(
      "# Policies\n\n{} policies. The severity says how bad a thing is, the action what is done "
      "about it: in ordinary namespaces, and in those that are guarded.\n\n## By section\n",
      policies::all_policies().size());
  for (const auto& [section, rows] : sections)
    out += fmt::format("\n### {}\n\n{}", title_case(section), table(rows));
  out += "\n## By severity\n";
  for (const auto& [severity, rows] : severities)
    out += fmt::format("\n### {}\n\n{}", title_case(to_string(severity)), table(rows));
  out += "\n## Injections\n\n| injection | what it does |\n|---|---|\n";
  for (const policies::InjectionEntry& entry : policies::injection_entries_of_build()) {
    out += fmt::format("| [{0}]({0}.md) | {1} |\n", entry.injection->id,
                       markdown_text(entry.injection->summary));
  }
  return out;
}

Result<void> write_pages(const std::string& folder) {
  std::map<std::string, std::string> pages = {{"README.md", markdown_index()}};
  for (const policies::PolicyEntry& entry : policies::policy_entries_of_build())
    pages[fmt::format("{}.md", entry.policy->id)] = markdown_page(topic_of(entry));
  for (const policies::InjectionEntry& entry : policies::injection_entries_of_build())
    pages[fmt::format("{}.md", entry.injection->id)] = markdown_page(topic_of(entry));

  std::error_code error;
  fs::create_directories(folder, error);
  fs::directory_iterator entries(folder, error);
  if (error) return fail(fmt::format("cannot write to {}: {}", folder, error.message()));
  std::vector<fs::path> stale;
  for (const fs::directory_entry& entry : entries) {
    const fs::path& path = entry.path();
    if (path.extension() == ".md" && !pages.contains(path.filename().string()) && is_ours(path))
      stale.push_back(path);
  }
  for (const fs::path& path : stale) fs::remove(path, error);
  for (const auto& [name, text] : pages) {
    if (auto written = write(fs::path(folder) / name, text); !written) return written;
  }
  return {};
}

}  // namespace stateward
