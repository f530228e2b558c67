#include "cli/settings.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>

#include "cli/judging.h"
#include "engine/evaluate.h"
#include "engine/location.h"
#include "policies/catalogue.h"

namespace stateward {
namespace {

using Json = nlohmann::json;

// What is in force for one policy, and where that was decided.
struct InForce {
  const Policy* policy = nullptr;
  EnforcementAction action = EnforcementAction::off;
  EnforcementAction guarded = EnforcementAction::off;
  Severity severity = Severity::info;
  std::string parameters;  // "unknown=warn"
  std::string from;        // "default", "stateward.yaml:12"
};

std::string parameters_of(const Policy& policy, Node given) {
  std::string text;
  for (const Parameter& parameter : policy.parameters) {
    const Node value = given[parameter.name];
    const std::string shown = parameter.choices.empty()
                                  ? fmt::format("{}", value.integer(parameter.standard))
                                  : std::string(value.text(parameter.choices.front()));
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", parameter.name, shown);
  }
  return text;
}

InForce in_force(const Policy& policy, const Settings* settings, const Object& object) {
  const PolicyChoice choice = settings ? settings->choice(policy, object) : PolicyChoice();
  const EnforcementAction action = choice.action.value_or(policy.action);
  const bool off = choice.action == EnforcementAction::off && !choice.guarded;
  const EnforcementAction guarded =
      off ? EnforcementAction::off : std::max(choice.guarded.value_or(policy.guarded), action);
  return {.policy = &policy,
          .action = action,
          .guarded = guarded,
          .severity = choice.severity.value_or(policy.severity),
          .parameters = parameters_of(policy, choice.parameters),
          .from = choice.place.line == 0
                      ? "default"
                      : fmt::format("{}:{}", settings->content().name, choice.place.line)};
}

void show_text(const std::vector<InForce>& rows, const Settings* settings, const Object& object) {
  if (settings != nullptr && settings->content().enforcement == Enforcement::observe)
    std::cout << fmt::format("enforcement: observe, so nothing is denied\n\n");
  std::cout << fmt::format("{:<36} {:<6} {:<8} {:<9} {}\n", "policy", "action", "guarded",
                           "severity", "from");
  for (const InForce& row : rows) {
    std::cout << fmt::format("{:<36} {:<6} {:<8} {:<9} {}{}{}\n", row.policy->id,
                             to_string(row.action), to_string(row.guarded), to_string(row.severity),
                             row.from, row.parameters.empty() ? "" : "  ", row.parameters);
  }
  std::cout << fmt::format("\n");
  for (const Injection* injection : policies::all_injections()) {
    const bool on = settings == nullptr || settings->injects(injection->group, object);
    std::cout << fmt::format("{:<36} {}\n", injection->id, on ? "on" : "off");
  }
}

void show_json(const std::vector<InForce>& rows, const Settings* settings, const Object& object) {
  Json policies = Json::array();
  for (const InForce& row : rows) {
    policies.push_back({{"id", row.policy->id},
                        {"action", to_string(row.action)},
                        {"guarded", to_string(row.guarded)},
                        {"severity", to_string(row.severity)},
                        {"parameters", row.parameters},
                        {"from", row.from}});
  }
  Json injections = Json::object();
  for (const Injection* injection : policies::all_injections())
    injections[std::string(injection->id)] =
        settings == nullptr || settings->injects(injection->group, object);
  const bool observe =
      settings != nullptr && settings->content().enforcement == Enforcement::observe;
  std::cout << Json{{"enforcement", observe ? "observe" : "policy"},
                    {"policies", std::move(policies)},
                    {"injections", std::move(injections)}}
                   .dump(2)
            << '\n';
}

int show(const SettingsCommandOptions& options, const Settings* settings) {
  const Object object{
      .kind_name = options.kind, .name_space = options.name_space, .name = options.name};
  std::vector<InForce> rows;
  for (const Policy* policy : policies::all_policies())
    rows.push_back(in_force(*policy, settings, object));
  options.format == SettingsCommandOptions::Format::json ? show_json(rows, settings, object)
                                                         : show_text(rows, settings, object);
  return 0;
}

// Exemptions that except nothing (any more).
std::size_t say_findings(const Settings& settings) {
  const Document& document = settings.content().document;
  const Object object{.kind = Kind::settings, .node = document.node(), .document = &document};
  const ObjectSet nothing;
  const auto found =
      evaluate(policies::all_policies(), {.object = object, .set = nothing, .today = today()});
  for (const Finding& finding : found.findings) {
    const Position place = locate(document, document.node(), finding.path).start;
    say(fmt::format("{}:{}:{}: {}", settings.content().name, place.line, place.column,
                    finding.message));
  }
  return found.findings.size();
}

}  // namespace

int run(const SettingsCommandOptions& options) {
  if (options.what == SettingsCommandOptions::What::schema) {
    std::cout << settings_schema().dump(2) << '\n';
    return 0;
  }
  const std::string& file = options.settings.file;
  if (!file.empty() && access(file.c_str(), R_OK) != 0) {
    say(fmt::format("cannot open {}: {}", file, std::strerror(errno)));
    return 2;
  }
  const auto settings = load_settings(options.settings);
  if (!settings) {
    say_each(settings.error().message);
    return options.what == SettingsCommandOptions::What::check ? 1 : 2;
  }
  if (options.what == SettingsCommandOptions::What::show) return show(options, settings->get());
  if (!*settings) {
    say(fmt::format("there is no {} here or above; name one: stateward settings check FILE",
                    kSettingsFile));
    return 2;
  }
  if (say_findings(**settings) > 0) return 1;
  std::cout << fmt::format("{} is right\n", (*settings)->content().name);
  return 0;
}

}  // namespace stateward
