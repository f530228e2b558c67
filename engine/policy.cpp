#include "engine/policy.h"

#include <algorithm>
#include <utility>

namespace stateward {

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::info:
      return "info";
    case Severity::low:
      return "low";
    case Severity::medium:
      return "medium";
    case Severity::high:
      return "high";
    case Severity::critical:
      return "critical";
  }
  return "";
}

std::string_view to_string(EnforcementAction action) {
  switch (action) {
    case EnforcementAction::off:
      return "off";
    case EnforcementAction::audit:
      return "audit";
    case EnforcementAction::warn:
      return "warn";
    case EnforcementAction::deny:
      return "deny";
  }
  return "";
}

Finding& Finding::at_most(EnforcementAction limit) {
  action = std::min(action, limit);
  guarded = std::min(guarded, limit);
  return *this;
}

Finding& Finding::as_info() {
  severity = Severity::info;
  return at_most(EnforcementAction::audit);
}

Finding& Finding::with_action(EnforcementAction ordinary) {
  action = ordinary;
  guarded = std::max(guarded, ordinary);
  return *this;
}

Finding& Finding::with_fix(Fix::Applicability applicability, Patch patch) {
  fix = Fix{.applicability = applicability, .patch = std::move(patch)};
  return *this;
}

bool data_loss_confirmed(const Object& object, Date today) {
  return parse_consent(object.annotation("stateward.dev/confirm-data-loss"), today).has_value();
}

std::int64_t number(const Subject& subject, const Parameter& parameter) {
  return subject.parameters[parameter.name].integer(parameter.standard);
}

std::string_view chosen(const Subject& subject, const Parameter& parameter) {
  return subject.parameters[parameter.name].text(parameter.choices.front());
}

Finding& Findings::add(Path path, std::string message) {
  return out_.emplace_back(Finding{.policy = &policy_,
                                   .object = &object_,
                                   .path = std::move(path),
                                   .message = std::move(message),
                                   .remedy = std::string(policy_.remedy),
                                   .severity = policy_.severity,
                                   .action = policy_.action,
                                   .guarded = std::max(policy_.guarded, policy_.action)});
}

}  // namespace stateward
