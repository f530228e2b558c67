#include <fmt/format.h>

#include <algorithm>

#include "engine/claim.h"
#include "engine/policy.h"
#include "engine/retention.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

void judge_label(const Object& claim, const ClaimOwner& owner, Findings& findings) {
  const std::string_view said = claim.label(kRetentionLabel);
  const std::string_view wanted = retention_of(StatefulSet{*owner.set});
  if (said.empty() || said == wanted) return;
  findings.add(
      Path("/metadata/labels") / kRetentionLabel,
      fmt::format("the claim says {}, StatefulSet \"{}\" says {}", said, owner.set->name, wanted));
}

// Whether it is the set's own reference: to itself, or to the Pod that goes.
bool is_own(Node reference, const ClaimOwner& owner) {
  const std::string_view kind = reference["kind"].text();
  const std::string_view name = reference["name"].text();
  return (kind == "StatefulSet" && name == owner.set->name) ||
         (kind == "Pod" && ordinal_of(name, owner.set->name) == owner.ordinal);
}

// The controller where it is another's, else the first that is.
Node other_owner(const Object& claim, const ClaimOwner& owner) {
  if (const Node controller = claim.controller(); controller.exists() && !is_own(controller, owner))
    return controller;
  const auto references = claim.metadata()["ownerReferences"].items();
  const auto found = std::find_if(references.begin(), references.end(),
                                  [&](Node reference) { return !is_own(reference, owner); });
  return found == references.end() ? Node() : *found;
}

// The set's policy works through owner references: what the garbage collector makes of those of
// others it cannot change. A claim goes when its last owner does, and no sooner; one that has
// another controller gets no reference of the set (KEP-1847).
void judge_owner(const Object& claim, const ClaimOwner& owner, Findings& findings) {
  const Node other = other_owner(claim, owner);
  if (!other.exists()) return;
  const std::string_view retention = retention_of(StatefulSet{*owner.set});
  findings.add(
      "/metadata/ownerReferences",
      fmt::format("StatefulSet \"{}\" says {}, but the claim {} {} \"{}\"", owner.set->name,
                  retention, retention == "retain" ? "goes with" : "stays with",
                  other["kind"].text(), other["name"].text()));
}

void check(const Subject& subject, Findings& findings) {
  const Object& claim = subject.object;
  const auto owners = owners_of_claim(claim.name, claim.name_space, subject.set);
  if (owners.size() != 1 || claim.being_deleted() || owners.front().set->being_deleted()) return;
  judge_label(claim, owners.front(), findings);
  judge_owner(claim, owners.front(), findings);
}

}  // namespace

extern const Policy retention_conflict;
constinit const Policy retention_conflict{
    .id = "retention-conflict",
    .section = "lifecycle",
    .severity = Severity::medium,
    .action = EnforcementAction::audit,
    .guarded = EnforcementAction::audit,
    .needs = Needs::live,
    .kinds = {Kind::claim},
    .operations = {Operation::create},
    .summary = "A claim and its StatefulSet disagree on when the claim is deleted.",
    .reason =
        "The set's policy decides, whatever the label stateward.dev/retention says: who trusts "
        "a label that says retain loses data. A claim that something else owns, such as an "
        "operator's resource, is deleted with that, though the set retains it; and as long as "
        "that is there it is not deleted, though the set's policy says so.",
    .exceptions =
        "Claims and sets that are being deleted; claims that no set, or two, make; references "
        "to the set itself, and to the Pod of the claim's ordinal.",
    .remedy =
        "let both say the same: set persistentVolumeClaimRetentionPolicy, leave the label to the "
        "controller, and take other owners off the claim",
    .sources =
        "StatefulSetSpec.persistentVolumeClaimRetentionPolicy (apps/v1)\n"
        "KEP-1847: claims with another controller\n"
        "Kubernetes documentation: Garbage Collection, owners and dependents\n"
        "rabbitmq/cluster-operator#1992, #2215",
    .check = check,
};

}  // namespace stateward::policies
