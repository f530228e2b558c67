// A name that ends in a number is weak evidence of a set that is gone, so whatever else explains
// the claim keeps this silent: an owner, somebody who made it by hand, a workload that names it.

#include <fmt/format.h>

#include <algorithm>

#include "engine/claim.h"
#include "engine/policy.h"
#include "engine/replicas.h"
#include "engine/retention.h"
#include "engine/workload.h"

namespace stateward::policies {
namespace {

bool ends_in_ordinal(std::string_view name) {
  const std::size_t dash = name.rfind('-');
  return dash != std::string_view::npos && dash > 0 && ordinal_of(name, name.substr(0, dash));
}

// kubectl apply and Helm leave their mark on what they make; controllers make claims without one.
bool made_by_hand(const Object& claim) {
  const Node annotations = claim.metadata()["annotations"];
  return annotations["kubectl.kubernetes.io/last-applied-configuration"].exists() ||
         annotations["meta.helm.sh/release-name"].exists();
}

// Kubernetes says so itself where it reports unused claims (KEP-5541).
bool reported_used(const Object& claim) {
  const auto conditions = claim.node["status"]["conditions"].items();
  return std::any_of(conditions.begin(), conditions.end(), [](Node condition) {
    return condition["type"].text() == "Unused" && condition["status"].text() == "False";
  });
}

bool named_by_workload(const Object& claim, const ObjectSet& set) {
  const auto objects = set.objects();
  return std::any_of(objects.begin(), objects.end(), [&](const Object& object) {
    if (object.name_space != claim.name_space || has_ended(object)) return false;
    const auto volumes = claim_volumes(pod_spec_of(object));
    return std::any_of(volumes.begin(), volumes.end(),
                       [&](const ClaimVolume& volume) { return volume.claim == claim.name; });
  });
}

bool is_kept_by(const ClaimOwner& owner, const ObjectSet& set) {
  const StatefulSet view{*owner.set};
  // Without replicas a set is paused, and its claims wait for it.
  if (view.replicas() == 0) return true;
  const std::int64_t place = owner.ordinal - view.first_ordinal();
  return place >= 0 && place < max_replicas(*owner.set, set);
}

void check(const Subject& subject, Findings& findings) {
  const Object& claim = subject.object;
  const auto owners = owners_of_claim(claim.name, claim.name_space, subject.set);
  const bool kept = std::any_of(owners.begin(), owners.end(), [&](const ClaimOwner& owner) {
    return is_kept_by(owner, subject.set);
  });
  const bool was_of_set = !owners.empty() || !claim.label(kStatefulSetLabel).empty() ||
                          (ends_in_ordinal(claim.name) && !made_by_hand(claim));
  if (kept || !was_of_set || claim.being_deleted() || claim.controller().exists()) return;
  if (reported_used(claim) || named_by_workload(claim, subject.set)) return;
  const std::string message =
      owners.empty()
          ? fmt::format("claim \"{}\" has no StatefulSet and no Pod", claim.name)
          : fmt::format("claim \"{}\" is beyond the {} replicas of StatefulSet \"{}\"", claim.name,
                        max_replicas(*owners.front().set, subject.set), owners.front().set->name);
  findings.add("/metadata/name", message);
}

}  // namespace

extern const Policy orphaned_claim;
constinit const Policy orphaned_claim{
    .id = "orphaned-claim",
    .section = "storage",
    .severity = Severity::low,
    .action = EnforcementAction::audit,
    .guarded = EnforcementAction::audit,
    .needs = Needs::live,
    .kinds = {Kind::claim},
    .operations = {Operation::create},
    .summary = "A claim is left over from a StatefulSet or a replica that is gone.",
    .reason =
        "By default claims outlive their set and its scale-downs. Their volumes cost what they "
        "did, and a set of the same name, or one more replica, takes them over with what is in "
        "them.",
    .exceptions =
        "Claims that a Pod or a workload names, or that have a controller; those of a set without "
        "replicas, or within what its autoscaler may ask for; without a set, those that kubectl "
        "apply or Helm made, or whose name does not end in a number.",
    .remedy = "delete it once its data is no longer wanted",
    .sources =
        "StatefulSetSpec.persistentVolumeClaimRetentionPolicy (apps/v1), KEP-1847\n"
        "KEP-5541: condition Unused of claims",
    .check = check,
};

}  // namespace stateward::policies
