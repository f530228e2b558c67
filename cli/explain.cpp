#include "cli/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/nearest.h"
#include "policies/catalogue.h"

namespace stateward {
namespace {

using policies::Example;
using policies::InjectionEntry;
using policies::PolicyEntry;

constexpr std::size_t kWidth = 88;

// Calls `use` for each line of `text`.
template <typename Use>
void for_each_line(std::string_view text, Use use) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    use(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// One line of prose in lines of at most kWidth, each behind `indent`.
std::string wrapped_line(std::string_view text, std::string_view indent) {
  std::string out;
  std::string line;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (!line.empty() && indent.size() + line.size() + 1 + word.size() > kWidth) {
      out += fmt::format("{}{}\n", indent, std::exchange(line, ""));
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  return out + fmt::format("{}{}\n", indent, line);
}

std::string wrapped(std::string_view text, std::string_view indent) {
  std::string out;
  for_each_line(text, [&](std::string_view line) { out += wrapped_line(line, indent); });
  return out;
}

std::string indented(std::string_view text) {
  std::string out;
  for_each_line(text, [&](std::string_view line) {
    out += line.empty() ? "\n" : fmt::format("    {}\n", line);
  });
  return out;
}

void print_section(std::string_view title, std::string_view text) {
  if (text.empty()) return;
  std::cout << '\n' << title << '\n' << wrapped(text, "  ");
}

// "bad.yaml" itself, else the first of its kind.
const Example* example_of(std::span<const Example> examples, std::string_view kind) {
  const Example* first = nullptr;
  for (const Example& example : examples) {
    if (!example.file.starts_with(kind)) continue;
    if (example.file.substr(kind.size()) == ".yaml") return &example;
    if (first == nullptr) first = &example;
  }
  return first;
}

void print_example(std::string_view title, std::span<const Example> examples,
                   std::string_view kind) {
  const Example* example = example_of(examples, kind);
  if (example != nullptr) std::cout << '\n' << title << '\n' << indented(example->text);
}

void print(const PolicyEntry& entry) {
  const Policy& policy = *entry.policy;
  std::cout << wrapped(fmt::format("{}: {}", policy.id, policy.summary), "")
            << fmt::format("section {}, severity {}, action {}; in guarded namespaces {}{}\n",
                           policy.section, to_string(policy.severity), to_string(policy.action),
                           to_string(policy.guarded),
                           policy.needs == Needs::live ? "; live clusters only" : "");
  print_section("Why", policy.reason);
  print_section("When it stays silent", policy.exceptions);
  print_section("What to do", policy.remedy);
  print_section("Sources", policy.sources);
  print_example("Found here", entry.examples, "bad");
  print_example("Fixed", entry.examples, "fixed");
  print_example("Not found here", entry.examples, "good");
}

void print(const InjectionEntry& entry) {
  const Injection& injection = *entry.injection;
  std::cout << wrapped(fmt::format("{}: {}", injection.id, injection.summary), "")
            << fmt::format("opt out: annotation {}: none, or a list without \"{}\"\n",
                           kInjectAnnotation, injection.group);
  print_section("Why", injection.reason);
  print_section("When nothing is injected", injection.exceptions);
  print_section("Sources", injection.sources);
  print_example("Injected into this", entry.examples, "bad");
  print_example("The result", entry.examples, "fixed");
  print_example("Left alone", entry.examples, "good");
}

void print_list() {
  std::string_view section;
  for (const PolicyEntry& entry : policies::policy_entries_of_build()) {
    const Policy& policy = *entry.policy;
    if (policy.section != section)
      std::cout << (section.empty() ? "" : "\n") << policy.section << '\n';
    section = policy.section;
    std::cout << fmt::format("  {:<36} {:<5} {:<9} {}\n", policy.id, to_string(policy.action),
                             to_string(policy.severity), policy.summary);
  }
  std::cout << "\ninjections\n";
  for (const InjectionEntry& entry : policies::injection_entries_of_build()) {
    std::cout << fmt::format("  {:<36} {}\n", entry.injection->id, entry.injection->summary);
  }
}

}  // namespace

int run(const ExplainOptions& options) {
  if (options.id.empty()) {
    print_list();
    return 0;
  }
  std::vector<std::string_view> known;
  for (const PolicyEntry& entry : policies::policy_entries_of_build()) {
    if (entry.policy->id == options.id) return print(entry), 0;
    known.push_back(entry.policy->id);
  }
  for (const InjectionEntry& entry : policies::injection_entries_of_build()) {
    if (entry.injection->id == options.id) return print(entry), 0;
    known.push_back(entry.injection->id);
  }
  std::cerr << fmt::format(
      "stateward: there is no policy \"{}\"; did you mean {}? stateward explain lists them\n",
      options.id, nearest(options.id, known));
  return 2;
}

}  // namespace stateward
