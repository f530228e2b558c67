#include "engine/evaluate.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/location.h"
#include "engine/settings.h"

namespace stateward {
namespace {

constexpr std::string_view kExemptPrefix = "stateward.dev/exempt.";

bool concerns(const Policy& policy, const Subject& subject) {
  return policy.kinds.contains(subject.object.kind) &&
         policy.operations.contains(subject.operation) &&
         (policy.needs != Needs::old_object || subject.old != nullptr) &&
         (policy.needs != Needs::live || subject.point == EnforcementPoint::audit);
}

void run(const Policy& policy, const Subject& subject, std::vector<Finding>& out) {
  Findings findings(policy, subject.object, out);
  policy.check(subject, findings);
}

// A finding that its policy lowered is not raised again.
EnforcementAction chosen_action(EnforcementAction action, EnforcementAction standard,
                                EnforcementAction choice) {
  return action < standard ? std::min(action, choice) : choice;
}

void apply_choice(const PolicyChoice& choice, Finding& finding) {
  const Policy& policy = *finding.policy;
  if (choice.severity && finding.severity == policy.severity) finding.severity = *choice.severity;
  if (choice.action) finding.action = chosen_action(finding.action, policy.action, *choice.action);
  if (choice.guarded) {
    const EnforcementAction standard = std::max(policy.guarded, policy.action);
    finding.guarded = chosen_action(finding.guarded, standard, *choice.guarded);
  }
  finding.guarded = std::max(finding.guarded, finding.action);
}

// "off" is meant everywhere unless something else is said of guarded namespaces.
bool is_off(const PolicyChoice& choice) {
  return choice.action == EnforcementAction::off &&
         choice.guarded.value_or(EnforcementAction::off) == EnforcementAction::off;
}

// As the users want it.
void run_chosen(const Policy& policy, const Subject& subject, std::vector<Finding>& out) {
  if (subject.settings == nullptr) return run(policy, subject, out);
  const PolicyChoice choice = subject.settings->choice(policy, subject.object);
  Subject with_parameters = subject;
  with_parameters.parameters = choice.parameters;
  const std::size_t before = out.size();
  run(policy, with_parameters, out);
  for (std::size_t index = before; index < out.size(); ++index) apply_choice(choice, out[index]);
}

// An operator owns the object and nobody else asks: its denials would hit a controller loop, not a
// person. A Pod's controller is its workload, which is no operator.
bool owned_by_operator(const Subject& subject) {
  return subject.object.kind != Kind::pod && subject.object.controller().exists() &&
         (subject.request == nullptr || is_service_account(subject.request->user));
}

void lower_for_requester(const Subject& subject, std::vector<Finding>& findings) {
  const bool operated = owned_by_operator(subject);
  const bool autoscaled = subject.request != nullptr && is_autoscaler(subject.request->user);
  for (Finding& finding : findings) {
    if (operated) finding.at_most(EnforcementAction::audit);
    if (autoscaled) finding.at_most(EnforcementAction::warn);
  }
}

std::optional<Exemption> exemption_from(const Policy& policy, const Subject& subject) {
  if (subject.settings != nullptr) {
    if (auto stated = subject.settings->exemption(policy, subject.object, subject.today))
      return stated;
  }
  const std::string annotation = std::string(kExemptPrefix) + std::string(policy.id);
  const auto consent = parse_consent(subject.object.annotation(annotation), subject.today);
  if (!consent) return std::nullopt;
  return Exemption{.reason = std::string(consent->reason), .until = consent->until};
}

// Findings of one policy stand together, and an object may hold as many as it has members: so each
// policy is asked about once, and places are looked up and not compared in pairs.
void exempt(const Subject& subject, std::vector<Finding>& findings) {
  const Policy* asked = nullptr;
  std::optional<Exemption> exemption;
  for (Finding& finding : findings) {
    if (std::exchange(asked, finding.policy) != finding.policy)
      exemption = exemption_from(*finding.policy, subject);
    finding.exemption = exemption;
  }
}

std::pair<const Policy*, std::string> named_place(const Finding& finding) {
  return {finding.policy, named_path(finding.object->node, finding.path)};
}

// The ratchet: an update may keep what was already wrong. Each policy that found something judges
// the old object too.
void mark_existing(const Subject& subject, std::vector<Finding>& findings) {
  if (subject.old == nullptr || findings.empty()) return;
  Subject before{.object = *subject.old,
                 .set = subject.set,
                 .operation = subject.operation,
                 .point = subject.point,
                 .request = subject.request,
                 .today = subject.today,
                 .kubernetes = subject.kubernetes,
                 .settings = subject.settings};
  std::vector<Finding> existing;
  const Policy* judged = nullptr;
  for (const Finding& finding : findings) {
    if (finding.policy == judged || finding.policy->needs == Needs::old_object) continue;
    judged = finding.policy;
    run_chosen(*judged, before, existing);
  }
  std::set<std::pair<const Policy*, std::string>> places;
  for (const Finding& finding : existing) places.insert(named_place(finding));
  for (Finding& now : findings) now.existed = places.contains(named_place(now));
}

// Whether the paths lead through different entries of one list: what is wrong with one container
// tells nothing of another.
bool different_entries(const Path& left, const Path& right) {
  const auto steps = left.steps();
  const auto others = right.steps();
  const auto [step, other] =
      std::mismatch(steps.begin(), steps.end(), others.begin(), others.end());
  return step != steps.end() && other != others.end() && parse_index(*step) != std::string::npos &&
         parse_index(*other) != std::string::npos;
}

bool may_cause(const Policy& cause, const Policy& policy) {
  return std::find(policy.implied_by.begin(), policy.implied_by.end(), cause.id) !=
         policy.implied_by.end();
}

// `cause` says what `finding` says and more, and is heard at least as loudly: what is left unsaid
// may neither be stricter nor be all that is left.
bool follows(const Finding& finding, const Finding& cause) {
  return !cause.exemption && cause.severity >= finding.severity && cause.action >= finding.action &&
         cause.guarded >= finding.guarded && (finding.existed || !cause.existed) &&
         !different_entries(finding.path, cause.path);
}

void mark_implied(std::vector<Finding>& findings) {
  constexpr std::size_t kMostCauses = 64;  // more are looked at for nobody: all is told then
  std::vector<const Finding*> causes;
  const Policy* policy = nullptr;
  for (Finding& finding : findings) {
    if (finding.policy->implied_by.front().empty()) continue;
    if (std::exchange(policy, finding.policy) != finding.policy) {
      causes.clear();
      for (const Finding& other : findings) {
        if (causes.size() < kMostCauses && may_cause(*other.policy, *policy))
          causes.push_back(&other);
      }
    }
    const auto cause = std::find_if(causes.begin(), causes.end(),
                                    [&](const Finding* other) { return follows(finding, *other); });
    if (cause != causes.end()) finding.implied_by = (*cause)->policy;
  }
}

}  // namespace

std::string_view missing_knowledge(const Policy& policy, const ObjectSet& set,
                                   EnforcementPoint point) {
  if (set.complete()) return {};
  if (policy.needs == Needs::absence)
    return "what is absent tells nothing, for the set is not complete";
  if (policy.needs == Needs::live && point == EnforcementPoint::audit)
    return "not all live objects are known, for the set is not complete";
  if (policy.needs == Needs::siblings && point == EnforcementPoint::admission) {
    return "other objects are not known, for there is no synced inventory";
  }
  return {};
}

Evaluation evaluate(std::span<const Policy* const> policies, const Subject& subject) {
  Evaluation result;
  if (subject.request != nullptr && is_system_actor(subject.request->user)) return result;
  if (subject.object.being_deleted() && subject.operation != Operation::remove) return result;
  if (!subject.set.complete()) result.skipped.reserve(policies.size());
  for (const Policy* policy : policies) {
    if (!concerns(*policy, subject)) continue;
    if (subject.settings != nullptr && is_off(subject.settings->choice(*policy, subject.object)))
      continue;
    if (const std::string_view why = missing_knowledge(*policy, subject.set, subject.point);
        !why.empty()) {
      result.skipped.push_back({policy, &subject.object, why});
    } else {
      run_chosen(*policy, subject, result.findings);
    }
  }
  lower_for_requester(subject, result.findings);
  exempt(subject, result.findings);
  mark_existing(subject, result.findings);
  mark_implied(result.findings);
  return result;
}

}  // namespace stateward
