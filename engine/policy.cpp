#include "engine/policy.h"

#include <algorithm>
#include <utility>

namespace stateward {
namespace {

// Of one policy about one object. An object of 8 MiB holds 300,000 claim templates, and a finding
// takes a kilobyte: without an end whoever may create an object could take our memory.
constexpr std::size_t kMostFindings = 1000;

bool is_stricter(const Finding& left, const Finding& right) {
  return std::pair(left.action, left.guarded) > std::pair(right.action, right.guarded);
}

// Of more than that the strictest are kept, or a thousand trifles would hide what is denied. The
// findings of one policy stand together; from the end on they are sorted, but for the newest, which
// its policy may have lowered since it was added.
void make_room(const Policy& policy, std::vector<Finding>& findings) {
  const auto holds = [&](std::size_t count) {
    return findings.size() >= count && findings[findings.size() - count].policy == &policy;
  };
  if (!holds(kMostFindings - 1)) return;
  const auto end = findings.end();
  if (!holds(kMostFindings)) {
    std::stable_sort(end - (kMostFindings - 1), end, is_stricter);
    return;
  }
  const auto newest = end - 1;
  std::rotate(std::upper_bound(end - kMostFindings, newest, *newest, is_stricter), newest, end);
  findings.pop_back();
}

}  // namespace

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
  make_room(policy_, out_);
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
