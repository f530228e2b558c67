#include "cli/topic.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <utility>

namespace stateward {
namespace {

using policies::Example;

std::string_view looks_at(Needs needs) {
  switch (needs) {
    case Needs::object:
      return "the object";
    case Needs::old_object:
      return "the object before and after";
    case Needs::siblings:
      return "the object and others beside it";
    case Needs::absence:
      return "the object and what is absent beside it: only where everything is known";
    case Needs::live:
      return "a live cluster: only in audits";
  }
  return {};
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

void add(Topic& topic, std::string_view title, std::string text, bool one_a_line = false) {
  if (!text.empty()) topic.sections.push_back({title, std::move(text), one_a_line});
}

// What users may set, a line each.
std::string parameters_of(const Policy& policy) {
  std::string lines;
  for (const Parameter& parameter : policy.parameters) {
    std::string values =
        fmt::format("{}, from {} to {}", parameter.standard, parameter.least, parameter.most);
    if (!parameter.choices.empty()) values = fmt::format("{}", fmt::join(parameter.choices, ", "));
    lines += fmt::format("{}: {} ({})\n", parameter.name, parameter.description, values);
  }
  return lines;
}

void add_sample(Topic& topic, std::string_view title, std::span<const Example> examples,
                std::string_view kind) {
  if (const Example* example = example_of(examples, kind))
    topic.samples.push_back({title, example->text});
}

}  // namespace

Topic topic_of(const policies::PolicyEntry& entry) {
  const Policy& policy = *entry.policy;
  Topic topic{.id = policy.id, .summary = policy.summary};
  topic.facts = {{"section", std::string(policy.section)},
                 {"severity", std::string(to_string(policy.severity))},
                 {"action", std::string(to_string(policy.action))},
                 {"in guarded namespaces", std::string(to_string(policy.guarded))},
                 {"looks at", std::string(looks_at(policy.needs))},
                 {"exempt an object", fmt::format("annotation stateward.dev/exempt.{}: \"reason; "
                                                  "until 2027-01-31\"",
                                                  policy.id)}};
  add(topic, "Why", std::string(policy.reason));
  add(topic, "When it stays silent", std::string(policy.exceptions));
  add(topic, "What to do", std::string(policy.remedy));
  add(topic, "Parameters in settings", parameters_of(policy), true);
  add(topic, "Sources", std::string(policy.sources), true);
  add_sample(topic, "Found here", entry.examples, "bad");
  add_sample(topic, "Fixed", entry.examples, "fixed");
  add_sample(topic, "Not found here", entry.examples, "good");
  return topic;
}

Topic topic_of(const policies::InjectionEntry& entry) {
  const Injection& injection = *entry.injection;
  Topic topic{.id = injection.id, .summary = injection.summary};
  topic.facts = {{"opt out", fmt::format("annotation {}: none, or a list without \"{}\"",
                                         kInjectAnnotation, injection.group)}};
  add(topic, "Why", std::string(injection.reason));
  add(topic, "When nothing is injected", std::string(injection.exceptions));
  add(topic, "Sources", std::string(injection.sources), true);
  add_sample(topic, "Injected into this", entry.examples, "bad");
  add_sample(topic, "The result", entry.examples, "fixed");
  add_sample(topic, "Left alone", entry.examples, "good");
  return topic;
}

}  // namespace stateward
