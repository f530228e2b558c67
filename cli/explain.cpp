#include "cli/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/json_text.h"
#include "cli/nearest.h"
#include "cli/policy_pages.h"
#include "cli/topic.h"
#include "policies/catalogue.h"

namespace stateward {
namespace {

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

std::string text_page(const Topic& topic) {
  std::string out = wrapped(fmt::format("{}: {}", topic.id, topic.summary), "");
  std::string facts;
  for (const auto& [name, value] : topic.facts)
    facts += fmt::format("{}{}: {}", facts.empty() ? "" : "; ", name, value);
  out += wrapped(facts, "");
  for (const Topic::Section& section : topic.sections)
    out += fmt::format("\n{}\n{}", section.title, wrapped(section.text, "  "));
  for (const Topic::Sample& sample : topic.samples)
    out += fmt::format("\n{}\n{}", sample.title, indented(sample.text));
  return out;
}

std::string text_list() {
  std::string out;
  std::string_view section;
  for (const PolicyEntry& entry : policies::policy_entries_of_build()) {
    const Policy& policy = *entry.policy;
    if (policy.section != section)
      out += fmt::format("{}{}\n", section.empty() ? "" : "\n", policy.section);
    section = policy.section;
    out += fmt::format("  {:<36} {:<5} {:<9} {}\n", policy.id, to_string(policy.action),
                       to_string(policy.severity), policy.summary);
  }
  out += "\ninjections\n";
  for (const InjectionEntry& entry : policies::injection_entries_of_build())
    out += fmt::format("  {:<36} {}\n", entry.injection->id, entry.injection->summary);
  return out;
}

ReportJson examples_json(std::span<const policies::Example> examples) {
  ReportJson all = ReportJson::array();
  for (const policies::Example& example : examples)
    all.push_back({{"file", example.file}, {"text", example.text}});
  return all;
}

ReportJson parameters_json(const Policy& policy) {
  ReportJson all = ReportJson::array();
  for (const Parameter& parameter : policy.parameters) {
    ReportJson one = {{"name", parameter.name}, {"description", parameter.description}};
    if (parameter.choices.empty()) {
      one.update(
          {{"default", parameter.standard}, {"least", parameter.least}, {"most", parameter.most}});
    } else {
      one.update({{"default", parameter.choices.front()}, {"choices", parameter.choices}});
    }
    all.push_back(std::move(one));
  }
  return all;
}

ReportJson json_of(const PolicyEntry& entry) {
  const Policy& policy = *entry.policy;
  return {{"id", policy.id},
          {"section", policy.section},
          {"severity", to_string(policy.severity)},
          {"action", to_string(policy.action)},
          {"guarded", to_string(policy.guarded)},
          {"liveOnly", policy.needs == Needs::live},
          {"needsComplete", policy.needs == Needs::absence},
          {"summary", policy.summary},
          {"reason", policy.reason},
          {"exceptions", policy.exceptions},
          {"remedy", policy.remedy},
          {"sources", policy.sources},
          {"parameters", parameters_json(policy)},
          {"examples", examples_json(entry.examples)}};
}

ReportJson json_of(const InjectionEntry& entry) {
  const Injection& injection = *entry.injection;
  return {{"id", injection.id},
          {"group", injection.group},
          {"summary", injection.summary},
          {"reason", injection.reason},
          {"exceptions", injection.exceptions},
          {"sources", injection.sources},
          {"examples", examples_json(entry.examples)}};
}

std::string json_list() {
  ReportJson list = {{"schema", "stateward.dev/policies/v1"},
                     {"policies", ReportJson::array()},
                     {"injections", ReportJson::array()}};
  for (const PolicyEntry& entry : policies::policy_entries_of_build())
    list["policies"].push_back(json_of(entry));
  for (const InjectionEntry& entry : policies::injection_entries_of_build())
    list["injections"].push_back(json_of(entry));
  return to_ascii(list) + "\n";
}

template <typename Entry>
std::string page(const Entry& entry, ExplainOptions::Format format) {
  if (format == ExplainOptions::Format::json) return to_ascii(json_of(entry)) + "\n";
  const Topic topic = topic_of(entry);
  return format == ExplainOptions::Format::markdown ? markdown_page(topic) : text_page(topic);
}

std::string list(ExplainOptions::Format format) {
  if (format == ExplainOptions::Format::json) return json_list();
  return format == ExplainOptions::Format::markdown ? markdown_index() : text_list();
}

int usage_error(std::string_view message) {
  std::cerr << "stateward: " << message << '\n';
  return 2;
}

// Of the policy or injection of that name.
std::optional<std::string> page_of(const ExplainOptions& options,
                                   std::vector<std::string_view>& known) {
  for (const PolicyEntry& entry : policies::policy_entries_of_build()) {
    if (entry.policy->id == options.id) return page(entry, options.format);
    known.push_back(entry.policy->id);
  }
  for (const InjectionEntry& entry : policies::injection_entries_of_build()) {
    if (entry.injection->id == options.id) return page(entry, options.format);
    known.push_back(entry.injection->id);
  }
  return std::nullopt;
}

}  // namespace

int run(const ExplainOptions& options) {
  if (!options.out.empty()) {
    if (options.format != ExplainOptions::Format::markdown || !options.id.empty())
      return usage_error("--out writes pages of all policies as Markdown: -o markdown --out DIR");
    const auto written = write_pages(options.out);
    return written ? 0 : usage_error(written.error().message);
  }
  std::vector<std::string_view> known;
  const auto text = options.id.empty() ? list(options.format) : page_of(options, known);
  if (!text) {
    return usage_error(fmt::format("there is no policy \"{}\"{}; stateward explain lists them",
                                   options.id, did_you_mean(options.id, known)));
  }
  std::cout << *text;
  return 0;
}

}  // namespace stateward
