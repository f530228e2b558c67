// What counts is what the cluster is about to do with the claim, never a label on it. Who removes a
// whole release deletes its sets and workloads first: a set that is gone or going protects nothing,
// nor do its Pods, and other workloads, which the inventory does not hold, only warn.

#include <fmt/format.h>

#include <algorithm>

#include "engine/claim.h"
#include "engine/policy.h"
#include "engine/request.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

// Other groups have sets of that kind too, which nobody here knows.
bool is_live(const Object* set) { return set != nullptr && !set->being_deleted(); }

// The live set that keeps a member on this claim.
const ClaimOwner* keeper_among(const std::vector<ClaimOwner>& owners) {
  const auto keeper = std::find_if(owners.begin(), owners.end(), [](const ClaimOwner& owner) {
    return is_live(owner.set) && StatefulSet{*owner.set}.covers(owner.ordinal);
  });
  return keeper == owners.end() ? nullptr : &*keeper;
}

void judge_member(const Subject& subject, const ClaimOwner& owner, Findings& findings) {
  if (data_loss_confirmed(*owner.set, subject.today)) return;
  const Object& claim = subject.object;
  Finding& finding = findings.add(
      "/metadata/name", fmt::format("claim \"{}\" is that of ordinal {} of StatefulSet \"{}\"",
                                    claim.name, owner.ordinal, owner.set->name));
  // An operator rebuilds the members of its own sets.
  const bool operated = owner.set->controller().exists() && subject.request != nullptr &&
                        is_service_account(subject.request->user);
  if (operated) finding.at_most(EnforcementAction::audit);
}

void judge_pods(const Subject& subject, Findings& findings) {
  const Object& claim = subject.object;
  const Object* by_other = nullptr;  // of a workload that may be going too
  for (const Object* pod : pods_with_claim(claim.name, claim.name_space, subject.set)) {
    const Node controller = pod->controller();
    const bool of_set = pod->controller_kind() == Kind::stateful_set;
    const auto* set =
        subject.set.find(Kind::stateful_set, claim.name_space, controller["name"].text());
    if (pod->being_deleted() || (of_set && !is_live(set))) continue;
    if (controller.exists() && !of_set) {
      by_other = pod;
      continue;
    }
    findings.add("/metadata/name",
                 fmt::format("claim \"{}\" is mounted by Pod \"{}\"", claim.name, pod->name));
    return;
  }
  if (by_other == nullptr) return;
  findings
      .add("/metadata/name",
           fmt::format("claim \"{}\" is mounted by Pod \"{}\"", claim.name, by_other->name))
      .at_most(EnforcementAction::warn);
}

void check(const Subject& subject, Findings& findings) {
  const Object& claim = subject.object;
  if (claim.being_deleted() || data_loss_confirmed(claim, subject.today)) return;
  const auto owners = owners_of_claim(claim.name, claim.name_space, subject.set);
  if (const ClaimOwner* keeper = keeper_among(owners)) {
    judge_member(subject, *keeper, findings);
  } else {
    judge_pods(subject, findings);
  }
}

}  // namespace

extern const Policy protected_claim_deletion;
constinit const Policy protected_claim_deletion{
    .id = "protected-claim-deletion",
    .section = "storage",
    .severity = Severity::critical,
    .action = EnforcementAction::deny,
    .guarded = EnforcementAction::deny,
    .needs = Needs::siblings,
    .kinds = {Kind::claim},
    .operations = {Operation::remove},
    .summary = "A claim is deleted that a member of a StatefulSet or a Pod still uses.",
    .reason =
        "The deletion waits until no Pod uses the claim any more and then takes the data with it: "
        "at the next restart, by whomever and for whatever reason, the member cannot start while "
        "its claim is being deleted, and after that it starts on an empty volume.",
    .exceptions =
        "A set that is being deleted or no longer wants that ordinal; Pods that have ended or are "
        "being deleted. Pods of other workloads only warn, for these may be on their way out in "
        "the same command. The annotation stateward.dev/confirm-data-loss: \"reason\" on the claim "
        "or its set.",
    .remedy =
        "scale down or delete what uses it first, or annotate the claim with "
        "stateward.dev/confirm-data-loss: \"reason\"",
    .sources =
        "Kubernetes documentation: Storage Object in Use Protection (finalizer "
        "kubernetes.io/pvc-protection)\n"
        "StatefulSetSpec.ordinals, StatefulSetSpec.replicas (apps/v1)",
    .check = check,
};

}  // namespace stateward::policies
